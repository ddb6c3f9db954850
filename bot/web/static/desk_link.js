// The way to the server: one socket that brings what changes, and requests that change something.

import { tab } from "./desk_store.js";
import { locale } from "./texts.js";

const BACKOFF_MS = [300, 700, 1500, 3000, 5000, 8000, 15000];
const PING_MS = 30000;
const OPEN_MS = 10000; // for a connection to be made
const PONG_MS = 8000;
const ENDED = 4401;
const TOO_MANY = 4409;
const PASSING = new Set([0, 408, 429, 500, 502, 503, 504]); // the same request may well succeed later

let csrf = document.body.dataset.csrf ?? "";
let leaving = false;
let byWish = false;

export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Tell whether it is worth trying the same once more. */
export const isPassing = (answer) => PASSING.has(answer.status);

/** The login has ended: what is typed is kept in this tab, and is there again after the next one; not where somebody logged out. */
function toLogin() {
  if (leaving) return undefined;
  leaving = true;
  if (!byWish) return location.reload();
  tab.clear();
  return location.replace("/desk");
}

/** End the login of this tab by a request: the socket may tell that it has ended before the answer to the request does. */
export async function leave(path, body) {
  byWish = true;
  const answer = await call(path, { body });
  if (!answer.ok && answer.status !== 401) byWish = false;
  else toLogin();
  return answer;
}

/** Somebody has logged in anew in another tab: go on if it is the same person, else show the desk of who it is now. */
async function renewed() {
  const answer = await fetch("/desk/api/me").catch(() => null);
  const found = answer?.ok ? await answer.json() : null;
  if (found && found.me.id !== JSON.parse(document.body.dataset.me).id) toLogin();
  csrf = found?.csrf ?? csrf;
  return found !== null && !leaving;
}

/**
 * Ask our server: with `body` (JSON) or `raw` (a file) something is changed, without them read.
 * Never throws: `ok` and `status` tell how it went (0: nothing came back), the rest is what was answered.
 */
export async function call(path, { body, raw } = {}, again = true) {
  const url = new URL(path, location.origin);
  url.searchParams.set("lang", locale());
  const request = { headers: {} };
  if (body !== undefined) {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  } else if (raw) request.body = raw;
  if (request.body) {
    request.method = "POST";
    request.headers["X-Desk-Csrf"] = csrf;
  }
  let answer;
  try {
    answer = await fetch(url, request);
  } catch {
    return { ok: false, status: 0, error: "offline" };
  }
  const data = await answer.json().catch(() => ({}));
  if (answer.status === 401) toLogin();
  if (data.error === "csrf" && again && (await renewed())) return call(path, { body, raw }, false);
  return { ...data, ok: answer.ok, status: answer.status };
}

/** Do something with a case; the same `key` again does nothing twice. */
export function act(number, deed, key = newKey()) {
  return call("/desk/api/act", { body: { number, key, deed } });
}

export class DeskLink {
  /** `on` holds a callback for each kind of frame, and state("live" | "connecting" | "many"). */
  constructor(on) {
    Object.assign(this, { on, socket: null, live: false, failures: 0, active: false, stopped: false });
    this.panes = new Set();
    for (const event of ["online", "focus"]) addEventListener(event, () => this.hurry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.hurry());
    for (const event of ["keydown", "pointerdown"]) addEventListener(event, () => (this.active = true), { passive: true });
    setInterval(() => this.ping(), PING_MS);
  }

  connect() {
    clearTimeout(this.again);
    if (this.socket || leaving) return;
    this.stopped = false;
    const query = new URLSearchParams({ lang: locale() });
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/desk/socket?${query}`);
    this.socket = socket;
    this.patience = setTimeout(() => this.drop(), OPEN_MS);
    socket.addEventListener("message", (event) => socket === this.socket && this.receive(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => socket === this.socket && this.lost(event.code));
  }

  drop() {
    const socket = this.socket;
    this.lost(1006);
    socket?.close();
  }

  lost(code) {
    clearTimeout(this.patience);
    Object.assign(this, { socket: null, live: false });
    if (code === ENDED) return toLogin();
    if (code === TOO_MANY) {
      this.stopped = true;
      return this.on.state("many");
    }
    const longest = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
    this.failures += 1;
    this.again = setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
    return this.on.state("connecting");
  }

  /** Somebody looks at the page, or the network is back: try now, or ask whether the connection still lives. */
  hurry() {
    if (this.live) return this.ping();
    if (this.socket || this.stopped) return undefined;
    this.failures = 0;
    return this.connect();
  }

  ping() {
    if (!this.live) return;
    this.send(this.active ? { type: "ping", active: true } : { type: "ping" });
    this.active = false;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => this.drop(), PONG_MS);
  }

  send(frame) {
    if (this.live) this.socket.send(JSON.stringify(frame));
  }

  /** Follow a case: its lines come now and whenever they change. */
  open(number) {
    this.panes.add(number);
    this.send({ type: "open", number, after: 0 });
  }

  close(number) {
    this.panes.delete(number);
    this.send({ type: "close", number });
  }

  receive(frame) {
    clearTimeout(this.patience);
    if (frame.type === "hello") this.welcome(frame);
    this.on[frame.type]?.(frame);
  }

  welcome(frame) {
    csrf = frame.csrf;
    Object.assign(this, { live: true, failures: 0 });
    this.on.state("live");
    for (const number of this.panes) this.send({ type: "open", number, after: 0 }); // edits made meanwhile come with the whole
  }
}
