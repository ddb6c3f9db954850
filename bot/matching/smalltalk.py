"""Recognise what is no question about the city: greetings, thanks, "are you a robot", a wish to talk to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.matching.phrases import Hit, PhraseFinder
from bot.model import SmalltalkKind

# Said around everything else; the least telling come first.
_POLITE: Final = ("greeting", "thanks", "ok", "bye", "yes")
HELP: Final = "help"  # a word for help without saying in what
PERSON: Final = "human"  # a wish to talk to a person is heard within a sentence, too
_REST_BESIDE_PERSON: Final = 3  # words beside such a wish; more make it a question that names a person ("who helps me with the rent")
# Kinds about other matters: beside the entries they are asked what fits best, so that a recipe is not taken for a prescription.
ELSEWHERE_KINDS: Final = ("weather-or-other-topic", "joke-request", "insult", "other-service")
# Kinds that a phrase within a message tells, once nothing of the city fits it.
_TOLD_BY_PART: Final = frozenset((*ELSEWHERE_KINDS, "are-you-human", "who-are-you", "what-can-you-do", "wrong-language"))
_PART_WORDS: Final = 2


class SmalltalkMatcher:
    """All small talk, in all languages at once; never changes after it is built."""

    def __init__(self, kinds: Mapping[str, SmalltalkKind]) -> None:
        finder = PhraseFinder((kind.slug, text) for kind in kinds.values() for texts in kind.phrases.values() for text in texts)
        self._finder = finder.knowing(finder.words)  # "salam" is no slip of a Turkish insult

    def read(self, words: Sequence[str]) -> Smalltalk:
        """Find the small talk in a text given as normalised words."""
        return Smalltalk(words, self._finder.find(words))


class Smalltalk:
    """The small talk found in one text."""

    def __init__(self, words: Sequence[str], hits: Sequence[Hit]) -> None:
        self._words, self._hits = words, hits

    @property
    def whole(self) -> str | None:
        """The kind, where the text is small talk from end to end ("hello, are you a robot?")."""
        inside = {at for hit in self._hits for at in range(hit.start, hit.end + 1)}
        if self._words and len(inside) == len(self._words):
            covering = [hit for hit in self._hits if hit.end - hit.start == len(self._words) - 1]
            return max(covering or self._hits, key=_telling).label
        return self._person(len(self._words) - len(inside))

    def _person(self, rest: int) -> str | None:
        asked = any(hit.label == PERSON for hit in self._hits)
        return PERSON if asked and rest <= _REST_BESIDE_PERSON else None

    @property
    def part(self) -> str | None:
        """The kind that a phrase within the text tells, for texts that nothing of the city fits."""
        hits = [hit for hit in self._hits if hit.label in _TOLD_BY_PART and hit.length >= _PART_WORDS]
        return max(hits, key=_telling).label if hits else None

    @property
    def question(self) -> Sequence[str]:
        """The words without the greetings and thanks at both ends."""
        polite = {at for hit in self._hits if hit.label in _POLITE[:2] for at in range(hit.start, hit.end + 1)}
        start, end = 0, len(self._words)
        while start < end and start in polite:
            start += 1
        while end > start and end - 1 in polite:
            end -= 1
        return self._words[start:end]


def _telling(hit: Hit) -> tuple[bool, int, int]:
    return hit.label not in _POLITE, hit.length, -_POLITE.index(hit.label) if hit.label in _POLITE else 0
