// What somebody sends in one case: in order, each under its own key, so that sending again is never a double. Kept in this tab until it is safe.

import { act, isPassing, newKey } from "./desk_link.js";
import { tab } from "./desk_store.js";
import { wrong } from "./desk_words.js";

const RETRIES_MS = [1000, 2500, 6000];
const LATE_MS = 1200; // before it is worth a word that it takes longer
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Outbox {
  /** `on.show(items)` draws what is on its way, `on.done(answer)` hears what came of it. */
  constructor(number, on) {
    Object.assign(this, { number, on, busy: false, name: `out.${number}` });
    this.items = tab.get(this.name, []).map((item) => ({ ...item, state: "sending", why: "" }));
  }

  add(deed, said) {
    this.items.push({ key: newKey(), deed, said, state: "sending", why: "", late: false, passing: false });
    this.changed();
    this.pump();
  }

  again(item) {
    item.state = "sending";
    this.changed();
    this.pump();
  }

  drop(item) {
    this.items = this.items.filter((each) => each !== item);
    this.changed();
  }

  /** The network is back: what failed only for its sake goes again. */
  hurry() {
    for (const item of this.items) if (item.state === "failed" && item.passing) item.state = "sending";
    this.changed();
    this.pump();
  }

  /** Let go of what is now a line of the case. */
  settle(has) {
    const before = this.items.length;
    this.items = this.items.filter((item) => item.state !== "sent" || !has(item.line));
    if (this.items.length !== before) this.changed();
  }

  changed() {
    const unsafe = this.items.filter((item) => item.state !== "sent");
    tab.set(this.name, unsafe.length ? unsafe : null);
    this.on.show(this.items);
  }

  async pump() {
    if (this.busy) return;
    this.busy = true;
    for (let item = this.next(); item; item = this.next()) await this.send(item);
    this.busy = false;
  }

  next() {
    return this.items.find((item) => item.state === "sending");
  }

  async send(item) {
    const late = setTimeout(() => this.tellLate(item), LATE_MS);
    let answer = await act(this.number, item.deed, item.key);
    for (const wait of RETRIES_MS) {
      if (answer.ok || !isPassing(answer)) break;
      await pause(wait);
      answer = await act(this.number, item.deed, item.key);
    }
    clearTimeout(late);
    item.late = false;
    if (answer.ok) Object.assign(item, { state: "sent", line: answer.line });
    else Object.assign(item, { state: "failed", why: wrong(answer), passing: isPassing(answer) });
    if (answer.ok && !answer.line) this.items = this.items.filter((each) => each !== item);
    this.changed();
    this.on.done(answer);
  }

  tellLate(item) {
    item.late = true;
    this.changed();
  }
}
