// What is done with a case in a dialog: pass it on, close it, mend or take back one's own words, say that an answer is wrong.

import { make } from "./message.js";
import { act, call } from "./desk_link.js";
import { saidIn } from "./desk_lines.js";
import { ask, choices, field, input, select, toast } from "./desk_sheet.js";
import { button, dotted, languageNode, withNodes, wrong } from "./desk_words.js";
import { text } from "./texts.js";

const OUTCOMES = ["solved", "referred", "unreachable", "ended", "other"];

async function doneOrWrong(number, deed) {
  const answer = await act(number, deed);
  return answer.ok ? undefined : wrong(answer);
}

/** Describe a colleague in a list: name, languages, whether they are there. */
function colleague(each) {
  const away = each.is_away ? ` (${text("is_away")})` : "";
  const languages = each.languages.map((lang) => lang.name).join(", ");
  return `${each.name}${away}${languages ? ` · ${languages}` : ""}`;
}

/** Ask to whom a case goes, and why. */
export async function passOn(row, me) {
  const query = row.city ? `?city=${encodeURIComponent(row.city.slug)}` : "";
  const found = await call(`/desk/api/team${query}`);
  if (!found.ok) return toast(wrong(found));
  const ways = {
    topic: found.topics.map((each) => [each.slug, each.name]),
    staff: found.team.filter((each) => each.id !== me.id || row.advisor_name !== me.name).map((each) => [each.id, colleague(each)]),
    organisation: found.organisations.map((each) => [each.slug, each.name]),
  };
  const known = Object.keys(ways).filter((way) => ways[way].length);
  const fields = known.map((name) => field(`pass_to_${name}`, select(name, ways[name]), name === "organisation" ? "contact_is_asked" : ""));
  const named = known.map((name) => [name, text(`way_${name}`)]);
  const way = choices("pass_to", "way", named, known.slice(0, 1));
  const show = () => {
    const chosen = way.querySelector(":checked")?.value;
    fields.forEach((node, index) => (node.hidden = known[index] !== chosen));
  };
  way.addEventListener("change", show);
  show();
  const why = field("pass_reason", input("reason", "area", { required: true, rows: 3, maxLength: 1000 }), "pass_reason_why");
  return ask("pass_on", [way, ...fields, why], "pass_on", (values) => {
    const chosen = values.get("way");
    return doneOrWrong(row.number, { type: "pass", reason: values.get("reason").trim(), [chosen]: values.get(chosen) });
  });
}

export function closeCase(row) {
  const outcome = choices("close_outcome", "outcome", OUTCOMES.map((each) => [each, text(`outcome_${each}`)]), ["solved"]);
  const why = make("p", "why", text("close_why"));
  return ask("close_case", [outcome, why], "close_case", (values) => doneOrWrong(row.number, { type: "close", outcome: values.get("outcome") }));
}

export function correct(row, line) {
  const box = input("text", "area", { required: true, rows: 5, dir: "auto", value: saidIn(line) });
  return ask("correct_title", [field("correct_label", box)], "correct_do", (values) =>
    doneOrWrong(row.number, { type: "correct", line: line.id, text: values.get("text").trim() }),
  );
}

export function withdraw(row, line) {
  const said = make("p", "", make("bdi", "", saidIn(line).slice(0, 200)));
  return ask("withdraw_title", [said, make("p", "why", text("withdraw_why"))], "withdraw", () =>
    doneOrWrong(row.number, { type: "withdraw", line: line.id }),
  );
}

export function reportEntry(row, answer, me) {
  const why = field("report_why", input("why", "area", { required: true, rows: 3, maxLength: 1000 }));
  const title = make("p", "", make("bdi", "", answer.title));
  const after = make("p", "why", text(me.is_lead ? "report_hides" : "report_warns"));
  return ask("report_title", [title, why, after], "report_do", async (values) => {
    const said = await doneOrWrong(row.number, { type: "report", entry_id: answer.entry_id, why: values.get("why").trim() });
    if (!said) toast(text("reported"));
    return said;
  });
}

/** A case that practises: with a simulated contact, seen by nobody else. */
export function practise(me, open) {
  const languages = me.practice_languages.map((lang) => [lang.tag, `${lang.name} · ${lang.reader_name}`]);
  const fields = [make("p", "why", text("practice_why")), field("practice_language", select("locale", languages))];
  return ask("practise", fields, "practice_begin", async (values) => {
    const answer = await call("/desk/api/practice", { body: { kind: "advice", locale: values.get("locale") } });
    if (!answer.ok) return wrong(answer);
    open(answer.number);
    return undefined;
  });
}

/** Say what the contact was asked before, and whatever else is to be known at first sight. */
export function intake(row) {
  const facts = (row.facts ?? []).map(([question, said]) =>
    make("div", "", make("dt", "", question), make("dd", "", make("bdi", "", said))),
  );
  const nodes = facts.length ? [make("dl", "", ...facts)] : [];
  if (row.entry) nodes.push(make("p", "", ...withNodes("asked_about", { title: make("bdi", "", row.entry.title) })));
  if (row.wanted_language) nodes.push(make("p", "", ...withNodes("wants_language", { language: languageNode(row.wanted_language) })));
  if (row.passing_to) nodes.push(make("p", "urgent", ...withNodes("passing_to", { name: make("bdi", "", row.passing_to.name) })));
  if (row.passing_why) nodes.push(make("p", "", ...dotted(make("bdi", "", row.passing_why))));
  return nodes;
}

/** Show a link once more, to be copied. */
export function copyRow(label, value) {
  const box = input("copy", "text", { value, readOnly: true, dir: "ltr" });
  const copy = button("copy", "pill", async () => {
    box.select();
    await navigator.clipboard?.writeText(value).catch(() => {}); // where it may not, it is selected
    toast(text("copied"));
  });
  return make("div", "form", field(label, box), copy);
}
