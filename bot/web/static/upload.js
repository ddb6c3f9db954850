// Files the contact sends to the person who reads along: a letter photographed, a voice note.

const MOST_BYTES = 10 * 1024 * 1024; // as the server takes
const LONGEST_SIDE = 2200; // pixels: a letter stays readable, and an old phone on a slow network gets it through
const QUALITY = 0.85;
const RETRIES_MS = [1000, 3000, 8000];
const WORDS = { 409: "file_nobody", 413: "file_too_large", 415: "file_type" };

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Make a large photo smaller; whatever cannot be drawn goes as it is. */
async function shrunk(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || !window.createImageBitmap) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = LONGEST_SIDE / Math.max(picture.width, picture.height);
    if (scale >= 1 && file.size < MOST_BYTES / 4) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * Math.min(1, scale));
    canvas.height = Math.round(picture.height * Math.min(1, scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    return small && small.size < file.size ? small : file;
  } catch {
    return file;
  }
}

export class Upload {
  /** `track(id, said)` shows what is on its way, `settled(id, isSent)` what became of it, `note(key, values)` says why not. */
  constructor({ button, input, track, settled, note }) {
    Object.assign(this, { button, input, track, settled, note });
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => this.take([...input.files]));
  }

  /** Show the button while a person is there to see a file. */
  allow(on) {
    this.button.hidden = !on;
  }

  async take(files) {
    this.input.value = "";
    for (const file of files) await this.send(file);
  }

  async send(file) {
    const content = await shrunk(file);
    if (content.size > MOST_BYTES) return this.note("file_too_large", []);
    const id = newId();
    this.track(id, file.name);
    const name = encodeURIComponent(file.name.slice(0, 120));
    for (const wait of [...RETRIES_MS, 0]) {
      const answer = await fetch(`/chat/file?id=${id}&name=${name}`, { method: "POST", body: content }).catch(() => null);
      if (answer?.ok) return this.settled(id, true);
      if (answer && answer.status in WORDS) {
        this.settled(id, false);
        return this.note(WORDS[answer.status], []);
      }
      if (wait) await pause(wait);
    }
    return this.settled(id, false);
  }
}
