"""How plainly answers are written: their length, the longest sentence, and how hard they are to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bot.knowledge.render import render_text
from bot.model import City, Entry, Heading, Listing, Paragraph, Words

MAX_WORDS: Final = 110  # of an answer; longer ones are not read to the end on a small screen
MAX_CHARACTERS: Final = 220  # of an answer in a script without spaces between words
MAX_SENTENCE: Final = 32  # words
MAX_MESSAGE: Final = (
    4096  # characters of one Telegram message (Bot API, sendMessage, read 2026-11-23); the limit is kept with room for the rest
)
ROOM_FOR_THE_REST: Final = 1300  # characters: documents, places, source and notes under an answer
_LONG_WORD: Final = 6  # letters above which LIX calls a word long (Björnsson 1968)
_SENTENCE: Final = re.compile(r"[.!?؟۔。！？]+(?:\s|$)|\n+")
_CJK: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def answer_text(entry: Entry, words: Words, locale: str, city: City) -> str:
    """Return an answer as it is read, with its facts put in, one paragraph or point a line."""
    blocks = render_text(words.answer, entry.facts, locale, city.country)
    return "\n".join(_lines(blocks))


def _lines(blocks: Iterable[object]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Heading | Paragraph):
            yield "".join(run.text for run in block.runs)
        elif isinstance(block, Listing):
            yield from ("".join(run.text for run in item) for item in block.items)


def is_long(text: str) -> bool:
    """Say whether an answer is longer than people read."""
    return len(_CJK.findall(text)) > MAX_CHARACTERS or len(text.split()) > MAX_WORDS


def complaints(text: str) -> Iterator[str]:
    """Say what makes an answer hard to read."""
    count = len(_CJK.findall(text))
    if count > MAX_CHARACTERS:
        yield f"the answer has {count} characters: over {MAX_CHARACTERS} few people read to the end"
    elif len(text.split()) > MAX_WORDS:
        yield f"the answer has {len(text.split())} words: over {MAX_WORDS} few people read to the end"
    if len(text) > MAX_MESSAGE - ROOM_FOR_THE_REST:
        yield "the answer does not fit into one message together with documents, place and source"
    longest = max((len(sentence.split()) for sentence in _SENTENCE.split(text)), default=0)
    if longest > MAX_SENTENCE:
        yield f"one sentence has {longest} words: say it in two"


def lix(texts: Iterable[str]) -> int | None:
    """Measure how hard texts are to read: words a sentence plus long words in a hundred; None for scripts without spaces."""
    whole = "\n".join(texts)
    if len(_CJK.findall(whole)) > len(whole) / 4:
        return None
    words = re.findall(r"[^\W\d_]+", whole)
    sentences = sum(bool(part.strip()) for part in _SENTENCE.split(whole))
    if not words or not sentences:
        return None
    return round(len(words) / sentences + 100 * sum(len(word) > _LONG_WORD for word in words) / len(words))
