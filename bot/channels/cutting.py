"""Cut a message into pieces of one platform call each. Pure.

Text is cut between blocks, else at a paragraph, a line, a sentence, a word, and only at last in the middle of one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from bot.channels.layout import block_runs, clean
from bot.model import Block, FactTable, Listing, Message, Paragraph, Run, Runs

Fits = Callable[[Message], bool]  # whether the text of a message goes into one call, its options under it

_ENDS: Final = ("\n\n", "\n", ". ", "! ", "? ", "؟ ", "۔ ", "। ", "。", "！", "？", "; ", ", ", "، ", " ")


def text_pieces(message: Message, fits: Fits, size: int) -> list[Message]:
    """Cut the blocks of a message until each piece fits; `size` is about the most letters a piece can hold.

    The alert sign stays on the first piece, what wants an answer on the last, the author on all."""
    if fits(message):
        return [message]
    groups = [tuple(group) for group in _grouped(message, fits, size)]
    last = len(groups) - 1
    return [_piece(message, group, first=number == 0, last=number == last) for number, group in enumerate(groups)]


def _piece(message: Message, blocks: tuple[Block, ...], *, first: bool, last: bool) -> Message:
    if last:
        return replace(message, blocks=blocks, alert=message.alert and first)
    return replace(message, blocks=blocks, alert=message.alert and first, options=(), ask_location=False, device=None)


def _grouped(message: Message, fits: Fits, size: int) -> Iterator[list[Block]]:
    """Fill pieces with blocks; each piece is measured as if it had the options too, so that any may be the last."""
    group: list[Block] = []
    for block in message.blocks:
        if _is_blank(block_runs(block)):
            continue
        if fits(replace(message, blocks=(*group, block))):
            group.append(block)
            continue
        if group:
            yield group
        *full, group = [[part] for part in block_parts(message, block, fits, size)]
        yield from full
    yield group


def block_parts(message: Message, block: Block, fits: Fits, most: int) -> Iterator[Block]:
    """Cut one block until each part fits; lists and tables become lines of text, which keeps their numbers right."""
    if fits(replace(message, blocks=(block,))):
        yield block
        return
    if isinstance(block, (Listing, FactTable)):
        block = Paragraph(block_runs(block))
    rest = block.runs
    while rest:
        size = most
        head, tail = cut(rest, size)
        while not fits(replace(message, blocks=(replace(block, runs=head),))) and size > 1:
            size = size * 4 // 5
            head, tail = cut(rest, size)
        if not _is_blank(head):
            yield replace(block, runs=head)
        rest = tail


def _is_blank(runs: Runs) -> bool:
    return not any(clean(run.text).strip() for run in runs)


def cut(runs: Runs, size: int) -> tuple[Runs, Runs]:
    """Cut runs after at most `size` characters, at the best place in the second half of them."""
    text = "".join(run.text for run in runs)
    if len(text) <= size:
        return runs, ()
    at = _before_isolate(runs, _before_marks(text, _best_end(text, size)))
    return _slice(runs, 0, at), _slice(runs, at, len(text))


def _best_end(text: str, size: int) -> int:
    for end in _ENDS:
        at = text.rfind(end, size // 2, size)
        if at >= 0:
            return at + len(end)
    return size


def _before_marks(text: str, at: int) -> int:
    """Step back so that no accent, vowel sign or joined emoji is torn from its letter."""
    step = at
    while step > 1 and step > at - 16 and (unicodedata.category(text[step])[0] == "M" or "\u200d" in text[step - 1 : step + 1]):
        step -= 1
    return step if step > at - 16 else at


def _before_isolate(runs: Runs, at: int) -> int:
    """Step back so that no number or address is torn apart."""
    start = 0
    for run in runs:
        if run.isolate and 0 < start < at < start + len(run.text):
            return start
        start += len(run.text)
    return at


def _slice(runs: Runs, start: int, end: int) -> Runs:
    parts: list[Run] = []
    offset = 0
    for run in runs:
        text = run.text[max(0, start - offset) : max(0, end - offset)]
        if text:
            parts.append(replace(run, text=text))
        offset += len(run.text)
    return tuple(parts)
