"""Order the entries of one city for an utterance: ridge regression and naive Bayes over its examples, the nearest one, the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.matching.bayes import FEWEST, Bayes
from bot.matching.factor import Factor
from bot.matching.features import Floats, Integers
from bot.matching.index import FeatureIndex, Read, read_text

RIDGE: Final = 1.0  # regularisation: how far an example may bend the model towards itself
NEAREST: Final = np.float32(0.25)  # share of the nearest example beside the ridge model
ANSWER: Final = np.float32(1.25)  # share of the likeness to the entry's own answer
BAYES: Final = np.float32(0.3)  # share of what each word and letter sequence says
MAX_EXAMPLES: Final = 9_500  # beyond, learning takes more than ten seconds and a gigabyte, and only the nearest example counts
MAX_SAMPLES: Final = 400  # questions from which chances are learnt...
SAMPLED: Final = 1_200  # ...taken from the last entries with at least so many examples


@dataclass(frozen=True, slots=True)
class Example:
    """A text that stands for an entry; `trust` is 1 for a question, more for several in one, less for titles or keywords, 0 for an answer.

    `concepts`: what the words mean."""

    entry: int
    words: tuple[str, ...]
    trust: float = 1.0
    concepts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scores:
    """Views of every entry for some texts (rows): the ridge model's, the likeness of the nearest example and of the answer, Bayes."""

    ridge: Floats
    nearest: Floats
    answer: Floats
    bayes: Floats

    @property
    def total(self) -> Floats:
        """Add the views up; the order of entries follows it."""
        total: Floats = self.ridge + NEAREST * self.nearest + ANSWER * self.answer + BAYES * self.bayes
        return total

    def mixed(self, other: Scores, share: float) -> Scores:
        """Give another view of the same texts its share."""
        views = ((self.ridge, other.ridge), (self.nearest, other.nearest), (self.answer, other.answer), (self.bayes, other.bayes))
        return Scores(*((1 - np.float32(share)) * mine + np.float32(share) * its for mine, its in views))


@dataclass(frozen=True, slots=True)
class Training:
    """What calibration needs of a fit; everything is about the last examples, whole entries, from which the sample is taken.

    `sample`: numbers of some questions among them, evenly over the entries (titles and keywords are not how people ask); `alike`: the
    likeness of these to all examples of the city, 0 to themselves. `inverse` is that of the regularised likeness of all to all, as far
    as it is about the last examples."""

    examples: Sequence[Example]
    sample: Integers
    alike: Floats
    inverse: Floats
    coefficients: Floats
    starts: Integers
    answers: Answers
    bayes: Bayes | None


class Answers:
    """The answers of entries, one for each language: they hold the words of those who ask about a detail."""

    def __init__(self, answers: Sequence[Example], entries: int) -> None:
        """Index answers sorted by entry; not every entry need have one."""
        self._entries = entries
        self._owners = np.array([answer.entry for answer in answers], dtype=np.intp)
        self._index = FeatureIndex([answer.words for answer in answers], [answer.concepts for answer in answers]) if answers else None

    def likeness(self, read: Read) -> Floats:
        """Tell how alike a text is to the answer of every entry."""
        best = np.zeros(self._entries, dtype=np.float32)
        if self._index is not None:
            np.maximum.at(best, self._owners, self._index.likeness_of(self._index.find(read)))
        return best


class Ranker:
    """A fitted model of one city's examples; never changes after it is built."""

    def __init__(self, index: FeatureIndex, coefficients: Floats | None, starts: Integers, answers: Answers, bayes: Bayes | None) -> None:
        self._index, self._coefficients, self._starts, self._answers, self._bayes = index, coefficients, starts, answers, bayes

    def knows(self, words: Sequence[str]) -> list[bool]:
        """Say of words whether they stand in an example."""
        return self._index.knows(words)

    def scores(self, words: Sequence[str], concepts: Sequence[int] = ()) -> Scores:
        """Score every entry for one text given as normalised words (at least one) and what they mean."""
        read = read_text(words, concepts)
        found = self._index.find(read)
        likeness = self._index.likeness_of(found)
        nearest = np.maximum.reduceat(likeness, self._starts)[None]
        ridge = np.zeros_like(nearest) if self._coefficients is None else (likeness @ self._coefficients)[None]
        bayes = self._bayes.evidence(found)[None] if self._bayes else np.zeros_like(nearest)
        return Scores(ridge, nearest, self._answers.likeness(read)[None], bayes)


def fit(examples: Sequence[Example], entries: int, answers: Answers) -> tuple[Ranker, Training | None]:
    """Fit a model to examples sorted by entry; every entry has at least one and every example a word.

    Above MAX_EXAMPLES there is no ridge model and nothing to calibrate from."""
    owners = np.array([example.entry for example in examples], dtype=np.intp)
    starts = np.searchsorted(owners, np.arange(entries))
    index = FeatureIndex([example.words for example in examples], [example.concepts for example in examples])
    if len(examples) > MAX_EXAMPLES:
        return Ranker(index, None, starts, answers, None), None
    begin = _begin_of_last(starts, len(examples))
    trust = np.array([example.trust for example in examples], dtype=np.float32)
    questions = np.flatnonzero(trust[begin:] == 1)
    sample = questions[np.linspace(0, len(questions) - 1, min(MAX_SAMPLES, len(questions))).astype(np.intp)]
    matrix = index.gram()
    alike = matrix[begin + sample]
    last = np.tril(matrix[begin:, begin:], -1)
    alike[:, begin:] = last[sample] + last[:, sample].T
    np.fill_diagonal(matrix, 1 + RIDGE / trust)
    targets = np.zeros((entries, len(examples)), dtype=np.float32)
    targets[owners, np.arange(len(examples))] = 1
    factor = Factor(matrix, begin)
    factor.solve(targets)
    coefficients = np.ascontiguousarray(targets.T)
    half = np.eye(len(examples) - begin, dtype=np.float32)
    (factor.lower if begin and factor.lower else factor).divide(half)
    bayes = Bayes(index, owners, entries) if len(examples) >= FEWEST * entries else None
    training = Training(examples[begin:], sample, alike, half @ half.T, coefficients[begin:], starts, answers, bayes)
    return Ranker(index, coefficients, starts, answers, bayes), training


def _begin_of_last(starts: Integers, examples: int) -> int:
    """Tell where the last entries begin that have enough examples; 0 where there are few."""
    return int(starts[starts <= examples - SAMPLED].max(initial=0)) if examples > 2 * SAMPLED else 0
