// What the page says in the language of the conversation.

let bundle = JSON.parse(document.body.dataset.bundle);
let wanted = bundle.locale;
const known = new Map([[bundle.locale, bundle]]);

/** Return a text of the page, with {names} filled in. */
export function text(key, values = {}) {
  return bundle.texts[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function locale() {
  return bundle.locale;
}

/** Change the language of the page; an unknown one, or no network, leaves it as it is. */
export async function speakLocale(tag) {
  if (tag === wanted) return;
  wanted = tag;
  const found = known.get(tag) ?? (await load(tag));
  if (!found || tag !== wanted) return;
  bundle = found;
  show();
}

async function load(tag) {
  try {
    const answer = await fetch(`/chat/texts/${encodeURIComponent(tag)}.json`);
    if (!answer.ok) return null;
    known.set(tag, await answer.json());
    return known.get(tag);
  } catch {
    wanted = bundle.locale;
    return null;
  }
}

function show() {
  document.documentElement.lang = bundle.locale;
  document.documentElement.dir = bundle.dir;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = text(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", text(node.dataset.label));
  for (const node of document.querySelectorAll("[data-title]")) node.title = text(node.dataset.title);
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = text(node.dataset.placeholder);
  for (const node of document.querySelectorAll("[data-name]")) node.textContent = bundle.name;
}
