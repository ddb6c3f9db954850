"""Put questions together that say much the same in the same language, by the features that questions are matched by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.features import Floats
from bot.matching.index import FeatureIndex
from bot.matching.normalise import normalise

ALIKE: Final = 0.32  # likeness from which two questions belong together: above it they share the words that matter


@dataclass(frozen=True, slots=True)
class Likes:
    """Questions that are alike, as numbers of the texts given: `members` in order, `medoid` the one most like the others."""

    medoid: int
    members: tuple[int, ...]


def group(texts: Sequence[str], languages: Sequence[str], background: Sequence[str] = (), alike: float = ALIKE) -> list[Likes]:
    """Group texts, the biggest group first; every text is in one group, and those of a group are of one language.

    Around the text with the most others that are alike goes a group, then around the one with the most of those left, and so on; at the end
    every text belongs to the one of these it is most like. `background`: other texts that tell which words are common."""
    words = [normalise(text).split() for text in texts]
    known = [each for each in (*words, *(normalise(text).split() for text in background)) if each]
    if not known:
        return [Likes(number, (number,)) for number in range(len(texts))]
    near = _near(words, FeatureIndex(known), np.array(languages), alike)
    found = [_group(near, np.array(members)) for members in _nearest(near, _leaders(near))]
    return sorted(found, key=lambda likes: (-len(likes.members), likes.medoid))


def _near(words: Sequence[Sequence[str]], index: FeatureIndex, languages: NDArray[np.str_], alike: float) -> Floats:
    """Tell how alike the texts are that belong together; 0 for all others, 1 for each to itself."""
    spoken = np.array([bool(each) for each in words], dtype=bool)
    rows = np.flatnonzero(spoken)
    near = np.zeros((len(words), len(words)), dtype=np.float32)
    for row in rows.tolist():
        near[row, rows] = index.likeness(words[row])[: len(rows)]
    near = np.maximum(near, near.T)  # each is cut differently where very common words are left out
    near[(near < alike) | (languages[:, None] != languages[None, :])] = 0
    np.fill_diagonal(near, 1)
    return near


def _leaders(near: Floats) -> list[int]:
    """Choose the texts around which groups go, that with the most others alike first."""
    alike = near > 0
    counts, left, leaders = alike.sum(axis=1), np.ones(len(near), dtype=bool), []
    while left.any():
        leader = int(np.argmax(np.where(left, counts, -1)))
        members = np.flatnonzero(alike[leader] & left)
        left[members] = False
        counts = counts - alike[:, members].sum(axis=1)
        leaders.append(leader)
    return leaders


def _nearest(near: Floats, leaders: Sequence[int]) -> list[list[int]]:
    """Give each text to the leader it is most like."""
    groups: list[list[int]] = [[] for _ in leaders]
    for number, place in enumerate(near[:, leaders].argmax(axis=1).tolist()):
        groups[place].append(number)
    return groups


def _group(near: Floats, members: NDArray[np.intp]) -> Likes:
    medoid = members[np.argmax(near[np.ix_(members, members)].sum(axis=1))]
    return Likes(int(medoid), tuple(members.tolist()))
