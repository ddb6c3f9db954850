// Where somebody writes: a reply to the contact or a note for colleagues, and the files that go with it.

import { icon, make } from "./message.js";
import { call } from "./desk_link.js";
import { tab } from "./desk_store.js";
import { toast } from "./desk_sheet.js";
import { iconButton, isolated, number, wrong } from "./desk_words.js";
import { text } from "./texts.js";

const page = document.body.dataset;
const MAX_TEXT = Number(page.maxText);
const MAX_FILE = Number(page.maxFile);
const MB = 1024 * 1024;
const ACCEPT = "image/png,image/jpeg,image/webp,image/gif,application/pdf,audio/*,video/mp4,video/webm";
const PLACE = [
  /^geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)/,
  /^https:\/\/www\.openstreetmap\.org\/\S*[?&]mlat=(-?\d+\.\d+)&mlon=(-?\d+\.\d+)/,
  /^https:\/\/www\.openstreetmap\.org\/\S*#map=\d+\/(-?\d+\.\d+)\/(-?\d+\.\d+)/,
  /^https:\/\/(?:www\.google\.\w+|maps\.google\.\w+|maps\.app)\/\S*[@=](-?\d+\.\d+),(-?\d+\.\d+)/,
  /^(-?\d{1,2}\.\d{3,}),\s*(-?\d{1,3}\.\d{3,})$/,
];

/** Read a place from a map link or a pair of degrees that is all of a text; null where it is none. */
function placeIn(said) {
  if (/\s/.test(said.replace(/,\s*/, ","))) return null;
  const found = PLACE.map((shape) => shape.exec(said)).find(Boolean);
  const [latitude, longitude] = found ? [Number(found[1]), Number(found[2])] : [NaN, NaN];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : null;
}

const kindOf = (type) => ({ image: "photo", audio: "audio", video: "video" })[type.split("/")[0]] ?? "document";

export class Compose {
  /** `doing.send(deed, said)` sends, `doing.enterSends()` tells what Enter does. */
  constructor(caseNumber, doing) {
    Object.assign(this, { caseNumber, doing, language: null, waits: false });
    this.name = `draft.${caseNumber}`;
    this.draft = { text: "", mode: "reply", files: [], ...tab.get(this.name, {}) };
    this.draft.files = this.draft.files.filter((file) => file.token); // the others were not there yet when the page was left
    this.build();
    this.wire();
    this.showMode();
    this.showFiles();
  }

  build() {
    this.box = Object.assign(make("textarea"), { rows: 1, value: this.draft.text, dir: "auto", id: `text-${this.caseNumber}` });
    this.label = make("label", "visually-hidden");
    this.label.htmlFor = this.box.id;
    this.hint = make("p", "hint");
    this.hint.id = `hint-${this.caseNumber}`;
    this.box.setAttribute("aria-describedby", this.hint.id);
    this.files = make("div", "files");
    this.picker = Object.assign(make("input", "visually-hidden"), { type: "file", multiple: true, accept: ACCEPT, tabIndex: -1, hidden: true });
    this.attach = iconButton("attach_file", "round quiet", "clip", () => this.picker.click());
    this.go = iconButton("send", "round", "send", () => {});
    this.go.type = "submit";
    this.go.querySelector("svg").classList.add("mirrored");
    const modes = make("div", "modes", this.mode("reply", "reply"), this.mode("note", "note"));
    modes.setAttribute("role", "radiogroup");
    modes.setAttribute("aria-label", text("who_reads"));
    this.root = make("form", "compose", modes, this.files, this.hint, this.label, this.box, this.picker, this.attach, this.go);
  }

  mode(value, key) {
    const radio = Object.assign(make("input"), { type: "radio", name: "mode", value, checked: this.draft.mode === value });
    radio.addEventListener("change", () => this.setMode(value));
    return make("label", "", radio, text(key));
  }

  wire() {
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.box.addEventListener("input", () => this.keep());
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.picker.addEventListener("change", () => this.take(this.picker.files));
    this.box.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.take(event.clipboardData.files);
    });
  }

  pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return;
    if (!event.ctrlKey && !event.metaKey && !this.doing.enterSends()) return;
    event.preventDefault();
    this.submit();
  }

  // ------------------------------------------------------------ what is written

  setMode(mode) {
    this.draft.mode = mode;
    this.root.querySelector(`[value="${mode}"]`).checked = true;
    this.keep();
    this.showMode();
  }

  showMode() {
    const isNote = this.draft.mode === "note";
    this.root.classList.toggle("noting", isNote);
    this.box.placeholder = isNote ? text("placeholder_note") : text("placeholder_reply", { language: this.language?.reader_name ?? "" });
    this.label.textContent = isNote ? text("label_note") : text("label_reply");
    this.attach.hidden = isNote;
    this.files.hidden = isNote || !this.draft.files.length;
    this.fit();
  }

  /** The language the contact reads stands in the empty box. */
  setLanguage(language) {
    this.language = language;
    this.showMode();
  }

  keep() {
    this.draft.text = this.box.value;
    const { text: said, files } = this.draft;
    tab.set(this.name, said || files.length || this.draft.mode === "note" ? this.draft : null);
    this.fit();
  }

  /** Let the box grow with its text; what is too long is told, and nothing is cut. */
  fit() {
    this.box.style.blockSize = "auto";
    if (this.box.scrollHeight) this.box.style.blockSize = `${this.box.scrollHeight + 2}px`;
    const over = this.box.value.length - MAX_TEXT;
    const isPlace = over <= 0 && this.draft.mode === "reply" && placeIn(this.box.value.trim()) !== null;
    this.hint.hidden = over <= 0 && !isPlace;
    this.hint.textContent = over > 0 ? text("too_long_by", { n: number(over) }) : isPlace ? text("sent_as_place") : "";
  }

  focus(mode) {
    if (mode) this.setMode(mode);
    this.box.focus();
  }

  submit() {
    const said = this.box.value.trim();
    if (said.length > MAX_TEXT) return;
    this.waits = this.isUploading();
    if (this.waits) return;
    if (this.draft.mode === "note") {
      if (said) this.doing.send({ type: "note", text: said }, said);
    } else this.sendReply(said, this.draft.files);
    this.box.value = "";
    this.setMode("reply");
    this.showFiles();
  }

  sendReply(said, files) {
    const place = files.length ? null : placeIn(said);
    if (place) this.doing.send({ type: "reply", place }, said);
    else if (files.length === 0 && said) this.doing.send({ type: "reply", text: said }, said);
    files.forEach((file, index) => {
      const words = index === 0 ? said : "";
      this.doing.send({ type: "reply", text: words, file: file.token }, words || file.name);
    });
    this.draft.files = [];
  }

  // ------------------------------------------------------------ files

  async take(files) {
    const all = [...files];
    this.picker.value = "";
    if (this.draft.mode === "note") this.setMode("reply");
    const large = all.filter((file) => file.size > MAX_FILE);
    for (const { name } of large) toast(text("file_too_large_of", { name, n: number(Math.floor(MAX_FILE / MB)) }));
    const taken = all.filter((file) => file.size <= MAX_FILE).map((file) => [file, { name: file.name, token: "" }]);
    this.draft.files.push(...taken.map(([, entry]) => entry));
    this.showFiles();
    for (const [file, entry] of taken) await this.upload(file, entry);
  }

  async upload(file, entry) {
    const about = new URLSearchParams({ case: this.caseNumber, name: file.name.slice(0, 120), kind: kindOf(file.type) });
    const answer = await call(`/desk/api/file?${about}`, { raw: file });
    if (answer.ok) Object.assign(entry, { token: answer.file, name: answer.name });
    else this.draft.files = this.draft.files.filter((each) => each !== entry);
    this.showFiles();
    if (answer.ok && this.waits) this.submit(); // as was asked while it was on its way
    this.waits &&= answer.ok && this.isUploading();
    return answer.ok ? undefined : toast(`${file.name}: ${wrong(answer)}`);
  }

  showFiles() {
    this.files.replaceChildren(...this.draft.files.map((file) => this.chip(file)));
    this.keep();
    this.showMode();
  }

  isUploading() {
    return this.draft.files.some((file) => !file.token);
  }

  chip(file) {
    const remove = () => {
      this.draft.files = this.draft.files.filter((each) => each !== file);
      this.showFiles();
      this.box.focus();
    };
    const state = file.token ? [] : [" · ", text("sending")];
    const node = make("button", "pill", icon("file"), isolated(file.name), ...state, icon("x"));
    node.type = "button";
    node.setAttribute("aria-label", text("remove_file", { name: file.name }));
    node.addEventListener("click", remove);
    return node;
  }
}
