// The conversation on the page: order, what was sent and what is on its way, and where to look.

import { onVoices, canSpeak } from "./speech.js";
import { make, mine, saidIn, theirs, words } from "./message.js";
import { text } from "./texts.js";

const NEAR_PX = 160; // this close to the end counts as reading along
const ROOM_PX = 12;
const TYPING_MS = 12000;
const SHARE = 0.4; // of the view, for the last of several messages
const LATEST = 3; // entries of one turn: what was said, and at most two messages in answer
const COMPARED = 200; // characters of one's own message that tell it from others

const folded = (said) => said.replace(/\s+/g, " ").trim().slice(0, COMPARED);

export class Log {
  /** `doing.press(frame, label)` and `doing.share(button)` are what the buttons of a message do. */
  constructor(root, service, doing) {
    Object.assign(this, { root, service, doing, anchor: null, shown: [], goal: null, off: 0, replaying: true, reading: true });
    this.seen = new Set();
    this.typingWords = make("span", "state");
    this.typing = make("div", "entry", make("div", "msg typing", make("i"), make("i"), make("i"), this.typingWords));
    this.typing.setAttribute("aria-hidden", "true");
    onVoices(() => this.showVoices());
    root.addEventListener("scroll", () => this.watchScroll(), { passive: true });
    if (window.ResizeObserver) new ResizeObserver(() => this.goal !== null && this.reveal(...this.shown)).observe(root); // a keyboard opens
  }

  get isEmpty() {
    return this.root.querySelector(".entry") === null;
  }

  clear() {
    clearTimeout(this.typingTimer);
    this.root.replaceChildren();
    this.seen.clear();
    this.anchor = this.goal = null;
    this.reading = true;
  }

  /** Put a message in its place; returns false for one that is already there. */
  add(frame) {
    if (this.seen.has(frame.id)) return false;
    this.seen.add(frame.id);
    if (frame.author === "contact") return this.addOwn(frame);
    this.showTyping(false);
    if (frame.edits || frame.withdraws) this.takeBack(frame);
    if (frame.withdraws) return true;
    const reading = this.isReading();
    const entry = theirs(frame, this.service, this.doing);
    if (frame.line) entry.dataset.line = frame.line;
    this.place(entry, frame.id);
    if (this.replaying) return true;
    if (frame.author !== "bot") this.anchor = null; // a person writes line after line, each is new
    this.anchor ??= entry;
    if (reading) this.reveal(this.anchor, entry);
    return true;
  }

  /** Remove what somebody took back or wrote anew. */
  takeBack(frame) {
    for (const entry of this.root.querySelectorAll(`[data-line="${frame.line}"]`)) entry.remove();
    if (frame.withdraws && !this.replaying) this.note("withdrawn");
  }

  addOwn(frame) {
    const said = folded(saidIn(frame));
    const sent = [...this.root.querySelectorAll(".mine:not([data-id])")].find((entry) => entry.dataset.said === said);
    if (sent) {
      sent.dataset.id = frame.id;
      this.setState(sent.dataset.frame, "sent");
      return true;
    }
    const entry = mine(saidIn(frame), frame.attachment);
    this.place(entry, frame.id);
    this.quieten(entry);
    return true;
  }

  /** Show at once what the contact has just said; it is on its way. */
  say(said, frameId) {
    const entry = mine(said);
    Object.assign(entry.dataset, { frame: frameId, said: folded(said), pending: "" });
    this.append(entry);
    this.quieten(entry);
    this.anchor = entry;
    this.reveal(entry);
  }

  /** The contact did something that shows no words of theirs: look out for the answer from wherever the page is. */
  expect() {
    this.anchor = null;
    this.goal = this.root.scrollTop;
    this.off = Infinity;
    this.quieten(null);
  }

  /** Say what became of it: "sent", "sending" (it takes longer) or "not_sent". */
  setState(frameId, state) {
    const entry = this.root.querySelector(`.mine[data-frame="${frameId}"]`);
    if (!entry) return;
    const reading = this.isReading();
    entry.querySelector(".state")?.remove();
    if (state !== "sending") delete entry.dataset.pending;
    if (state === "sent") return;
    entry.append(words(state, state === "not_sent" ? "state failed" : "state"));
    if (reading) this.reveal(this.anchor ?? entry);
  }

  /** Tell that earlier buttons have had their answer. */
  quieten(before) {
    for (const entry of this.root.querySelectorAll(".entry")) {
      if (entry === before) break;
      entry.classList.add("past");
    }
  }

  note(key, ...more) {
    const entry = make("div", "entry aside rise", words(key), ...more);
    this.append(entry);
    this.reveal(entry);
    return entry;
  }

  showTyping(on) {
    clearTimeout(this.typingTimer);
    if (!on) return this.typing.remove();
    this.typingWords.textContent = text("typing", { name: this.service });
    this.typingTimer = setTimeout(() => this.typing.remove(), TYPING_MS);
    const reading = this.isReading();
    this.root.append(this.typing);
    return reading && this.reveal(this.anchor ?? this.typing, this.typing);
  }

  /** The history is about to be sent (again). */
  replay() {
    if (!this.replaying) this.reading = this.isReading();
    this.replaying = true;
  }

  replayed() {
    this.root.setAttribute("aria-busy", "false");
    const entries = [...this.root.querySelectorAll(".entry")];
    const last = entries.slice(-LATEST);
    const own = last.filter((entry) => entry.classList.contains("mine")).pop();
    const newest = last[last.length - 1];
    if (newest && this.reading) this.reveal(own ?? newest, newest);
    this.replaying = false;
  }

  append(entry) {
    if (this.typing.isConnected) this.typing.before(entry);
    else this.root.append(entry);
  }

  /** Insert by id; what the contact has not yet got through stays last. */
  place(entry, id) {
    entry.dataset.id = id;
    let before = null;
    const entries = [...this.root.children].filter((node) => node !== this.typing);
    for (const node of entries.reverse()) {
      if (!("pending" in node.dataset) && !(Number(node.dataset.id) > id)) break;
      before = node;
    }
    if (before) before.before(entry);
    else this.append(entry);
  }

  /** Tell whether somebody follows the newest messages, rather than looks up older ones. */
  isReading() {
    if (this.goal !== null) return true; // they are where we led them, or on the way there
    const beyond = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight;
    return beyond < NEAR_PX || this.isInView(this.anchor);
  }

  isInView(entry) {
    if (!entry?.isConnected) return false;
    const place = entry.getBoundingClientRect();
    const view = this.root.getBoundingClientRect();
    return place.bottom > view.top && place.top < view.bottom;
  }

  /** Go to the end, but never so far that the beginning of what is new leaves the view: answers are read from the top.
   * Where several messages come at once, the last one says what to do next: at least its beginning is shown. */
  reveal(first, last = first) {
    if (!first?.isConnected) return;
    this.shown = [first, last];
    const view = this.root.clientHeight;
    const wanted = Math.max(this.topOf(first), this.topOf(last) - (1 - SHARE) * view);
    this.goal = Math.max(0, Math.min(wanted - ROOM_PX, this.root.scrollHeight - view));
    this.off = Infinity;
    const way = Math.abs(this.root.scrollTop - this.goal);
    this.root.classList.toggle("smooth", !this.replaying && way < view); // a longer way is a jump: nobody waits for a ride
    this.root.scrollTop = this.goal;
  }

  topOf(entry) {
    return entry.getBoundingClientRect().top - this.root.getBoundingClientRect().top + this.root.scrollTop;
  }

  /** Our own scrolling only ever comes nearer to its goal; whoever moves away from it does so on purpose. */
  watchScroll() {
    if (this.goal === null) return;
    const off = Math.abs(this.root.scrollTop - this.goal);
    if (off > this.off + 1 && off > NEAR_PX) this.goal = null;
    this.off = off;
  }

  showVoices() {
    for (const button of this.root.querySelectorAll("[data-speak]")) button.hidden = !canSpeak(button.dataset.speak);
  }
}
