"""The whole way from a text to what it means, for every city of the knowledge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from bot.matching.decide import MOST_OFFERED, SUGGEST_FROM, SURELY_ELSEWHERE, decide
from bot.matching.finder import ELSEWHERE, EntryFinder, build_finder, learnt_from
from bot.matching.language import LanguageGuesser
from bot.matching.names import CityNames, LanguageNames
from bot.matching.normalise import normalise
from bot.matching.safety import SafetyMatcher, prose_of
from bot.matching.smalltalk import ELSEWHERE_KINDS, SmalltalkMatcher
from bot.model import Knowledge, Match, Understanding

Part = object  # a SafetyMatcher, SmalltalkMatcher or LanguageGuesser; of a city the words of its answers, and its EntryFinder or None
SAFETY, SMALLTALK, LANGUAGE, PROSE = "safety", "smalltalk", "language", "prose-"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make one part of a matcher, and all that it is made from: equal ingredients make an equal part.

    `is_heavy`: made by multiplying large matrices, which takes all processors there are."""

    name: str
    made_from: bytes
    make: Callable[[], Part]
    is_heavy: bool = False


def recipes(knowledge: Knowledge) -> list[Recipe]:
    """List the parts of a matcher that take long to make."""
    elsewhere = {slug: kind for slug in ELSEWHERE_KINDS if (kind := knowledge.smalltalk.get(slug))}
    words = {slug: repr([entry.words for entry in city.entries.values()]) for slug, city in knowledge.cities.items()}
    crises, smalltalk = repr((knowledge.safety, knowledge.lookalikes)), repr(knowledge.smalltalk)
    return [
        Recipe(SAFETY, crises.encode(), partial(SafetyMatcher, knowledge)),
        Recipe(SMALLTALK, smalltalk.encode(), partial(SmalltalkMatcher, knowledge.smalltalk)),
        Recipe(LANGUAGE, f"{crises}{smalltalk}{words}".encode(), partial(LanguageGuesser, knowledge)),
        *(Recipe(f"{PROSE}{slug}", words[slug].encode(), partial(prose_of, city)) for slug, city in knowledge.cities.items()),
        *(
            Recipe(slug, learnt_from(city, elsewhere), partial(build_finder, city, elsewhere), is_heavy=True)
            for slug, city in knowledge.cities.items()
        ),
    ]


class Matcher:
    """Understands texts by one state of the knowledge; build a new one when it changes. Safe to share between threads."""

    def __init__(self, knowledge: Knowledge, parts: Mapping[str, Part] | None = None) -> None:
        """Make all parts, or put those together that were made earlier from the same knowledge."""
        parts = parts or {recipe.name: recipe.make() for recipe in recipes(knowledge)}
        self._kinds = knowledge.safety
        self._languages = {slug: city.languages for slug, city in knowledge.cities.items()}
        prose = (cast(frozenset[str], parts[f"{PROSE}{slug}"]) for slug in knowledge.cities)
        self._safety = cast(SafetyMatcher, parts[SAFETY]).knowing(prose)
        self._smalltalk = cast(SmalltalkMatcher, parts[SMALLTALK])
        self._language = cast(LanguageGuesser, parts[LANGUAGE])
        self._language_names = LanguageNames(knowledge)
        self._city_names = CityNames(knowledge.cities)
        self._finders = {slug: cast(EntryFinder | None, parts[slug]) for slug in knowledge.cities}

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        """Tell what a text means to a contact of a city and locale; None and unknown cities have no entries.

        Under "emergency" the entry for that crisis comes first; under "none" the nearest entries are given all the same."""
        words = normalise(text).split()
        meaning = self._crisis(words, city) or self._meaning(words, city)
        return replace(meaning, language=self._language.guess(text, self._spoken(city, locale)), city=city, locale=locale)

    def rank(self, text: str, city: str) -> list[Match]:
        """Order all entries of a city by how likely they answer a text; an unknown city or a text without words gives none."""
        return list(_entries(self._ranked(normalise(text).split(), city)))

    def resolve_city(self, text: str) -> tuple[str, str | None] | None:
        """Give the city and area that a short text names."""
        return self._city_names.resolve(text)

    def resolve_language(self, text: str) -> str | None:
        """Give the locale that a text names."""
        return self._language_names.resolve(text)

    def _crisis(self, words: Sequence[str], city: str | None) -> Understanding | None:
        crisis = self._safety.find(words)
        return Understanding("emergency", self._fitting(crisis, words, city), safety=crisis) if crisis else None

    def _meaning(self, words: Sequence[str], city: str | None) -> Understanding:
        """Tell small talk from a question; what nothing fits may still be small talk in part."""
        smalltalk = self._smalltalk.read(words)
        if smalltalk.whole:
            return Understanding("smalltalk", smalltalk=smalltalk.whole)
        ranked = self._ranked(smalltalk.question, city)
        matches, outcome = _entries(ranked), decide(ranked)
        elsewhere = bool(ranked) and ranked[0].entry_id.startswith(ELSEWHERE)
        kind = ranked[0].entry_id.removeprefix(ELSEWHERE) if elsewhere and ranked[0].score >= SURELY_ELSEWHERE else smalltalk.part
        if elsewhere or outcome == "none":
            return Understanding("smalltalk" if kind else "none", matches[:MOST_OFFERED], smalltalk=kind)
        return Understanding(outcome, matches[:MOST_OFFERED])

    def _ranked(self, words: Sequence[str], city: str | None) -> tuple[Match, ...]:
        finder = self._finders.get(city or "")
        return finder.rank(words) if finder else ()

    def _fitting(self, crisis: str, words: Sequence[str], city: str | None) -> tuple[Match, ...]:
        """List the entry for a crisis, then those that fit the words as well."""
        ranked = _entries(self._ranked(words, city))
        helping = self._kinds[crisis].entries.get(city or "")
        if not any(match.entry_id == helping for match in ranked):
            return ranked[:MOST_OFFERED]
        others = (match for match in ranked if match.entry_id != helping and match.score >= SUGGEST_FROM)
        return (Match(helping or "", 1.0), *others)[:MOST_OFFERED]

    def _spoken(self, city: str | None, locale: str | None) -> tuple[str, ...]:
        """List the languages a text is likeliest written in: the contact's own, those of the city, English; none before both are known."""
        return (locale, *self._languages[city], "en") if locale and city in self._languages else ()


def _entries(ranked: Sequence[Match]) -> tuple[Match, ...]:
    """Leave out what is no entry."""
    return tuple(match for match in ranked if not match.entry_id.startswith(ELSEWHERE))


# ---------------------------------------------------------------- parts as pieces, for who keeps them


def taken_apart(part: Part) -> Iterator[object]:
    """Yield a part in pieces none of which takes long to read back; most are one piece."""
    yield from part.pieces() if isinstance(part, SafetyMatcher) else [part]


def put_together(pieces: Iterator[object]) -> Part:
    """Make a part of its pieces again."""
    first = next(pieces)
    return first.with_pieces(pieces) if isinstance(first, SafetyMatcher) else first
