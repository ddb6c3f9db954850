"""Order the entries of one city by likeness to an utterance: kernel ridge regression over its examples, and the nearest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.matching.features import Floats, Integers
from bot.matching.index import FeatureIndex, invert

RIDGE: Final = 1.0  # regularisation: how far an example may bend the model towards itself
NEAREST: Final = np.float32(0.25)  # share of the nearest example beside the ridge model
MAX_EXAMPLES: Final = 6000  # beyond, the matrices grow past 300 MB and only the nearest example counts


@dataclass(frozen=True, slots=True)
class Example:
    """A text that stands for an entry; `trust` is 1 for a question, less for a title or keyword."""

    entry: int
    words: tuple[str, ...]
    trust: float = 1.0


@dataclass(frozen=True, slots=True)
class Scores:
    """Two views of every entry for some texts (rows): the ridge model's, and the likeness of the nearest example."""

    ridge: Floats
    nearest: Floats

    @property
    def total(self) -> Floats:
        """Add the two views up; the order of entries follows it."""
        return self.ridge + NEAREST * self.nearest


@dataclass(frozen=True, slots=True)
class Training:
    """What calibration needs of a fit; `gram` and `inverse` are square over the examples."""

    examples: Sequence[Example]
    gram: Floats
    inverse: Floats
    targets: Floats
    coefficients: Floats
    starts: Integers


class Ranker:
    """A fitted model of one city's examples; never changes after it is built."""

    def __init__(self, index: FeatureIndex, coefficients: Floats | None, starts: Integers) -> None:
        self._index, self._coefficients, self._starts = index, coefficients, starts

    def scores(self, words: Sequence[str]) -> Scores:
        """Score every entry for one text given as normalised words (at least one)."""
        likeness = self._index.likeness(words)
        nearest = np.maximum.reduceat(likeness, self._starts)[None]
        ridge = np.zeros_like(nearest) if self._coefficients is None else (likeness @ self._coefficients)[None]
        return Scores(ridge, nearest)


def fit(examples: Sequence[Example], entries: int) -> tuple[Ranker, Training | None]:
    """Fit a model to examples sorted by entry; every entry has at least one and every example a word.

    Above MAX_EXAMPLES there is no ridge model and nothing to calibrate from."""
    owners = np.array([example.entry for example in examples], dtype=np.intp)
    starts = np.searchsorted(owners, np.arange(entries))
    index = FeatureIndex([example.words for example in examples])
    if len(examples) > MAX_EXAMPLES:
        return Ranker(index, None, starts), None
    targets = np.zeros((len(examples), entries), dtype=np.float32)
    targets[np.arange(len(examples)), owners] = 1
    gram = index.gram()
    trust = np.array([example.trust for example in examples], dtype=np.float32)
    inverse = invert(gram + np.diag(np.float32(RIDGE) / trust))
    coefficients = np.ascontiguousarray(inverse @ targets)
    return Ranker(index, coefficients, starts), Training(examples, gram, inverse, targets, coefficients, starts)
