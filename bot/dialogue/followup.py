"""Questions about the answer just given: the part of it that was asked for, or plainly that it is not said there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.dialogue import places
from bot.dialogue.compose import option, recall, say, text, tongue, ways_on, words
from bot.dialogue.context import Context
from bot.dialogue.entry import documents, is_hidden, may_show, notes, places_option, steps, warnings
from bot.dialogue.home import Home
from bot.knowledge.render import render_text
from bot.knowledge.values import PLACEHOLDER
from bot.model import Aspect, Block, Conversation, Entry, Heading, Match, Run, TextReceived, Turn, Understanding, Words

SURELY_NEW: Final = 0.79  # chance of an entry from which a short question is one of its own ("how much" and its like stay below)...
SURELY_ELSE: Final = 0.9  # ...and one that begins with "and" ("and for my husband?" stays below, "and the school of my children?" does not)
_NO_QUESTION: Final = ("smalltalk", "emergency")
KINDS: Final[dict[Aspect, frozenset[str]]] = {
    "cost": frozenset({"money", "percent"}),
    "time": frozenset({"hours_open", "minutes", "hours", "days", "weeks", "months", "years", "date"}),
    "contact": frozenset({"phone", "short", "email"}),
    "online": frozenset({"url", "email"}),
}


def read_on(conversation: Conversation, event: TextReceived, understood: Understanding, home: Home, context: Context) -> Understanding:
    """Read a question that goes on ("and for my children?") together with the title of the last answer.

    Where that leads nowhere else, what the question means by itself is only offered, beside the last answer."""
    last, said = _last(conversation, home, context)
    if (
        last is None
        or said is None
        or not understood.goes_on
        or understood.outcome in _NO_QUESTION
        or _asks_anew(understood, last, SURELY_ELSE)
    ):
        return understood
    together = context.matcher.understand(f"{said.title} {event.text}", home.city.slug, tongue(conversation, context))
    if together.outcome == "answer" and together.matches[0].entry_id != last.id:
        return replace(understood, outcome="answer", matches=together.matches)
    others = tuple(match for match in understood.matches if match.entry_id != last.id)
    if understood.outcome == "none" or not others:
        return understood
    return replace(understood, outcome="suggest", matches=(*others[:2], Match(last.id, others[-1].score)))


def answer(conversation: Conversation, understood: Understanding, home: Home, context: Context) -> Turn | None:
    """Show the part of the last answer that a short question asks for; None where it asks something of its own."""
    last, said = _last(conversation, home, context)
    if last is None or said is None or not understood.aspects or understood.outcome == "emergency" or _asks_anew(understood, last):
        return None
    if is_hidden(last, home, context, tongue(conversation, context)) or not may_show(last, home, context):
        return None
    return _part(conversation, last, said, understood.aspects[0], home, context)


def _last(conversation: Conversation, home: Home, context: Context) -> tuple[Entry | None, Words | None]:
    last = home.entry(recall(conversation, "entry"))
    return last, last.words.get(tongue(conversation, context)) if last else None


def _asks_anew(understood: Understanding, last: Entry, surely: float = SURELY_NEW) -> bool:
    """Say whether a question is surely one of its own: about something else, or the whole of the same again."""
    if understood.outcome not in ("answer", "suggest") or understood.matches[0].score < surely:
        return False
    return understood.matches[0].entry_id != last.id or not set(understood.aspects) - {"steps"}


def _part(conversation: Conversation, entry: Entry, said: Words, aspect: Aspect, home: Home, context: Context) -> Turn:
    """Show the part of an answer that tells one thing."""
    _ = words(conversation, context)
    to_places = places_option(entry, home, _)
    if aspect == "where" and to_places:
        return places.places(conversation, entry.id, context)
    if aspect == "steps" and said.steps:
        return steps(conversation, entry.id, context)
    locale = tongue(conversation, context)
    blocks = tuple(_blocks(entry, said, aspect, locale, home, context))
    unsaid = text(_("My answer does not say this."), _("Ask the office, or talk to a person."))
    shown = (*blocks, *notes(entry, locale, home, context)) if blocks else (unsaid,)
    heading = Heading((Run(said.title, isolate=True),))
    options = [option("entry", entry.id, _("Back to the answer")), *to_places, *ways_on(_)]
    return say(conversation, context, heading, *warnings(entry, locale, home, context), *shown, options=options)


def _blocks(entry: Entry, said: Words, aspect: Aspect, locale: str, home: Home, context: Context) -> Iterator[Block]:
    if aspect == "documents":
        yield from documents(entry, said, locale, home, context.translator(locale).gettext)
    kinds = KINDS.get(aspect, frozenset())
    passages = [*said.answer.split("\n\n"), *(said.steps[step].text for step in entry.steps if step in said.steps)]
    for passage in passages:
        if any(entry.facts[name].kind in kinds for name in PLACEHOLDER.findall(passage) if name in entry.facts):
            yield from render_text(passage, entry.facts, locale, home.city.country)
