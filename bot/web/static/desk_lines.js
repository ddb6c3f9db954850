// The lines of a case: what the contact, the bot and people wrote, notes among colleagues, and what happened.

import { attachmentNode, blockNodes, make, time, venueNode } from "./message.js";
import { button, dotted, isolated } from "./desk_words.js";
import { locale, text } from "./texts.js";

const NEAR_PX = 120; // this close to the end counts as reading along
const KINDS = { contact: "contact", bot: "bot", person: "ours person", note: "ours note-in" };

const folded = (said) => said.replace(/\s+/g, " ").trim();

/** What somebody wrote, as plain text. */
export function saidIn(line) {
  if (line.original) return line.original.text;
  return line.blocks.map((block) => (block.runs ?? []).map((run) => run.text).join("")).join("\n");
}

/** A heading within a case stands below the heading of the case. */
const lowered = (node) => (node.tagName === "H2" ? make("h3", "", ...node.childNodes) : node);

/** The words of a message in their own language and direction; under a translation's original stands the translation, marked. */
export function wordsOf(frame) {
  const drawn = make("div", "", ...blockNodes(frame.blocks).map(lowered));
  Object.assign(drawn, { lang: frame.locale, dir: frame.dir });
  if (!frame.original) return [drawn];
  const written = make("p", "words", frame.original.text);
  Object.assign(written, { lang: frame.original.locale, dir: frame.original.dir });
  return [written, make("div", "translated", make("span", "which", text("translation")), drawn)];
}

function who(line) {
  const kind = { note: text("note"), bot: text("bot"), person: line.mine ? text("you") : text("person") }[line.author];
  const names = line.author === "note" ? [kind, isolated(line.author_name)] : [isolated(line.author_name), kind];
  const node = make("p", "who", make("span", "", ...dotted(...names)), time(new Date(line.at), locale()));
  if (line.edited) node.append(make("span", "", text("edited")));
  return node;
}

function systemNode(line) {
  const node = make("div", "line system", make("p", "", make("bdi", "", line.event_text), " · ", time(new Date(line.at), locale())));
  if (line.blocks.length) node.append(make("p", "words", make("bdi", "", saidIn(line)))); // why somebody did so
  return node;
}

/** Build a line. `doing`: correct(line) and withdraw(line) for one's own. */
function lineNode(line, doing) {
  if (line.author === "system") return systemNode(line);
  const said = make("div", "said");
  if (line.withdrawn) said.append(make("p", "gone", text("taken_back")));
  else said.append(...wordsOf(line));
  if (line.choices.length) said.append(make("p", "note", `${text("buttons")}: `, ...dotted(...line.choices.map(isolated))));
  if (line.attachment) said.append(attachmentNode(line.attachment));
  const look = `msg${line.author === "person" ? " person" : ""}${line.alert ? " alert" : ""}`;
  const node = make("div", `line ${KINDS[line.author]}`, make("article", look, who(line), said), ...line.venues.map(placeNode));
  if (line.mine && line.author === "person" && !line.withdrawn && doing.mayChange()) node.append(changes(line, doing));
  return node;
}

/** A place that somebody shared has no name of its own. */
const placeNode = (venue) => venueNode(venue.name ? venue : { ...venue, name: text("a_place") });

function changes(line, doing) {
  const deeds = make("div", "deeds", button("withdraw", "small", () => doing.withdraw(line)));
  if (!line.attachment && !line.venues.length && folded(saidIn(line))) {
    deeds.prepend(button("correct", "small", () => doing.correct(line)));
  }
  return deeds;
}

/** Build what is on its way, or did not get there. `doing`: again(item), drop(item). */
function pendingNode(item, doing) {
  const look = item.deed.type === "note" ? "ours note-in" : "ours person";
  const said = make("p", "words", item.said);
  said.dir = "auto";
  const msg = make("div", item.deed.type === "note" ? "msg" : "msg person", make("div", "said", said));
  const node = make("div", `line waiting ${look}`, msg);
  if (item.state === "sending" && item.late) node.append(make("span", "state", text("sending")));
  if (item.state !== "failed") return node;
  const why = make("span", "state failed", text("not_sent_yet"), " ", item.why);
  why.setAttribute("role", "alert");
  const deeds = make("div", "deeds", button("send_again", "pill", () => doing.again(item)), button("drop", "pill", () => doing.drop(item)));
  node.append(why, deeds);
  return node;
}

export class Lines {
  constructor(root, doing) {
    Object.assign(this, { root, doing, pending: [] });
    this.lines = new Map(); // id -> [line, element]
    this.below = button("new_below", "pill main more-below", () => this.toEnd());
    this.below.hidden = true;
    root.append(this.below);
    this.following = true; // the newest lines, so that whatever changes its height leaves them in view
    root.addEventListener("scroll", () => this.scrolled(), { passive: true });
    root.addEventListener("load", () => this.following && this.toEnd(), true); // a picture has come
    new ResizeObserver(() => this.following && this.toEnd()).observe(root);
  }

  /** Put lines in their places; one that is there already is replaced when it changed. */
  put(lines) {
    const first = this.lines.size === 0;
    const reading = this.following;
    const grown = lines.filter((line) => this.putOne(line)).length;
    this.hidePending();
    if (first || (grown && reading)) this.toEnd();
    else if (grown) this.below.hidden = false;
    this.root.setAttribute("aria-busy", "false");
  }

  putOne(line) {
    const [old, node] = this.lines.get(line.id) ?? [];
    if (old && JSON.stringify(old) === JSON.stringify(line)) return false;
    const drawn = lineNode(line, this.doing);
    drawn.dataset.id = line.id;
    this.lines.set(line.id, [line, drawn]);
    if (node) node.replaceWith(drawn);
    else this.place(drawn, line.id);
    return !node && line.author !== "system";
  }

  place(node, id) {
    const later = [...this.root.querySelectorAll(":scope > [data-id]")].reverse();
    let before = this.root.querySelector(":scope > .waiting") ?? this.below;
    for (const each of later) {
      if (Number(each.dataset.id) < id) break;
      before = each;
    }
    before.before(node);
  }

  /** Draw all lines anew, where what may be done with them has changed. */
  redraw() {
    for (const [id, [line, node]] of this.lines) {
      const drawn = lineNode(line, this.doing);
      drawn.dataset.id = id;
      node.replaceWith(drawn);
      this.lines.set(id, [line, drawn]);
    }
  }

  /** Show what is on its way, under everything else. */
  showPending(items) {
    const reading = this.following;
    const grown = items.length > this.pending.length;
    for (const [, node] of this.pending) node.remove();
    this.pending = items.map((item) => [item, pendingNode(item, this.doing)]);
    this.below.before(...this.pending.map(([, node]) => node));
    this.hidePending();
    if (reading || grown) this.toEnd();
  }

  /** A line of one's own may come before the answer to the request that made it: it must not be seen twice. */
  hidePending() {
    const own = [...this.lines.values()].filter(([line]) => line.mine).map(([line]) => folded(saidIn(line)));
    const recent = own.slice(-3);
    for (const [item, node] of this.pending) node.hidden = item.state !== "failed" && item.said !== "" && recent.includes(folded(item.said));
  }

  has(id) {
    return this.lines.has(id);
  }

  scrolled() {
    this.following = this.isAtEnd();
    if (this.following) this.below.hidden = true;
  }

  /** What scrolls: the lines, or on a low screen all of the case. */
  get view() {
    const isWhole = this.root.parentElement && getComputedStyle(this.root).overflowY === "visible";
    return isWhole ? this.root.parentElement : this.root;
  }

  isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.view;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  toEnd() {
    this.below.hidden = true;
    this.following = true;
    this.view.scrollTop = this.view.scrollHeight;
  }
}
