// Dialogs, the forms in them, and the short word about what has just happened.

import { make } from "./message.js";
import { iconButton } from "./desk_words.js";
import { text } from "./texts.js";

const TOAST_MS = 7000;
let count = 0;

/** Open a dialog over the page; Esc and its button close it. */
export function sheet(key, ...content) {
  const dialog = make("dialog", "sheet-of");
  const title = make("h2", "", text(key));
  title.id = `sheet-${(count += 1)}`;
  dialog.setAttribute("aria-labelledby", title.id);
  const end = iconButton("close_dialog", "round quiet", "x", () => dialog.close());
  dialog.append(make("header", "", title, end), ...content);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export const isSheetOpen = () => document.querySelector("dialog[open]") !== null;

/** Say something in passing; screen readers say it too. */
export function toast(said) {
  const node = make("p", "toast rise", said);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), TOAST_MS);
}

// ------------------------------------------------------------ forms

/** A field with its name above and, where it needs one, an explanation below. */
export function field(key, input, why = "") {
  const label = make("label", "", text(key));
  label.htmlFor = input.id = `field-${(count += 1)}`;
  const node = make("div", "", label, input);
  if (!why) return node;
  const more = make("p", "why", text(why));
  more.id = `${input.id}-why`;
  input.setAttribute("aria-describedby", more.id);
  node.append(more);
  return node;
}

export function input(name, type = "text", more = {}) {
  const node = make(type === "area" ? "textarea" : "input");
  if (type !== "area") node.type = type;
  return Object.assign(node, { name, autocomplete: "off", ...more });
}

/** `options`: [value, label] each. */
export function select(name, options, chosen = "") {
  const node = make("select");
  node.name = name;
  for (const [value, label] of options) node.append(new Option(label, value, false, value === chosen));
  return node;
}

/** A group of radio buttons or check boxes. `options`: [value, label, more nodes…] each; `chosen`: what is on. */
export function choices(key, name, options, chosen = [], type = "radio") {
  const nodes = options.map(([value, label, ...more]) => {
    const box = Object.assign(make("input"), { type, name, value, checked: chosen.includes(value) });
    return make("label", "choice", box, make("span", "", label, ...more));
  });
  return make("fieldset", "", make("legend", "", text(key)), make("div", type === "checkbox" ? "many" : "", ...nodes));
}

export function check(name, key, checked) {
  const box = Object.assign(make("input"), { type: "checkbox", name, checked });
  return make("label", "choice", box, make("span", "", text(key)));
}

/** A form; `submit(values)` returns what went wrong, or nothing. */
export function form(fields, action, submit) {
  const wrong = make("p", "wrong");
  wrong.setAttribute("role", "alert");
  const go = make("button", "pill main", text(action));
  go.type = "submit";
  const node = make("form", "form", ...fields, wrong, make("div", "row-of", go));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    wrong.textContent = "";
    wrong.textContent = (await submit(new FormData(node))) ?? "";
    go.disabled = false;
  });
  return node;
}

/** Ask something in a dialog that closes when all went well. */
export function ask(key, fields, action, submit) {
  const node = form(fields, action, async (values) => {
    const said = await submit(values);
    if (!said) dialog.close();
    return said;
  });
  const dialog = sheet(key, node);
  dialog.querySelector("form input:not([type=hidden]), form textarea, form select")?.focus();
  return dialog;
}
