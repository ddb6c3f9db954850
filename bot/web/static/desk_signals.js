// Signs that somebody waits: the title of the page, a short sound, a notification of the browser. None says what anybody wrote.

import { tab } from "./desk_store.js";
import { number } from "./desk_words.js";
import { text } from "./texts.js";

const BEEP_S = 0.18;
const BEEP_HZ = [660, 880];
const MOST_TOLD = 300;

let sound = null;

/** A short, soft sound of two notes. */
export function beep() {
  sound ??= new AudioContext();
  BEEP_HZ.forEach((pitch, index) => {
    const [note, volume] = [sound.createOscillator(), sound.createGain()];
    const at = sound.currentTime + index * BEEP_S;
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0.12, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + BEEP_S);
    note.connect(volume).connect(sound.destination);
    note.start(at);
    note.stop(at + BEEP_S);
  });
}

/** Show a notification; some telephones let no page do so by itself. */
function shownAs(title, more) {
  try {
    return new Notification(title, more);
  } catch {
    return null;
  }
}

export class Signals {
  constructor(settings) {
    Object.assign(this, { settings, title: document.title, known: null });
    this.told = new Set(tab.get("told", []));
  }

  /** `calls`: a name for everything that wants this person; what is new among them makes a sound. Returns how many there are. */
  count(calls) {
    document.title = calls.length ? `(${number(calls.length)}) ${this.title}` : this.title;
    const isNew = this.known && calls.some((name) => !this.known.has(name));
    this.known = new Set(calls);
    if (isNew && this.settings.get("sound")) beep();
    return calls.length;
  }

  /** Show a notification, once for each name; a click on it opens the case. */
  notify(name, said, open) {
    if (this.told.has(name)) return;
    this.told.add(name);
    tab.set("told", [...this.told].slice(-MOST_TOLD));
    if (!this.settings.get("notify") || !("Notification" in window) || Notification.permission !== "granted") return;
    const shown = shownAs(text("desk"), { body: said, tag: name });
    shown?.addEventListener("click", () => {
      window.focus();
      open();
      shown.close();
    });
  }
}
