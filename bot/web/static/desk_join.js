// The door of the desk: an invite is used up by a press, never by looking at it; whoever has none asks for a login link.

import { browser } from "./desk_store.js";
import { locale, text } from "./texts.js";

const find = (id) => document.getElementById(id);
const WORDS = { 410: "code_gone", 403: "error_other", 429: "error_unavailable", 503: "error_unavailable" };

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return fetch(`${path}?lang=${encodeURIComponent(locale())}`, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
}

function say(key) {
  find("wrong").textContent = key ? text(key) : "";
}

/** A link from a message comes without the cookie; the page itself may have it all the same. */
async function enterIfKnown() {
  const url = new URL(location.href);
  if (url.searchParams.has("in")) return;
  const answer = await fetch("/desk/api/me").catch(() => null);
  if (!answer?.ok) return;
  url.searchParams.set("in", "1");
  location.replace(url);
}

function takeCode() {
  const code = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search); // it is not left lying in the address or the history
  return code;
}

function join() {
  const code = takeCode();
  if (!code) say("code_missing");
  find("enter").disabled = !code;
  find("enter").addEventListener("click", async () => {
    find("enter").disabled = true;
    say("");
    const answer = await post("/desk/join", { code });
    if (answer?.ok) return location.replace("/desk");
    say(answer ? (WORDS[answer.status] ?? "code_gone") : "error_offline");
    find("enter").disabled = answer?.status === 410;
    return undefined;
  });
}

function login() {
  find("by-email").addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    find("ask").disabled = true;
    const answer = await post("/desk/login", { email: find("email").value.trim() });
    find("ask").disabled = false;
    if (!answer?.ok) return say(answer?.status === 422 ? "error_no_email" : answer ? "error_unavailable" : "error_offline");
    find("asked").hidden = false;
    return find("asked").focus();
  });
  enterIfKnown();
}

for (const node of document.querySelectorAll("[data-lang]")) {
  node.addEventListener("click", () => browser.set("lang", node.dataset.lang));
}
if (document.body.dataset.mode === "join") join();
else login();
