"""Find the entries of one city that answer an utterance, with a probability for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from bot.matching.calibrate import calibrate
from bot.matching.features import Floats, Integers
from bot.matching.normalise import normalise
from bot.matching.ranker import Example, fit
from bot.matching.spelling import Spelling
from bot.model import City, Match, SmalltalkKind, Words

_TRUST_OF_WORDING: Final = 0.5  # of a title or keyword beside a question
_SHARE_OF_REPAIRED: Final = 0.5  # of the text with repaired spelling, in the order of entries
_SURE: Final = 0.7  # chance of the first entry from which no spelling is repaired: nothing would change, a quarter of the time is saved
_MOST_RANKED: Final = 100  # entries that are given; no city has as many
ELSEWHERE: Final = "~"  # begins the id of what is no entry but small talk about other matters


class EntryFinder:
    """Everything known about how people ask for the entries of one city; never changes after it is built.

    Comparing whole texts with the best entries by rapidfuzz was tried for the order: no better, and slower."""

    def __init__(self, ids: Sequence[str], examples: Sequence[Example]) -> None:
        """Build from entry ids and examples sorted by entry; every entry has at least one example."""
        self._ids = tuple(ids)
        self._spelling = Spelling(word for example in examples for word in example.words)
        self._ranker, training = fit(examples, len(self._ids))
        self._calibration = calibrate(training)

    def rank(self, words: Sequence[str]) -> tuple[Match, ...]:
        """Order the entries for a text given as normalised words, the most likely first; no words, no matches."""
        if not words:
            return ()
        scores = self._ranker.scores(words)
        chances = self._calibration.probabilities(scores)[0]
        total = scores.total[0] if chances.max() > _SURE else self._with_repaired(words, scores.total[0])
        order = _best(total)
        falling = np.minimum.accumulate(chances[order])
        return tuple(Match(self._ids[entry], chance) for entry, chance in zip(order.tolist(), falling.tolist(), strict=True))

    def _with_repaired(self, words: Sequence[str], total: Floats) -> Floats:
        """Let the text with repaired spelling have its say in the order of entries, and nowhere else."""
        repaired = self._spelling.repair(words)
        if not repaired:
            return total
        mixed: Floats = (1 - _SHARE_OF_REPAIRED) * total + _SHARE_OF_REPAIRED * self._ranker.scores(repaired).total[0]
        return mixed


def _best(total: Floats) -> Integers:
    """Give the entries with the highest totals, the best first; equals in the order of the entries."""
    best = np.arange(len(total)) if len(total) <= _MOST_RANKED else np.sort(np.argpartition(-total, _MOST_RANKED)[:_MOST_RANKED])
    return best[np.argsort(-total[best], kind="stable")]


def _examples_of(entry: int, texts: Iterable[str], trust: float) -> Iterator[Example]:
    for text in texts:
        if normal := normalise(text):
            yield Example(entry, tuple(normal.split()), trust)


def _examples_in(entry: int, words: Words) -> Iterator[Example]:
    yield from _examples_of(entry, (words.title, *words.keywords), _TRUST_OF_WORDING)
    yield from _examples_of(entry, words.questions, 1.0)


def _groups(city: City, elsewhere: Mapping[str, SmalltalkKind]) -> Iterator[tuple[str, dict[tuple[str, ...], Example]]]:
    """Yield ids with their examples; one that stands in several languages counts once, so that many languages load quickly."""
    number = 0
    for entry in city.entries.values():
        examples = {example.words: example for words in entry.words.values() for example in _examples_in(number, words)}
        if entry.status == "published" and examples:
            yield entry.id, examples
            number += 1
    for slug, kind in elsewhere.items():
        phrases = [text for locale in city.languages for text in kind.phrases.get(locale, ())]
        examples = {example.words: example for example in _examples_of(number, phrases, 1.0)}
        if number and examples:
            yield ELSEWHERE + slug, examples
            number += 1


def learnt_from(city: City, elsewhere: Mapping[str, SmalltalkKind]) -> bytes:
    """Return all that a finder is made from."""
    asked = [
        (entry.id, [(words.title, words.keywords, words.questions) for words in entry.words.values()])
        for entry in city.entries.values()
        if entry.status == "published"
    ]
    return repr((city.languages, asked, elsewhere)).encode()


def build_finder(city: City, elsewhere: Mapping[str, SmalltalkKind]) -> EntryFinder | None:
    """Learn from the questions, titles and keywords of all languages of a city together; None where there are none.

    `elsewhere` are kinds of small talk about other matters: they take part as entries of their own, under ELSEWHERE + their slug."""
    groups = list(_groups(city, elsewhere))
    return EntryFinder([name for name, _ in groups], [one for _, examples in groups for one in examples.values()]) if groups else None
