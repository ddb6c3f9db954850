"""The words desks use: the made-up names of contacts, half a line that sums a case up, cards and posts for groups, transcripts.

What people wrote stands only where it is asked for (posts, transcripts); names, sums and cards hold none of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from bot.cases import Case
from bot.dialogue.context import Context, Translator
from bot.dialogue.entry import alerts, condition_rows, documents, is_hidden, may_show, notes, warnings
from bot.dialogue.home import Home, city_name, title_of
from bot.dialogue.progress import STEP
from bot.dialogue.terms import KINDS, N_, NO, YES
from bot.dialogue.tongues import name_in
from bot.knowledge.hours import locale_of
from bot.knowledge.render import format_date, render_inline, render_text
from bot.model import (
    Block,
    City,
    FactTable,
    Heading,
    Listing,
    Message,
    Note,
    Paragraph,
    Run,
    Runs,
)
from bot.records import CaseLine

ENTRY = "entry:"  # so the event of a line begins that carries a knowledge entry; its id follows
MAX_POST = 3500  # characters of one post in a group; Telegram's own limit is 4096, and our marks need some

# ---------------------------------------------------------------- the made-up names of contacts

# Translators: colours of the made-up names of contacts. They stand beside an animal: "Blue heron". Choose words that fit every animal.
COLOURS: Mapping[str, str] = {
    "amber": N_("amber"),
    "blue": N_("blue"),
    "brown": N_("brown"),
    "coral": N_("coral"),
    "green": N_("green"),
    "grey": N_("grey"),
    "lilac": N_("lilac"),
    "orange": N_("orange"),
    "pink": N_("pink"),
    "red": N_("red"),
    "turquoise": N_("turquoise"),
    "white": N_("white"),
}
ANIMALS: Mapping[str, str] = {
    "badger": N_("badger"),
    "bear": N_("bear"),
    "beaver": N_("beaver"),
    "deer": N_("deer"),
    "dolphin": N_("dolphin"),
    "eagle": N_("eagle"),
    "falcon": N_("falcon"),
    "fox": N_("fox"),
    "hare": N_("hare"),
    "hedgehog": N_("hedgehog"),
    "heron": N_("heron"),
    "horse": N_("horse"),
    "lynx": N_("lynx"),
    "owl": N_("owl"),
    "otter": N_("otter"),
    "panda": N_("panda"),
    "parrot": N_("parrot"),
    "penguin": N_("penguin"),
    "robin": N_("robin"),
    "seal": N_("seal (animal)"),
    "sparrow": N_("sparrow"),
    "swan": N_("swan"),
    "tiger": N_("tiger"),
    "turtle": N_("turtle"),
}


def pseudonym(code: str, translator: Translator) -> str:
    """Write a made-up name in a language: "blue:heron" is "Blue heron"; what is no such code stays as it is."""
    colour, _colon, animal = code.partition(":")
    if colour not in COLOURS or animal not in ANIMALS:
        return code
    _ = translator.gettext
    # Translators: a made-up name for a contact; put colour and animal in the order of your language
    name = _("{colour} {animal}").format(colour=_(COLOURS[colour]), animal=_(ANIMALS[animal]).removesuffix(" (animal)"))
    return name[:1].upper() + name[1:]


# ---------------------------------------------------------------- a case in short


QUESTIONS: Mapping[str, str] = {
    "letter": N_("A letter about it"),
    "date": N_("The date in it"),
    "children": N_("Children in the home"),
    "gender": N_("Would rather have"),
}
_ANSWERS: Mapping[str, str] = {
    "yes": YES,
    "no": NO,
    "unknown": N_("not known"),
    "skip": N_("not said"),
    "woman": N_("a woman"),
    "man": N_("a man"),
}
_VAGUE: Mapping[str, str] = {"week": N_("within a week"), "later": N_("later than a week")}


def facts_of(case: Case, translator: Translator) -> tuple[tuple[str, str], ...]:
    """Return what the contact was asked before, as question and answer to read."""
    _ = translator.gettext
    return tuple((_(QUESTIONS.get(key, key)), _fact(value, translator)) for key, value in case.facts if key != STEP)


def subject(case: Case, city: City | None, translator: Translator) -> str:
    """Name the entry a case is about, and the step of it the contact is stuck at; empty where it is about none."""
    entry = city.entries.get(case.entry_id) if city else None
    if city is None or entry is None:
        return ""
    title, key = title_of(entry, translator.locale, city), dict(case.facts).get(STEP, "")
    if key not in entry.steps:
        return title
    spoken = (translator.locale, city.host_language, *entry.words)
    said = next((entry.words[each].steps[key] for each in spoken if each in entry.words and key in entry.words[each].steps), None)
    step = _words(render_inline(said.title, entry.facts, translator.locale, city.country)) if said else key
    # Translators: what a request is about: an answer with steps, and the step somebody needs help with
    told = translator.gettext("{title}, step {n}: {step}")
    return told.format(title=title, n=entry.steps.index(key) + 1, step=step)


def _fact(value: str, translator: Translator) -> str:
    _ = translator.gettext
    day = _day(value)
    if day:
        return format_date(day, translator.locale)
    known = _ANSWERS.get(value) or _VAGUE.get(value)
    return _(known) if known else value


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def summary(case: Case, translator: Translator, now: datetime, title: str = "") -> str:
    """Sum a case up in half a line: what for, the deadline, children; `title`: its `subject`. Nothing the contact wrote."""
    _ = translator.gettext
    facts = dict(case.facts)
    parts = [title] if title else []
    if case.kind in ("companion", "mentor", "legal"):
        parts.insert(0, _(KINDS[case.kind]))
    if case.kind == "interpreter" and case.language:
        parts.insert(0, _("an interpreter for {language}").format(language=name_in(case.language, translator.locale)))
    parts += [*_deadline(facts.get("date", ""), now.date(), translator)]
    if facts.get("letter") == "yes":
        parts.append(_("has a letter"))
    if facts.get("children") == "yes":
        parts.append(_("children"))
    return " · ".join(parts)


def _deadline(value: str, today: date, translator: Translator) -> Iterator[str]:
    day = _day(value)
    if day is None:
        if value in _VAGUE:
            yield translator.gettext("date: {when}").format(when=translator.gettext(_VAGUE[value]))
        return
    days = (day - today).days
    if days < 0:
        yield translator.gettext("the date has passed")
    elif days == 0:
        yield translator.gettext("date: today")
    else:
        yield translator.ngettext("date in {n} day", "date in {n} days", days).format(n=days)


# ---------------------------------------------------------------- what happened to a case

# Translators: lines in the course of a case; {name} is somebody of the desk
_EVENTS: Mapping[str, tuple[str, str]] = {
    "opened": (N_("The request was opened."), N_("The request was opened.")),
    "claimed": (N_("{name} took the case."), N_("The case was taken.")),
    "returned": (N_("{name} gave the case back; it waits again."), N_("The case went back to the queue.")),
    "passed": (N_("{name} passed the case on."), N_("The case was passed on.")),
    "consent": (
        N_("{name} asked whether the case may go to another organisation."),
        N_("The contact was asked about another organisation."),
    ),
    "refused": (N_("The contact does not want the case passed on."), N_("The contact does not want the case passed on.")),
    "found": (N_("{name} would take this."), N_("Somebody would take this.")),
    "agreed": (N_("Both sides agreed."), N_("Both sides agreed.")),
    "declined": (N_("The contact would rather have somebody else."), N_("The contact would rather have somebody else.")),
    "closed": (N_("{name} closed the case."), N_("The contact ended the request.")),
    "reopened": (N_("{name} took the case up again."), N_("The contact took the request up again.")),
    "raised": (N_("The case is urgent now."), N_("The case is urgent now.")),
    "no-answer": (N_("Nobody has taken the case yet."), N_("Nobody has taken the case yet.")),
    "not-found": (N_("Nobody is free yet."), N_("Nobody is free yet.")),
}


def line_text(line: CaseLine, translator: Translator) -> str:
    """Say what a line of the system means, with the reason somebody gave."""
    named, nameless = _EVENTS.get(line.event, ("", ""))
    _ = translator.gettext
    said = _(named).format(name=line.name) if line.name and named else _(nameless) if nameless else line.event
    reason = plain_text(line.message.blocks) if line.message else ""
    return f"{said} {reason}".strip()


def plain_text(blocks: Sequence[Block]) -> str:
    """Return what blocks say, a line each."""
    return "\n".join(line for block in blocks for line in _lines(block) if line)


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Listing):
        yield from (f"• {_words(item)}" for item in block.items)
    elif isinstance(block, FactTable):
        yield from (f"{label}: {_words(value)}" for label, value in block.rows)
    else:
        yield _words(block.runs)


def _words(runs: Runs) -> str:
    return "".join(run.text for run in runs)


# ---------------------------------------------------------------- posts of a group


def card_message(case: Case, context: Context, locale: str, desk_url: str) -> Message:
    """Return the card at the top of a topic: made-up name, language, topic, place, urgency, what was asked. Options are the relay's."""
    translator = context.translator(locale)
    _ = translator.gettext
    name = pseudonym(case.pseudonym, translator)
    heading = f"{name} · {case.number}"
    rows = tuple((label, (Run(value, isolate=True),)) for label, value in _card_rows(case, context, locale))
    urgent = [Paragraph((Run(_("Urgent"), bold=True),))] if case.priority == "high" and case.is_open else []
    link = Note((Run(_("Web desk"), url=f"{desk_url}#{case.number}"),)) if desk_url.startswith("http") else None
    return Message(locale, (Heading((Run(heading),)), *urgent, FactTable(rows), *([link] if link else [])))


def _card_rows(case: Case, context: Context, locale: str) -> Iterator[tuple[str, str]]:
    translator = context.translator(locale)
    _ = translator.gettext
    city = context.knowledge.cities.get(case.city)
    topic = context.knowledge.topics.get(case.topic)
    yield _("Language"), name_in(case.locale, locale)
    yield _("City"), _place(case, city, locale)
    yield _("Topic"), (topic.names.get(locale) or topic.slug) if topic else case.topic
    if summed := summary(case, translator, context.now, subject(case, city, translator)):
        yield _("About"), summed
    yield from facts_of(case, translator)
    if case.when:
        yield _("When"), _clock_time(case.when, city, locale)
    yield _("State"), _state(case, translator)


def _place(case: Case, city: City | None, locale: str) -> str:
    area = city.areas.get(case.area) if city else None
    named = [area.names.get(locale) or next(iter(area.names.values()), "")] if area else []
    return ", ".join([*filter(None, named), city_name(city, locale) if city else case.city])


def _clock_time(when: datetime, city: City | None, locale: str) -> str:
    """Write an appointment on the city's clock."""
    local = when.astimezone(ZoneInfo(city.time_zone if city else "UTC"))
    return f"{format_skeleton('MMMMEEEEd', local, locale=locale_of(locale))}, {local:%H:%M}"


def _state(case: Case, translator: Translator) -> str:
    _ = translator.gettext
    if case.state == "waiting":
        return _("waits, place {n}").format(n=case.place) if case.place else _("waits")
    if case.state == "claimed":
        return _("with {name}").format(name=case.advisor_name) if case.advisor_name else _("somebody has it")
    return _("closed")


def relay_message(case: Case, lines: Sequence[CaseLine], context: Context, locale: str, more: int = 0) -> Message:
    """Put lines of a case together into one post; each begins with who said it. `more`: so many earlier ones are left out.

    A file of a single line goes along; of several, each is named and is read at the web desk."""
    translator = context.translator(locale)
    _ = translator.gettext
    blocks: list[Block] = []
    if more:
        left_out = translator.ngettext("{n} earlier message is on the web desk.", "{n} earlier messages are on the web desk.", more)
        blocks.append(Note((Run(left_out.format(n=more)),)))
    said = [block for line in lines for block in _said(_titled(line, case, context, locale), case, translator)]
    shown = _cut(said, MAX_POST)
    blocks += shown if shown == said else [*shown, Note((Run(_("The rest is on the web desk.")),))]
    files = [line.message for line in lines if line.message and (line.message.attachment or line.message.venues)]
    alone = files[0] if len(lines) == 1 and files else None
    return Message(locale, tuple(blocks), venues=alone.venues if alone else (), attachment=alone.attachment if alone else None)


def _titled(line: CaseLine, case: Case, context: Context, locale: str) -> CaseLine:
    """Let a line that carries an answer of ours say the title of that."""
    city = context.knowledge.cities.get(case.city)
    entry = city.entries.get(line.event.removeprefix(ENTRY)) if city and line.event.startswith(ENTRY) else None
    if city is None or entry is None or line.message is None:
        return line
    return replace(line, message=replace(line.message, blocks=(Paragraph((Run(f"📄 {title_of(entry, locale, city)}"),)),)))


def _cut(blocks: Sequence[Paragraph | Note], room: int) -> list[Paragraph | Note]:
    """Keep what has room, in characters, the last piece cut off at a word."""
    kept: list[Paragraph | Note] = []
    for block in blocks:
        if room <= 0:
            return kept
        runs: list[Run] = []
        for run in block.runs:
            runs.append(run if len(run.text) <= room else replace(run, text=_head(run.text, room)))
            room -= len(run.text)
            if room < 0:
                return [*kept, replace(block, runs=tuple(runs))]
        kept.append(block)
    return kept


def _head(text: str, room: int) -> str:
    head = text[: max(0, room)]
    return f"{head.rpartition(' ')[0] or head}…"


def _said(line: CaseLine, case: Case, translator: Translator) -> list[Paragraph | Note]:
    _ = translator.gettext
    if line.author == "system":
        return [Note((Run(line_text(line, translator)),))]
    who = Run(f"{who_said(line, case, translator)}: ", bold=True, isolate=True)
    if line.is_withdrawn or line.message is None:
        return [Paragraph((who, Run(_("(taken back)"))))]
    marks = [Run(f" ({_('edited')})")] if line.is_edited else []
    text, other, is_translated = _texts(line)
    marks += [Run(f" ({_('machine translation')})")] if is_translated else []
    said: list[Paragraph | Note] = [Paragraph((who, Run(text, isolate=True), *marks))]
    if other:
        label = _("Original") if is_translated else _("Machine translation")
        said.append(Note((Run(f"{label}: "), Run(other, isolate=True))))
    return said


def _texts(line: CaseLine) -> tuple[str, str, bool]:
    """Return what staff read first, what stands beside it, and whether the first is a translation: that of a contact's words is.

    What a colleague wrote comes first as they wrote it."""
    if line.message is None:
        return "", "", False
    said, original = _content(line.message), line.message.original
    if not original:
        return said, "", False
    return (original, said, False) if line.author == "person" else (said, original, True)


def _content(message: Message) -> str:
    """Return what a message says, and what came with it."""
    said = plain_text(message.blocks)
    named = [f"📎 {message.attachment.name or message.attachment.kind}"] if message.attachment else []
    named += [f"📍 {venue.latitude}, {venue.longitude}" for venue in message.venues]
    return "\n".join(filter(None, (said, *named)))


def who_said(line: CaseLine, case: Case, translator: Translator) -> str:
    """Name who a line is from, as staff see it."""
    _ = translator.gettext
    if line.author == "contact":
        return pseudonym(case.pseudonym, translator)
    if line.author == "bot":
        return _("bot")
    if line.author == "note":
        return _("Note by {name}").format(name=line.name)
    return line.name


# ---------------------------------------------------------------- answers and transcripts


def ready_answer(context: Context, city: str, entry_id: str, locale: str) -> Message | None:
    """Return an entry as an answer to read or to send; None where it is not there in this language."""
    known = context.knowledge.cities.get(city)
    home = Home(known, local=True) if known else None
    entry = home.entry(entry_id) if home else None
    said = entry.words.get(locale) if entry else None
    if home is None or entry is None or said is None:
        return None
    if not may_show(entry, home, context) or is_hidden(entry, home, context, locale):
        return None
    _ = context.translator(locale).gettext
    rows = tuple(condition_rows(entry, locale, home, _))
    blocks = (
        Heading((Run(said.title),)),
        *warnings(entry, locale, home, context),
        *alerts(entry, locale, home, context),
        *render_text(said.answer, entry.facts, locale, home.city.country),
        *documents(entry, said, locale, home, _),
        *([FactTable(rows)] if rows else []),
        *notes(entry, locale, home, context),
    )
    return Message(locale, blocks)


def transcript(case: Case, lines: Sequence[CaseLine], translator: Translator) -> str:
    """Write a case down as plain text; the times are UTC, which it says."""
    _ = translator.gettext
    head = [
        f"{pseudonym(case.pseudonym, translator)} · {case.number} · {_(KINDS[case.kind])} · {name_in(case.locale, translator.locale)}",
        *(f"{label}: {value}" for label, value in facts_of(case, translator)),
        _("All times are UTC."),
    ]
    return "\n".join([*head, "", *(_transcribed(line, case, translator) for line in lines)]) + "\n"


def _transcribed(line: CaseLine, case: Case, translator: Translator) -> str:
    when = f"{line.at:%Y-%m-%d %H:%M}"
    if line.author == "system":
        return f"[{when}] {line_text(line, translator)}"
    _ = translator.gettext
    who = f"[{when}] {who_said(line, case, translator)}: "
    if line.is_withdrawn or line.message is None:
        return who + _("(taken back)")
    text, other, is_translated = _texts(line)
    edited = f" ({_('edited')})" if line.is_edited else ""
    label = _("Original") if is_translated else _("Machine translation")
    return f"{who}{text}{edited}" + (f"\n    {label}: {other}" if other else "")
