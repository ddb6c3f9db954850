"""What people asked and had no answer to, put together: groups of alike questions, and what they become in the knowledge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from bot.errors import KnowledgeError
from bot.knowledge import values
from bot.knowledge.grow import add_draft, add_questions
from bot.masking import has_marks, unmarked
from bot.matching.grouping import group
from bot.matching.normalise import normalise
from bot.model import City, Knowledge, Understanding
from bot.records import Gap, KeptQuestion

FEWEST: Final = 5  # questions of a group that others than the admins of its city may see


class Understands(Protocol):
    """What a text means to the matcher."""

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        """Rank the entries of a city."""


def gaps_of(questions: Sequence[KeptQuestion], knowledge: Knowledge, matcher: Understands) -> list[Gap]:
    """Group questions, city by city, the biggest group of a city first; numbers begin with 1 in each city."""
    found: list[Gap] = []
    for slug in sorted({question.city for question in questions} & knowledge.cities.keys()):
        asked = [question for question in questions if question.city == slug]
        found += _of_city(asked, knowledge.cities[slug], matcher)
    return found


def _of_city(asked: Sequence[KeptQuestion], city: City, matcher: Understands) -> Iterator[Gap]:
    known = [text for entry in city.entries.values() for words in entry.words.values() for text in (words.title, *words.questions)]
    groups = group([unmarked(question.text) for question in asked], [question.locale for question in asked], known)
    for number, likes in enumerate(groups, 1):
        members = [asked[likes.medoid], *(asked[place] for place in likes.members if place != likes.medoid)]
        nearest = matcher.understand(members[0].text, city.slug, members[0].locale).matches[:1]
        texts, ids = tuple(question.text for question in members), tuple(question.id for question in members)
        yield Gap(number, city.slug, members[0].locale, ids, texts, nearest[0].entry_id if nearest else "")


def for_figures(gaps: Sequence[Gap]) -> list[Gap]:
    """Return the groups that who sees figures may see, too."""
    return [gap for gap in gaps if len(gap.ids) >= FEWEST]


# ---------------------------------------------------------------- into the knowledge


def fresh_questions(texts: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return what can become questions of an entry: nothing with a place that was masked, nothing it knows, nothing twice."""
    taken = {normalise(text) for text in known}
    found: list[str] = []
    for text in texts:
        plain = normalise(text)
        if plain and plain not in taken and not has_marks(text) and values.line(text) is None:
            taken.add(plain)
            found.append(text)
    return tuple(found)


def write_to_entry(folder: Path, knowledge: Knowledge, city: str, locale: str, texts: Sequence[str], entry_id: str) -> tuple[str, ...]:
    """Write texts as questions of an entry in their language, except those it has; returns what is written. Raises KnowledgeError."""
    home = knowledge.cities.get(city)
    entry = home.entries.get(entry_id) if home else None
    words = entry.words.get(locale) if entry else None
    if words is None:
        raise KnowledgeError(f"is not there in {locale}", file=city, entry=entry_id)
    fresh = fresh_questions(texts, (words.title, *words.questions))
    if not fresh and all(map(has_marks, texts)):
        raise KnowledgeError("every text of the group has a masked place: write a question by hand", file=city, entry=entry_id)
    if fresh:
        add_questions(folder, city, entry_id, locale, fresh)
    return fresh


def write_to_draft(folder: Path, city: str, locale: str, texts: Sequence[str], entry_id: str) -> tuple[str, ...]:
    """Write texts as the draft of a new entry in their language; returns its questions. Raises KnowledgeError."""
    fresh = fresh_questions(texts, ())
    if not fresh:
        raise KnowledgeError("every text of the group has a masked place: write the entry by hand", file=city, entry=entry_id)
    add_draft(folder, city, entry_id, locale, fresh)
    return fresh
