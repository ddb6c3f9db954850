"""Guess the language of a message from the city's own texts; good enough to offer a switch, never to make one.

The script comes first: terms in Latin letters do not make an Arabic sentence Italian, and a script or a letter that none of our
languages has names its own. Then a naive Bayes model over letter sequences, learnt from the knowledge itself (entries, small talk,
crisis phrases), so that every language of the knowledge is known, in Latin letters too where its texts hold some ("bghit ndir
padron"). A detector with weights of its own (py3langid) was measured: no better on these texts, 0.65 s and 50 MB to load. Figures:
tests/bench/language.py."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from bot.matching.features import Floats, Hashes, Integers, by, letter_sequences
from bot.matching.scripts import LATIN, given_away, script_of, words_in
from bot.model import Knowledge, SafetyKind, SmalltalkKind, Words

_MAX_CHARACTERS: Final = 120  # of a message that are read
_MIN_LETTERS: Final = 6  # shorter ones say too little
_MIN_GIVEN_AWAY: Final = 2  # letters, where the script says it all
_LONGEST: Final = 4
_SMOOTHING: Final = 0.1
_SURE: Final = 3.0  # lead over the second language, in nats
_OWN: Final = 3.0  # head start of the contact's own language, in nats
_UNSPOKEN: Final = 4.0  # what a language that the city does not speak must make up for, in nats
_MOST_UNKNOWN: Final = 0.75  # share of letter sequences that no language of ours has
_MOST_UNKNOWN_LATIN: Final = 0.2  # so many languages are written so that more of it is another one (measured: 1 of 200 of ours has more)
_TOGETHER: Final = 8  # words of a lexicon that are read at once
# Languages that short texts do not tell apart, of which the bot has words alone: those of both are looked up.
ALIKE: Final[Mapping[str, tuple[str, ...]]] = {"am": ("ti",), "ti": ("am",), "hi": ("ne", "ur"), "ne": ("hi",)}
_NO_LETTERS: Final = re.compile(r"[\W_]+")


def _plain(text: str) -> str:
    """Keep letters and digits in lower case, with their accents: here they tell languages apart."""
    return _NO_LETTERS.sub(" ", unicodedata.normalize("NFC", text[:_MAX_CHARACTERS]).casefold()).strip()


def _letters(plain: str) -> int:
    return sum(map(str.isalpha, plain))


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
    spoken = {locale for city in knowledge.cities.values() for locale in city.languages}
    for locale, concepts in knowledge.lexicon.items():
        if locale not in spoken:  # of the others there are sentences
            yield from ((locale, text) for words in concepts.values() for text in _together(words))


def _together(words: Sequence[str]) -> Iterator[str]:
    """Join words of one script, some at a time: quicker than one by one."""
    for some in ([word for word in words if word.isascii()], [word for word in words if not word.isascii()]):
        yield from map(" ".join, by(_TOGETHER, some))


def _sequences(texts: Sequence[str]) -> Hashes:
    return letter_sequences("".join(f" {text} " for text in texts), _LONGEST, 0)[0]


def _shared_by_several(found: Sequence[tuple[Hashes, Integers]]) -> Hashes:
    """Keep the sequences that occur more than twice: the others are most of all and tell nothing."""
    if not found:
        return np.zeros(0, dtype=np.uint64)
    hashes, at = np.unique(np.concatenate([some for some, _counts in found]), return_inverse=True)
    uses = np.bincount(at, weights=np.concatenate([counts for _some, counts in found]))
    return hashes[uses > 2]


class LanguageGuesser:
    """Letter sequences of every language and script; never changes after it is built."""

    def __init__(self, knowledge: Knowledge) -> None:
        texts: Mapping[tuple[str, str], list[str]] = defaultdict(list)
        for locale, text in _texts(knowledge):
            if script := script_of(plain := _plain(text)):
                texts[locale, script].append(words_in(script, plain))
        self._locales = [locale for locale, _script in texts]
        self._columns = {script: [at for at, (_, written) in enumerate(texts) if written == script] for _, script in texts}
        found = [np.unique(_sequences(lines), return_counts=True) for lines in texts.values()]
        self._vocabulary = _shared_by_several(found)
        self._weights = np.zeros((len(self._vocabulary) + 1, len(found)), dtype=np.float32)  # the last row: unknown, telling nothing
        for column, (hashes, counts) in enumerate(found):
            rows = self._rows_of(hashes)
            self._weights[rows[rows >= 0], column] = counts[rows >= 0]
        totals = self._weights.sum(axis=0) + _SMOOTHING * len(self._weights)
        self._weights = np.log((self._weights + _SMOOTHING) / totals).astype(np.float16)  # exact enough, and half of the memory
        self._weights[-1] = 0

    def guess(self, text: str, spoken: Sequence[str] = ()) -> str | None:
        """Give the language a text is written in; None where it is short, mixed or unlike any.

        It may be one that the bot does not have, where script or letters say so. `spoken`: the languages most likely here, the
        contact's own first; one that is unmistakable need not be among them."""
        script = script_of(plain := _plain(text))
        if script is None:
            return None
        told = given_away(script, plain)
        plain = words_in(script, plain)
        if told:
            return told if _letters(plain) >= _MIN_GIVEN_AWAY else None
        written_so = {self._locales[column] for column in self._columns.get(script, ())}
        if len(written_so) == 1 and _letters(plain) >= _MIN_GIVEN_AWAY:
            return written_so.pop()
        return self._likeliest(script, plain, spoken) if written_so and _letters(plain) >= _MIN_LETTERS else None

    def _rows_of(self, hashes: Hashes) -> Integers:
        """Find sequences in the vocabulary; -1, the last row, stands for those it does not have."""
        at = np.searchsorted(self._vocabulary, hashes).clip(max=max(len(self._vocabulary) - 1, 0))
        return np.where(self._vocabulary[at] == hashes, at, -1) if len(self._vocabulary) else np.full(len(hashes), -1)

    def _likeliest(self, script: str, plain: str, spoken: Sequence[str]) -> str | None:
        """Give the language that leads clearly among those written in a script."""
        rows = self._rows_of(_sequences([plain]))
        if (rows < 0).mean() > (_MOST_UNKNOWN_LATIN if script == LATIN else _MOST_UNKNOWN):
            return None
        sums: Floats = self._weights[rows].sum(axis=0, dtype=np.float32)
        best: dict[str, float] = {}
        for column in self._columns[script]:
            locale = self._locales[column]
            best[locale] = max(best.get(locale, -np.inf), float(sums[column]) + _head_start(locale, spoken))
        first, *others = sorted(best, key=lambda locale: -best[locale])
        return first if best[first] - best[others[0]] > _SURE else None


def _head_start(locale: str, spoken: Sequence[str]) -> float:
    """Say how much likelier a language is than others before a word is read, in nats."""
    if not spoken or locale in spoken:
        return _OWN if spoken and locale == spoken[0] else 0.0
    return -_UNSPOKEN
