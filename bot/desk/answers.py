"""Which knowledge entries an advisor means by a few words: begun titles first, then what the matcher finds, then titles alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

from rapidfuzz import fuzz

from bot.cases import Case
from bot.matching.normalise import normalise
from bot.model import City, Entry, Knowledge, Understanding

MAX_ANSWERS: Final = 8
ALIKE: Final = 75.0  # of 100: below that two titles have little in common


class Understands(Protocol):
    """The part of the matcher that is needed here."""

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        """Tell what a text means."""


class Brain(Protocol):
    """Knowledge and the matcher built from it."""

    @property
    def knowledge(self) -> Knowledge:
        """Return all files together."""

    @property
    def matcher(self) -> Understands:
        """Return the matcher of these files."""


def find(query: str, locale: str, case: Case, brain: Brain) -> Sequence[Entry]:
    """Return entries for an advisor's words, the best first; without words those nearest to the case."""
    city = brain.knowledge.cities.get(case.city)
    if city is None:
        return ()
    entries = {key: entry for key, entry in city.entries.items() if entry.status == "published"}
    words = normalise(query)
    found = _nearest(case, entries) if not words else _by_words(words, query, locale, city, entries, brain)
    return [entries[entry_id] for entry_id in dict.fromkeys(found) if entry_id in entries][:MAX_ANSWERS]


def _nearest(case: Case, entries: Mapping[str, Entry]) -> Iterator[str]:
    """Yield the entry the case came from, what belongs to it, and then its topic."""
    entry = entries.get(case.entry_id)
    if entry:
        yield entry.id
        yield from (*entry.needs, *entry.related)
    yield from (other.id for other in entries.values() if other.topic == case.topic)


def _by_words(words: str, query: str, locale: str, city: City, entries: Mapping[str, Entry], brain: Brain) -> Iterator[str]:
    titles = {key: normalise(_title(entry, locale, city)) for key, entry in entries.items()}
    yield from (key for key, title in titles.items() if _begins(title, words))
    yield from (match.entry_id for match in brain.matcher.understand(query, city.slug, locale).matches)
    alike = {key: fuzz.token_set_ratio(words, title) for key, title in titles.items()}
    yield from sorted((key for key, likeness in alike.items() if likeness >= ALIKE), key=lambda key: -alike[key])


def _title(entry: Entry, locale: str, city: City) -> str:
    words = entry.words.get(locale) or entry.words.get(city.host_language)
    return words.title if words else ""


def _begins(title: str, words: str) -> bool:
    """Say whether the words begin a title, or a word of it."""
    return f" {title}".find(f" {words}") >= 0
