"""Find phrases in a text: whole sequences of words, with alternatives, small gaps and one typo in each long word.

A phrase is plain text, or a pattern of four signs that people can write without being programmers:
`(a|b c)` one of these, `(a|b)?` one of these or nothing, `...` up to four other words, and everything else as it stands."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Final, cast

from bot.matching.near import NearWords
from bot.matching.normalise import MAX_WORD_LENGTH, is_cjk, normalise

TYPO_FROM: Final = 5  # letters of a word in which one typo is forgiven...
_TYPO_FROM_ARABIC: Final = 6  # ...in Arabic letters, where vowels are not written and words are near to one another
_GAP: Final = 4  # words that "..." stands for at most
_SMALL_GAP: Final = 1  # words forgiven anywhere within a phrase of at least...
_SMALL_GAP_FROM: Final = 3  # ...so many words
_PIECE: Final = 400  # words whose phrases are written as one piece
_MAX_READINGS: Final = 256  # of one pattern, when its alternatives are written out
_PART: Final = re.compile(r"\(([^()]*)\)(\??)|(\.\.\.|…)|([^()…]+?)(?=\(|\.\.\.|…|$)")
_ARABIC_PREFIX: Final = re.compile("^(?:و(?=..)|[بلف](?=...))")  # "and", "in", "for", "so" are written as part of the next word
_ARABIC: Final = re.compile("[\u0600-\u06ff]")
_APOSTROPHE: Final = re.compile("['’ʼ`]")
# A word of this list in a gap turns the meaning of a phrase round ("my husband does not hit me").
_NEGATIONS: Final = frozenset(
    normalise(
        "no not never nunca jamas dont doesnt didnt isnt wont non pas jamais nije nikad nicht nie kein keine asla degil nuk mos "
        "δεν μην не ні нет никогда لا ما مش مو لم لن ليس mish mech نه نہیں nahi nahin"
    ).split()
)


_Slots = tuple[frozenset[str], ...]
_Written = tuple[str, _Slots, tuple[int, ...]]  # label, the words that may stand in each slot, the gap allowed before each


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a phrase stands in a text (first and last word), and what it was filed under; `length` counts its words."""

    start: int
    end: int
    label: str
    length: int


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Each slot holds the words that may stand there; `gaps` tells how many strange words may come before it."""

    slots: tuple[frozenset[str], ...]
    gaps: tuple[int, ...]
    label: str
    rarest: int = 0  # the slot that it is filed under


class _Vocabulary:
    """The words of all phrases; finds those that a typed word may stand for."""

    def __init__(self, words: Iterable[str], typos: bool) -> None:
        self.words = frozenset(words)
        self._real_words, self._typos = frozenset[str](), typos
        self._near = NearWords(filter(self._forgives, self.words), two_edits_from=MAX_WORD_LENGTH + 1)
        self.meant = lru_cache(maxsize=4096)(self._meant)

    def knowing(self, real_words: frozenset[str]) -> _Vocabulary:
        """Return one with the same words that takes none of `real_words` for another one misspelt."""
        wise = _Vocabulary.__new__(_Vocabulary)
        wise.__setstate__({**self.__getstate__(), "_real_words": real_words})
        return wise

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "meant"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self.meant = lru_cache(maxsize=4096)(self._meant)

    def _forgives(self, word: str) -> bool:
        least = _TYPO_FROM_ARABIC if _ARABIC.match(word) else TYPO_FROM
        return self._typos and len(word) >= least

    def _meant(self, word: str) -> frozenset[str]:
        found = {known for known in (word, _ARABIC_PREFIX.sub("", word)) if known in self.words}
        if self._forgives(word) and word not in self._real_words:
            found.update(self._near.find(word))
        return frozenset(found)


@lru_cache(maxsize=1 << 16)  # most words stand in many phrases
def _spellings(text: str) -> tuple[str, ...]:
    """Normalise with apostrophes as they are, left out, and as spaces: people write it either way."""
    ways = (text, _APOSTROPHE.sub("", text), _APOSTROPHE.sub(" ", text)) if _APOSTROPHE.search(text) else (text,)
    return tuple(sorted({normalise(way) for way in ways} - {""}))


@lru_cache(maxsize=1024)  # groups of words stand in many phrases
def _choices(inside: str, may_be_missing: bool) -> list[list[frozenset[str]]]:
    """List what one pair of brackets stands for, each as a row of slots; single words share one slot."""
    texts = [spelling.split() for part in inside.split("|") for spelling in _spellings(part)]
    single = frozenset(words[0] for words in texts if len(words) == 1)
    rows = [[single]] if single else []
    rows += [[frozenset([word]) for word in words] for words in texts if len(words) > 1]
    return [*rows, []] if may_be_missing else rows


def _parts(pattern: str) -> list[list[list[frozenset[str] | None]]]:
    """Split a pattern into parts, each a list of rows of slots; None in a row is a gap."""
    parts: list[list[list[frozenset[str] | None]]] = []
    for found in _PART.finditer(pattern):
        inside, mark, gap, plain = found.groups()
        if gap:
            parts.append([[None]])
        elif inside is not None:
            parts.append([list(row) for row in _choices(inside, bool(mark))])
        elif spellings := _spellings(plain):
            parts.append([[frozenset([word]) for word in spelling.split()] for spelling in spellings])
    return parts


def readings(pattern: str) -> Iterator[tuple[_Slots, tuple[int, ...]]]:
    """Write a pattern out as rows of slots with the gap allowed before each; too many are cut off."""
    for count, rows in enumerate(product(*_parts(pattern))):
        if count == _MAX_READINGS:
            return
        row = [slot for part in rows for slot in part]
        slots = tuple(slot for slot in row if slot is not None)
        if not slots:
            continue
        cjk = any(is_cjk(word) for slot in slots for word in slot)
        small = 0 if cjk or len(slots) < _SMALL_GAP_FROM else _SMALL_GAP
        gaps = tuple(_GAP if at and row[at - 1] is None else small for at, slot in enumerate(row) if slot is not None)
        yield slots, gaps


def _shared(written: Iterable[_Written], words: Iterable[str]) -> Iterator[_Phrase]:
    """Let equal words, slots and gaps be one object, since most stand in many phrases."""
    known = {word: word for word in words}
    shared: dict[frozenset[str], frozenset[str]] = {}
    shared_gaps: dict[tuple[int, ...], tuple[int, ...]] = {}
    for label, slots, gaps in written:
        for slot in slots:
            if slot not in shared:
                shared[slot] = frozenset(known[word] for word in slot)
        yield _Phrase(tuple(shared[slot] for slot in slots), shared_gaps.setdefault(gaps, gaps), label)


class PhraseFinder:
    """Phrases of any number of labels, filed under their rarest slot; never changes after it is built."""

    def __init__(
        self,
        phrases: Iterable[tuple[str, str]],
        *,
        typos: bool = True,
        lone_typo_from: int = TYPO_FROM,
    ) -> None:
        """Take (label, phrase or pattern). `lone_typo_from`: letters from which a typo is forgiven in a phrase of one word."""
        written = [(label, *reading) for label, pattern in phrases for reading in readings(pattern)]
        words = (word for _label, slots, _gaps in written for slot in slots for word in slot)
        self._vocabulary = _Vocabulary(words, typos)
        self._lone_typo_from = lone_typo_from
        self._filed = self._file(list(dict.fromkeys(_shared(written, self._vocabulary.words))))

    @staticmethod
    def _file(phrases: Sequence[_Phrase]) -> dict[str, list[_Phrase]]:
        uses = Counter(word for phrase in phrases for slot in phrase.slots for word in slot)
        filed: dict[str, list[_Phrase]] = defaultdict(list)
        for phrase in phrases:
            rarest = min(range(len(phrase.slots)), key=lambda at: sum(uses[word] for word in phrase.slots[at]))
            placed = replace(phrase, rarest=rarest)  # one object, however many words lead to it
            for word in phrase.slots[rarest]:
                filed[word].append(placed)
        return dict(filed)

    def knowing(self, real_words: frozenset[str]) -> PhraseFinder:
        """Return a finder of the same phrases that takes none of `real_words` for another one misspelt."""
        wise = PhraseFinder.__new__(PhraseFinder)
        vars(wise).update({**vars(self), "_vocabulary": self._vocabulary.knowing(real_words)})
        return wise

    def without_phrases(self) -> PhraseFinder:
        """Return a finder with this one's words, but none of its phrases yet."""
        bare = PhraseFinder.__new__(PhraseFinder)
        vars(bare).update({**vars(self), "_filed": {}})
        return bare

    def phrases_in_pieces(self) -> Iterator[object]:
        """Yield the phrases, some at a time, for add_phrases."""
        filed = list(self._filed.items())
        for begin in range(0, len(filed), _PIECE):
            yield filed[begin : begin + _PIECE]

    def add_phrases(self, piece: object) -> None:
        """Take up phrases of phrases_in_pieces."""
        self._filed.update(cast(list[tuple[str, list[_Phrase]]], piece))

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Find all phrases in a text given as normalised words."""
        meant = [self._vocabulary.meant(word) for word in words]
        blocked = [word in _NEGATIONS for word in words]
        hits: dict[Hit, None] = {}
        for at, known in enumerate(meant):
            for word in known:
                for phrase in self._filed.get(word, ()):
                    if len(phrase.slots) == 1 and not self._stands_alone(word, words[at]):
                        continue
                    if hit := _extend(meant, blocked, phrase, at):
                        hits[hit] = None
        return list(hits)

    def _stands_alone(self, known: str, word: str) -> bool:
        return len(word) >= self._lone_typo_from or known == word


def _extend(meant: Sequence[frozenset[str]], blocked: Sequence[bool], phrase: _Phrase, at: int) -> Hit | None:
    """Check that the rest of a phrase stands around the word that its rarest slot was found at."""
    start, slot, end = at, phrase.rarest, at
    for place in range(slot + 1, len(phrase.slots)):
        following = _next(meant, blocked, phrase.slots[place], range(end + 1, end + 2 + phrase.gaps[place]))
        if following is None:
            return None
        end = following
    for place in range(slot - 1, -1, -1):
        before = _next(meant, blocked, phrase.slots[place], range(start - 1, start - 2 - phrase.gaps[place + 1], -1))
        if before is None:
            return None
        start = before
    return Hit(start, end, phrase.label, len(phrase.slots))


def _next(meant: Sequence[frozenset[str]], blocked: Sequence[bool], wanted: frozenset[str], places: range) -> int | None:
    """Find the nearest place where one of the wanted words stands; a negation ends the search."""
    for place in places:
        if not 0 <= place < len(meant):
            return None
        if not wanted.isdisjoint(meant[place]):
            return place
        if blocked[place]:
            return None
    return None
