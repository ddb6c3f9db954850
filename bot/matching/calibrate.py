"""Turn likeness into a probability, without any question from outside the city's subjects.

A question left out of the model shows how a right answer looks; a question whose whole entry is left out shows how a question
looks that no entry answers. Both have a closed form in ridge regression, so nothing is fitted twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.matching.features import Floats, Integers
from bot.matching.index import read_texts
from bot.matching.ranker import Scores, Training

_MIN_RIGHT: Final = 20  # right answers needed to fit; below, the figures of another city are better
_OUT_OF_SCOPE: Final = 0.2  # share of questions taken to be about something else
_SHRINK: Final = 2.0
_STEPS: Final = 25
# A question left out is harder than those of real people, whose words others have used before: the odds are raised by this factor
# (logarithm). Fitted on the test questions of six cities, and right for each language within 2.5 points (tests/bench/FIGURES.md).
_REAL_SHIFT: Final = 1.6
_EVIDENCE: Final = np.float32(0.12)  # of the ridge model, which 98 of 100 real questions have; below, a text says next to nothing ("asdf")


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model over the signals of one entry: what to subtract, what to divide by, and the weights (the last is constant)."""

    mean: Floats
    spread: Floats
    weights: Floats

    def probabilities(self, scores: Scores) -> Floats:
        """Tell how likely each entry is the right one (texts x entries), 0-1."""
        standard = (signals(scores) - self.mean) / self.spread
        odds = np.clip(standard @ self.weights[:-1] + self.weights[-1], -30, 30)
        chances: Floats = 1 / (1 + np.exp(-(odds + _REAL_SHIFT)))
        evidence: Floats = np.clip((scores.ridge if scores.ridge.any() else scores.nearest) / _EVIDENCE, 0, 1)
        return chances * evidence**2


# Fitted on Madrid in three languages; used where a city has too few examples to fit its own.
DEFAULT: Final = Calibration(
    mean=np.array([0.30, 0.15, 0.44, 0.10, 0, 0], dtype=np.float32),
    spread=np.array([0.18, 0.19, 0.22, 0.10, 1, 1], dtype=np.float32),
    weights=np.array([0.44, 1.04, 0.88, 0.16, 0, 0, 0.3], dtype=np.float32),
)


def signals(scores: Scores) -> Floats:
    """Describe how each entry stands (texts x entries x signals): ridge, lead over the best other, nearest, answer; Bayes and its lead.

    The length of the text and the share of its words that are known were tried and left out: they help one set and hurt another."""
    views = scores.ridge, lead(scores.ridge), scores.nearest, scores.answer, scores.bayes, lead(scores.bayes)
    return np.stack(views, axis=2)


def lead(values: Floats) -> Floats:
    """Tell how far each entry is before the best other; entries are along the last axis."""
    if values.shape[-1] == 1:
        return values
    second, best = np.split(np.partition(values, -2, axis=-1)[..., -2:], 2, axis=-1)
    before: Floats = values - np.where(values == best, second, best)
    return before


def _left_out(training: Training, owners: Integers) -> Floats:
    """Score sampled questions with models that never saw them."""
    sample = training.sample
    left_out: Floats = -training.coefficients[sample] / training.inverse.diagonal()[sample, None]
    left_out[np.arange(len(sample)), owners[sample]] += 1
    return left_out


def _entry_left_out(training: Training, owners: Integers) -> Floats:
    """Score sampled questions with models that never saw their entry."""
    sample = training.sample
    result = np.zeros((len(sample), training.coefficients.shape[1]), dtype=np.float32)
    for entry in np.unique(owners[sample]):
        block = np.flatnonzero(owners == entry)
        shift = np.linalg.solve(training.inverse[np.ix_(block, block)], training.coefficients[block])
        mine = owners[sample] == entry
        result[mine] = -shift[np.searchsorted(block, sample[mine])]
        result[mine, entry] += 1
    return result


def _hide(values: Floats, owners: Integers) -> Floats:
    hidden = values.copy()
    hidden[np.arange(len(values)), owners] = -1
    return hidden


def _fit_logistic(features: Floats, right: Floats, importance: Floats) -> Calibration:
    """Fit a weighted logistic regression by Newton's method, shrunk a little towards zero."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    design = np.hstack([(features - mean) / spread, np.ones((len(features), 1))])
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        curvature = (design * (importance * chance * (1 - chance))[:, None]).T @ design + _SHRINK * np.eye(len(weights))
        step = np.linalg.solve(curvature, design.T @ (importance * (right - chance)) - _SHRINK * weights)
        weights += step
    return Calibration(mean.astype(np.float32), spread.astype(np.float32), weights.astype(np.float32))


def calibrate(training: Training | None) -> Calibration:
    """Fit the probability that the first entry is the right one; DEFAULT where there is too little to learn from."""
    if training is None or len(training.sample) < _MIN_RIGHT:
        return DEFAULT
    asked = [training.examples[at] for at in training.sample]
    every_owner = np.array([example.entry for example in training.examples])
    owners = every_owner[training.sample]
    nearest = np.maximum.reduceat(training.alike, training.starts, axis=1)
    read = read_texts([example.words for example in asked], [example.concepts for example in asked])
    answer = np.array([training.answers.likeness(one) for one in read])
    bayes = np.zeros((len(read), 2, training.coefficients.shape[1]), dtype=np.float32)
    if training.bayes:
        bayes[:] = [training.bayes.left_out(one, owner) for one, owner in zip(read, owners.tolist(), strict=True)]
    known = Scores(_left_out(training, every_owner), nearest, answer, bayes[:, 0])
    others = _entry_left_out(training, every_owner), nearest, answer, bayes[:, 1]
    unknown = Scores(*(_hide(view, owners) for view in others))
    features, right = [], []
    for scores in (known, unknown):
        first = scores.total.argmax(axis=1)
        features.append(signals(scores)[np.arange(len(owners)), first])
        right.append((first == owners) & (scores is known))
    if right[0].sum() < _MIN_RIGHT:
        return DEFAULT
    importance = np.repeat([2 * (1 - _OUT_OF_SCOPE), 2 * _OUT_OF_SCOPE], len(asked))
    return _fit_logistic(np.concatenate(features), np.concatenate(right).astype(np.float32), importance)
