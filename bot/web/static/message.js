// One message as elements. Everything goes in as text: nothing a message holds is ever read as HTML.

import { canSpeak, hush, speak } from "./speech.js";
import { text } from "./texts.js";

const SAFE_LINKS = new Set(["http:", "https:", "tel:", "mailto:", "geo:"]);
const RIGHT_TO_LEFT = /[\u0590-\u08ff]/;
const SVG = "http://www.w3.org/2000/svg";

export function make(tag, className = "", ...content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...content);
  return node;
}

export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  picture.append(use);
  return picture;
}

/** A text of the page that changes with its language. */
export function words(key, className = "") {
  const node = make("span", className, text(key));
  node.dataset.text = key;
  return node;
}

function link(url, className = "") {
  let scheme;
  try {
    scheme = new URL(url).protocol;
  } catch {
    return null;
  }
  if (!SAFE_LINKS.has(scheme)) return null;
  const node = make("a", className);
  node.href = url;
  node.rel = "noopener noreferrer";
  if (scheme.startsWith("http")) node.target = "_blank";
  return node;
}

function runNode(run) {
  let node = document.createTextNode(run.text);
  if (run.isolate) {
    node = make("bdi", /^[\d\s+()/.,:€$-]{1,24}$/.test(run.text) ? "number" : "", node);
    if (RIGHT_TO_LEFT.test(run.text)) node.dir = "rtl"; // also where it begins with a Latin word
  }
  if (run.lang) node = Object.assign(make("span", "", node), { lang: run.lang, dir: run.dir });
  if (run.bold) node = make("strong", "", node);
  const anchor = run.url ? link(run.url) : null;
  if (anchor) anchor.append(node);
  return anchor ?? node;
}

const runNodes = (runs) => runs.map(runNode);

/** A heading in another language is a sentence to show to somebody: large, and read aloud in that language where the device can. */
function headingNode(runs) {
  const heading = make("h2", "", ...runNodes(runs));
  const shown = runs.find((run) => run.lang);
  if (!shown) return heading;
  heading.className = "shown";
  const words = heading.firstElementChild;
  heading.append(speakButton(() => [words.textContent], shown.lang));
  return heading;
}

const BLOCKS = {
  heading: (block) => headingNode(block.runs),
  paragraph: (block) => make("p", "", ...runNodes(block.runs)),
  note: (block) => make("p", "note", ...runNodes(block.runs)),
  list: (block) => make(block.ordered ? "ol" : "ul", block.boxes ? "boxes" : "", ...block.items.map((item) => make("li", "", ...runNodes(item)))),
  facts: (block) => {
    const rows = block.rows.flatMap(([label, value]) => [make("dt", "", label), make("dd", "", ...runNodes(value))]);
    return make("dl", "facts", ...rows);
  },
};

/** The words of a message as elements. */
export function blockNodes(blocks) {
  return blocks.map((block) => BLOCKS[block.kind](block));
}

function who(frame, service) {
  const name = make("bdi", "", frame.author_name || service);
  const line = make("p", "who", make("span", "", name, " · ", words(frame.author)));
  const when = new Date(frame.at);
  if (!Number.isNaN(when.valueOf())) line.append(time(when, frame.locale));
  return line;
}

export function time(when, locale) {
  const today = when.toDateString() === new Date().toDateString();
  const form = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  const node = make("time", "", new Intl.DateTimeFormat(locale, form).format(when));
  node.dateTime = when.toISOString();
  return node;
}

function speakButton(lines, locale) {
  const button = make("button", "speak");
  button.type = "button";
  button.dataset.speak = locale;
  button.hidden = !canSpeak(locale);
  const show = (on) => {
    const key = on ? "stop_reading" : "read_aloud";
    button.replaceChildren(icon(on ? "stop" : "speak"));
    button.classList.toggle("on", on);
    button.dataset.label = button.dataset.title = key;
    button.title = text(key);
    button.setAttribute("aria-label", text(key));
  };
  button.addEventListener("click", () => {
    if (button.classList.contains("on")) return hush();
    speak(lines().join(". "), locale, () => show(false));
    return show(true);
  });
  show(false);
  return button;
}

function optionNode(option, index, frame, press) {
  const className = option.style === "answer" ? "row" : `pill ${option.style}`;
  const anchor = option.url ? link(option.url, className) : null;
  if (anchor) {
    anchor.append(option.label);
    return anchor;
  }
  const button = make("button", className, option.label);
  button.type = "button";
  button.addEventListener("click", () => {
    button.classList.add("chosen");
    press({ type: "button", token: frame.token, index }, option.label);
  });
  return button;
}

export function venueNode(venue) {
  const name = make("strong", "", make("bdi", "", venue.name));
  const where = make("div", "where", name, make("span", "", make("bdi", "", venue.address)));
  const at = `${venue.latitude}/${venue.longitude}`;
  const map = link(`https://www.openstreetmap.org/?mlat=${venue.latitude}&mlon=${venue.longitude}#map=18/${at}`, "pill");
  map.append(icon("pin"), words("map"), make("span", "visually-hidden", `: ${venue.name}`));
  return make("div", "venue", where, map);
}

function documentNode(file) {
  const node = make("a", "pill main", icon("file"), text("save_file", { name: file.name }));
  node.href = URL.createObjectURL(new Blob([file.text], { type: file.media_type }));
  node.download = file.name;
  return node;
}

/** What somebody sent: a picture or a recording to look at here, anything else to save. */
export function attachmentNode(file) {
  const name = file.name || text("file");
  if (file.kind === "photo" && file.media_type.startsWith("image/")) {
    const picture = make("img", "picture");
    Object.assign(picture, { src: file.url, alt: name, loading: "lazy" });
    const whole = make("a", "attachment", picture);
    Object.assign(whole, { href: file.url, target: "_blank", rel: "noopener noreferrer" });
    return whole;
  }
  if (file.media_type.startsWith("audio/")) {
    const player = make("audio", "attachment");
    Object.assign(player, { src: file.url, controls: true, preload: "none" });
    player.setAttribute("aria-label", name);
    return player;
  }
  const node = make("a", "pill attachment", icon("file"), make("bdi", "", text("save_file", { name })));
  node.href = file.url;
  node.download = name;
  return node;
}

/** The words a machine translated, as they were written. */
function originalNode(original) {
  const said = make("span", "", original.text);
  Object.assign(said, { lang: original.locale, dir: original.dir });
  return make("p", "original", words("original"), ": ", said);
}

function placeButton(share) {
  if (!window.isSecureContext || !navigator.geolocation) return null;
  const button = make("button", "pill main", icon("pin"), words("share_place"));
  button.type = "button";
  button.addEventListener("click", () => share(button));
  return button;
}

/** Choices of one purpose stand together, in the order they came: what to do next, other answers, "did this help?", the ways that are always open. */
const GROUPS = { main: "choices", plain: "choices", answer: "rows", vote: "votes", person: "ways-on", quiet: "ways-on" };
const MANY = 4; // choices that look better as full lines

function actions(frame, { press, share }) {
  const nodes = frame.options.map((option, index) => [GROUPS[option.style] ?? "choices", optionNode(option, index, frame, press)]);
  if (frame.document) nodes.unshift(["choices", documentNode(frame.document)]);
  const place = frame.ask_location ? placeButton(share) : null;
  if (place) nodes.unshift(["choices", place]);
  const groups = [];
  for (const [kind, node] of nodes) {
    if (!groups.length || !groups[groups.length - 1].classList.contains(kind)) groups.push(make("div", kind));
    groups[groups.length - 1].append(node);
  }
  for (const group of groups) group.classList.toggle("many", group.children.length >= MANY);
  return groups;
}

/** Build a message of the bot or of a person, with what can be done about it: its words run their own way, its place is the page's. */
export function theirs(frame, service, doing) {
  const said = make("div", "said", ...blockNodes(frame.blocks));
  if (frame.original) said.append(originalNode(frame.original));
  if (frame.attachment) said.append(attachmentNode(frame.attachment));
  const look = `msg ${frame.author === "person" || frame.author === "translation" ? "person" : "bot"}${frame.alert ? " alert" : ""}`;
  const body = make("article", look, who(frame, service), said);
  if (frame.alert) body.setAttribute("role", "alert");
  const lines = () => [...said.querySelectorAll("h2:not(.shown), p, li, dt, dd")].map((node) => node.textContent);
  body.querySelector(".who").append(speakButton(lines, frame.locale));
  const [venues, groups] = [frame.venues.map(venueNode), actions(frame, doing)];
  for (const node of [said, ...venues, ...groups]) Object.assign(node, { lang: frame.locale, dir: frame.dir });
  const entry = make("div", "entry rise", body, ...venues);
  if (groups.length) entry.append(make("div", "actions", ...groups));
  return entry;
}

/** Build a message of the contact. */
export function mine(said, attachment = null) {
  const paragraph = make("p", "", said);
  paragraph.dir = "auto";
  const body = make("div", "msg", words("you", "visually-hidden"), paragraph);
  if (attachment) body.append(attachmentNode(attachment));
  return make("div", "entry mine rise", body);
}

/** Return the plain text of a message of the contact. */
export function saidIn(frame) {
  return frame.blocks.flatMap((block) => (block.runs ?? []).map((run) => run.text)).join("");
}
