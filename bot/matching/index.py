"""An inverted index of example texts in numpy arrays: TF-IDF vectors, likeness to a query, likeness of all to all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from bot.matching.features import CHANNEL_FACTORS, CHANNEL_GROUPS, GROUP_SHARES, Floats, Integers, Occurrences, extract, hash_words

Texts = Sequence[Sequence[str]]
Concepts = Sequence[Sequence[int]]

_TOO_COMMON: Final = 0.15  # share of examples above which a feature tells nothing and costs half of the time of a query...
_NEVER_TOO_COMMON: Final = 500  # ...examples up to which it is kept all the same
_RARE: Final = 160  # features of fewer examples are multiplied pair by pair, the others as dense columns
_COLUMNS: Final = 2048  # dense columns at a time, to keep memory small
_ROWS: Final = 512  # of a product at a time, so that half of it is never computed
_MOST_PRODUCTS: Final = 50_000  # of one query, the rarest features first; only large indexes ever come to it
_FINALISTS: Final = 50  # examples for which the common features are looked at, too
_NEAR_BEST: Final = 0.5  # share of the greatest likeness that a finalist has
_FEW: Final = 1 << 16  # examples whose numbers fit into 16 bits
_WHOLE: Final = np.float32(0xFFFF)  # stands for a weight of 1
_AT_A_TIME: Final = 20_000  # texts whose features are read at once, to keep memory small
_HASH: Final = np.uint64(32)  # bits that are kept of a hash: among a million features some hundred are taken for another one
_CHANNEL: Final = np.uint64(3)  # bits of a channel
_TEXT: Final = _HASH + _CHANNEL


@dataclass(frozen=True, slots=True)
class Read:
    """The features of texts, sorted by text, each once: hash, number of the text, channel, and how often it stands there."""

    hashes: NDArray[np.uint32]
    texts: Integers
    channels: Integers
    counts: Floats


@dataclass(frozen=True, slots=True)
class Found:
    """The features of one text that an index knows, with their weights; and the examples that hold the first, `rare` ones of them.

    These are all unless too many examples would have to be looked at. `places` of the index, `numbers` of the features and `examples`
    belong together: one for each feature and example that holds it."""

    features: Integers
    weights: Floats
    rare: int
    places: Integers
    numbers: Integers
    examples: Integers


def _count_repeats(found: Occurrences) -> Read:
    """Merge repeats of a feature within a text; sorting one number for each is many times faster than sorting by three."""
    keys = found.texts.astype(np.uint64) << _TEXT | found.channels.astype(np.uint64) << _HASH | found.hashes >> _HASH
    keys.sort()
    new = np.ones(len(keys), dtype=bool)
    new[1:] = keys[1:] != keys[:-1]
    first = np.flatnonzero(new)
    counts = np.diff(np.append(first, len(keys))).astype(np.float32)
    keys = keys[first]
    channels = (keys >> _HASH).astype(np.intp) & ((1 << int(_CHANNEL)) - 1)
    return Read(keys.astype(np.uint32), (keys >> _TEXT).astype(np.intp), channels, counts)


def _unit_weights(values: Floats, texts: Integers, channels: Integers, total: int) -> Floats:
    """Scale values so that each group of channels has its share and each text the length one."""
    groups, cells = len(GROUP_SHARES), texts * len(GROUP_SHARES) + CHANNEL_GROUPS[channels]
    values = values * CHANNEL_FACTORS[channels]
    squares = np.bincount(cells, weights=values * values, minlength=total * groups).reshape(total, groups)
    present = (squares > 0) @ GROUP_SHARES
    scale = np.sqrt(GROUP_SHARES / np.maximum(squares, 1e-12) / np.maximum(present, 1e-12)[:, None])
    weights: Floats = (values * scale.ravel()[cells]).astype(np.float32)
    return weights


def _features_of(texts: Texts, concepts: Concepts) -> Read:
    """Read the features of many texts, some at a time."""
    parts = []
    for begin in range(0, len(texts), _AT_A_TIME):
        found = _count_repeats(extract(texts[begin : begin + _AT_A_TIME], concepts[begin : begin + _AT_A_TIME]))
        parts.append((found.hashes, found.texts + begin, found.channels, found.counts))
    return Read(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _by_hash(hashes: NDArray[np.uint32]) -> tuple[Integers, NDArray[np.bool_]]:
    """Give the places of hashes in rising order, equals as they stand, and which of these begin another hash."""
    keys = hashes.astype(np.uint64) << _HASH | np.arange(len(hashes), dtype=np.uint64)
    keys.sort()
    sorted_hashes = keys >> _HASH
    new = np.ones(len(keys), dtype=bool)
    new[1:] = sorted_hashes[1:] != sorted_hashes[:-1]
    return keys.astype(np.uint32).astype(np.intp), new


def read_text(words: Sequence[str], concepts: Sequence[int] = ()) -> Read:
    """Read the features of one text, for any number of indexes: that is half of the time of a query."""
    return _count_repeats(extract([words], [concepts]))


def read_texts(texts: Texts, concepts: Concepts) -> list[Read]:
    """Read the features of many texts, each for itself: twice as fast as one by one."""
    found = _features_of(texts, concepts)
    ends = np.searchsorted(found.texts, np.arange(len(texts) + 1))
    none = np.zeros(len(found.texts), dtype=np.intp)
    rows = (slice(begin, end) for begin, end in pairwise(ends.tolist()))
    return [Read(found.hashes[row], none[row], found.channels[row], found.counts[row]) for row in rows]


class Vocabulary:
    """The features of some examples with the weight of each: the rarer, the heavier; never changes after it is built."""

    def __init__(self, hashes: NDArray[np.uint32], idf: Floats, unknown_idf: np.float32) -> None:
        """Take hashes in rising order; 0 weighs a feature that says nothing."""
        self._hashes, self._idf, self._unknown_idf = hashes, idf, unknown_idf
        self.size = len(hashes)

    def look_up(self, hashes: NDArray[np.uint32]) -> tuple[Integers, NDArray[np.bool_]]:
        """Give the places of hashes, and say which of them stand there."""
        at = np.searchsorted(self._hashes, hashes).clip(max=len(self._hashes) - 1)
        return at, self._hashes[at] == hashes

    def weigh(self, read: Read) -> tuple[Integers, Floats]:
        """Give the known features of a text with their weights; unknown ones make these smaller."""
        at, known = self.look_up(read.hashes)
        values = (1 + np.log(read.counts)) * np.where(known, self._idf[at], self._unknown_idf)
        return at[known], _unit_weights(values, read.texts, read.channels, 1)[known]


class FeatureIndex:
    """Example texts as unit vectors; never changes after it is built."""

    def __init__(self, texts: Texts, concepts: Concepts | None = None, *, fewest: int = 1) -> None:
        """Index texts given as normalised words, and what these mean.

        `fewest`: examples that a feature stands in at least. From two on, rarer and unknown ones weigh nothing at all."""
        self.size = len(texts)
        found = _features_of(texts, concepts or [()] * len(texts))
        order, new = _by_hash(found.hashes)
        feature = np.empty(len(order), dtype=np.intp)
        feature[order] = np.cumsum(new) - 1
        spread = np.diff(np.append(np.flatnonzero(new), len(order)))
        idf = np.log((1 + self.size) / (1 + spread)) + 1
        kept = spread >= fewest
        idf = np.where(kept & (spread <= max(_TOO_COMMON * self.size, _NEVER_TOO_COMMON)), idf, 0).astype(np.float32)
        unknown = np.float32(np.log(1 + self.size) + 1 if fewest == 1 else 0)
        self.vocabulary = Vocabulary(found.hashes[order[new]][kept], idf[kept], unknown)
        weights = _unit_weights((1 + np.log(found.counts)) * idf[feature], found.texts, found.channels, self.size)
        order = order[weights[order] > 0]
        self._rows = found.texts[order].astype(np.uint16 if self.size <= _FEW else np.int32)
        self._weights = np.round(weights[order] * _WHOLE).astype(np.uint16)  # exact enough, and half of the memory
        self._spread = np.bincount(feature[order], minlength=len(spread))[kept].astype(np.int32)
        self._starts = (np.cumsum(self._spread) - self._spread).astype(np.int32)

    def knows(self, words: Sequence[str]) -> list[bool]:
        """Say of words whether they stand in an example."""
        _places, known = self.vocabulary.look_up((hash_words(words) >> _HASH).astype(np.uint32))
        return cast(list[bool], known.tolist())

    def find(self, read: Read) -> Found:
        """Look up the features of a text; unknown ones make the weights of the known ones smaller."""
        features, weights = self.vocabulary.weigh(read)
        spread, rare = self._spread[features], len(features)
        if spread.sum() > _MOST_PRODUCTS:
            order = np.argsort(spread, kind="stable")
            features, weights, spread = features[order], weights[order], spread[order]
            rare = int(np.searchsorted(np.cumsum(spread, dtype=np.int64), _MOST_PRODUCTS, side="right"))
        places, numbers = self._places(features[:rare])
        return Found(features, weights, rare, places, numbers, self._rows[places].astype(np.intp))

    def _places(self, features: Integers) -> tuple[Integers, Integers]:
        """List where features stand, one after the other, and the number of the feature of each place."""
        spread = self._spread[features]
        numbers = np.repeat(np.arange(len(features)), spread)
        return np.arange(len(numbers)) + (self._starts[features] - np.cumsum(spread) + spread)[numbers], numbers

    def likeness(self, words: Sequence[str], concepts: Sequence[int] = ()) -> Floats:
        """Tell how alike a text is to every example, 0-1."""
        return self.likeness_of(self.find(read_text(words, concepts)))

    def likeness_of(self, found: Found) -> Floats:
        """Tell how alike a text that was looked up already is to every example, 0-1."""
        products = self._weights[found.places] * (found.weights / _WHOLE)[found.numbers]
        likeness = np.bincount(found.examples, weights=products, minlength=self.size).astype(np.float32)
        rare = found.rare
        if rare < len(found.features):
            best = np.flatnonzero(likeness > _NEAR_BEST * likeness.max())
            best = np.sort(best[np.argsort(-likeness[best])[:_FINALISTS]])
            for feature, weight in zip(found.features[rare:].tolist(), found.weights[rare:].tolist(), strict=True):
                self._add(likeness, best, feature, weight)
        return likeness

    def times(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Multiply every example by a weight for each feature, and add up: one number for each example."""
        per_place = np.repeat(weights.astype(np.float32), self._spread)
        per_place *= self._weights
        return np.bincount(self._rows, weights=per_place, minlength=self.size) / float(_WHOLE)

    def transposed_times(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Multiply every feature by a share for each example, and add up: one number for each feature."""
        sums = np.zeros(len(self._spread))
        at = np.flatnonzero(self._spread)
        sums[at] = np.add.reduceat(shares.astype(np.float32)[self._rows] * self._weights, self._starts[at])
        return sums / float(_WHOLE)

    def spread_among(self, kept: NDArray[np.bool_]) -> Integers:
        """Count for every feature in how many of some examples it stands."""
        counts = np.zeros(len(self._spread), dtype=np.intp)
        at = np.flatnonzero(self._spread)
        counts[at] = np.add.reduceat(kept[self._rows].astype(np.intp), self._starts[at])
        return counts

    def lengths(self) -> Integers:
        """Count the features of every example."""
        return np.bincount(self._rows, minlength=self.size)

    def _add(self, likeness: Floats, rows: Integers, feature: int, weight: float) -> None:
        """Add what one more feature has in common with some examples, given in order."""
        start = self._starts[feature]
        owners = self._rows[start : start + self._spread[feature]]
        at = np.minimum(np.searchsorted(owners, rows), len(owners) - 1)
        has = owners[at] == rows
        likeness[rows[has]] += self._weights[start + at[has]] * np.float32(weight / _WHOLE)

    def gram(self) -> Floats:
        """Compute the likeness of every example to those before it; what is above the diagonal means nothing."""
        gram = self._gram_of_rare()
        common = np.flatnonzero(self._spread >= _RARE)
        for begin in range(0, len(common), _COLUMNS):
            columns = self._dense(common[begin : begin + _COLUMNS])
            for row in range(0, self.size, _ROWS):
                end = row + _ROWS
                gram[row:end, :end] += columns[row:end] @ columns[:end].T
        np.fill_diagonal(gram, 1.0)
        return gram

    def _dense(self, features: Integers) -> Floats:
        columns = np.zeros((self.size, len(features)), dtype=np.float32)
        places, numbers = self._places(features)
        columns[self._rows[places], numbers] = self._weights[places] / _WHOLE
        return columns

    def _gram_of_rare(self) -> Floats:
        """Add up the products of features that few examples share, as far as `gram` needs them."""
        gram = np.zeros(self.size**2, dtype=np.float32)
        for spread in range(2, _RARE):
            places = self._starts[self._spread == spread][:, None] + np.arange(spread)
            rows, weights = self._rows[places].astype(np.intp), self._weights[places] / _WHOLE
            later, earlier = np.tril_indices(spread, -1)
            cells = rows[:, later] * self.size + rows[:, earlier]
            np.add.at(gram, cells.ravel(), (weights[:, later] * weights[:, earlier]).ravel())
        return gram.reshape(self.size, self.size)
