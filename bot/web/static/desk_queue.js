// The queue: who waits, one's own cases and those of others, each a button that opens it.

import { make } from "./message.js";
import { button, dotted, isolated, languageNode, number, sinceNode } from "./desk_words.js";
import { text } from "./texts.js";

const PARTS = ["asked", "waiting", "mine", "others"];

function tags(row, place) {
  const nodes = [];
  if (row.priority === "high") nodes.push(make("span", "tag high", text("high")));
  if (row.practice) nodes.push(make("span", "tag", text("practice")));
  if (row.kind !== "advice") nodes.push(make("span", "tag", text(`kind_${row.kind}`)));
  if (row.wanted_language) nodes.push(languageNode(row.wanted_language, "tag"));
  if (row.topic) nodes.push(make("span", "tag", isolated(row.topic.name)));
  if (row.offered && row.state === "waiting") nodes.push(make("span", "tag mine", text("for_you")));
  return [...nodes, ...dotted(row.summary && isolated(row.summary), ...where(row), place && make("span", "place", text("place", { n: number(place) })))];
}

function where(row) {
  const taken = row.state === "claimed" && !row.mine && row.advisor_name;
  return [row.city && isolated(row.city.name), row.area && isolated(row.area.name), taken && isolated(row.advisor_name)];
}

function fill(node, row, place, isUnread) {
  const mark = make("span", "count new", text("new"));
  const name = make("b", "", languageNode(row.language, "tag lang"), isolated(row.pseudonym), ...(isUnread ? [" ", mark] : []));
  const when = row.state === "waiting" ? (row.waiting_since ?? row.opened_at) : (row.contact_at ?? row.opened_at);
  node.className = `case${row.priority === "high" ? " high" : ""}${isUnread ? " unread" : ""}`;
  node.replaceChildren(name, sinceNode(when), make("span", "about", ...tags(row, place)));
}

export class Queue {
  /** `doing`: open(number), offer(number, accepts), isUnread(row). */
  constructor(root, doing) {
    Object.assign(this, { root, doing, active: 0 });
    this.parts = new Map(PARTS.map((name) => [name, root.querySelector(`[data-part="${name}"]`)]));
    this.items = new Map(); // "<part>:<number>" -> the list item
  }

  /** Show the board; only what differs is touched, so that the focus stays where it is. */
  show(rows, order) {
    const focused = document.activeElement;
    const places = new Map(order.waiting.map((each, index) => [each, order.places[index]]));
    const wanted = new Set();
    for (const [name, part] of this.parts) {
      const numbers = order[name].filter((each) => rows.has(each));
      this.arrange(name, part.querySelector("ul"), numbers, wanted, (each) => this.item(name, rows.get(each), places.get(each)));
      part.hidden = numbers.length === 0 && name !== "waiting" && name !== "mine";
      part.querySelector(".count").textContent = number(numbers.length);
      part.querySelector(".empty").hidden = numbers.length > 0;
    }
    for (const key of this.items.keys()) if (!wanted.has(key)) this.items.delete(key);
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  }

  arrange(name, list, numbers, wanted, itemOf) {
    let next = list.firstElementChild;
    for (const each of numbers) {
      const item = itemOf(each);
      wanted.add(`${name}:${each}`);
      if (item === next) next = next.nextElementSibling;
      else list.insertBefore(item, next);
    }
    while (next) {
      const after = next.nextElementSibling;
      next.remove();
      next = after;
    }
  }

  item(name, row, place) {
    const key = `${name}:${row.number}`;
    const item = this.items.get(key) ?? this.newItem(name, row.number);
    this.items.set(key, item);
    const isUnread = this.doing.isUnread(row);
    const state = JSON.stringify([row.version, place, isUnread, row.offered]);
    const node = item.querySelector(".case");
    if (item.dataset.state !== state) fill(node, row, place, isUnread);
    item.dataset.state = state;
    node.setAttribute("aria-current", String(row.number === this.active));
    return item;
  }

  newItem(name, each) {
    const node = make("button", "case");
    node.type = "button";
    node.dataset.number = each;
    node.addEventListener("click", () => this.doing.open(each));
    if (name !== "asked") return make("li", "", node);
    const yes = button("accept", "pill main", () => this.doing.offer(each, true));
    const no = button("decline", "pill", () => this.doing.offer(each, false));
    return make("li", "asked", node, make("div", "deeds", yes, no));
  }

  /** Mark the case that is being looked at. */
  mark(active) {
    this.active = active;
    for (const node of this.root.querySelectorAll(".case")) {
      node.setAttribute("aria-current", String(Number(node.dataset.number) === active));
    }
  }

  /** Go to the next (1) or the last (-1) case of the list. */
  move(step) {
    const nodes = [...this.root.querySelectorAll(".case")].filter((node) => node.checkVisibility());
    if (!nodes.length) return;
    const here = nodes.findIndex((node) => node === document.activeElement);
    const from = here >= 0 ? here : nodes.findIndex((node) => node.getAttribute("aria-current") === "true");
    nodes[Math.max(0, Math.min(nodes.length - 1, from + step))].focus();
  }
}
