// Keyboard shortcuts: single letters, never while somebody types or a dialog is open, and only while they are switched on.

import { make } from "./message.js";
import { isSheetOpen, sheet } from "./desk_sheet.js";
import { text } from "./texts.js";

const LIST = ["j", "k", "c", "r", "n", "/", "e", "?"];
const NAMES = { "/": "search", "?": "help" };

/** The letter on the key, also where the keyboard writes another script. */
function letter(event) {
  if (/^[a-z/?]$/i.test(event.key)) return event.key.toLowerCase();
  const [, key] = /^Key([A-Z])$/.exec(event.code) ?? [];
  return key?.toLowerCase() ?? "";
}

const isTyping = (node) => node.closest?.("input, textarea, select, [contenteditable]") !== null;

export function listKeys() {
  const rows = LIST.map((key) => {
    const row = make("tr", "", make("td", "", make("kbd", "", key)), make("td", "", text(`key_${NAMES[key] ?? key}`)));
    row.firstElementChild.dir = "ltr";
    return row;
  });
  const send = make("p", "why", text("key_send"));
  return sheet("shortcuts", make("div", "table", make("table", "", make("tbody", "", ...rows))), send);
}

/** `deeds`: what each letter does. */
export function shortcuts(settings, deeds) {
  const all = { ...deeds, "?": listKeys };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (!settings.get("keys") || isTyping(event.target) || isSheetOpen()) return;
    const deed = all[letter(event)];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
}
