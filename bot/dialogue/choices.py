"""Options as people use them: shown page by page where a channel has few buttons, and chosen by typing a number or the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from bot.dialogue.compose import noted, option, remember, say, text, words
from bot.dialogue.context import Context
from bot.matching.normalise import normalise
from bot.model import Conversation, Message, Option, SendMessage, Turn

_plain = lru_cache(maxsize=4096)(normalise)  # the same labels come with every message
MAX_DIGITS = 2  # of a typed number; longer ones are telephone numbers or years


def typed(conversation: Conversation, written: str, context: Context) -> str | None:
    """Return the id of the option last shown whose number or words somebody typed, in the digits of any script."""
    said = normalise(written[:200])
    shown = _shown(conversation, context)
    if said.isdecimal() and len(said) <= MAX_DIGITS:
        number = int(said)
        return shown[number - 1][0] if 1 <= number <= len(shown) else None
    labels = [(option_id, _plain(label)) for option_id, label in (*shown, *conversation.options)]
    exact = next((option_id for option_id, label in labels if said and label == said), None)
    return exact or (_by_first_word(said, labels) if conversation.state == "device" else None)


def _by_first_word(said: str, labels: Sequence[tuple[str, str]]) -> str | None:
    """Let a bare yes or no stand for the whole label."""
    found = {option_id for option_id, label in labels if said and label.split()[:1] == [said]}
    return found.pop() if len(found) == 1 else None


def _shown(conversation: Conversation, context: Context) -> list[tuple[str, str]]:
    _ = words(conversation, context)
    options = [Option(option_id, label) for option_id, label in conversation.options]
    return [(choice.id, choice.label) for choice in page_of(options, _page(conversation), context, _("More choices"))]


def _page(conversation: Conversation) -> int:
    page = noted(conversation, "page")
    return page if isinstance(page, int) else 0


def page_of(options: Sequence[Option], page: int, context: Context, more: str) -> tuple[Option, ...]:
    """Return the options of one page; the last one leads to the next page, and from the last page to the first."""
    limit = context.max_options
    if limit is None or len(options) <= limit:
        return tuple(options)
    size = max(1, limit - 1)
    pages = -(-len(options) // size)
    start = page % pages * size
    return (*options[start : start + size], option("more", str((page + 1) % pages), more))


def more(conversation: Conversation, page: str, context: Context) -> Turn:
    """Show another page of the options last offered."""
    if not (page.isdecimal() and len(page) <= MAX_DIGITS) or not conversation.options:
        return Turn(conversation)
    _ = words(conversation, context)
    options = [option(verb, argument, label) for (verb, _colon, argument), label in map(_parts, conversation.options)]
    return say(remember(conversation, page=int(page)), context, text(_("More choices:")), options=options)


def _parts(offered: tuple[str, str]) -> tuple[tuple[str, str, str], str]:
    return offered[0].partition(":"), offered[1]


def offer(turn: Turn, context: Context) -> Turn:
    """Note the options of the last message in the conversation and cut every message to what the channel can show."""
    messages = [effect.message for effect in turn.effects if isinstance(effect, SendMessage)]
    last = next((message for message in reversed(messages) if message.options), None)
    conversation = turn.conversation
    if last:
        offered = tuple((choice.id, choice.label) for choice in last.options)
        conversation = remember(replace(conversation, options=offered), heard=None)
    effects = tuple(SendMessage(_cut(e.message, conversation, context)) if isinstance(e, SendMessage) else e for e in turn.effects)
    return Turn(conversation, effects)


def _cut(message: Message, conversation: Conversation, context: Context) -> Message:
    _ = words(conversation, context)
    shown = page_of(message.options, _page(conversation), context, _("More choices"))
    return message if shown == message.options else replace(message, options=shown)
