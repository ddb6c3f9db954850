"""Cut a message into pieces of one platform call each. Pure.

The order is: text, the options on its last piece; then somebody's file, each place, and a file of ours. Words that fit stand under
somebody's file instead of before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.channels.cutting import text_pieces
from bot.channels.layout import MACHINE, as_lines, block_runs, original, render, signature, text_length, web_address
from bot.channels.telegram.media import takes_caption
from bot.channels.telegram.render import as_html
from bot.model import Message

# Telegram counts 4096 code points after parsing and takes 32768 bytes before it (tdlib/td MessageContent.cpp, tdlib/telegram-bot-api
# Client.cpp, read November 2025). We count UTF-16 units, of which a text has never fewer, and stay below both.
TEXT_LIMIT: Final = 4000
BYTES_LIMIT: Final = 32_000
CAPTION_LIMIT: Final = 1000  # of 1024 (telegram.constants.MessageLimit, read November 2025)

_ESCAPED: Final = 6  # bytes of the longest way to write one letter in HTML: &quot;
_TAGS: Final = 40  # bytes of the tags around one stretch
_MARKUP: Final = 12  # letters that laying out adds to a stretch of text at most: marks of direction, brackets, the alert sign


def fits(message: Message) -> bool:
    """Tell whether the text of a message goes into one call."""
    if _surely_fits(message):
        return True
    if text_length(render(message, with_addresses=False)) > TEXT_LIMIT:
        return False
    return len(as_html(message).encode()) <= BYTES_LIMIT


def _surely_fits(message: Message) -> bool:
    """Tell from the letters alone, without laying the message out; nearly every message is that far from both limits."""
    runs = [run for block in message.blocks for run in block_runs(block)]
    text = "".join(run.text for run in runs)
    letters, addresses = text_length(text), sum(len(run.url or "") for run in runs)
    marks = _MARKUP * (len(runs) + len(message.blocks) + text.count("\n") + text.count("\r"))  # each line may get a mark of direction
    return letters + marks < TEXT_LIMIT and _ESCAPED * (letters + addresses) + _TAGS * len(runs) < BYTES_LIMIT


def split(message: Message, machine: str = MACHINE) -> tuple[Message, ...]:
    """Cut a message into pieces; a message with nothing to show gives none, one that takes something back stays whole.

    What replaces an earlier message replaces it with its first piece. `machine` says that a machine translated it: beside the name of
    who wrote; their own words follow as small print."""
    if message.withdraws:
        return (message,)
    options, called = as_lines(message.options, keeps=lambda option: option.url is None or bool(web_address(option.url)))
    blocks = (*message.blocks, *original(message), *called)
    whole = replace(message, blocks=blocks, options=options, venues=(), document=None, attachment=None, original="")
    whole = replace(whole, author_name=signature(message, machine))
    blank = replace(whole, blocks=(), options=(), alert=False, ask_location=False, device=None)
    venues = [replace(blank, venues=(venue,)) for venue in message.venues]
    documents = [replace(blank, document=message.document)] if message.document else []
    found = (*_with_file(message, whole, blank), *venues, *documents)
    return (*found[:1], *(replace(piece, edits=False) for piece in found[1:]))


def _with_file(message: Message, whole: Message, blank: Message) -> list[Message]:
    """Return the words and somebody's file: in one piece where the words fit under it."""
    if message.attachment is None:
        return _text_pieces(whole) if whole.blocks or whole.options or whole.ask_location else []
    if takes_caption(message.attachment) and text_length(render(whole, with_addresses=False)) <= CAPTION_LIMIT:
        return [replace(whole, attachment=message.attachment)]
    return [*_text_pieces(whole), replace(blank, attachment=message.attachment)]


def _text_pieces(message: Message) -> list[Message]:
    if not message.options and not message.ask_location and not render(message).strip():
        return []
    return text_pieces(message, fits, TEXT_LIMIT)
