"""Cut a message into pieces of one platform call each. Pure.

The order is: text, the options on its last piece; then somebody's file, each place, and a file of ours. Words that fit stand under
somebody's file instead of before it. Text is cut between blocks, else at a paragraph,
a line, a sentence, a word, and only at last in the middle of one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.channels.telegram.media import takes_caption
from bot.channels.telegram.render import NAME_LENGTH, block_runs, clean, dialled, plain_name, render, web_address
from bot.model import Block, FactTable, Listing, Message, Note, Option, Paragraph, Run, Runs

# Telegram counts 4096 code points after parsing and takes 32768 bytes before it (tdlib/td MessageContent.cpp, tdlib/telegram-bot-api
# Client.cpp, read November 2025). We count UTF-16 units, of which a text has never fewer, and stay below both.
TEXT_LIMIT: Final = 4000
BYTES_LIMIT: Final = 32_000
CAPTION_LIMIT: Final = 1000  # of 1024 (telegram.constants.MessageLimit, read November 2025)
MACHINE: Final = "🌐"  # stands for "machine translation" where nobody has said it in the reader's language

_ESCAPED: Final = 6  # bytes of the longest way to write one letter in HTML: &quot;
_TAGS: Final = 40  # bytes of the tags around one stretch
_MARKUP: Final = 12  # letters that laying out adds to a stretch of text at most: marks of direction, brackets, the alert sign

_ENDS: Final = ("\n\n", "\n", ". ", "! ", "? ", "؟ ", "۔ ", "। ", "。", "！", "？", "; ", ", ", "، ", " ")


def text_length(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fits(message: Message) -> bool:
    """Tell whether the text of a message goes into one call."""
    if _surely_fits(message):
        return True
    if text_length(render(message, "plain", with_addresses=False)) > TEXT_LIMIT:
        return False
    return len(render(message, "html").encode()) <= BYTES_LIMIT


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
    options, called = _options(message.options)
    blocks = (*message.blocks, *_original(message), *called)
    whole = replace(message, blocks=blocks, options=options, venues=(), document=None, attachment=None, original="")
    whole = replace(whole, author_name=_signature(message, machine))
    blank = replace(whole, blocks=(), options=(), alert=False, ask_location=False, device=None)
    venues = [replace(blank, venues=(venue,)) for venue in message.venues]
    documents = [replace(blank, document=message.document)] if message.document else []
    found = (*_with_file(message, whole, blank), *venues, *documents)
    return (*found[:1], *(replace(piece, edits=False) for piece in found[1:]))


def _with_file(message: Message, whole: Message, blank: Message) -> list[Message]:
    """Return the words and somebody's file: in one piece where the words fit under it."""
    if message.attachment is None:
        return _text_pieces(whole) if whole.blocks or whole.options or whole.ask_location else []
    if takes_caption(message.attachment) and text_length(render(whole, "plain", with_addresses=False)) <= CAPTION_LIMIT:
        return [replace(whole, attachment=message.attachment)]
    return [*_text_pieces(whole), replace(blank, attachment=message.attachment)]


def _signature(message: Message, machine: str) -> str:
    """Return the name a message is signed with; a translation says that it is one."""
    if message.author != "translation" or not message.original:
        return message.author_name
    mark = f" · {machine}" if message.author_name else machine
    return f"{plain_name(message.author_name)[: NAME_LENGTH - len(mark)]}{mark}"


def _original(message: Message) -> tuple[Block, ...]:
    return (Note((Run("↳ "), Run(message.original, isolate=True))),) if message.original else ()


def _options(options: tuple[Option, ...]) -> tuple[tuple[Option, ...], tuple[Block, ...]]:
    """Take out the options that Telegram allows no button for (telephone, e-mail); they become lines of text."""
    kept = tuple(option for option in options if option.url is None or web_address(option.url))
    out = [option for option in options if option.url is not None and not web_address(option.url)]
    called = tuple(Paragraph((Run(f"{option.label}: "), Run(dialled(option.url or ""), isolate=True))) for option in out)
    return kept, called


def _text_pieces(message: Message) -> list[Message]:
    if not message.options and not message.ask_location and not render(message, "plain").strip():
        return []
    if fits(message):
        return [message]
    groups = [list(group) for group in _grouped(message)]
    last = len(groups) - 1
    return [_piece(message, tuple(group), first=number == 0, last=number == last) for number, group in enumerate(groups)]


def _piece(message: Message, blocks: tuple[Block, ...], *, first: bool, last: bool) -> Message:
    """Make one piece: the alert sign stays on the first, what wants an answer on the last, the author on all."""
    if last:
        return replace(message, blocks=blocks, alert=message.alert and first)
    return replace(message, blocks=blocks, alert=message.alert and first, options=(), ask_location=False, device=None)


def _grouped(message: Message) -> Iterator[list[Block]]:
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
        *full, group = [[part] for part in _block_parts(message, block)]
        yield from full
    yield group


def _block_parts(message: Message, block: Block) -> Iterator[Block]:
    """Cut one block until each part fits; lists and tables become lines of text, which keeps their numbers right."""
    if fits(replace(message, blocks=(block,))):
        yield block
        return
    if isinstance(block, (Listing, FactTable)):
        block = Paragraph(block_runs(block))
    rest = block.runs
    while rest:
        size = TEXT_LIMIT
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
