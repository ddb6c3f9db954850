// For leads and admins: the team and invites to it, figures, reports on answers, the audit.

import { make } from "./message.js";
import { call } from "./desk_link.js";
import { copyRow } from "./desk_deeds.js";
import { ask, check, choices, field, input, select, sheet, toast } from "./desk_sheet.js";
import { button, dotted, isolated, languageNode, moment, number, span, withNodes, wrong } from "./desk_words.js";
import { locale, text } from "./texts.js";

const ROLES = ["advisor", "peer", "lead", "interpreter", "companion", "mentor", "reviewer"];
const COUNTED = ["opened", "answered", "closed", "helped-yes", "helped-not-yet", "returned"];

async function load(path, show) {
  const found = await call(path);
  if (!found.ok) return toast(wrong(found));
  return show(found);
}

// ------------------------------------------------------------ the team

export function team(me) {
  return load("/desk/api/team", (found) => {
    const list = make("ul", "rows-of", ...found.team.map((each) => member(each, me)));
    const dialog = sheet("team", button("invite", "pill main", () => invite(me, found)), list);
    return dialog;
  });
}

function member(each, me) {
  const parts = [text(`role_${each.role}`), each.is_away && text("is_away"), seen(each)];
  if (each.reachable === false) parts.push(make("span", "warned", text("unreachable_member")));
  const languages = dotted(...each.languages.map((lang) => languageNode(lang)));
  const topics = each.topics.map((topic) => isolated(topic.name));
  const about = make("div", "", isolated(each.name), make("small", "", ...dotted(...parts)), make("small", "", ...languages));
  about.append(make("small", "", ...dotted(...topics)));
  const row = make("li", "", about);
  if (each.id !== me.id) row.append(button("remove_member", "pill", () => removeMember(each, row)));
  return row;
}

const seen = (each) => each.seen_at && make("span", "", ...withNodes("seen", { at: isolated(moment(each.seen_at)) }));

function removeMember(each, row) {
  const why = [make("p", "", isolated(each.name)), make("p", "why", text("remove_why"))];
  return ask("remove_title", why, "remove_member", async () => {
    const answer = await call("/desk/api/team/remove", { body: { id: each.id } });
    if (!answer.ok) return wrong(answer);
    row.remove();
    return undefined;
  });
}

/** Every two-letter language the browser can name, by its own name and the reader's. */
function languages() {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const names = new Intl.DisplayNames(locale(), { type: "language", fallback: "none" });
  const found = [];
  for (const first of letters) {
    for (const second of letters) {
      const name = names.of(first + second);
      if (name) found.push([first + second, name]);
    }
  }
  return found.sort((a, b) => a[1].localeCompare(b[1], locale()));
}

const ownName = (tag) => new Intl.DisplayNames(tag, { type: "language", fallback: "code" }).of(tag);

/** A field that collects languages: typed by name or code, each a button that takes it out again. */
function languagePicker(chosen) {
  const known = languages();
  const list = make("datalist");
  list.id = "known-languages";
  for (const [tag, name] of known) list.append(Object.assign(make("option"), { value: name, label: `${ownName(tag)} · ${tag}` }));
  const box = input("language", "text");
  box.setAttribute("list", list.id);
  const shown = make("div", "row-of");
  const draw = () => shown.replaceChildren(...[...chosen].map((tag) => chip(tag)));
  const chip = (tag) => {
    const node = make("button", "pill", make("bdi", "", ownName(tag)), " ×");
    node.type = "button";
    node.setAttribute("aria-label", text("remove_file", { name: ownName(tag) }));
    node.addEventListener("click", () => chosen.delete(tag) && draw());
    return node;
  };
  const take = () => {
    const said = box.value.trim().toLowerCase();
    const match = known.find(([tag, name]) => tag === said || name.toLowerCase() === said || ownName(tag).toLowerCase() === said);
    const tag = match?.[0] ?? (/^[a-z]{2,3}$/.test(said) ? said : null);
    if (tag) {
      chosen.add(tag);
      box.value = "";
      draw();
    }
    return !said || tag !== null;
  };
  box.addEventListener("change", take);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !box.value) return;
    event.preventDefault();
    take();
  });
  draw();
  return { node: make("div", "", field("member_languages", box, "languages_why"), list, shown), take };
}

function invite(me, found) {
  const chosen = new Set();
  const picker = languagePicker(chosen);
  const roles = (me.is_admin ? [...ROLES, "admin"] : ROLES).map((role) => [role, text(`role_${role}`)]);
  const named = (list) => list.map((each) => [each.slug, each.name]);
  const gender = [["", text("no_matter")], ["woman", text("woman")], ["man", text("man")]];
  const fields = [
    field("member_name", input("name", "text", { required: true, maxLength: 80 }), "member_name_why"),
    field("member_role", select("role", roles)),
    picker.node,
    choices("member_topics", "topics", named(found.topics), [], "checkbox"),
    field("member_organisation", select("organisation", [["", text("none")], ...named(found.organisations)])),
    field("member_gender", select("gender", gender), "gender_why"),
    field("member_hours", input("hours", "text", { placeholder: "Mo-Fr 09:00-14:00", dir: "ltr", maxLength: 400 }), "hours_why"),
    check("on_call", "member_on_call", false),
  ];
  if (found.areas.length) fields.splice(4, 0, choices("member_areas", "areas", named(found.areas), [], "checkbox"));
  return ask("invite", fields, "invite_do", async (values) => {
    if (!picker.take()) return text("unknown_language");
    const one = (name) => values.get(name)?.trim() || null;
    const body = { name: one("name") ?? "", role: one("role"), organisation: one("organisation"), languages: [...chosen], gender: one("gender") };
    Object.assign(body, { topics: values.getAll("topics"), areas: values.getAll("areas"), hours: one("hours"), on_call: values.has("on_call") });
    const answer = await call("/desk/api/invite", { body });
    if (!answer.ok) return wrong(answer);
    showInvite(answer);
    return undefined;
  });
}

function showInvite({ web, telegram, code }) {
  const rows = [copyRow("invite_web", web), copyRow("invite_code", code)];
  if (telegram) rows.splice(1, 0, copyRow("invite_telegram", telegram));
  sheet("invited", make("p", "why", text("invited_why")), ...rows);
}

// ------------------------------------------------------------ figures

/** Put the figures of one language and topic together: name -> [times, seconds]. */
function gathered(figures) {
  const rows = new Map();
  for (const each of figures) {
    const key = JSON.stringify([each.city, each.language?.tag, each.topic?.slug]);
    if (!rows.has(key)) rows.set(key, { ...each, counts: new Map() });
    const [n, seconds] = rows.get(key).counts.get(each.name) ?? [0, 0];
    rows.get(key).counts.set(each.name, [n + each.n, seconds + each.seconds]);
  }
  return [...rows.values()].sort((a, b) => (b.counts.get("opened")?.[0] ?? 0) - (a.counts.get("opened")?.[0] ?? 0));
}

function average(counts, name) {
  const [n, seconds] = counts.get(name) ?? [0, 0];
  return n ? span(seconds / n) : "–";
}

function figureRow(row) {
  const cells = COUNTED.map((name) => make("td", "n", row.counts.has(name) ? number(row.counts.get(name)[0]) : "–"));
  cells.splice(2, 0, make("td", "n", average(row.counts, "answered")));
  const head = make("th", "", row.language ? languageNode(row.language) : "–");
  head.scope = "row";
  return make("tr", "", head, make("td", "", isolated(row.topic?.name ?? "–")), ...cells);
}

function table(caption, heads, rows) {
  const titles = heads.map((key) => Object.assign(make("th", "", text(key)), { scope: "col" }));
  const whole = make("table", "", make("caption", "", text(caption)), make("thead", "", make("tr", "", ...titles)), make("tbody", "", ...rows));
  const node = make("div", "table", whole);
  node.tabIndex = 0;
  return node;
}

export function figures() {
  const heads = COUNTED.map((name) => `figure_${name.replaceAll("-", "_")}`);
  heads.splice(2, 0, "figure_time");
  return load("/desk/api/figures", (found) => {
    const rows = gathered(found.figures).map(figureRow);
    const shown = rows.length ? table("figures_why", ["case_language", "topic", ...heads], rows) : make("p", "why", text("no_figures"));
    sheet("figures", shown, make("p", "why", text("figures_few")));
  });
}

// ------------------------------------------------------------ reports and audit

export function reports() {
  return load("/desk/api/reports", (found) => {
    const empty = make("p", "why", text("no_reports"));
    empty.hidden = found.reports.length > 0;
    const list = make("ul", "rows-of", ...found.reports.map((each) => reportRow(each, empty)));
    sheet("reports", empty, list);
  });
}

function reportRow(report, empty) {
  const subject = report.about === "answer" ? "" : text(`about_${report.about}`);
  const parts = [text(`by_${report.by_whom}`), moment(report.at), report.language && languageNode(report.language), subject];
  const why = make("p", "", make("bdi", "", report.why));
  const about = make("div", "", isolated(report.entry.title), make("small", "", ...dotted(...parts)), why);
  const row = make("li", "", about);
  const resolve = button("resolve", "pill", async () => {
    const answer = await call("/desk/api/reports/resolve", { body: { id: report.id } });
    if (!answer.ok && answer.status !== 404) return toast(wrong(answer));
    const list = row.parentElement;
    row.remove();
    empty.hidden = list.children.length > 0;
    return undefined;
  });
  row.append(resolve);
  return row;
}

export function audit() {
  const rows = make("tbody");
  const more = button("more", "pill", () => next());
  const next = () => {
    const last = rows.lastElementChild?.dataset.id;
    return load(`/desk/api/audit${last ? `?before=${last}` : ""}`, (found) => {
      rows.append(...found.audit.map(auditRow));
      more.hidden = !found.more;
    });
  };
  const whole = table("audit_why", ["at", "who", "deed", "case", "detail"], []);
  whole.querySelector("tbody").replaceWith(rows);
  sheet("audit", whole, more);
  return next();
}

function auditRow(line) {
  const cells = [moment(line.at), line.actor_name || line.actor, line.deed, line.number ? number(line.number) : "", line.detail];
  const row = make("tr", "", ...cells.map((cell) => make("td", "", isolated(cell))));
  row.dataset.id = line.id;
  return row;
}
