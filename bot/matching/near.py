"""Find words that are a typo or two away from one another, quickly and in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Final
from zlib import crc32

import numpy as np
from rapidfuzz.distance import OSA

_PREFIX: Final = 7  # letters by which words are compared first: near words begin with near prefixes, and long ones take less memory so


def _stumps(word: str, edits: int) -> Iterator[int]:
    """Hash the beginning of a word, and what is left of it without one or two of its letters: near words have such a rest in common."""
    word = word[:_PREFIX]
    yield crc32(word.encode())
    for at in range(len(word)):
        rest = word[:at] + word[at + 1 :]
        yield crc32(rest.encode())
        for also in range(at, len(rest) if edits > 1 else 0):
            yield crc32((rest[:also] + rest[also + 1 :]).encode())


class NearWords:
    """A set of words; never changes after it is built. Words from `two_edits_from` letters on may differ twice, others once."""

    def __init__(self, words: Iterable[str], two_edits_from: int) -> None:
        self._two_edits_from = two_edits_from
        self._words = sorted(set(words))
        found, ends = array("I"), [0]
        for word in self._words:
            found.extend(_stumps(word, 1 if len(word) < two_edits_from - 2 else 2))
            ends.append(len(found))
        order = np.argsort(found, kind="stable")
        self._stumps = np.array(found, dtype=np.uint32)[order]
        self._owners = np.repeat(np.arange(len(self._words), dtype=np.uint32), np.diff(ends))[order]

    def find(self, word: str) -> list[tuple[int, str]]:
        """Give the words that are near and by how many edits, the nearest first and equals in the order of the alphabet."""
        stumps = np.fromiter(_stumps(word, self._edits(word)), dtype=np.uint32)
        starts, ends = np.searchsorted(self._stumps, stumps, side="left"), np.searchsorted(self._stumps, stumps, side="right")
        owners = {owner for start, end in zip(starts, ends, strict=True) if end > start for owner in self._owners[start:end].tolist()}
        most = self._edits(word)
        near = ((OSA.distance(word, self._words[owner], score_cutoff=most), self._words[owner]) for owner in owners)
        return [(distance, other) for distance, other in sorted(near) if distance <= most]

    def _edits(self, word: str) -> int:
        return 1 if len(word) < self._two_edits_from else 2
