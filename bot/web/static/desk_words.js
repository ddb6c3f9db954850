// How the desk names things: languages, times, numbers, what went wrong.

import { icon, make } from "./message.js";
import { locale, text } from "./texts.js";

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const WRONG = new Set(
  (
    "not-allowed gone taken closed needs-consent too-late code too-large type empty too-long no-email no-telegram unknown " +
    "unavailable offline not-written"
  ).split(" "),
);

let ahead = 0; // ms the server's clock is before ours

export function setClock(now) {
  ahead = new Date(now) - Date.now();
}

export const number = (value) => new Intl.NumberFormat(locale()).format(value);

/** Say how long something takes or took, in its largest unit: "4 min". */
export function span(seconds) {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ["second", 1];
  const form = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(locale(), form).format(Math.floor(seconds / size));
}

function since(iso) {
  const seconds = (Date.now() + ahead - new Date(iso)) / 1000;
  return seconds < 60 ? text("just_now") : span(seconds);
}

/** A time that says how long ago it was, and goes on counting. */
export function sinceNode(iso) {
  const node = make("time", "ago", since(iso));
  node.dateTime = iso;
  node.dataset.since = iso;
  node.title = moment(iso);
  return node;
}

export function tick() {
  for (const node of document.querySelectorAll("[data-since]")) {
    const now = since(node.dataset.since);
    if (node.textContent !== now) node.textContent = now;
  }
}

export function moment(iso) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

/** A language by its own name, in its own script. */
export function languageNode(lang, className = "") {
  const name = make("bdi", "", lang.name);
  Object.assign(name, { lang: lang.tag, dir: lang.dir, title: lang.reader_name });
  return className ? make("span", className, name) : name;
}

/** Put nodes into a text of the page: {names} in it give way to them. */
export function withNodes(key, nodes) {
  const pieces = text(key).split(/(\{\w+\})/);
  return pieces.map((piece) => (piece.startsWith("{") ? (nodes[piece.slice(1, -1)] ?? piece) : piece));
}

/** Join what there is with dots between. */
export function dotted(...parts) {
  return parts.filter(Boolean).flatMap((part, index) => (index ? [" · ", part] : [part]));
}

export const isolated = (said) => make("bdi", "", said);

/** Say what went wrong with a request, for people. */
export function wrong(answer) {
  const code = WRONG.has(answer.error) ? answer.error : "other";
  const known = code === "taken" && !answer.by ? "closed_to_you" : code.replaceAll("-", "_");
  return text(`error_${known}`, { by: answer.by ?? "", field: answer.field ?? "" });
}

export function button(key, className, action, picture = "") {
  const node = make("button", className, ...(picture ? [icon(picture)] : []), text(key));
  node.type = "button";
  node.addEventListener("click", action);
  return node;
}

/** A button that shows a picture only; its name is for screen readers and on hovering. */
export function iconButton(key, className, picture, action) {
  const node = make("button", className, icon(picture));
  node.type = "button";
  node.title = text(key);
  node.setAttribute("aria-label", text(key));
  node.addEventListener("click", action);
  return node;
}
