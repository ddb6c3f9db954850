// Help with the answer: ready answers in the advisor's words that arrive in the contact's, and places open now.

import { make, venueNode } from "./message.js";
import { call } from "./desk_link.js";
import { reportEntry } from "./desk_deeds.js";
import { wordsOf } from "./desk_lines.js";
import { button, dotted, isolated, languageNode, wrong, withNodes } from "./desk_words.js";
import { locale, text } from "./texts.js";

const PAUSE_MS = 250; // between keystrokes, before it is worth asking

const day = (iso) => new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: "UTC" }).format(new Date(iso));

export class Help {
  /** `doing`: send(deed, said), me(). */
  constructor(root, doing) {
    Object.assign(this, { root, doing, row: null, turn: 0, asked: new Map() });
    this.search = root.querySelector("input");
    this.list = root.querySelector("#answers");
    this.state = root.querySelector("#answers-state");
    this.places = root.querySelector("#places");
    this.search.addEventListener("input", () => {
      this.asked.set(this.row?.number, this.search.value);
      clearTimeout(this.later);
      this.later = setTimeout(() => this.find(), PAUSE_MS);
    });
    this.search.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.find();
    });
  }

  /** Help with this case; null for none. */
  show(row) {
    const same = row && this.row?.number === row.number;
    const could = this.row?.can.answer;
    this.row = row;
    this.root.querySelector("#help-none").hidden = row !== null;
    this.root.querySelector("#help-case").hidden = row === null;
    if (!row || (same && could === row.can.answer)) return;
    if (!same) {
      this.search.value = this.asked.get(row.number) ?? "";
      this.list.replaceChildren();
      this.showPlaces();
    }
    this.find();
  }

  async find() {
    if (!this.row) return;
    const turn = (this.turn += 1);
    const query = new URLSearchParams({ case: this.row.number, q: this.search.value.trim() });
    const found = await call(`/desk/api/answers?${query}`);
    if (turn !== this.turn) return;
    if (!found.ok) this.state.textContent = wrong(found);
    else this.state.textContent = found.answers.length ? "" : text("no_answers");
    this.list.replaceChildren(...(found.answers ?? []).map((answer) => this.answerNode(answer)));
  }

  async showPlaces() {
    const { number } = this.row;
    this.places.replaceChildren();
    const found = await call(`/desk/api/places?case=${number}`);
    if (this.row?.number !== number) return;
    const nodes = (found.places ?? []).map((place) => make("div", "answer", make("h3", "", isolated(place.name)), make("p", "", place.note)));
    this.places.replaceChildren(...nodes);
    this.root.querySelector("#places-title").hidden = nodes.length === 0;
  }

  answerNode(answer) {
    const { language } = this.row;
    const shown = make("div", "said", ...wordsOf(answer.mine), ...answer.mine.venues.map(venueNode));
    shown.hidden = true;
    const read = button("read", "pill", () => {
      shown.hidden = !shown.hidden;
      read.setAttribute("aria-expanded", String(!shown.hidden));
    });
    read.setAttribute("aria-expanded", "false");
    const confirmed = answer.confirmed ? withNodes("confirmed", { day: isolated(day(answer.confirmed)) }) : [text("unconfirmed")];
    const checked = make("span", "", ...confirmed);
    const state = make("p", "", ...dotted(checked, answer.is_machine && text("machine"), ...this.missing(answer, language)));
    const deeds = make("div", "actions", read);
    if (answer.theirs && this.row.can.answer) deeds.append(this.sendButton(answer, language));
    deeds.append(button("answer_wrong", "small", () => reportEntry(this.row, answer, this.doing.me())));
    return make("article", "answer", make("h3", "", isolated(answer.title)), state, deeds, shown);
  }

  missing(answer, language) {
    return answer.theirs ? [] : [make("span", "warned", ...withNodes("not_in_language", { language: languageNode(language) }))];
  }

  sendButton(answer, language) {
    const send = button("send", "pill main", () => {
      send.disabled = true; // twice the same answer is a slip, not a wish
      this.doing.send({ type: "entry", entry_id: answer.entry_id }, answer.title);
    });
    send.replaceChildren(make("span", "", ...withNodes("send_in", { language: languageNode(language) })));
    return send;
  }
}
