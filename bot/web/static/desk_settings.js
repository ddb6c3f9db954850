// Oneself: on duty or away, how to be woken, where one is logged in, and how the desk behaves in this browser.

import { make } from "./message.js";
import { call, leave } from "./desk_link.js";
import { browser } from "./desk_store.js";
import { ask, check, choices, field, form, input, select, sheet, toast } from "./desk_sheet.js";
import { button, dotted, isolated, moment, withNodes, wrong } from "./desk_words.js";
import { locale, text } from "./texts.js";

const page = document.body.dataset;
const LANGUAGES = JSON.parse(page.languages);

/** Write a time as a form field wants it: local, to the minute. */
function local(iso) {
  if (!iso) return "";
  const at = new Date(iso);
  return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

export async function duty(me, changed) {
  const found = await call("/desk/api/team");
  const team = (found.team ?? []).filter((each) => each.id !== me.id).map((each) => [each.id, each.name]);
  const state = !me.is_available ? "away" : me.away_until && new Date(me.away_until) > new Date() ? "until" : "here";
  const ways = ["here", "until", "away"].map((way) => [way, text(`duty_${way}`)]);
  const way = choices("duty", "way", ways, [state]);
  way.querySelector("legend").className = "visually-hidden"; // the title says it
  const until = field("away_until", input("until", "datetime-local", { value: local(me.away_until), min: local(new Date().toISOString()) }));
  const stand_in = field("substitute", select("substitute", [["", text("nobody")], ...team], me.substitute ?? ""), "substitute_why");
  const show = () => {
    const chosen = way.querySelector(":checked").value;
    until.hidden = chosen !== "until";
    stand_in.hidden = chosen === "here";
    until.querySelector("input").required = chosen === "until";
  };
  way.addEventListener("change", show);
  show();
  return ask("duty", [way, until, stand_in, make("p", "why", text("duty_why"))], "save", async (values) => {
    const chosen = values.get("way");
    const at = chosen === "until" ? new Date(values.get("until")).toISOString() : null;
    const body = { is_available: chosen !== "away", away_until: at, substitute: chosen === "here" ? null : values.get("substitute") || null };
    const answer = await call("/desk/api/duty", { body });
    if (!answer.ok) return wrong(answer);
    changed(answer.me);
    return undefined;
  });
}

// ------------------------------------------------------------ settings

function languageField() {
  const node = select("lang", LANGUAGES.map(([tag, name]) => [tag, name]), locale());
  node.addEventListener("change", () => speak(node.value));
  return field("desk_language", node);
}

/** Load the desk in another language; what is typed is kept in this tab. */
function speak(tag) {
  browser.set("lang", tag);
  const url = new URL(location.href);
  url.searchParams.set("lang", tag);
  location.replace(url);
}

function switchOf(settings, name, ready = async () => true) {
  const node = check(name, `setting_${name}`, settings.get(name));
  const box = node.querySelector("input");
  box.addEventListener("change", async () => {
    const on = box.checked && (await ready());
    box.checked = on;
    settings.set(name, on);
  });
  return node;
}

/** Ask the browser whether it may show notifications. */
async function mayNotify() {
  const answer = "Notification" in window ? await Notification.requestPermission() : "denied";
  if (answer !== "granted") toast(text("notify_refused"));
  return answer === "granted";
}

function wakeForm(me, settings, changed) {
  const ways = [["web", text("wake_web")]];
  if (me.has_telegram) ways.push(["telegram", text("wake_telegram")]);
  ways.push(["email", text("wake_email")]);
  const address = field("email", input("email", "email", { autocomplete: "email", dir: "ltr" }), me.has_email ? "email_known" : "email_why");
  const why = make("p", "why", text(me.has_telegram ? "wake_why" : "wake_join_telegram"));
  const choice = choices("wake", "way", ways, [me.wake_by]);
  choice.querySelector("legend").className = "visually-hidden";
  return form([choice, address, why], "save", async (values) => {
    const email = values.get("email").trim();
    const answer = await call("/desk/api/wake", { body: { wake_by: values.get("way"), email: email || null } });
    if (!answer.ok) return wrong(answer);
    if (values.get("way") === "web") settings.set("notify", await mayNotify());
    changed(answer.me);
    toast(text("saved"));
    return undefined;
  });
}

export function settingsSheet(me, settings, { changed, beep }) {
  const enter = check("enter", "setting_enter", settings.get("enter"));
  enter.addEventListener("change", () => settings.set("enter", enter.querySelector("input").checked));
  const sound = switchOf(settings, "sound", async () => {
    beep();
    return true;
  });
  const notify = switchOf(settings, "notify", mayNotify);
  const here = make("div", "form", languageField(), enter, sound, notify, switchOf(settings, "keys"));
  sheet("settings", make("h3", "", text("this_browser")), here, make("h3", "", text("wake")), wakeForm(me, settings, changed));
}

// ------------------------------------------------------------ logins

export async function logins() {
  const found = await call("/desk/api/sessions");
  if (!found.ok) return toast(wrong(found));
  const list = make("ul", "rows-of");
  const draw = (sessions) => list.replaceChildren(...sessions.map((each) => loginRow(each, draw)));
  draw(found.sessions);
  return sheet("logins", make("p", "why", text("logins_why")), list);
}

function loginRow(session, draw) {
  const since = withNodes("login_since", { opened: isolated(moment(session.opened_at)), seen: isolated(moment(session.seen_at)) });
  const state = dotted(session.current && text("this_one"), make("span", "", ...since));
  const about = make("div", "", isolated(session.device), make("small", "", ...state));
  const end = button("end_login", "pill", async () => {
    const body = { end: session.id };
    const answer = session.current ? await leave("/desk/api/sessions", body) : await call("/desk/api/sessions", { body });
    if (!answer.ok) toast(wrong(answer));
    else if (!session.current) draw(answer.sessions);
  });
  return make("li", "", about, end);
}

export async function logout() {
  const answer = await leave("/desk/logout", {});
  if (!answer.ok && answer.status !== 401) toast(wrong(answer));
}
