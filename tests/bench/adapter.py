"""The matcher as the public matching benchmark wants it: build(entries), then query(text) -> [(entry id, score), ...]."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bot.matching.finder import EntryFinder
from bot.matching.normalise import normalise
from bot.matching.ranker import Example
from bot.matching.spelling import Spelling


class Dragoman:
    """One city's entry finder without safety, small talk and titles: the sets have questions alone."""

    name = "dragoman"

    def build(self, entries: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Learn entries and their example questions."""
        self._first = entries[0][0]
        words = [(number, tuple(normalise(text).split())) for number, (_, texts) in enumerate(entries) for text in texts]
        self._repair = partial(Spelling(("", text) for _, text in words).repair, locales=("",))
        self._finder = EntryFinder([entry_id for entry_id, _ in entries], [Example(number, text) for number, text in words if text])

    def query(self, text: str) -> list[tuple[str, float]]:
        """Rank the entries for a question, best first."""
        matches = self._finder.rank(normalise(text).split(), repair=self._repair)
        return [(match.entry_id, match.score) for match in matches] or [(self._first, 0.0)]
