"""Cut a message into pieces of one call each. Pure.

The order is: text, the options on its last piece; then somebody's file, each place, and a file of ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.channels.cutting import block_parts, text_pieces
from bot.channels.layout import MACHINE, as_lines, original, signature, text_length
from bot.channels.whatsapp.render import as_text
from bot.model import Block, Message

# Limits of the Cloud API, less some room (see render.py): 4096 and, with buttons, 1024; 1024 for words under a file.
TEXT_LIMIT: Final = 4000
BODY_LIMIT: Final = 1000
CAPTION_LIMIT: Final = 1000


def fits(message: Message) -> bool:
    """Tell whether the text of a message goes into one call, its options under it."""
    limit = BODY_LIMIT if message.options or message.ask_location else TEXT_LIMIT
    return text_length(as_text(message)) <= limit


def split(message: Message, machine: str = MACHINE) -> tuple[Message, ...]:
    """Cut a message into pieces; a message with nothing to show gives none, one that takes something back stays whole.

    `machine` says that a machine translated it: beside the name of who wrote; their own words follow as small print."""
    if message.withdraws:
        return (message,)
    options, links = as_lines(message.options, keeps=lambda option: option.url is None)
    blocks = (*message.blocks, *original(message), *links)
    whole = replace(message, blocks=blocks, options=options, venues=(), document=None, attachment=None, original="")
    whole = replace(whole, author_name=signature(message, machine))
    blank = replace(whole, blocks=(), options=(), alert=False, ask_location=False, device=None)
    venues = [replace(blank, venues=(venue,)) for venue in message.venues]
    documents = [replace(blank, document=message.document)] if message.document else []
    return (*_with_file(message, whole, blank), *venues, *documents)


def _with_file(message: Message, whole: Message, blank: Message) -> list[Message]:
    """Return the words and somebody's file: in one piece where the words fit under it."""
    if message.attachment is None:
        return _text_pieces(whole) if whole.blocks or whole.options or whole.ask_location else []
    if not whole.options and message.attachment.kind != "voice" and text_length(as_text(whole)) <= CAPTION_LIMIT:
        return [replace(whole, attachment=message.attachment)]
    return [*_text_pieces(whole), replace(blank, attachment=message.attachment)]


def _text_pieces(message: Message) -> list[Message]:
    """Cut a text. Few letters go with buttons, so a long text goes before them and only its end stays with them."""
    if not message.options and not message.ask_location and not as_text(message).strip():
        return []
    if fits(message):
        return [message]
    if not message.options and not message.ask_location:
        return text_pieces(message, fits, TEXT_LIMIT)
    head, tail = _ending(message)
    before = replace(message, blocks=head, options=(), ask_location=False, device=None)
    return [*text_pieces(before, fits, TEXT_LIMIT), replace(message, blocks=tail, alert=False)]


def _ending(message: Message) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """Part the blocks into those that go before, at least one, and those that stay with the buttons."""
    at = len(message.blocks)
    while at > 1 and fits(replace(message, blocks=message.blocks[at - 1 :])):
        at -= 1
    if at < len(message.blocks):
        return message.blocks[:at], message.blocks[at:]
    *first, last = block_parts(message, message.blocks[-1], fits, BODY_LIMIT)
    return (*message.blocks[:-1], *first), (last,)
