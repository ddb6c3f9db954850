// For leads and admins: what people asked in vain, in groups; admins add a group to an answer, or dismiss it.

import { make } from "./message.js";
import { call } from "./desk_link.js";
import { ask, field, select, sheet, toast } from "./desk_sheet.js";
import { button, dotted, isolated, languageNode, number, withNodes, wrong } from "./desk_words.js";
import { text } from "./texts.js";

const SHOWN = 5; // texts of a group that are seen before it is opened

export async function gaps() {
  const found = await call("/desk/api/gaps");
  if (!found.ok) return toast(wrong(found));
  const empty = make("p", "why", text("no_gaps"));
  empty.hidden = found.gaps.length > 0;
  const list = make("ul", "rows-of", ...found.gaps.map((each) => gapRow(each, found, empty)));
  return sheet("gaps", make("p", "why", text("gaps_why")), empty, list);
}

function said(line, gap) {
  const node = make("p", "", make("bdi", "", line));
  Object.assign(node, { lang: gap.language?.tag ?? "", dir: gap.language?.dir ?? "auto" });
  return node;
}

function gapRow(gap, found, empty) {
  const near = gap.entry && make("span", "", ...withNodes("gap_near", { entry: isolated(gap.entry.title) }));
  const parts = [make("b", "", number(gap.count)), gap.language && languageNode(gap.language), isolated(gap.city.name), near];
  const texts = make("div", "", ...gap.texts.slice(0, SHOWN).map((line) => said(line, gap)));
  const about = make("div", "", make("small", "", ...dotted(...parts)), texts);
  const rest = gap.texts.slice(SHOWN);
  if (rest.length) {
    const more = button("more", "pill", () => {
      texts.append(...rest.map((line) => said(line, gap)));
      more.remove();
    });
    about.append(more);
  }
  const row = make("li", "", about);
  const done = () => {
    const list = row.parentElement;
    row.remove();
    empty.hidden = list.children.length > 0;
  };
  if (found.may_change) {
    row.append(button("gap_add", "pill", () => add(gap, found, done)), button("gap_dismiss", "pill", () => dismiss(gap, done)));
  }
  return row;
}

function add(gap, found, done) {
  const there = (found.entries[gap.city.slug] ?? []).filter((entry) => entry.languages.includes(gap.language?.tag));
  const options = there.map((entry) => [entry.id, entry.title]).sort((a, b) => a[1].localeCompare(b[1]));
  const fields = [make("p", "why", text("gap_add_why")), field("gap_entry", select("entry", options, gap.entry?.id ?? ""))];
  return ask("gap_add", fields, "gap_add_do", async (values) => {
    const answer = await call("/desk/api/gaps/add", { body: { ids: gap.ids, entry_id: values.get("entry") ?? "" } });
    if (!answer.ok) return wrong(answer);
    toast(text("gap_added", { n: number(answer.count) }));
    done();
    return undefined;
  });
}

async function dismiss(gap, done) {
  const answer = await call("/desk/api/gaps/dismiss", { body: { ids: gap.ids } });
  if (!answer.ok && answer.status !== 404) return toast(wrong(answer));
  return done();
}
