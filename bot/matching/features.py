"""Turn texts into sparse unit vectors of hashed features: words, word pairs, letter sequences, consonant skeletons and concepts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.skeleton import skeleton

Floats = NDArray[np.float32]
Integers = NDArray[np.intp]
Hashes = NDArray[np.uint64]

MAX_WORDS = 200  # of one text; the model learns from sentences, not from pages
_GRAMS, _WORDS, _SKELETONS, _CONCEPTS = range(4)
# Words have their own share of the likeness of two texts, letters and consonants share the rest; consonants count less than
# letters. Chosen on the questions of six cities and the public sets of the benchmark; each value stands on a plateau. Sequences of
# consonants were left out again: no better on any set, and a sixth of the time.
CHANNEL_FACTORS: Final = np.array([1.0, 1.0, 0.7, 1.0], dtype=np.float32)
CHANNEL_GROUPS: Final = np.array([0, 1, 0, 2], dtype=np.intp)
GROUP_SHARES: Final = np.array([1.0, 0.4, 0.15], dtype=np.float32)

_U = np.uint64
_SPACE = _U(32)
_PRIME = _U(0x100000001B3)
_MIX = (_U(0xFF51AFD7ED558CCD), _U(0xC4CEB9FE1A85EC53))
_SHIFT = _U(33)
_POWERS: Final = np.cumprod(np.full(64, _PRIME, dtype=np.uint64))
_BETWEEN_CJK = re.compile("(?<=[\u3040-\u30ff\u3400-\u9fff]) (?=[\u3040-\u30ff\u3400-\u9fff])")


def by(count: int, texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield texts so many at a time."""
    return (texts[at : at + count] for at in range(0, len(texts), count))


def _mix(values: Hashes) -> Hashes:
    """Spread hashes over all 64 bits (the finaliser of MurmurHash3), the same in every process and machine."""
    values = (values ^ (values >> _SHIFT)) * _MIX[0]
    values = (values ^ (values >> _SHIFT)) * _MIX[1]
    return values ^ (values >> _SHIFT)


def _codes(text: str) -> Hashes:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Features as they stand in the texts, repeats included: hash, number of the text, channel."""

    hashes: Hashes
    texts: Integers
    channels: Integers


def letter_sequences(text: str, longest: int, channel: int) -> tuple[Hashes, Integers]:
    """Hash the sequences of 2 to `longest` letters inside words; a space counts as the edge of a word."""
    codes = _codes(text)
    space = codes == _SPACE
    hashes, places = [], []
    rolling, barred = codes, space[:-1] & space[1:]
    for size in range(2, min(longest, len(codes)) + 1):
        rolling = rolling[:-1] * _PRIME + codes[size - 1 :]
        if size > 2:
            inner = space[size - 2 : -1]
            barred = inner if size == 3 else barred[:-1] | inner
        at = np.flatnonzero(~barred)
        hashes.append(_mix(rolling[at] + _U(channel << 40 | size << 32)))
        places.append(at)
    return np.concatenate(hashes), np.concatenate(places)


def _whole_words(text: str, channel: int) -> tuple[Hashes, Integers]:
    """Hash every word of a text that begins and ends with a space; give where it starts, too."""
    codes = _codes(text)
    space = codes == _SPACE
    starts = np.flatnonzero(space[:-1] & ~space[1:]) + 1
    if not len(starts):
        return np.zeros(0, dtype=np.uint64), starts
    places = np.arange(len(codes))
    word = np.searchsorted(starts, places, side="right") - 1
    values = (codes + _U(1)) * _POWERS[np.clip(places - starts[np.maximum(word, 0)], 0, 63)]
    values[space] = 0
    return _mix(np.add.reduceat(values, starts) + _U(channel << 40)), starts


def hash_words(words: Sequence[str]) -> Hashes:
    """Hash some words as `extract` does."""
    return _whole_words(_layout([*words])[0], _WORDS)[0]


def _pairs(words: Hashes, texts: Integers) -> tuple[Hashes, Integers]:
    """Hash neighbouring words of the same text."""
    same = texts[:-1] == texts[1:]
    hashes = _mix(words[:-1] * _PRIME + words[1:])
    return hashes[same], texts[:-1][same]


def _layout(texts: Sequence[str]) -> tuple[str, Integers]:
    """Write all texts after one another, each between spaces; give where each begins."""
    spaced = [f" {text} " for text in texts]
    return "".join(spaced), np.cumsum([0, *(len(text) for text in spaced[:-1])])


def _text_at(places: Integers, starts: Integers) -> Integers:
    """Tell which text each place lies in."""
    if len(starts) == 1:
        return np.zeros(len(places), dtype=np.intp)
    return np.searchsorted(starts, places, side="right") - 1


def extract(texts: Sequence[Sequence[str]], concepts: Sequence[Sequence[int]]) -> Occurrences:
    """List the features of texts given as normalised words, none without any, and what these mean."""
    plain, plain_starts = _layout([" ".join(words[:MAX_WORDS]) for words in texts])
    tight, tight_starts = (
        (plain, plain_starts) if plain.isascii() else _layout([_BETWEEN_CJK.sub("", " ".join(w[:MAX_WORDS])) for w in texts])
    )
    bones, bone_starts = _layout([" ".join(filter(None, map(skeleton, words[:MAX_WORDS]))) for words in texts])

    grams, gram_places = letter_sequences(tight, 4, _GRAMS)
    words, word_places = _whole_words(plain, _WORDS)
    word_texts = _text_at(word_places, plain_starts)
    pairs, pair_texts = _pairs(words, word_texts)
    skeletons, skeleton_places = _whole_words(bones, _SKELETONS)
    meanings = np.array([one for some in concepts for one in some], dtype=np.uint64)
    meaning_texts = np.repeat(np.arange(len(texts)), [len(some) for some in concepts])
    parts = (grams, words, pairs, skeletons, _mix(meanings + _U(_CONCEPTS << 40)))
    places = (
        _text_at(gram_places, tight_starts),
        word_texts,
        pair_texts,
        _text_at(skeleton_places, bone_starts),
        meaning_texts,
    )
    channels = np.repeat([_GRAMS, _WORDS, _WORDS, _SKELETONS, _CONCEPTS], [len(part) for part in parts])
    return Occurrences(np.concatenate(parts), np.concatenate(places), channels)
