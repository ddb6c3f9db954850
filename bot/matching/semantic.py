"""Compare texts by meaning: vectors of a sentence encoder in, scores of entries out, and their fusion with the light model.

Which encoder, and where vectors come from, is nobody's business here (bot/semantic.py). One set of shares holds for all languages: shares
of their own for transliterated texts, Croatian or Urdu made no measurable difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from bot.matching.calibrate import lead
from bot.matching.features import Floats
from bot.matching.finder import Sentence

_RIDGE: Final = 3.0  # regularisation of the linear model; anything from 0.3 to 10 does as well
_TRUST_OF_ANSWER: Final = 0.5  # beside a question, in the linear model
_LEARNT: Final = np.float32(0.6)  # shares beside the light model's total; a conditional logit over the test questions finds much the same
_NEAREST: Final = np.float32(0.6)
_ANSWER: Final = np.float32(0.5)
_NO_CHANCE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Likeness:
    """Three views of the entries for one text: a linear model's, the likeness of the nearest sentence and of the answer."""

    ids: tuple[str, ...]
    learnt: Floats
    nearest: Floats
    answer: Floats

    def of(self, ids: tuple[str, ...]) -> Likeness | None:
        """Give the same for these entries in this order; None where they are others, as they may be just after a change."""
        if ids == self.ids:
            return self
        at = {entry_id: number for number, entry_id in enumerate(self.ids)}
        if at.keys() != set(ids):
            return None
        order = np.array([at[entry_id] for entry_id in ids])
        return Likeness(ids, self.learnt[order], self.nearest[order], self.answer[order])


class Sense:
    """What the sentences of one city mean; never changes after it is built."""

    def __init__(self, sentences: Sequence[Sentence], vectors: Floats) -> None:
        """Learn from sentences, those of an entry next to one another, and a vector for each."""
        self.ids = tuple(dict.fromkeys(sentence.entry for sentence in sentences if sentence.trust))
        number = {entry_id: at for at, entry_id in enumerate(self.ids)}
        kept = np.array([sentence.entry in number for sentence in sentences])
        trust = np.array([sentence.trust for sentence in sentences], dtype=np.float32)[kept]
        owners = np.array([number[sentence.entry] for sentence in sentences if sentence.entry in number])
        asked = trust > 0
        self._centre = vectors[kept][asked].mean(axis=0)
        points = _directions(vectors[kept] - self._centre)
        self._asked, self._starts = points[asked], np.searchsorted(owners[asked], np.arange(len(self.ids)))
        self._answers, self._answering = points[~asked], owners[~asked]
        weighted = points * np.where(asked, trust, np.float32(_TRUST_OF_ANSWER))[:, None]
        targets = np.zeros((len(owners), len(self.ids)), dtype=np.float32)
        targets[np.arange(len(owners)), owners] = 1
        spread = points.T @ weighted + np.float32(_RIDGE) * np.eye(points.shape[1], dtype=np.float32)
        self._model: Floats = np.linalg.solve(spread, weighted.T @ targets).astype(np.float32)

    def likeness(self, vector: Floats) -> Likeness:
        """Tell how alike in meaning a text, given as its vector, is to every entry."""
        point = _directions((vector - self._centre)[None])[0]
        answer = np.zeros(len(self.ids), dtype=np.float32)
        np.maximum.at(answer, self._answering, self._answers @ point)
        return Likeness(self.ids, point @ self._model, np.maximum.reduceat(self._asked @ point, self._starts), answer)


def _directions(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True).astype(np.float32)
    directions: Floats = vectors / np.maximum(lengths, 1e-9)
    return directions


class Odds(NamedTuple):
    """A logistic model over the signals of an entry: what they weigh, and a constant."""

    weights: tuple[float, ...]
    constant: float


# Fitted on the test questions of six cities (python -m tests.bench.semantic --fit), then raised until 4 of 100 answers are wrong: without
# that, answers that are right after all would be held back three times for each wrong one.
FITTED: Final = Odds((0.526, -1.963, 7.776, 3.926, -2.723, 2.233), 0.012)


def fuse(total: Floats, chances: Floats, likeness: Likeness, odds: Odds = FITTED) -> tuple[Floats, Floats]:
    """Let the meaning have its say in totals and chances of the light model, entry by entry."""
    fused: Floats = total + _LEARNT * likeness.learnt + _NEAREST * likeness.nearest + _ANSWER * likeness.answer
    found = signals(fused, chances, likeness) @ np.array(odds.weights, dtype=np.float32) + np.float32(odds.constant)
    return fused, (1 / (1 + np.exp(-np.clip(found, -30, 30)))).astype(np.float32)


def signals(fused: Floats, chances: Floats, likeness: Likeness) -> Floats:
    """Describe how each entry stands: the light model's odds, the views of its meaning, and the lead over the best other."""
    light = np.clip(chances, _NO_CHANCE, 1 - _NO_CHANCE)
    odds, learnt = np.log(light / (1 - light)), likeness.learnt
    return np.stack([odds, learnt, lead(learnt), likeness.nearest, likeness.answer, lead(fused)], axis=1)
