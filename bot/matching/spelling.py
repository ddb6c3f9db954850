"""Repair words that no example knows, by the nearest word that one does; it helps the order of entries, never the confidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bot.matching.near import NearWords

_SHORTEST: Final = 4  # letters; shorter words are too near to one another
_TWO_EDITS_FROM: Final = 8
_LONGEST: Final = 20  # letters; longer ones are not repaired, they would cost too much
_MAX_REPAIRS: Final = 12  # unknown words of one text that are looked up


class Spelling:
    """The words of all examples, found again with one typo (two in long words)."""

    def __init__(self, words: Iterable[str]) -> None:
        self._known = frozenset(words)
        self._near = NearWords((word for word in self._known if _SHORTEST - 1 <= len(word) <= _LONGEST), _TWO_EDITS_FROM)

    def repair(self, words: Sequence[str]) -> list[str] | None:
        """Replace unknown words by their nearest known ones; None where nothing is to be repaired."""
        unknown = [word for word in words if _SHORTEST <= len(word) <= _LONGEST and word not in self._known and not word.isdigit()]
        found = {word: near[0] for word in unknown[:_MAX_REPAIRS] if (near := self._near.find(word))}
        return [found.get(word, word) for word in words] if found else None
