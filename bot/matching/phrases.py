"""Find phrases in a text: whole sequences of words, with alternatives, small gaps and one typo in each long word.

A phrase is plain text, or a pattern of four signs that people can write without being programmers:
`(a|b c)` one of these, `(a|b)?` one of these or nothing, `...` up to four other words, and everything else as it stands."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, islice, pairwise, product
from typing import Final

from bot.matching.near import NearWords
from bot.matching.normalise import MAX_WORD_LENGTH, is_cjk, normalise

TYPO_FROM: Final = 5  # letters of a word in which one typo is forgiven...
_TYPO_FROM_ARABIC: Final = 6  # ...in Arabic letters, where vowels are not written and words are near to one another
_GAP: Final = 4  # words that "..." stands for at most
_SMALL_GAP: Final = 1  # words forgiven anywhere within a phrase of at least...
_SMALL_GAP_FROM: Final = 3  # ...so many words
_MAX_READINGS: Final = 256  # of one pattern, when its alternatives are written out
_PART: Final = re.compile(r"\(([^()]*)\)(\??)|(\.\.\.|…)|([^()…]+?)(?=\(|\.\.\.|…|$)")
_ARABIC_PREFIX: Final = re.compile("^(?:و(?=..)|[بلف](?=...))")  # "and", "in", "for", "so" are written as part of the next word
_ARABIC: Final = re.compile("[\u0600-\u06ff]")
_APOSTROPHE: Final = re.compile("['’ʼ`]")
# A word of this list in a gap turns the meaning of a phrase round ("my husband does not hit me").
_NEGATIONS: Final = frozenset(
    normalise(
        "no not never nunca jamas dont doesnt didnt isnt wont non pas jamais nije nikad nicht nie kein keine asla degil nuk mos "
        "δεν μην не ні нет никогда لا ما مش مو لم لن ليس mish mech نه نہیں nahi nahin "
        "नहीं मत छैन होइन না নাই নেই নয় nao khong"
    ).split()
)


_Slots = tuple[frozenset[str], ...]  # the words that may stand in each place of a phrase


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a phrase stands in a text (first and last word), and what it was filed under; `length` counts its words."""

    start: int
    end: int
    label: str
    length: int


class _Rows:
    """Rows of small numbers of any length, in little memory."""

    def __init__(self, rows: Iterable[Sequence[int]]) -> None:
        self._numbers, self._starts = array("I"), array("I", [0])
        for row in rows:
            self._numbers.extend(row)
            self._starts.append(len(self._numbers))

    def __getitem__(self, row: int) -> Sequence[int]:
        return self._numbers[self._starts[row] : self._starts[row + 1]]


class _Vocabulary:
    """The words of all phrases; finds those that a typed word may stand for."""

    def __init__(self, words: Iterable[str], typos: bool) -> None:
        self.words = {word: number for number, word in enumerate(words)}
        self._real_words, self._typos = frozenset[str](), typos
        self._near = NearWords(filter(self._forgives, self.words), two_edits_from=MAX_WORD_LENGTH + 1)
        self._remember()

    def knowing(self, real_words: frozenset[str]) -> _Vocabulary:
        """Return one with the same words that takes none of `real_words` for another one misspelt."""
        wise = _Vocabulary.__new__(_Vocabulary)
        wise.__setstate__({**self.__getstate__(), "_real_words": real_words})
        return wise

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "meant"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._remember()

    def _remember(self) -> None:
        self.meant = lru_cache(maxsize=4096)(self._meant)

    def _forgives(self, word: str) -> bool:
        least = _TYPO_FROM_ARABIC if _ARABIC.match(word) else TYPO_FROM
        return self._typos and len(word) >= least

    def _meant(self, word: str) -> tuple[int, ...]:
        found = {self.words[known] for known in (word, _ARABIC_PREFIX.sub("", word)) if known in self.words}
        if self._forgives(word) and word not in self._real_words:
            found.update(self.words[near] for _, near in self._near.find(word))
        return tuple(sorted(found))


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
    has_cjk = any(map(is_cjk, pattern))
    for rows in islice(product(*_parts(pattern)), _MAX_READINGS):
        row = tuple(chain.from_iterable(rows))
        slots = tuple(filter(None, row))
        if not slots:
            continue
        cjk = has_cjk and any(is_cjk(word) for slot in slots for word in slot)
        small = 0 if cjk or len(slots) < _SMALL_GAP_FROM else _SMALL_GAP
        gaps = (small,) * len(slots)
        if len(slots) < len(row):
            gaps = tuple(_GAP if at and row[at - 1] is None else small for at, slot in enumerate(row) if slot is not None)
        yield slots, gaps


class PhraseFinder:
    """Phrases of any number of labels, filed under the words of their rarest slot; never changes after it is built.

    Words, slots, phrases and labels are numbers: sixty thousand phrases take a few megabytes so, and are read back at once."""

    def __init__(
        self,
        phrases: Iterable[tuple[str, str]],
        *,
        typos: bool = True,
        lone_typo_from: int = TYPO_FROM,
    ) -> None:
        """Take (label, phrase or pattern). `lone_typo_from`: letters from which a typo is forgiven in a phrase of one word."""
        slots: dict[frozenset[str], int] = {}
        written: dict[tuple[str, tuple[int, ...], tuple[int, ...]], None] = {}
        for label, pattern in phrases:
            for row, gaps in readings(pattern):
                written[label, tuple(slots.setdefault(slot, len(slots)) for slot in row), gaps] = None
        self._vocabulary = _Vocabulary(dict.fromkeys(word for slot in slots for word in sorted(slot)), typos)
        self._lone_typo_from = lone_typo_from
        self._labels = [label for label, _, _ in written]
        self._begin = array("I", accumulate((len(row) for _, row, _ in written), initial=0))
        self._slots = array("I", (slot for _, row, _ in written for slot in row))
        self._gaps = bytes(gap for _, _, gaps in written for gap in gaps)
        self._rarest, phrases_by_word = self._file(list(slots))
        words = self._vocabulary.words
        self._filed = _by_number(len(words), ((words[word], phrase) for word, phrase in phrases_by_word))
        self._slots_of = _by_number(len(words), ((words[word], number) for slot, number in slots.items() for word in slot))

    def _file(self, slots: Sequence[frozenset[str]]) -> tuple[array[int], list[tuple[str, int]]]:
        """Tell for every phrase where its slot stands whose words are in the fewest others, and which word leads to which phrase."""
        filled = Counter(self._slots)
        uses = Counter[str]()
        for number, slot in enumerate(slots):
            uses.update(dict.fromkeys(slot, filled[number]))
        cost = [sum(uses[word] for word in slot) for slot in slots]
        rarest = array("I", (min(range(begin, end), key=lambda at: cost[self._slots[at]]) for begin, end in pairwise(self._begin)))
        return rarest, [(word, phrase) for phrase, at in enumerate(rarest) for word in slots[self._slots[at]]]

    @property
    def words(self) -> frozenset[str]:
        """The words of all phrases, normalised."""
        return frozenset(self._vocabulary.words)

    def knowing(self, real_words: frozenset[str]) -> PhraseFinder:
        """Return a finder of the same phrases that takes none of `real_words` for another one misspelt."""
        wise = PhraseFinder.__new__(PhraseFinder)
        vars(wise).update({**vars(self), "_vocabulary": self._vocabulary.knowing(real_words)})
        return wise

    def find(self, words: Sequence[str], *, denied: bool = False) -> list[Hit]:
        """Find all phrases in a text given as normalised words; with `denied` also those that a "not" turns round."""
        meant = [self._vocabulary.meant(word) for word in words]
        filled = [{slot for known in some for slot in self._slots_of[known]} for some in meant]
        blocked = [word in _NEGATIONS and not denied for word in words]
        hits: dict[Hit, None] = {}
        for at, some in enumerate(meant):
            for known in some:
                for phrase in self._filed[known]:
                    if (hit := self._extend(filled, blocked, phrase, at)) and (hit.length > 1 or self._stands_alone(known, words[at])):
                        hits[hit] = None
        return list(hits)

    def _stands_alone(self, known: int, word: str) -> bool:
        """Say whether a word is enough for a phrase of one word: written without a typo, or long."""
        return len(word) >= self._lone_typo_from or self._vocabulary.words.get(word) == known

    def _extend(self, filled: Sequence[Set[int]], blocked: Sequence[bool], phrase: int, at: int) -> Hit | None:
        """Check that the rest of a phrase stands around the word that its rarest slot was found at."""
        first, rarest, after = self._begin[phrase], self._rarest[phrase], self._begin[phrase + 1]
        start = end = at
        for place in range(rarest + 1, after):
            following = _next(filled, blocked, self._slots[place], range(end + 1, end + 2 + self._gaps[place]))
            if following is None:
                return None
            end = following
        for place in range(rarest - 1, first - 1, -1):
            before = _next(filled, blocked, self._slots[place], range(start - 1, start - 2 - self._gaps[place + 1], -1))
            if before is None:
                return None
            start = before
        return Hit(start, end, self._labels[phrase], after - first)


def _by_number(size: int, pairs: Iterable[tuple[int, int]]) -> _Rows:
    """Make `size` rows of the second numbers of pairs, each in the row of the first."""
    rows: list[list[int]] = [[] for _ in range(size)]
    for row, number in pairs:
        rows[row].append(number)
    return _Rows(rows)


def _next(filled: Sequence[Set[int]], blocked: Sequence[bool], wanted: int, places: range) -> int | None:
    """Find the nearest place where a slot is filled; a negation ends the search."""
    for place in places:
        if not 0 <= place < len(filled):
            return None
        if wanted in filled[place]:
            return place
        if blocked[place]:
            return None
    return None
