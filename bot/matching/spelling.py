"""Repair words that no example knows, by the nearest word that one does; it helps the order of entries, never the confidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SHORTEST: Final = 4  # letters; shorter words are too near to one another
_TWO_EDITS_FROM: Final = 8
_MAX_REPAIRS: Final = 12  # unknown words of one text that are looked up


class Spelling:
    """The words of all examples, found again with one typo (two in long words)."""

    def __init__(self, words: Iterable[str]) -> None:
        self._known = frozenset(words)
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(self._known):
            self._by_length[len(word)].append(word)
        self._nearest = lru_cache(maxsize=4096)(self._look_up)

    def repair(self, words: Sequence[str]) -> list[str] | None:
        """Replace unknown words by their nearest known ones; None where nothing is to be repaired."""
        unknown = [word for word in words if len(word) >= _SHORTEST and word not in self._known and not word.isdigit()]
        found = {word: near for word in unknown[:_MAX_REPAIRS] if (near := self._nearest(word))}
        return [found.get(word, word) for word in words] if found else None

    def _look_up(self, word: str) -> str | None:
        edits = 1 if len(word) < _TWO_EDITS_FROM else 2
        lengths = range(len(word) - edits, len(word) + edits + 1)
        pool = [known for length in lengths for known in self._by_length.get(length, ())]
        hit = process.extractOne(word, pool, scorer=OSA.distance, score_cutoff=edits)
        return hit[0] if hit else None
