// One case on the screen: who it is, what was asked before, the conversation, and where to answer.

import { icon, make } from "./message.js";
import { act, call } from "./desk_link.js";
import { Compose } from "./desk_compose.js";
import { closeCase, correct, intake, passOn, withdraw } from "./desk_deeds.js";
import { Lines } from "./desk_lines.js";
import { Outbox } from "./desk_outbox.js";
import { toast } from "./desk_sheet.js";
import { button, dotted, iconButton, isolated, languageNode, moment, number, sinceNode, withNodes, wrong } from "./desk_words.js";
import { locale, text } from "./texts.js";

const POOL = new Set(["interpreter", "companion", "mentor"]);

function about(row) {
  const urgent = row.priority === "high" && make("span", "urgent", text("high"));
  const since = row.state === "waiting" && make("span", "", text("waits"), " ", sinceNode(row.waiting_since ?? row.opened_at));
  const place = row.place ? text("place", { n: number(row.place) }) : "";
  const isTaken = row.state === "claimed" && !row.mine && row.advisor_name;
  const taken = isTaken && make("span", "", ...withNodes("taken_by", { name: isolated(row.advisor_name) }));
  const closed = row.state === "closed" && text(row.outcome ? `outcome_${row.outcome}` : "closed");
  const helped = row.helped && text(`helped_${row.helped.replace("-", "_")}`);
  const when = row.when && moment(row.when);
  const what = row.kind === "advice" ? "" : text(`kind_${row.kind}`);
  return dotted(
    text("case_number", { n: row.number }),
    row.city && isolated(row.city.name),
    row.topic && isolated(row.topic.name),
    row.area && isolated(row.area.name),
    ...[what, urgent, row.summary && isolated(row.summary), when, since, place, taken, closed, helped, row.practice && text("practice")],
  );
}

export class Thread {
  /** `desk`: me, settings, pinned(number), pin(number), close(number), looked(row). */
  constructor(caseNumber, desk) {
    Object.assign(this, { number: caseNumber, desk, row: null });
    this.title = make("h2");
    this.title.tabIndex = -1;
    this.deeds = make("div", "deeds");
    this.tools = make("div", "tools");
    this.facts = make("div", "intake");
    this.facts.hidden = true;
    this.log = make("div", "chat-log");
    this.log.tabIndex = 0;
    this.log.setAttribute("role", "log");
    this.log.setAttribute("aria-live", "polite");
    this.log.setAttribute("aria-busy", "true");
    this.log.setAttribute("aria-label", text("conversation"));
    this.end = make("p", "empty compose");
    const doing = { mayChange: () => this.row?.can.answer, correct: (line) => correct(this.row, line), withdraw: (line) => withdraw(this.row, line) };
    this.lines = new Lines(this.log, { ...doing, again: (item) => this.outbox.again(item), drop: (item) => this.drop(item) });
    this.compose = new Compose(caseNumber, { send: (deed, said) => this.outbox.add(deed, said), enterSends: () => desk.settings.get("enter") });
    this.outbox = new Outbox(caseNumber, { show: (items) => this.lines.showPending(items), done: (answer) => this.sent(answer) });
    this.root = make("section", "thread", make("header", "bar", this.title, this.tools, this.deeds), this.facts, this.log, this.end);
    this.root.dataset.number = caseNumber;
    this.root.setAttribute("aria-labelledby", (this.title.id = `case-${caseNumber}`));
    this.root.addEventListener("scroll", () => this.lines.scrolled(), { passive: true });
    this.root.addEventListener("drop", (event) => this.isOwn() && this.compose.take(event.dataTransfer.files));
    this.root.addEventListener("dragover", () => this.compose.root.classList.add("dropping"));
    for (const name of ["dragleave", "drop"]) this.root.addEventListener(name, () => this.compose.root.classList.remove("dropping"));
    this.lines.showPending(this.outbox.items);
    this.outbox.pump();
  }

  // ------------------------------------------------------------ what comes

  /** Show how the case stands; rows of the board know less than a whole case, so what is known stays. */
  show(row) {
    if (this.row && row.version < this.row.version) return;
    const before = JSON.stringify([this.row, this.desk.pinned(this.number)]);
    const could = this.row?.can.answer;
    this.row = { ...this.row, ...row };
    if (JSON.stringify([this.row, this.desk.pinned(this.number)]) === before) return;
    this.title.replaceChildren(languageNode(row.language, "tag lang"), isolated(row.pseudonym), make("small", "", ...about(this.row)));
    this.facts.replaceChildren(...intake(this.row));
    this.facts.hidden = this.facts.children.length === 0;
    this.showDeeds();
    this.showTools();
    this.showEnd();
    if (could !== this.row.can.answer) this.lines.redraw();
  }

  put(frame) {
    this.show(frame.case);
    this.lines.put(frame.lines);
    this.outbox.settle((id) => this.lines.has(id));
    this.desk.looked(this);
  }

  showDeeds() {
    const { row } = this;
    const nodes = [];
    if (row.can.claim) nodes.push(this.claimButton());
    if (row.can.answer || row.can.lead) nodes.push(button("pass_on", "pill", () => passOn(row, this.desk.me)));
    if (row.can.answer) nodes.push(button("close_case", "pill", () => closeCase(row)));
    if (row.mine && row.state === "claimed" && POOL.has(row.kind)) nodes.push(button("decline_own", "pill", () => this.decline()));
    if (row.can.reopen) nodes.push(button("reopen", "pill", () => this.act({ type: "reopen" })));
    const focused = this.deeds.contains(document.activeElement);
    this.deeds.replaceChildren(...nodes);
    if (focused) this.title.focus({ preventScroll: true });
  }

  /** What is done with the screen rather than with the case. */
  showTools() {
    const pin = iconButton("pin", "round quiet pin", "columns", () => this.desk.pin(this.number));
    pin.setAttribute("aria-pressed", String(this.desk.pinned(this.number)));
    const focused = this.tools.contains(document.activeElement);
    this.tools.replaceChildren(...(this.row.mine || this.row.can.lead ? [this.exportLink()] : []), pin);
    if (focused) pin.focus({ preventScroll: true });
  }

  claimButton() {
    const node = button("claim", "pill main", () => this.claim());
    node.setAttribute("aria-keyshortcuts", "c");
    return node;
  }

  exportLink() {
    const node = make("a", "round quiet", icon("file"));
    Object.assign(node, { href: `/desk/api/export/${this.number}?lang=${locale()}`, download: "", title: text("export") });
    node.setAttribute("aria-label", text("export"));
    return node;
  }

  /** Below the conversation stands the box, or why there is none. */
  showEnd() {
    const { row } = this;
    const isOwn = this.isOwn();
    if (isOwn) this.compose.setLanguage(row.language);
    const said = row.can.claim ? "claim_to_answer" : row.state === "closed" ? "is_closed" : "not_yours";
    const isAgreeing = row.mine && POOL.has(row.kind) && !row.agreed;
    this.end.textContent = text(isAgreeing ? "agreement_awaited" : said);
    const wanted = isOwn ? this.compose.root : this.end;
    const now = this.root.lastElementChild;
    if (now !== wanted) now.replaceWith(wanted);
    if (isOwn) this.compose.fit();
  }

  /** Tell whether one may write to the contact. */
  isOwn() {
    return Boolean(this.row?.can.answer);
  }

  // ------------------------------------------------------------ what is done

  async act(deed) {
    const answer = await act(this.number, deed);
    this.sent(answer);
    if (!answer.ok) toast(wrong(answer));
    return answer.ok;
  }

  async claim() {
    if (!this.row?.can.claim) return;
    if (await this.act({ type: "claim" })) this.focusBox();
  }

  async decline() {
    const answer = await call("/desk/api/offer", { body: { number: this.number, accepts: false } });
    if (!answer.ok) toast(wrong(answer));
  }

  sent(answer) {
    if (answer.case) this.show(answer.case);
    this.outbox.settle((id) => this.lines.has(id));
  }

  /** Words that were not sent go back to where they were written, if there is room. */
  drop(item) {
    this.outbox.drop(item);
    const { box } = this.compose;
    if (item.deed.text && !box.value) {
      box.value = item.deed.text;
      this.compose.setMode(item.deed.type === "note" ? "note" : "reply");
    }
    box.focus();
  }

  focusBox(mode) {
    if (this.isOwn()) this.compose.focus(mode);
  }
}
