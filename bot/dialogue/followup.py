"""Questions about the answer just given: the part of it that was asked for, or plainly that it is not said there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.dialogue import places
from bot.dialogue.compose import option, recall, say, text, tongue, ways_on, words
from bot.dialogue.context import Context
from bot.dialogue.entry import documents, is_hidden, may_show, notes, places_option, show, steps, warnings
from bot.dialogue.home import Home
from bot.knowledge.render import render_text
from bot.knowledge.values import PLACEHOLDER
from bot.model import Aspect, Block, Conversation, Entry, Heading, Run, TextReceived, Turn, Understanding, Words

SURELY_NEW: Final = 0.9  # chance of another entry from which a short question is one of its own
KINDS: Final[dict[Aspect, frozenset[str]]] = {
    "cost": frozenset({"money", "percent"}),
    "time": frozenset({"hours_open", "minutes", "hours", "days", "weeks", "months", "years", "date"}),
    "contact": frozenset({"phone", "short", "email"}),
    "online": frozenset({"url", "email"}),
}


def answer(conversation: Conversation, event: TextReceived, understood: Understanding, home: Home, context: Context) -> Turn | None:
    """Answer what a short question asks about the last answer; None where it asks something of its own."""
    last = home.entry(recall(conversation, "entry"))
    locale = tongue(conversation, context)
    said = last.words.get(locale) if last else None
    if last is None or said is None or understood.outcome == "emergency":
        return None
    if _asks_anew(understood, last):
        return None
    if is_hidden(last, home, context, locale) or not may_show(last, home, context):
        return None
    if understood.aspects:
        return _part(conversation, last, said, understood.aspects[0], home, context)
    if understood.goes_on:
        return _together(conversation, event, last, said, home, context)
    return None


def _asks_anew(understood: Understanding, last: Entry) -> bool:
    """Say whether a question is surely one of its own: about something else, or the whole of the same again."""
    if understood.outcome != "answer" or understood.matches[0].score < SURELY_NEW:
        return False
    return understood.matches[0].entry_id != last.id or not set(understood.aspects) - {"steps"}


def _part(conversation: Conversation, entry: Entry, said: Words, aspect: Aspect, home: Home, context: Context) -> Turn:
    """Show the part of an answer that tells one thing."""
    if aspect == "where" and places_option(entry, home, words(conversation, context)):
        return places.places(conversation, entry.id, context)
    if aspect == "steps" and said.steps:
        return steps(conversation, entry.id, context)
    locale = tongue(conversation, context)
    _ = words(conversation, context)
    blocks = tuple(_blocks(entry, said, aspect, locale, home, context))
    unsaid = text(_("My answer does not say this."), _("Ask the office, or talk to a person."))
    shown = (*blocks, *notes(entry, locale, home, context)) if blocks else (unsaid,)
    heading = Heading((Run(said.title, isolate=True),))
    options = [option("entry", entry.id, _("Back to the answer")), *places_option(entry, home, _), *ways_on(_)]
    return say(conversation, context, heading, *warnings(entry, locale, home, context), *shown, options=options)


def _blocks(entry: Entry, said: Words, aspect: Aspect, locale: str, home: Home, context: Context) -> Iterator[Block]:
    if aspect == "documents":
        yield from documents(entry, said, locale, home, context.translator(locale).gettext)
    kinds = KINDS.get(aspect, frozenset())
    passages = [*said.answer.split("\n\n"), *(said.steps[step].text for step in entry.steps if step in said.steps)]
    for passage in passages:
        if any(entry.facts[name].kind in kinds for name in PLACEHOLDER.findall(passage) if name in entry.facts):
            yield from render_text(passage, entry.facts, locale, home.city.country)


def _together(conversation: Conversation, event: TextReceived, entry: Entry, said: Words, home: Home, context: Context) -> Turn | None:
    """Read a question that goes on ("and for my children?") together with the title of the last answer."""
    meant = context.matcher.understand(f"{said.title} {event.text}", home.city.slug, tongue(conversation, context))
    found = home.entry(meant.matches[0].entry_id) if meant.outcome == "answer" and meant.matches else None
    if found is None or found.id == entry.id:
        return None
    return show(conversation, found, home, context)
