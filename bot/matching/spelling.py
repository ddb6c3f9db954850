"""Repair words that are strange to the languages a text may be in, by the nearest word that is not."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import numpy as np

from bot.matching.near import NearWords

_SHORTEST: Final = 3  # letters; shorter words are too near to one another
_TWO_EDITS_FROM: Final = 8
_LONGEST: Final = 20  # letters; longer ones are not repaired, they would cost too much
_MAX_REPAIRS: Final = 12  # strange words of one text that are looked up
_RARE: Final = 2  # texts of a language in which a typo may stand, too: such a word gives way...
_FAR_MORE: Final = 8  # ...to one that stands in so many times as many
_MOST: Final = 255  # texts that are counted
_TRUSTED: Final = 2  # texts of one language in which a word must stand to be one: a typo seldom does, and half of all words do not


class Spelling:
    """The words of all examples, found again with one typo (two in long words)."""

    def __init__(self, texts: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Learn from texts, given as locale and normalised words."""
        used = Counter((word, locale) for locale, words in texts for word in set(words) if _SHORTEST - 1 <= len(word) <= _LONGEST)
        self._words = sorted({word for (word, _), count in used.items() if count >= _TRUSTED})
        self._columns = {locale: at for at, locale in enumerate(sorted({locale for _, locale in used}))}
        self._used = np.zeros((len(self._words), len(self._columns)), dtype=np.uint8)  # in how many texts of a language
        places = {word: at for at, word in enumerate(self._words)}
        for (word, locale), count in used.items():
            if word in places:
                self._used[places[word], self._columns[locale]] = min(count, _MOST)
        self._near = NearWords(self._words, _TWO_EDITS_FROM)

    def repair(self, words: Sequence[str], locales: Iterable[str]) -> list[str] | None:
        """Replace words that are strange to some languages; None where nothing is to be repaired.

        A word of another language may only become one of these ("fod" is Danish, and "food" misspelt), any other the nearest of all."""
        columns = [self._columns[locale] for locale in locales if locale in self._columns]
        found: dict[str, str] = {}
        readable = (word for word in dict.fromkeys(words) if _SHORTEST <= len(word) <= _LONGEST and not word.isdigit())
        strange = ((word, own) for word in readable if (own := self._uses(word, columns)) <= _RARE)
        for word, own in islice(strange, _MAX_REPAIRS):
            if better := self._better(word, own, columns):
                found[word] = better
        return [found.get(word, word) for word in words] if found else None

    def _better(self, word: str, own: int, columns: Sequence[int]) -> str | None:
        """Give the word that is rather meant: of these languages before others, then the nearest, then the commonest."""
        is_foreign = not own and self._place(word) is not None
        ranked = []
        for distance, other in self._near.find(word):
            uses = self._uses(other, columns)
            if distance and (uses >= _FAR_MORE * own if own else uses or not is_foreign):
                ranked.append((not uses, distance, -uses, other))
        return min(ranked)[-1] if ranked else None

    def _uses(self, word: str, columns: Sequence[int]) -> int:
        """Count the texts of some languages that hold a word."""
        place = self._place(word)
        return 0 if place is None else sum(self._used[place].tolist()[column] for column in columns)

    def _place(self, word: str) -> int | None:
        at = bisect_left(self._words, word)
        return at if at < len(self._words) and self._words[at] == word else None
