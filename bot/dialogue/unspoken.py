"""A language we lack, after the first questions: said openly, with the nearest of ours, an interpreter and a person."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue import after
from bot.dialogue.compose import emergency_line, option, say, tongue, ways_on, words
from bot.dialogue.context import Context
from bot.dialogue.home import home_of, own_name
from bot.dialogue.lacking import Lacking, of_text, sentences, served
from bot.dialogue.onboarding import choose_language
from bot.model import Conversation, Count, Message, Option, TextReceived, Turn


def say_lacking(conversation: Conversation, event: TextReceived, context: Context) -> Turn | None:
    """Answer a text that names a language we lack, or is written in one; None for any other."""
    lacking = of_text(conversation, event, context)
    if lacking is None:
        return None
    if lacking.serves:
        return choose_language(conversation, lacking.serves, context, served(lacking.serves, context))
    if not lacking.is_written:
        return _say(lacking, conversation, context)
    return after.further_word(conversation, event, context) or _not_understood(lacking, conversation, context)


def _say(lacking: Lacking, conversation: Conversation, context: Context) -> Turn:
    _ = words(conversation, context)
    danger = [emergency_line(_)] if lacking.is_written else []  # nobody has read what was written: it may be a cry for help
    person, menu = ways_on(_)
    options = [*_nearest_options(lacking, conversation, context), _interpreter(lacking, conversation, context), person, menu]
    return say(conversation, context, *sentences(lacking, conversation, context), *danger, options=options)


def _not_understood(lacking: Lacking, conversation: Conversation, context: Context) -> Turn:
    home = home_of(conversation, context)
    turn = _say(lacking, conversation, context)
    count = (Count(home.counted_as, "", tongue(conversation, context), "none"),) if home else ()
    return Turn(turn.conversation, (*turn.effects, *count))


def with_note(message: Message, lacking: Lacking, conversation: Conversation, context: Context) -> Message:
    """Say under an answer that its reader's own language is lacking, and what is nearest."""
    mine = tongue(conversation, context)
    others = (_switch(locale, context) for locale in lacking.nearest if locale != mine)
    blocks = (*message.blocks, *sentences(lacking, conversation, context))
    return replace(message, blocks=blocks, options=(*message.options, *others, _interpreter(lacking, conversation, context)))


def _interpreter(lacking: Lacking, conversation: Conversation, context: Context) -> Option:
    _ = words(conversation, context)
    wanted = ("interp", lacking.tags[0]) if len(lacking.tags) == 1 else ("pool", "interpreter")
    return option(*wanted, _("I need an interpreter"))


def _switch(locale: str, context: Context) -> Option:
    return option("switch", locale, context.language_name(locale))


def _nearest_options(lacking: Lacking, conversation: Conversation, context: Context) -> list[Option]:
    """Return the way into each of the nearest languages; the one that is spoken already can be kept."""
    mine = tongue(conversation, context)
    _ = words(conversation, context)
    return [
        option("stay", locale, _("Stay with {language}").format(language=own_name(locale))) if locale == mine else _switch(locale, context)
        for locale in lacking.nearest
    ]
