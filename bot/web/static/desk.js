// The desk: which cases are open, and how queue, conversations, help and the server work together.

import { make } from "./message.js";
import { call, DeskLink } from "./desk_link.js";
import { closeCase, practise } from "./desk_deeds.js";
import { Help } from "./desk_help.js";
import { listKeys, shortcuts } from "./desk_keys.js";
import { gaps } from "./desk_gaps.js";
import { audit, figures, reports, team } from "./desk_lead.js";
import { Queue } from "./desk_queue.js";
import { duty, logins, logout, settingsSheet } from "./desk_settings.js";
import { toast } from "./desk_sheet.js";
import { beep, Signals } from "./desk_signals.js";
import { browser, Seen, Settings, tab } from "./desk_store.js";
import { Tabs } from "./desk_tabs.js";
import { dotted, isolated, languageNode, moment, number, setClock, tick, withNodes, wrong } from "./desk_words.js";
import { locale, text } from "./texts.js";

const TICK_MS = 10000;
const PATIENCE_MS = 1500; // before a broken connection is worth a word

const page = document.body.dataset;
const find = (id) => document.getElementById(id);
const root = document.querySelector(".desk");
const status = find("status");

let me = JSON.parse(page.me);
let rows = new Map();
let order = { waiting: [], mine: [], others: [], asked: [], offered: [], woken: [], places: [] };
let slow = null;

const settings = new Settings(me.id);
const seen = new Seen(me.id);
const signals = new Signals(settings);
const link = new DeskLink({ hello, board, cases, me: (frame) => showMe(frame.me), lines, gone, state });
const queue = new Queue(document.querySelector(".queue"), { open, offer, isUnread: (row) => seen.isUnread(row) });
const tabs = new Tabs({ tabs: find("tabs"), threads: find("threads"), welcome: find("welcome") }, { me: () => me, settings, link, changed, looked });
const help = new Help(document.querySelector(".help"), { me: () => me, send: (deed, said) => tabs.current?.outbox.add(deed, said) });

// ------------------------------------------------------------ what comes

function hello(frame) {
  setClock(frame.now);
  showMe(frame.me);
  if (frame.texts !== page.version) offerReload();
}

function board(frame) {
  rows = new Map(frame.cases.map((row) => [row.number, row]));
  show(frame);
}

function cases(frame) {
  for (const row of frame.changed) rows.set(row.number, row);
  for (const each of frame.gone) rows.delete(each);
  show(frame);
}

function show(frame) {
  ({ order } = frame);
  const places = new Map(order.waiting.map((each, index) => [each, order.places[index]]));
  for (const row of rows.values()) tabs.get(row.number)?.show({ ...row, place: places.get(row.number) ?? 0 });
  tabs.showTabs();
  showQueue();
  root.setAttribute("aria-busy", "false");
}

function showQueue() {
  queue.show(rows, order);
  const unread = [...rows.values()].filter((row) => seen.isUnread(row));
  const calls = [...order.offered, ...order.asked].map((each) => `waits-${each}`).concat(unread.map((row) => `new-${row.number}-${row.contact_at}`));
  showCounts(signals.count([...new Set(calls)]), unread.length);
  for (const each of order.woken) wake(rows.get(each));
  if (document.hidden) for (const row of unread) signals.notify(`new-${row.number}-${row.contact_at}`, text("notify_new"), () => open(row.number));
}

function wake(row) {
  if (!row) return;
  const said = text("notify_waits", { language: row.language.reader_name, topic: row.topic?.name ?? "" });
  signals.notify(`waits-${row.number}-${row.waiting_since}`, said, () => open(row.number));
}

function showCounts(calls, unread) {
  for (const [pane, count] of [["queue", calls], ["work", unread]]) {
    const node = document.querySelector(`.panes [data-pane="${pane}"] .count`);
    node.textContent = number(count);
    node.hidden = count === 0;
  }
}

function lines(frame) {
  tabs.get(frame.number)?.put(frame);
  if (tabs.active === frame.number) help.show(tabs.current.row);
}

function gone(frame) {
  if (!tabs.get(frame.number)) return;
  tabs.close(frame.number);
  toast(text("case_gone", { n: frame.number }));
}

/** A conversation is on the screen of somebody who is there: what the contact wrote counts as seen. */
function looked(thread) {
  const isOnScreen = thread.root.isConnected && thread.root.checkVisibility() && !document.hidden;
  const row = rows.get(thread.number);
  if (isOnScreen && row && seen.look(row)) showQueue();
}

// ------------------------------------------------------------ the connection

function state(now) {
  clearTimeout(slow);
  if (now === "live") {
    status.hidden = true;
    for (const thread of tabs.all()) thread.outbox.hurry();
  } else if (now === "many") tell("too_many_tabs", ["come_back", () => link.connect()]);
  else slow = setTimeout(tell, status.hidden ? PATIENCE_MS : 0, "no_connection");
}

function tell(key, ...ways) {
  const nodes = ways.map(([label, action]) => {
    const node = make("button", "pill", text(label));
    node.type = "button";
    node.addEventListener("click", action);
    return node;
  });
  status.replaceChildren(make("span", "", text(key)), " ", ...nodes);
  status.hidden = false;
}

function offerReload() {
  if (document.hidden) location.reload();
  else tell("new_version", ["load_again", () => location.reload()]);
}

// ------------------------------------------------------------ what is done

function open(each) {
  tabs.open(each, rows.get(each));
  showPane("work");
  tabs.current.title.focus({ preventScroll: true });
}

async function offer(each, accepts) {
  const answer = await call("/desk/api/offer", { body: { number: each, accepts } });
  if (!answer.ok) toast(wrong(answer));
  else if (accepts) open(each);
}

/** Another case is on the screen: everything around it follows. */
function changed() {
  const thread = tabs.current;
  queue.mark(tabs.active ?? 0);
  help.show(thread?.row ?? null);
  history.replaceState(null, "", tabs.active ? `#${tabs.active}` : location.pathname + location.search);
  for (const each of tabs.shown()) looked(each);
}

function showPane(name) {
  root.dataset.pane = name;
  tab.set("pane", name);
  for (const node of document.querySelectorAll(".panes button")) node.setAttribute("aria-pressed", String(node.dataset.pane === name));
  if (name === "work") tabs.fit();
}

function showMe(now) {
  me = now;
  const isAway = !me.is_available || (me.away_until && new Date(me.away_until) > new Date());
  const until = me.is_available && isAway;
  const said = until ? withNodes("away_till", { at: isolated(moment(me.away_until)) }) : [text(isAway ? "away" : "on_duty")];
  find("duty").classList.toggle("away", Boolean(isAway));
  find("duty-state").replaceChildren(...said);
  const languages = me.languages.map((lang) => languageNode(lang));
  const topics = me.topics.map((topic) => isolated(topic.name));
  find("about-me").replaceChildren(...dotted(isolated(me.name), me.city && isolated(me.city.name), ...languages, ...topics));
}

// ------------------------------------------------------------ wiring

const menu = document.querySelector(".menu");
for (const node of menu.querySelectorAll("[data-for]")) node.hidden = !me[node.dataset.for];
const MENU = {
  settings: () => settingsSheet(me, settings, { changed: showMe, beep }),
  logins,
  shortcuts: listKeys,
  team: () => team(me),
  figures,
  reports,
  gaps,
  audit,
  logout,
};
for (const node of menu.querySelectorAll("[data-deed]")) {
  node.addEventListener("click", () => {
    menu.open = false;
    MENU[node.dataset.deed]();
  });
}
document.addEventListener("click", (event) => !menu.contains(event.target) && (menu.open = false));
menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

find("duty").addEventListener("click", () => duty(me, showMe));
find("practise").addEventListener("click", () => practise(me, open));
for (const node of document.querySelectorAll(".panes button")) node.addEventListener("click", () => showPane(node.dataset.pane));

function search() {
  showPane("help");
  help.search.focus();
}

function write(mode) {
  showPane("work");
  tabs.current?.focusBox(mode);
}

shortcuts(settings, {
  j: () => queue.move(1),
  k: () => queue.move(-1),
  c: () => tabs.current?.claim(),
  r: () => write("reply"),
  n: () => write("note"),
  "/": search,
  e: () => tabs.current?.row?.can.answer && closeCase(tabs.current.row),
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const thread of tabs.shown()) looked(thread);
});
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault()); // no file takes the page's place
addEventListener("hashchange", () => /^#\d+$/.test(location.hash) && open(Number(location.hash.slice(1))));
addEventListener("pageshow", (event) => event.persisted && location.reload());
setInterval(tick, TICK_MS);

/** A language chosen in this browser, or by the link that led here, goes before the browser's own. */
function inChosenLanguage() {
  const url = new URL(location.href);
  url.searchParams.delete("in"); // how the door let us in
  history.replaceState(null, "", url);
  const asked = url.searchParams.get("lang");
  if (asked) browser.set("lang", asked);
  const chosen = browser.get("lang");
  if (!chosen || asked || chosen === locale()) return true;
  url.searchParams.set("lang", chosen);
  location.replace(url);
  return false;
}

if (inChosenLanguage()) {
  showMe(me);
  showPane(tab.get("pane", "queue"));
  tabs.restore(/^#\d+$/.test(location.hash) ? Number(location.hash.slice(1)) : null);
  if (/^#\d+$/.test(location.hash)) showPane(tab.get("pane", "work"));
  link.connect();
}
