"""Recognise a crisis by phrases, in all languages at once, before anything else is asked of a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import chain
from typing import Final

from bot.matching.normalise import Reads
from bot.matching.phrases import Hit, PhraseFinder
from bot.model import City, Knowledge, Words

EMERGENCY_TOPIC: Final = "emergency"
_LONE_TYPO_FROM: Final = 8  # letters of a word that is a crisis by itself in which one typo is forgiven


class SafetyMatcher:
    """All crisis phrases and look-alikes; never changes after it is built and knows the words of the answers."""

    def __init__(self, knowledge: Knowledge) -> None:
        phrases = [(kind.slug, text) for kind in knowledge.safety.values() for texts in kind.phrases.values() for text in texts]
        harmless = [("", text) for texts in knowledge.lookalikes.values() for text in texts]
        self._crises = PhraseFinder(phrases, lone_typo_from=_LONE_TYPO_FROM)
        self._harmless = PhraseFinder(harmless, typos=False)

    def knowing(self, prose: Iterable[Set[str]]) -> SafetyMatcher:
        """Return one that takes no word of the answers (prose_of, per city) for a crisis word misspelt."""
        wise = SafetyMatcher.__new__(SafetyMatcher)
        wise._crises, wise._harmless = self._crises.knowing(frozenset().union(*prose)), self._harmless
        return wise

    def find(self, words: Sequence[str]) -> str | None:
        """Give the kind of crisis that a text, given as normalised words, speaks of.

        The longest phrase decides, the first of equals; one that lies within a look-alike does not count."""
        hits = self._crises.find(words)
        if not hits:
            return None
        harmless = self._harmless.find(words)
        crises = [hit for hit in hits if not any(_within(hit, other) for other in harmless)]
        return min(crises, key=lambda hit: (-hit.length, hit.start, hit.label)).label if crises else None

    def is_denied(self, words: Sequence[str]) -> bool:
        """Say of a text in which `find` finds nothing whether it denies a crisis ("my husband does not hit me") or is like one."""
        return bool(self._crises.find(words, denied=True))


def _within(hit: Hit, other: Hit) -> bool:
    return other.start <= hit.start and hit.end <= other.end


def prose_of(city: City, reads: Reads) -> frozenset[str]:
    """Collect the words of a city's answers and of its calm questions: one that is near to a crisis word is no slip.

    ("Wait" and "suicide" are one letter apart in Arabic, "then" and "fire" in Spanish.)"""
    texts = (text for entry in city.entries.values() for words in entry.words.values() for text in _texts_of(entry.topic, words))
    return frozenset(chain.from_iterable(map(reads, texts)))


def _texts_of(topic: str, words: Words) -> Iterator[str]:
    yield from (words.title, words.answer, *words.documents)
    yield from (text for step in words.steps.values() for text in (step.title, step.text))
    if topic != EMERGENCY_TOPIC:
        yield from words.questions
