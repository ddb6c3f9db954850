// The open cases: a tab for each, one on the screen, or up to three side by side where there is room.

import { make } from "./message.js";
import { tab } from "./desk_store.js";
import { Thread } from "./desk_thread.js";
import { iconButton, isolated, languageNode } from "./desk_words.js";
import { text } from "./texts.js";

const MOST_OPEN = 12; // as the server follows for one page
const MOST_PINNED = 3;
const COLUMN_PX = 350; // less is too narrow to read and write in
const WIDE = matchMedia("(min-width: 90rem)");

export class Tabs {
  /** `places`: the elements for tabs and threads and what stands there when none is open; `desk`: me(), settings, link, changed(), looked(thread). */
  constructor(places, desk) {
    Object.assign(this, { places, desk, threads: new Map(), active: null, pins: [], names: new Map() });
    WIDE.addEventListener("change", () => this.arrange());
    new ResizeObserver(() => this.fit()).observe(places.threads);
  }

  get current() {
    return this.threads.get(this.active) ?? null;
  }

  get = (number) => this.threads.get(number);

  all = () => [...this.threads.values()];

  /** Open a case, or come back to it; `row` is what is known of it. */
  open(number, row) {
    if (!this.threads.has(number)) this.add(number);
    if (row) this.get(number).show(row);
    this.active = number;
    this.arrange();
  }

  add(number) {
    if (this.threads.size >= MOST_OPEN) this.remove(this.all().find((thread) => thread.number !== this.active).number);
    const { desk } = this;
    const thread = new Thread(number, {
      get me() {
        return desk.me();
      },
      settings: desk.settings,
      pinned: (each) => this.pins.includes(each),
      pin: (each) => this.pin(each),
      looked: desk.looked,
    });
    thread.root.addEventListener("focusin", () => this.activate(number));
    thread.root.addEventListener("pointerdown", () => this.activate(number));
    this.threads.set(number, thread);
    desk.link.open(number);
  }

  /** Of several side by side, the one that is worked in. */
  activate(number) {
    if (this.active === number || !this.threads.has(number)) return;
    this.active = number;
    this.mark();
    this.keep();
    this.desk.changed();
  }

  close(number) {
    const numbers = [...this.threads.keys()];
    const next = numbers[numbers.indexOf(number) + 1] ?? numbers[numbers.indexOf(number) - 1] ?? null;
    this.remove(number);
    if (this.active === number) this.active = next;
    this.arrange();
    (this.current?.title ?? this.places.welcome).focus({ preventScroll: true });
  }

  remove(number) {
    this.threads.get(number)?.root.remove();
    this.threads.delete(number);
    this.pins = this.pins.filter((each) => each !== number);
    this.desk.link.close(number);
  }

  pin(number) {
    if (this.pins.includes(number)) this.pins = this.pins.filter((each) => each !== number);
    else this.pins = [...this.pins, number].slice(-MOST_PINNED);
    for (const thread of this.all()) if (thread.row) thread.showTools();
    this.arrange();
  }

  /** Return the threads that are on the screen. */
  shown() {
    const room = WIDE.matches ? Math.min(MOST_PINNED, Math.floor(this.places.threads.clientWidth / COLUMN_PX)) : 1;
    const numbers = [...this.threads.keys()].filter((each) => each === this.active || this.pins.includes(each));
    const others = numbers.filter((each) => each !== this.active).slice(0, Math.max(0, room - 1));
    return numbers.filter((each) => each === this.active || others.includes(each)).map(this.get);
  }

  arrange() {
    const shown = this.shown();
    const now = [...this.places.threads.children];
    if (shown.length !== now.length || shown.some((thread, index) => thread.root !== now[index])) this.put(shown);
    this.places.welcome.hidden = shown.length > 0;
    this.places.threads.hidden = shown.length === 0;
    this.showTabs();
    this.keep();
    this.desk.changed();
  }

  put(shown) {
    const places = shown.map((thread) => [thread, thread.lines.following, thread.lines.view.scrollTop]);
    this.places.threads.replaceChildren(...shown.map((thread) => thread.root));
    for (const [thread, following, top] of places) {
      if (following) thread.lines.toEnd();
      else thread.lines.view.scrollTop = top;
      thread.compose.fit();
    }
  }

  /** The panes were hidden or changed their width. */
  fit() {
    const count = this.shown().length;
    if (count !== this.places.threads.children.length && this.threads.size) this.arrange();
    for (const thread of this.shown()) thread.compose.fit();
  }

  // ------------------------------------------------------------ tabs

  showTabs() {
    const focused = this.places.tabs.contains(document.activeElement) ? document.activeElement.dataset.number : null;
    this.places.tabs.replaceChildren(...this.all().map((thread) => this.tabNode(thread)));
    this.places.tabs.hidden = this.threads.size < 2;
    if (focused) this.places.tabs.querySelector(`button[data-number="${focused}"]`)?.focus({ preventScroll: true });
    this.mark();
  }

  tabNode({ number, row }) {
    const name = row ? [languageNode(row.language, "tag lang"), isolated(row.pseudonym)] : [text("case_number", { n: number })];
    const go = make("button", "", ...name);
    go.type = "button";
    go.dataset.number = number;
    go.addEventListener("click", () => this.open(number));
    const end = iconButton("close_tab", "end", "x", () => this.close(number));
    end.setAttribute("aria-label", `${text("close_tab")}: ${row?.pseudonym ?? number}`);
    return make("div", "tab", go, end);
  }

  mark() {
    for (const node of this.places.tabs.querySelectorAll("button[data-number]")) {
      const isOn = Number(node.dataset.number) === this.active;
      node.parentElement.classList.toggle("on", isOn);
      if (isOn) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
    for (const thread of this.all()) thread.root.classList.toggle("active", thread.number === this.active);
    this.places.threads.classList.toggle("several", this.places.threads.children.length > 1);
  }

  // ------------------------------------------------------------ after a reload

  keep() {
    tab.set("open", { numbers: [...this.threads.keys()], active: this.active, pins: this.pins });
  }

  /** Open what was open before; `asked` is the case the address names. */
  restore(asked) {
    const { numbers, active, pins } = tab.get("open", { numbers: [], active: null, pins: [] });
    for (const number of numbers) this.add(number);
    this.pins = pins.filter((each) => numbers.includes(each));
    if (asked && !this.threads.has(asked)) this.add(asked);
    this.active = asked ?? active;
    if (this.threads.size) this.arrange();
  }
}
