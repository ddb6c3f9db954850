// The way to the server: a WebSocket, or plain HTTP where none gets through. Nothing said is lost: what is not yet
// acknowledged is kept in this tab and sent again under the same id.

const KEPT_AS = "dragoman.unsent";
const ACK_MS = 10000;
const PONG_MS = 5000;
const OPEN_MS = 8000;
const POLL_S = 20;
const PLAIN_MS = 60000; // so long plain HTTP is used before a WebSocket is tried again
const BACKOFF_MS = [300, 700, 1000, 2000, 3000, 5000, 8000, 15000];
const NO_SESSION = 4401;
const REPLACED = 4409;
const COME_BACK = new Set([NO_SESSION, REPLACED, 1012, 1013]); // the server's own words: the WebSocket itself works

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function restore() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "[]");
  } catch {
    return [];
  }
}

/** Send JSON to our own server; the answer is null where none came. */
export async function post(path, body, more = {}) {
  const headers = { "Content-Type": "application/json" };
  try {
    return await fetch(path, { method: "POST", headers, body: JSON.stringify(body), ...more });
  } catch {
    return null;
  }
}

export class Link {
  /**
   * `on` holds the callbacks: message(frame), typing(), ready(kept), settled(id, isSent), state("live" | "connecting" | "busy"),
   * stranger(): the server does not know this tab (any more), so what it shows is somebody's earlier conversation.
   */
  constructor(on) {
    Object.assign(this, { on, cursor: 0, queue: restore(), closed: true, live: false, socket: null });
    Object.assign(this, { failures: 0, deaf: 0, plainUntil: 0, turn: 0, inFlight: null, strange: 0 });
    addEventListener("online", () => this.hurry());
    addEventListener("focus", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.hurry());
  }

  open() {
    this.closed = false;
    this.connect();
  }

  /** End the connection for good and forget what was not sent. */
  close() {
    Object.assign(this, { closed: true, queue: [], cursor: 0 });
    this.save();
    this.drop();
  }

  /** Send a frame, sooner or later; returns its id. */
  send(frame) {
    const whole = { id: newId(), locale: navigator.language, ...frame };
    this.queue.push(whole);
    this.save();
    this.pump();
    return whole.id;
  }

  save() {
    try {
      if (this.queue.length) sessionStorage.setItem(KEPT_AS, JSON.stringify(this.queue));
      else sessionStorage.removeItem(KEPT_AS);
    } catch {
      // no storage in this browser: the queue lives as long as the page
    }
  }

  // ------------------------------------------------------------ connecting

  connect() {
    clearTimeout(this.again);
    if (this.closed || this.socket) return;
    if (Date.now() < this.plainUntil) this.poll(++this.turn);
    else this.openSocket();
  }

  openSocket() {
    this.turn += 1;
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/chat/socket?after=${this.cursor}`);
    this.socket = socket;
    const patience = setTimeout(() => this.drop(), OPEN_MS);
    socket.addEventListener("message", (event) => {
      clearTimeout(patience);
      clearTimeout(this.pongTimer);
      if (socket === this.socket) this.receive(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      clearTimeout(patience);
      if (socket === this.socket) this.lost(event.code);
    });
  }

  /** Let go of the connection as it is now; another one follows unless we are closed. */
  drop() {
    const socket = this.socket;
    this.lost(1006);
    socket?.close();
  }

  lost(code) {
    if (!this.live && this.socket && !COME_BACK.has(code)) this.deaf += 1;
    clearTimeout(this.ackTimer);
    clearTimeout(this.pongTimer);
    this.turn += 1;
    Object.assign(this, { socket: null, live: false, inFlight: null });
    if (this.closed) return;
    this.on.state("connecting");
    if (code === REPLACED) return; // too many tabs: this one waits until somebody looks at it
    if (this.deaf >= 2) this.plainUntil = Date.now() + PLAIN_MS;
    if (code === NO_SESSION) this.meet();
    else this.retry();
  }

  retry() {
    const longest = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.again);
    this.again = setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
  }

  /** Get a cookie: this tab has none, or one that is no longer good. */
  async meet() {
    this.cursor = 0;
    this.on.stranger(this.strange + 1);
    const answer = await fetch("/chat/messages?wait=0").catch(() => null);
    if (answer?.status === 503) this.on.state("busy"); // too many come from here at once: the cookie comes a little later
    else this.strange += 1;
    this.retry();
  }

  /** Somebody looks at the page, or the network is back: try now, or ask whether the connection still lives. */
  hurry() {
    if (this.closed) return;
    if (this.socket && this.live) {
      this.socket.send('{"type":"ping"}');
      clearTimeout(this.pongTimer);
      this.pongTimer = setTimeout(() => this.drop(), PONG_MS);
    } else if (!this.socket && !this.live) {
      this.failures = 0;
      this.connect();
    }
  }

  // ------------------------------------------------------------ plain HTTP

  async poll(turn) {
    let wait = 0;
    while (!this.closed && turn === this.turn) {
      const answer = await fetch(`/chat/messages?after=${this.cursor}&wait=${wait}`).catch(() => null);
      if (this.closed || turn !== this.turn) return;
      if (answer?.status === 401) return this.lost(NO_SESSION);
      if (!answer?.ok) {
        Object.assign(this, { deaf: 0, plainUntil: 0 }); // the server itself is away: begin again with the WebSocket
        return this.lost(1006);
      }
      const data = await answer.json();
      for (const frame of data.messages) this.receive(frame);
      if (!this.live) this.receive({ type: "ready", kept: data.kept });
      wait = POLL_S;
      if (Date.now() > this.plainUntil && !this.inFlight) this.plainUntil = await this.trySocket();
    }
  }

  /** Look whether a WebSocket gets through by now; returns until when plain HTTP is to be used. */
  trySocket() {
    return new Promise((resolve) => {
      const probe = new WebSocket(`${location.origin.replace(/^http/, "ws")}/chat/socket?after=${this.cursor}`);
      const end = (until) => {
        clearTimeout(patience);
        probe.close();
        resolve(until);
        if (!until) this.drop();
      };
      const patience = setTimeout(() => end(Date.now() + PLAIN_MS), OPEN_MS);
      probe.addEventListener("message", () => end(0), { once: true });
      probe.addEventListener("error", () => end(Date.now() + PLAIN_MS), { once: true });
    });
  }

  // ------------------------------------------------------------ frames

  receive(frame) {
    if (frame.type === "message") {
      this.cursor = Math.max(this.cursor, frame.id);
      this.on.message(frame);
    } else if (frame.type === "typing") this.on.typing();
    else if (frame.type === "ack") this.settle(frame.id, true);
    else if (frame.type === "error") this.refused(frame);
    else if (frame.type === "ready") this.beLive(frame.kept);
  }

  beLive(kept) {
    Object.assign(this, { live: true, failures: 0, strange: 0 });
    if (this.socket) this.deaf = 0;
    this.on.state("live");
    this.on.ready(kept);
    this.pump();
  }

  /** Send the oldest waiting frame; the next follows its acknowledgement, so order holds. */
  pump() {
    if (!this.live || this.inFlight || !this.queue.length) return;
    const frame = this.queue[0];
    this.inFlight = frame.id;
    if (!this.socket) {
      this.postFrame(frame);
      return;
    }
    this.socket.send(JSON.stringify(frame));
    this.ackTimer = setTimeout(() => this.drop(), ACK_MS);
  }

  async postFrame(frame) {
    const turn = this.turn;
    const answer = await post("/chat/events", frame);
    if (turn !== this.turn || this.closed) return;
    const data = await answer?.json().catch(() => null);
    if (answer?.status === 401) this.lost(NO_SESSION);
    else if (data) this.receive(data);
    else this.lost(1006);
  }

  refused(frame) {
    if (frame.retry_after_s === undefined) {
      this.settle(frame.id ?? this.inFlight, false);
      return;
    }
    clearTimeout(this.ackTimer);
    this.on.state("busy");
    setTimeout(() => {
      this.inFlight = null;
      this.on.state(this.live ? "live" : "connecting");
      this.pump();
    }, frame.retry_after_s * 1000);
  }

  settle(id, isSent) {
    clearTimeout(this.ackTimer);
    this.queue = this.queue.filter((frame) => frame.id !== id);
    this.save();
    this.inFlight = null;
    this.on.settled(id, isSent);
    this.pump();
  }
}
