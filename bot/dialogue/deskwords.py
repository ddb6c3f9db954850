"""The words desks use: the made-up names of contacts, half a line that sums a case up, cards and posts for groups, transcripts.

What people wrote stands only where it is asked for (posts, transcripts); names, sums and cards hold none of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from bot.cases import Case
from bot.dialogue.context import Context, Translator
from bot.dialogue.entry import documents, notes
from bot.dialogue.home import Home, city_name, title_of
from bot.dialogue.terms import KINDS, N_, NO, YES
from bot.dialogue.tongues import name_in
from bot.knowledge.render import format_date, render_text
from bot.model import (
    Block,
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
    return tuple((_(QUESTIONS.get(key, key)), _fact(value, translator)) for key, value in case.facts)


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
    """Sum a case up in half a line: what for, the deadline, children; `title` is that of its entry. Nothing the contact wrote."""
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
    "returned": (N_("{name} gave the case back; it waits again."), N_("Nobody answered in time; the case waits again.")),
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
    yield _("City"), city_name(city, locale) if city else case.city
    yield _("Topic"), (topic.names.get(locale) or topic.slug) if topic else case.topic
    entry = city.entries.get(case.entry_id) if city else None
    title = title_of(entry, locale, city) if entry and city else ""
    if summed := summary(case, translator, context.now, title):
        yield _("About"), summed
    yield from facts_of(case, translator)
    yield _("State"), _state(case, translator)


def _state(case: Case, translator: Translator) -> str:
    _ = translator.gettext
    if case.state == "waiting":
        return _("waits, place {n}").format(n=case.place) if case.place else _("waits")
    if case.state == "claimed":
        return _("with {name}").format(name=case.advisor_name)
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
    room = MAX_POST
    for line in lines:
        said = _said(line, case, translator)
        size = sum(len(run.text) for block in said for run in block.runs)
        if size > room:
            blocks.append(Note((Run(_("The rest is on the web desk.")),)))
            break
        blocks += said
        room -= size
    files = [line.message for line in lines if line.message and (line.message.attachment or line.message.venues)]
    alone = files[0] if len(lines) == 1 and files else None
    return Message(locale, tuple(blocks), venues=alone.venues if alone else (), attachment=alone.attachment if alone else None)


def _said(line: CaseLine, case: Case, translator: Translator) -> list[Paragraph | Note]:
    _ = translator.gettext
    if line.author == "system":
        return [Note((Run(line_text(line, translator)),))]
    who = Run(f"{who_said(line, case, translator)}: ", bold=True, isolate=True)
    if line.is_withdrawn or line.message is None:
        return [Paragraph((who, Run(_("(taken back)"))))]
    edited = [Run(f" ({_('edited')})")] if line.is_edited else []
    said: list[Paragraph | Note] = [Paragraph((who, Run(_content(line.message, translator), isolate=True), *edited))]
    if line.message.original:
        said.append(Note((Run(_("Original: ")), Run(line.message.original, isolate=True))))
    return said


def _content(message: Message, translator: Translator) -> str:
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
    if home is None or entry is None or said is None or (context.require_checked and not entry.checked):
        return None
    _ = context.translator(locale).gettext if locale in context.locales else context.translator("en").gettext
    blocks = (
        Heading((Run(said.title),)),
        *render_text(said.answer, entry.facts, locale, home.city.country),
        *documents(entry, said, locale, home, _),
        *notes(entry, said, locale, _),
    )
    return Message(locale, blocks)


def transcript(case: Case, lines: Sequence[CaseLine], translator: Translator) -> str:
    """Write a case down as plain text: times are UTC."""
    _ = translator.gettext
    head = [
        f"{pseudonym(case.pseudonym, translator)} · {case.number}",
        *(f"{label}: {value}" for label, value in facts_of(case, translator)),
    ]
    return "\n".join([*head, "", *(_transcribed(line, case, translator) for line in lines)]) + "\n"


def _transcribed(line: CaseLine, case: Case, translator: Translator) -> str:
    when = f"{line.at:%Y-%m-%d %H:%M}"
    if line.author == "system":
        return f"[{when}] {line_text(line, translator)}"
    said = plain_text(line.message.blocks) if line.message and not line.is_withdrawn else translator.gettext("(taken back)")
    original = f"\n    {translator.gettext('Original: ')}{line.message.original}" if line.message and line.message.original else ""
    return f"[{when}] {who_said(line, case, translator)}: {said}{original}"
