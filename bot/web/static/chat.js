// The chat page: what its buttons do, and how the parts work together.

import { Link, post } from "./link.js";
import { Log } from "./log.js";
import { make, words } from "./message.js";
import { hush } from "./speech.js";
import { Upload } from "./upload.js";
import { locale, speakLocale, text } from "./texts.js";

const ESC_MS = 1500; // between two presses that mean "leave quickly"
const PATIENCE_MS = 1500; // before a broken connection, or a message on its way, is worth a word
const MANY_FAILURES = 4; // in a row: more than a hiccup
const ERASED_MS = { asked: [500, 4000], unasked: [2000] }; // after an answer: was it the farewell of a deletion?
const START = /^[A-Za-z0-9_-]{1,64}$/;

const page = document.body.dataset;
const maxText = Number(page.maxText);
const find = (id) => document.getElementById(id);
const [box, hint, status, menu] = [find("text"), find("hint"), find("status"), document.querySelector(".menu")];

const tabs = "BroadcastChannel" in window ? new BroadcastChannel("dragoman") : null;
const log = new Log(find("log"), page.service, { press, share });
const link = new Link({ message, typing, ready, settled, state, stranger });

let kept = false; // the cookie outlives the browser window
let device = null; // what the contact said last about the device
let lastMessage = null; // of the bot or a person
let mayErase = false; // the contact pressed or commanded something since their last text
let erasedTimers = [];
let asked = 0; // messages on the page when the contact last did something
let ended = false;
let leaving = Promise.resolve();
let stateTimer = null;

// ------------------------------------------------------------ what the contact does

function say(said) {
  const cut = [...said].slice(0, maxText).join("");
  const whole = new TextDecoder().decode(new TextEncoder().encode(cut)); // half a character would make the frame unreadable
  mayErase = whole.startsWith("/");
  track(link.send({ type: "text", text: whole }), whole);
}

const upload = new Upload({ button: find("attach"), input: find("file"), track, settled, note: (key, values) => log.note(key, ...values) });

function press(frame, label) {
  if (ended) return;
  mayErase = true;
  track(link.send(frame), label);
}

function command(name, argument = "") {
  mayErase = true;
  if (ended) restart();
  asked = log.seen.size;
  log.expect();
  link.send({ type: "command", name, argument });
}

function track(id, said) {
  asked = log.seen.size;
  log.say(said, id);
  setTimeout(() => link.queue.some((frame) => frame.id === id) && log.setState(id, "sending"), PATIENCE_MS);
}

function share(button) {
  button.disabled = true;
  const done = (key) => {
    button.disabled = false;
    if (key) log.note(key);
  };
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      done();
      link.send({ type: "location", latitude: coords.latitude, longitude: coords.longitude });
    },
    () => done("place_failed"),
    { timeout: 15000, maximumAge: 600000 },
  );
}

function submit() {
  const said = box.value.trim();
  if (!said) return;
  if (ended) restart();
  say(said);
  box.value = "";
  fit();
}

/** Let the message box grow with its text, and tell when it is longer than will be read. */
function fit() {
  box.dir = box.value ? "auto" : ""; // while it is empty the placeholder runs with the page
  box.style.blockSize = "auto";
  box.style.blockSize = `${box.scrollHeight + 2}px`;
  hint.hidden = box.value.length <= maxText;
  hint.textContent = hint.hidden ? "" : text("too_long", { limit: new Intl.NumberFormat(locale()).format(maxText) });
}

// ------------------------------------------------------------ what comes back

function message(frame) {
  if (!log.add(frame) || frame.author === "contact") return;
  lastMessage = frame;
  if (frame.author === "bot") speakLocale(frame.locale);
  if (frame.device) device = frame.device;
  if (frame.files !== undefined) upload.allow(frame.files);
  if (link.live) keepAsAsked();
  watchForErasure();
}

function typing() {
  if (lastMessage?.author !== "person") log.showTyping(true);
}

function ready(isKept) {
  kept = isKept;
  keepAsAsked();
  log.replayed();
  const start = new URLSearchParams(location.search).get("start") ?? "";
  if (start) history.replaceState(null, "", location.pathname);
  if (START.test(start)) command("start", start);
  else if (log.isEmpty && link.queue.length === 0) command("start");
}

function settled(id, isSent) {
  log.setState(id, isSent ? "sent" : "not_sent");
  if (isSent && !link.socket && log.seen.size === asked) typing(); // over a WebSocket the server says so itself
}

function state(now) {
  if (now === "connecting") {
    log.replay();
    log.showTyping(false);
    if (!status.hidden) showState(now);
    stateTimer ??= setTimeout(showState, PATIENCE_MS, now);
    return;
  }
  clearTimeout(stateTimer);
  stateTimer = null;
  if (now === "busy") showState("busy");
  else status.hidden = true;
}

function showState(now) {
  const isAway = !navigator.onLine || link.failures > MANY_FAILURES;
  status.textContent = text(now === "busy" ? "busy" : isAway ? "offline" : "connecting");
  status.hidden = false;
}

/** The server does not know us: whatever is on the page belongs to an earlier session, perhaps another person's. */
function stranger(times) {
  const waiting = link.queue;
  log.clear();
  lastMessage = null;
  showWaiting(waiting);
  if (times > 1) log.note("cookies");
}

function showWaiting(frames) {
  for (const frame of frames) if (frame.type === "text") track(frame.id, frame.text);
}

async function keepAsAsked() {
  if (device === null || (device === "own") === kept) return;
  kept = device === "own";
  await post("/chat/keep", { device });
}

// ------------------------------------------------------------ forgetting

/** A farewell looks like any message; but after a deletion the server has no history, not even of that message. */
function watchForErasure() {
  erasedTimers.forEach(clearTimeout);
  const looks = link.live ? ERASED_MS[mayErase ? "asked" : "unasked"] : [];
  erasedTimers = looks.map((delay) => setTimeout(askWhetherErased, delay, lastMessage));
}

async function askWhetherErased(farewell) {
  const answer = await fetch(`/chat/messages?after=${farewell.id - 1}&wait=0`).catch(() => null);
  if (!answer?.ok || farewell !== lastMessage || ended) return;
  if ((await answer.json()).messages.length === 0) end(farewell);
}

function end(farewell) {
  const wasHere = find("log").contains(document.activeElement);
  ended = true;
  erasedTimers.forEach(clearTimeout);
  link.close();
  sessionStorage.clear();
  log.clear();
  log.add({ ...farewell, options: [] });
  const again = make("button", "pill main", words("again"));
  again.type = "button";
  again.addEventListener("click", () => restart());
  log.note("erased").after(make("div", "entry aside", again));
  if (wasHere) again.focus({ preventScroll: true });
  leaving = post("/chat/leave", { erased: true });
}

async function restart() {
  ended = false;
  device = lastMessage = null;
  if (find("log").contains(document.activeElement)) find("log").focus({ preventScroll: true }); // what had the focus goes
  log.clear();
  log.replay();
  await leaving; // the old cookie must be gone before anybody is greeted again
  link.open();
}

/** Nobody must see this page: empty it, forget the session of a shared device, and be somewhere else. */
function leave(tellOthers = true) {
  document.title = "";
  hush();
  document.body.replaceChildren();
  link.close();
  try {
    sessionStorage.clear();
  } catch {
    // no storage in this browser, so nothing is in it
  }
  if (tellOthers) tabs?.postMessage("leave");
  const body = new Blob(['{"erased":false}'], { type: "application/json" });
  if (!navigator.sendBeacon("/chat/leave", body)) post("/chat/leave", {}, { keepalive: true });
  location.replace(page.leave);
}

// ------------------------------------------------------------ wiring

find("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
  box.focus();
});
box.addEventListener("input", fit);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});

for (const button of document.querySelectorAll("[data-command]")) {
  button.addEventListener("click", () => {
    command(button.dataset.command);
    if (!menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
document.addEventListener("click", (event) => {
  if (!menu.contains(event.target)) menu.open = false;
});
menu.addEventListener("focusout", (event) => {
  if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

find("leave").addEventListener("click", () => leave());
tabs?.addEventListener("message", () => leave(false));
let lastEsc = -Infinity;
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.repeat) return;
  if (event.timeStamp - lastEsc < ESC_MS) leave();
  lastEsc = event.timeStamp;
  hush();
  if (menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
addEventListener("pageshow", (event) => event.persisted && location.reload());

find("log").querySelector("noscript")?.remove();
showWaiting(link.queue);
fit();
link.open();
