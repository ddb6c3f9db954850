"""Guess the language of a message from the city's own texts; good enough to offer a switch, never to make one.

A naive Bayes model over letter sequences, learnt from the knowledge itself (entries, small talk, crisis phrases), so that every
language of the knowledge is known, in Latin letters too where its texts hold some ("bghit ndir padron"). A detector with weights of
its own (py3langid) was measured: no better on these texts, 0.65 s and 50 MB to load."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from bot.matching.features import Floats, Hashes, Integers, letter_sequences
from bot.model import Knowledge, SafetyKind, SmalltalkKind, Words

_MAX_CHARACTERS: Final = 120  # of a message that are read
_MIN_LETTERS: Final = 8  # shorter ones say too little
_LONGEST: Final = 4
_SMOOTHING: Final = 0.1
_SURE: Final = 3.0  # lead over the second language, in nats
_MOST_UNKNOWN: Final = 0.75  # share of letter sequences that no language of ours has
_LETTERS_OF_CJK: Final = 3  # what a Chinese character counts for; rows of them are seldom known, single ones are
_NO_LETTERS: Final = re.compile(r"[\W_]+")
_CJK: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_LATIN: Final = re.compile("[a-z\u00c0-\u024f]")


def _plain(text: str) -> str:
    """Keep letters and digits in lower case, with their accents: here they tell languages apart."""
    return _NO_LETTERS.sub(" ", unicodedata.normalize("NFC", text[:_MAX_CHARACTERS]).casefold()).strip()


def _letters(plain: str) -> int:
    return sum(map(str.isalpha, plain)) + (_LETTERS_OF_CJK - 1) * len(_CJK.findall(plain))


def _is_latin(plain: str) -> bool:
    return 2 * len(_LATIN.findall(plain)) > len(plain) - plain.count(" ")


def _sentences(words: Words) -> Iterator[str]:
    yield from (words.title, *words.questions)
    yield from words.answer.splitlines()


def _texts(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield every text of the knowledge with its language."""
    for city in knowledge.cities.values():
        for entry in city.entries.values():
            for locale, words in entry.words.items():
                yield from ((locale, text) for text in _sentences(words))
    kinds: list[SafetyKind | SmalltalkKind] = [*knowledge.safety.values(), *knowledge.smalltalk.values()]
    for kind in kinds:
        for locale, texts in kind.phrases.items():
            yield from ((locale, text) for text in texts)
    for smalltalk in knowledge.smalltalk.values():
        yield from smalltalk.reply.items()


def _sequences(texts: Sequence[str]) -> Hashes:
    return letter_sequences("".join(f" {text} " for text in texts), _LONGEST, 0)[0]


def _shared_by_several(found: Sequence[tuple[Hashes, Integers]]) -> Hashes:
    """Keep the sequences that occur more than once: the others are half of all and tell nothing."""
    if not found:
        return np.zeros(0, dtype=np.uint64)
    hashes, at = np.unique(np.concatenate([some for some, _counts in found]), return_inverse=True)
    uses = np.bincount(at, weights=np.concatenate([counts for _some, counts in found]))
    return hashes[uses > 1]


class LanguageGuesser:
    """Letter sequences of every language and alphabet; never changes after it is built."""

    def __init__(self, knowledge: Knowledge) -> None:
        texts: Mapping[tuple[str, bool], list[str]] = defaultdict(list)
        for locale, text in _texts(knowledge):
            if plain := _plain(text):
                texts[locale, _is_latin(plain)].append(plain)
        self._locales = [locale for locale, _latin in texts]
        self._latin = np.array([latin for _locale, latin in texts], dtype=bool)
        found = [np.unique(_sequences(lines), return_counts=True) for lines in texts.values()]
        self._vocabulary = _shared_by_several(found)
        self._weights = np.zeros((len(self._vocabulary) + 1, len(found)), dtype=np.float32)  # the last row: unknown, telling nothing
        for column, (hashes, counts) in enumerate(found):
            rows = self._rows_of(hashes)
            self._weights[rows[rows >= 0], column] = counts[rows >= 0]
        totals = self._weights.sum(axis=0) + _SMOOTHING * len(self._weights)
        self._weights = np.log((self._weights + _SMOOTHING) / totals).astype(np.float32)
        self._weights[-1] = 0

    def guess(self, text: str) -> str | None:
        """Give the locale a text is written in; None where it is short, mixed or unlike any."""
        plain = _plain(text)
        if _letters(plain) < _MIN_LETTERS or not len(self._vocabulary):
            return None
        best = self._likelihoods(plain)
        if not best:
            return None
        first, *others = sorted(best, key=lambda locale: -best[locale])
        return first if not others or best[first] - best[others[0]] > _SURE else None

    def _rows_of(self, hashes: Hashes) -> Integers:
        """Find sequences in the vocabulary; -1, the last row, stands for those it does not have."""
        at = np.searchsorted(self._vocabulary, hashes).clip(max=max(len(self._vocabulary) - 1, 0))
        return np.where(self._vocabulary[at] == hashes, at, -1) if len(self._vocabulary) else np.full(len(hashes), -1)

    def _likelihoods(self, plain: str) -> dict[str, float]:
        """Give each language its logarithmic likelihood, among those written in the text's alphabet."""
        rows = self._rows_of(_sequences([plain]))
        if (rows < 0).mean() > _MOST_UNKNOWN and not _CJK.search(plain):
            return {}
        sums: Floats = self._weights[rows].sum(axis=0)
        best: dict[str, float] = {}
        for column in np.flatnonzero(self._latin == _is_latin(plain)):
            locale = self._locales[column]
            best[locale] = max(best.get(locale, -np.inf), float(sums[column]))
        return best
