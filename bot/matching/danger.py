"""Hear a cry for help that no phrase catches: logistic regression over examples of cries and of everything else people write.

Phrases hear what somebody has thought of; this hears what is alike. It was learnt and measured on other sentences than those it is tested
with (tests/bench/FIGURES.md). Who knows better adds a sentence to knowledge/cries: that is all there is to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.matching.finder import Reading
from bot.matching.index import FeatureIndex, Read, Vocabulary
from bot.model import CALM, Knowledge

HOMELESS: Final = "homeless-tonight"  # left to its phrases: most who have no bed are no crisis, and their questions sound alike
# Logarithms of odds, chosen on calm questions of six cities, calm statements and a first set of cries; what a fresh set gave stands in
# tests/bench/FIGURES.md.
SURELY: Final = 2.8  # from here on a text is answered as a cry: one calm question in a thousand beside those that phrases take for one
PERHAPS: Final = 0.0  # even odds: from here on the number stands above whatever is answered, two or three calm questions in a hundred
SURELY_CALM: Final = -4.0  # below, a phrase alone makes no alarm ("last year I had an accident"): the number stands above the answer
# Of the questions of cities one in so many is enough to know how calm people write. Which one hangs on its letters alone, so that most
# changes of a question leave this model as it is.
_EVERY: Final = 3
_FEWEST: Final = 3  # examples that a feature stands in: what stands in one or two says little about another text
_LOOSENESS: Final = 10.0  # how far examples may bend the model; from 5 to 30 as good
_CALM_TO_CRIES: Final = 2.5  # weight of what is calm, at least, beside the cries of the same language...
_MOST_WEIGHT: Final = 4.0  # ...where there is little of it, but no more than so much for one example
_STEPS: Final = 60
_REMEMBERED: Final = 8  # steps of L-BFGS that shape the next one
_ENOUGH: Final = 1e-4  # gain of a step, as a share of the loss, with which to stop


Vector = NDArray[np.float64]


class Suspicion(NamedTuple):
    """How likely a text is a cry for help (logarithm of the odds), and of which kind it would be."""

    odds: float
    kind: str


NONE: Final = Suspicion(-1.0, "")  # of a text that nothing is known of: no cry, and not surely calm


class _Example(NamedTuple):
    kind: str  # CALM for none
    locale: str
    text: str


class Danger:
    """The model; never changes after it is built."""

    def __init__(self, knowledge: Knowledge, reading: Reading) -> None:
        """Learn from the cries of all languages, and from questions, small talk and other matters that are none."""
        examples = examples_of(knowledge)
        self._kinds = tuple(sorted({example.kind for example in examples} - {CALM}))
        self._vocabulary: Vocabulary | None = None
        if self._kinds:
            self._learn(examples, reading)

    def _learn(self, examples: Sequence[_Example], reading: Reading) -> None:
        words = [reading.words(example.text) for example in examples]
        kept = [(example, some) for example, some in zip(examples, words, strict=True) if some]
        meanings = [reading.meaning(some, [example.locale]) for example, some in kept]
        index = FeatureIndex([some for _example, some in kept], meanings, fewest=_FEWEST)
        is_cry = np.array([example.kind != CALM for example, _words in kept])
        fitted = _fit(index, is_cry, _shares([example for example, _words in kept]))
        kinds = np.array([self._kinds.index(example.kind) if example.kind != CALM else -1 for example, _words in kept])
        counts = np.stack([index.spread_among(kinds == number) for number in range(len(self._kinds))])
        self._vocabulary = index.vocabulary
        self._weights, self._bias = fitted[:-1].astype(np.float32), float(fitted[-1])
        self._told_by = np.log(counts / counts.sum(axis=1, keepdims=True) + 1e-6).astype(np.float16)

    def suspect(self, read: Read) -> Suspicion | None:
        """Judge a text by its features; None where nothing has been learnt or nothing of it is known."""
        if self._vocabulary is None:
            return None
        features, weights = self._vocabulary.weigh(read)
        if not len(features):
            return None
        evidence = self._told_by[:, features].astype(np.float32) @ weights**2
        return Suspicion(float(weights @ self._weights[features]) + self._bias, self._kinds[int(evidence.argmax())])


def examples_of(knowledge: Knowledge) -> list[_Example]:
    """List what the model is learnt from. Questions about emergencies are left out: they are neither."""
    cries = [
        _Example(kind, locale, text)
        for locale, kinds in sorted(knowledge.cries.items())
        for kind, texts in kinds.items()
        if kind == CALM or (kind in knowledge.safety and kind != HOMELESS)
        for text in texts
    ]
    if not cries:
        return []
    calm = sorted({*_asked(knowledge), *_beside(knowledge)})
    return [*cries, *(_Example(CALM, locale, text) for locale, text in calm if crc32(text.encode()) % _EVERY == 0)]


def learnt_of_danger(knowledge: Knowledge) -> bytes:
    """Return all that the model is made from, beside the lexicon."""
    return repr(examples_of(knowledge)).encode()


def _asked(knowledge: Knowledge) -> Iterable[tuple[str, str]]:
    entries = (entry for city in knowledge.cities.values() for entry in city.entries.values() if entry.topic != "emergency")
    return ((locale, text) for entry in entries for locale, words in entry.words.items() for text in words.questions)


def _beside(knowledge: Knowledge) -> Iterable[tuple[str, str]]:
    by_language: Iterable[Mapping[str, Sequence[str]]] = (
        *(topic.questions for topic in knowledge.uncovered.values()),
        *(kind.phrases for kind in knowledge.smalltalk.values()),
    )
    return ((locale, text) for texts in by_language for locale, some in texts.items() for text in some)


def _shares(examples: Sequence[_Example]) -> Vector:
    """Weigh the examples so that a language with few calm ones does not cry at everything."""
    cries, calm = dict[str, int](), dict[str, int]()
    for example in examples:
        counted = calm if example.kind == CALM else cries
        counted[example.locale] = counted.get(example.locale, 0) + 1
    wanted = {locale: _CALM_TO_CRIES * cries.get(locale, 0) / number for locale, number in calm.items()}
    return np.array([1.0 if example.kind != CALM else min(_MOST_WEIGHT, max(1.0, wanted[example.locale])) for example in examples])


# ---------------------------------------------------------------- logistic regression


def _fit(index: FeatureIndex, is_cry: NDArray[np.bool_], shares: Vector) -> Vector:
    """Find the weight of every feature, and at last the bias, with the least loss (logistic, squared weights, not the bias)."""
    goals = np.where(is_cry, 1.0, -1.0)

    def loss_of(weights: Vector) -> tuple[float, Vector]:
        margins = goals * (index.times(weights[:-1]) + weights[-1])
        errors = -goals * shares / (1 + np.exp(np.clip(margins, -50, 50)))
        loss = float(shares @ np.logaddexp(0, -margins)) + float(weights[:-1] @ weights[:-1]) / (2 * _LOOSENESS)
        return loss, np.append(index.transposed_times(errors) + weights[:-1] / _LOOSENESS, errors.sum())

    return least(loss_of, np.zeros(index.vocabulary.size + 1))


def least(loss_of: Callable[[Vector], tuple[float, Vector]], at: Vector, enough: float = _ENOUGH) -> Vector:
    """Go down to the least loss by L-BFGS (Nocedal & Wright, Numerical Optimization, algorithm 7.5), halving steps that lead up."""
    loss, slope = loss_of(at)
    moved: list[tuple[Vector, Vector]] = []
    for _step in range(_STEPS):
        way = -_shaped(slope, moved)
        stride = 1.0 if moved else 1.0 / max(1.0, float(np.abs(slope).sum()))
        while True:
            there = at + stride * way
            new_loss, new_slope = loss_of(there)
            if new_loss <= loss + 1e-4 * stride * float(slope @ way) or stride < 1e-10:
                break
            stride /= 2
        gained = loss - new_loss
        moved = [*moved, (there - at, new_slope - slope)][-_REMEMBERED:]
        at, loss, slope = there, new_loss, new_slope
        if gained < enough * loss:
            break
    return at


def _shaped(slope: Vector, moved: Sequence[tuple[Vector, Vector]]) -> Vector:
    """Multiply a slope by what the last steps tell of the inverse curvature."""
    way, shares = slope.copy(), []
    for step, change in reversed(moved):
        share = float(step @ way) / float(step @ change)
        shares.append(share)
        way -= share * change
    if moved:
        step, change = moved[-1]
        way *= float(step @ change) / float(change @ change)
    for (step, change), share in zip(moved, reversed(shares), strict=True):
        way += step * (share - float(change @ way) / float(step @ change))
    return way
