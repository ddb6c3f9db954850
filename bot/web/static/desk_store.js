// What this browser keeps: settings and what was looked at for good, drafts and open cases for as long as the tab lives.

const PREFIX = "dragoman.desk.";

function read(storage, name, otherwise) {
  try {
    return JSON.parse(storage.getItem(PREFIX + name)) ?? otherwise;
  } catch {
    return otherwise; // no storage in this browser, or not ours
  }
}

function write(storage, name, value) {
  try {
    if (value === null) storage.removeItem(PREFIX + name);
    else storage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // no storage, or a full one: it lives as long as the page
  }
}

let hasLeft = false;

/** Kept in this tab only: it may hold what somebody wrote. */
export const tab = {
  get: (name, otherwise = null) => read(sessionStorage, name, otherwise),
  set: (name, value) => hasLeft || write(sessionStorage, name, value),
  /** Forget all of it, and keep nothing more: the page is about to be left. */
  clear() {
    hasLeft = true;
    const ours = Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX));
    for (const name of ours) sessionStorage.removeItem(name);
  },
};

/** Kept in this browser: never a word of a conversation. */
export const browser = {
  get: (name, otherwise = null) => read(localStorage, name, otherwise),
  set: (name, value) => write(localStorage, name, value),
};

const USUAL = { enter: !matchMedia("(pointer: coarse)").matches, sound: false, notify: false, keys: true };

/** How somebody likes their desk in this browser. */
export class Settings {
  constructor(staffId) {
    this.name = `settings.${staffId}`;
    this.values = { ...USUAL, ...browser.get(this.name, {}) };
  }

  get(name) {
    return this.values[name];
  }

  set(name, value) {
    this.values[name] = value;
    browser.set(this.name, this.values);
  }
}

const MOST_SEEN = 200; // cases

/** Up to when the contact's words of each case were looked at, by the server's clock. */
export class Seen {
  constructor(staffId) {
    this.name = `seen.${staffId}`;
    this.upto = browser.get(this.name, {});
  }

  isUnread(row) {
    if (!row.mine || row.state === "closed" || !row.contact_at) return false;
    const upto = this.upto[row.number];
    return upto ? new Date(row.contact_at) > new Date(upto) : row.waits;
  }

  /** Note that all of it was on the screen; returns whether that is news. */
  look(row) {
    if (!row.contact_at || this.upto[row.number] === row.contact_at) return false;
    this.upto[row.number] = row.contact_at;
    const numbers = Object.keys(this.upto).map(Number);
    for (const old of numbers.sort((a, b) => b - a).slice(MOST_SEEN)) delete this.upto[old];
    browser.set(this.name, this.upto);
    return true;
  }
}
