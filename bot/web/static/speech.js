// Reading aloud with the voices of the device; a voice that would send the text to somebody else's computer is never used.

const synthesis = window.speechSynthesis;
let speaking = null;

function language(tag) {
  return tag.replace("_", "-").split("-")[0].toLowerCase();
}

function voiceFor(tag) {
  if (!synthesis) return undefined;
  return synthesis.getVoices().find((voice) => voice.localService && language(voice.lang) === language(tag));
}

export function canSpeak(tag) {
  return voiceFor(tag) !== undefined;
}

/** Call back whenever the device has found more voices. */
export function onVoices(callback) {
  synthesis?.addEventListener?.("voiceschanged", callback);
}

/** Read a text aloud; `done` is called at its end, however it comes. */
export function speak(words, tag, done) {
  hush();
  const utterance = new SpeechSynthesisUtterance(words);
  utterance.voice = voiceFor(tag);
  utterance.lang = utterance.voice.lang;
  speaking = done;
  utterance.onend = utterance.onerror = () => {
    if (speaking === done) hush();
  };
  synthesis.speak(utterance);
}

export function hush() {
  const done = speaking;
  speaking = null;
  synthesis?.cancel();
  done?.();
}
