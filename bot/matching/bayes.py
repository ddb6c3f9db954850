"""What each word and letter sequence of a text says about the entries, added up: naive Bayes over the features of an index.

Ridge regression asks how a whole example looks; this asks in how many examples of an entry each part of it stands. They err on other
questions, so both together err less. Squared weights, smoothing and entries of equal size: measured (tests/bench/FIGURES.md)."""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.matching.features import Floats, Integers
from bot.matching.index import FeatureIndex, Found, Read

_SMOOTHING: Final = 3.0  # examples, spread over all entries, that are taken to have any feature; from 1 to 3 as good
FEWEST: Final = 20  # examples of an entry, in the mean, from which counts tell enough; with five or fifteen little is gained


class Bayes:
    """In how many examples of each entry every feature of an index stands; never changes after it is built."""

    def __init__(self, index: FeatureIndex, owners: Integers, entries: int) -> None:
        """Count in an index of examples sorted by entry, given the entry of each."""
        self._index, self._owners, self._entries = index, owners, entries
        sizes = np.bincount(owners, weights=index.lengths(), minlength=entries)
        self._per_smoothing = (sizes.mean() / np.maximum(sizes, 1) / _SMOOTHING).astype(np.float32)

    def evidence(self, found: Found) -> Floats:
        """Tell how far a text speaks for every entry: how many times likelier its features make it (logarithm, weighted)."""
        return self._evidence(found, self._counts(found))

    def left_out(self, read: Read, owner: int) -> tuple[Floats, Floats]:
        """Tell the same of an example of an entry as if it were none, and as if the entry had none at all."""
        found = self._index.find(read)
        counts = self._counts(found)
        counts[:, owner] = np.maximum(counts[:, owner] - 1, 0)
        without_example = self._evidence(found, counts)
        counts[:, owner] = 0
        return without_example, self._evidence(found, counts)

    def _counts(self, found: Found) -> Integers:
        """Count the examples of each entry that hold a feature (rare features x entries)."""
        cells = found.numbers * self._entries + self._owners[found.examples]
        return np.bincount(cells, minlength=found.rare * self._entries).reshape(-1, self._entries)

    def _evidence(self, found: Found, counts: Integers) -> Floats:
        """Add up what features say, weighted by the squares of their weights."""
        squares = found.weights[: found.rare] ** 2
        shares = counts.astype(np.float32)
        shares *= self._per_smoothing  # as if all entries were as large
        everywhere = squares @ np.log(1 + shares.sum(axis=1))
        shares *= self._entries
        evidence: Floats = squares @ np.log(shares + 1) - everywhere
        return evidence
