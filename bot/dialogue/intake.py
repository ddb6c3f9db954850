"""What a desk wants to know before a request is opened, one question at a time, each of which may be skipped; then the request itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from bot.cases import CaseKind, Priority
from bot.dialogue import deadlines
from bot.dialogue.compose import option, recall, remember, say, text, tongue, words
from bot.dialogue.context import Context
from bot.dialogue.home import READY, Home, home_of, is_settled
from bot.dialogue.progress import STEP, STUCK
from bot.dialogue.terms import NO, YES
from bot.dialogue.waiting import crisis_of, desk_of, topic_of
from bot.matching.normalise import normalise
from bot.model import Block, Conversation, DeskRule, Entry, Event, OpenCase, Option, TextReceived, Turn

Share = Literal["all", "last", "none"]
ASKING = "ask-"  # the states of the questions: "ask-letter"
SKIPPED = "skip"

# Answers besides dates (ISO, such as "2026-11-30"): what the case keeps of them.
ANSWERS = {
    "letter": ("yes", "no", "unknown", SKIPPED),
    "date": ("today", "tomorrow", "week", "later", "unknown", SKIPPED),
    "children": ("yes", "no", SKIPPED),
}

_YES = frozenset({"yes", "yeah", "yep", "si", "claro", "نعم", "ايوه", "ايه", "اي", "اه", "aywa", "naam"})
_NO = frozenset({"no", "nope", "none", "nothing", "ninguno", "ninguna", "لا", "la"})
_UNKNOWN = ("no se", "no lo se", "i dont know", "i do not know", "dont know", "not sure", "لا اعرف", "لا ادري", "ما بعرف", "معرفش")


# ---------------------------------------------------------------- one question after the other


def begin(conversation: Conversation, kind: CaseKind, share: Share, home: Home, context: Context) -> Turn:
    """Ask what the desk wants to know, else open the request at once."""
    blank = remember(conversation, for_kind=kind, share=share, **_no_facts())
    return _go_on(blank, home, context)


def _no_facts() -> dict[str, None]:
    return {f"fact-{key}": None for key in ANSWERS}


def _go_on(conversation: Conversation, home: Home, context: Context) -> Turn:
    rule = desk_of(home.city, topic_of(conversation, home), _kind(conversation))
    key = _next_question(conversation, rule, context)
    return _ask(conversation, key, context) if key else _open(conversation, rule, home, context)


def _kind(conversation: Conversation) -> CaseKind:
    return "legal" if recall(conversation, "for_kind") == "legal" else "advice"


def _next_question(conversation: Conversation, rule: DeskRule | None, context: Context) -> str | None:
    """Return what is still to be asked; after a safety phrase nothing is."""
    if rule is None or crisis_of(conversation, context):
        return None
    return next((key for key in rule.intake if key in ANSWERS and not recall(conversation, f"fact-{key}")), None)


def is_asking(conversation: Conversation) -> bool:
    """Say whether one of these questions is open."""
    return conversation.state.startswith(ASKING) and _key(conversation) in ANSWERS


def _key(conversation: Conversation) -> str:
    return conversation.state.removeprefix(ASKING)


def question(conversation: Conversation, context: Context, *lead: Block) -> Turn:
    """Ask the present question once more, after some words."""
    return _ask(conversation, _key(conversation), context, *lead)


def _ask(conversation: Conversation, key: str, context: Context, *lead: Block) -> Turn:
    sentences, options = _QUESTIONS[key](words(conversation, context))
    asking = replace(conversation, state=f"{ASKING}{key}")
    return say(asking, context, *lead, text(*sentences), options=options)


def _letter(_: Callable[[str], str]) -> tuple[list[str], list[Option]]:
    asked = _("Have you got a letter about this: from a court, a lawyer, an office or the owner?")
    return [asked], [*_yes_no("letter", _), option("fact", "letter:unknown", _("I do not know")), _skip("letter", _)]


def _date(_: Callable[[str], str]) -> tuple[list[str], list[Option]]:
    asked = [_("Is there a date: a hearing, or a day until which you must answer or leave?"), _("Choose, or write the date.")]
    options = [
        option("fact", "date:today", _("Today")),
        option("fact", "date:tomorrow", _("Tomorrow")),
        option("fact", "date:week", _("Within a week")),
        option("fact", "date:later", _("Later")),
        option("fact", "date:unknown", _("I do not know")),
    ]
    return asked, [*options, _skip("date", _)]


def _children(_: Callable[[str], str]) -> tuple[list[str], list[Option]]:
    return [_("Do children live with you?")], [*_yes_no("children", _), _skip("children", _)]


_QUESTIONS: dict[str, Callable[[Callable[[str], str]], tuple[list[str], list[Option]]]] = {
    "letter": _letter,
    "date": _date,
    "children": _children,
}


def _yes_no(key: str, _: Callable[[str], str]) -> tuple[Option, Option]:
    return option("fact", f"{key}:yes", _(YES)), option("fact", f"{key}:no", _(NO))


def _skip(key: str, _: Callable[[str], str]) -> Option:
    return option("fact", f"{key}:{SKIPPED}", _("Skip"), "quiet")


# ---------------------------------------------------------------- answers


def fact(conversation: Conversation, argument: str, context: Context) -> Turn:
    """Take an answer that was chosen ("letter:yes"); one to another question than the present shows that again."""
    key, _colon, value = argument.partition(":")
    home = home_of(conversation, context)
    if home is None or not is_asking(conversation) or key != _key(conversation) or value not in ANSWERS[key]:
        return Turn(conversation)
    return _noted(conversation, key, _as_date(value, home.today(context)), home, context)


def _as_date(value: str, today: date) -> str:
    days = {"today": 0, "tomorrow": 1}.get(value)
    return value if days is None else (today + timedelta(days=days)).isoformat()


def fact_text(conversation: Conversation, event: Event, context: Context) -> Turn:
    """Read an answer in own words, or ask again."""
    home = home_of(conversation, context)
    if home is None or not isinstance(event, TextReceived) or not is_asking(conversation):
        return Turn(conversation)
    value = _read(_key(conversation), event.text, home, conversation, context)
    if value:
        return _noted(conversation, _key(conversation), value, home, context)
    _ = words(conversation, context)
    return question(conversation, context, text(_("I did not understand that. You can choose an answer or skip the question.")))


def _noted(conversation: Conversation, key: str, value: str, home: Home, context: Context) -> Turn:
    return _go_on(remember(conversation, **{f"fact-{key}": value}), home, context)


def _read(key: str, written: str, home: Home, conversation: Conversation, context: Context) -> str | None:
    said = normalise(written)
    if any(f"{said} ".startswith(f"{phrase} ") for phrase in _UNKNOWN):
        return "unknown" if "unknown" in ANSWERS[key] else SKIPPED
    if key == "date":
        return _read_date(written, said, home, conversation, context)
    if key == "children" and (number := next((word for word in said.split() if word.isdecimal()), None)):
        return "yes" if int(number) else "no"
    return _yes_or_no(said, context)


def _read_date(written: str, said: str, home: Home, conversation: Conversation, context: Context) -> str | None:
    found = deadlines.parse(written, tongue(conversation, context), home.today(context), home.city.host_language)
    if found:
        return found.isoformat()
    return "unknown" if _yes_or_no(said, context) == "no" else None


def _yes_or_no(said: str, context: Context) -> str | None:
    first = said.partition(" ")[0]
    if first in _YES or first in _in_all_languages(YES, context):
        return "yes"
    return "no" if first in _NO or first in _in_all_languages(NO, context) else None


def _in_all_languages(sentence: str, context: Context) -> set[str]:
    return {normalise(context.translator(locale).gettext(sentence)) for locale in context.locales}


def is_count(conversation: Conversation, written: str) -> bool:
    """Say whether a bare number answers the present question itself, and is not the number of a button: so many children."""
    return is_asking(conversation) and _key(conversation) == "children" and normalise(written).isdecimal()


# ---------------------------------------------------------------- the request


def _open(conversation: Conversation, rule: DeskRule | None, home: Home, context: Context) -> Turn:
    facts = tuple((key, value) for key in ANSWERS if (value := recall(conversation, f"fact-{key}")) not in ("", SKIPPED))
    topic, entry = topic_of(conversation, home), home.entry(recall(conversation, "entry"))
    about = entry if entry and entry.topic == topic else None
    opening = OpenCase(
        kind=_kind(conversation),
        topic=topic,
        desk=rule.slug if rule else "",
        organisation=rule.organisation if rule else None,
        priority=_priority(conversation, dict(facts), home, context),
        facts=(*facts, *_stuck_at(conversation, about)),
        entry_id=about.id if about else "",
        share=_share(conversation),
    )
    return Turn(_after_questions(conversation, context), (opening,))


def _stuck_at(conversation: Conversation, about: Entry | None) -> tuple[tuple[str, str], ...]:
    """Return the step of a procedure somebody asks for help with, by its id."""
    entry_id, _stroke, step = recall(conversation, STUCK).partition("/")
    return ((STEP, step),) if about and about.id == entry_id and step in about.steps else ()


def _share(conversation: Conversation) -> Share:
    return "last" if recall(conversation, "share") == "last" else "all"


def _priority(conversation: Conversation, facts: dict[str, str], home: Home, context: Context) -> Priority:
    if crisis_of(conversation, context) or is_soon(facts.get("date", ""), home.today(context)):
        return "high"
    return "ordinary"


def is_soon(value: str, today: date) -> bool:
    """Say whether the answer to "is there a date?" makes a request urgent."""
    if value == "week":
        return True
    try:
        return deadlines.is_urgent(date.fromisoformat(value), today)
    except ValueError:
        return False


def _after_questions(conversation: Conversation, context: Context) -> Conversation:
    """Forget the answers, which the case has now, and fix the language a person will write in."""
    state = READY if is_settled(conversation, context) else "new"
    plain = replace(conversation, state=state, locale=conversation.locale or tongue(conversation, context))
    return remember(plain, for_kind=None, share=None, misses=None, pending=None, open=None, stuck=None, **_no_facts())
