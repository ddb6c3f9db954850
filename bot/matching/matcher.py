"""The whole way from a text to what it means, for every city of the knowledge."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, cast

from bot.matching.danger import HOMELESS, NONE, PERHAPS, SURELY, SURELY_CALM, Danger, Suspicion, learnt_of_danger
from bot.matching.decide import MOST_OFFERED, SUGGEST_FROM, SURELY_ALSO, SURELY_ELSEWHERE, SURELY_UNCOVERED, decide
from bot.matching.features import Floats
from bot.matching.finder import (
    ELSEWHERE,
    UNCOVERED,
    EntryFinder,
    Fuse,
    Meaning,
    Reading,
    beside_entries,
    build_finder,
    build_spelling,
    learnt_from,
    written_in,
)
from bot.matching.followup import aspects_of, goes_on, questions_in
from bot.matching.index import read_text
from bot.matching.language import ALIKE, LanguageGuesser
from bot.matching.lexicon import Lexicon
from bot.matching.names import CityNames, LanguageNames
from bot.matching.normalise import is_cjk, normalise
from bot.matching.romanised import Romanised, romanised_texts
from bot.matching.safety import SafetyMatcher, prose_of
from bot.matching.scripts import LATIN, script_of
from bot.matching.semantic import Likeness, fuse
from bot.matching.smalltalk import ELSEWHERE_KINDS, HELP, SmalltalkMatcher
from bot.matching.spelling import Spelling
from bot.model import Knowledge, Match, Understanding

Part = (
    object  # a SafetyMatcher, Lexicon, Spelling, Romanised, SmalltalkMatcher, LanguageGuesser or Danger; of a city the words of its
    # answers, and its EntryFinder or None
)
SAFETY, LEXICON, SPELLING, ROMANISED = "safety", "lexicon", "spelling", "romanised"
SMALLTALK, LANGUAGE, DANGER = "smalltalk", "language", "danger"
PROSE = "prose-"
COMMON_PARTS = frozenset({SAFETY, LEXICON, SMALLTALK})  # made from what all cities share


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make one part of a matcher, and all that it is made from: equal ingredients make an equal part.

    `is_heavy`: made by multiplying large matrices, which takes all processors there are. `reads_all`: made from the words of all cities,
    which are read once where such parts are made by one process."""

    name: str
    made_from: bytes
    make: Callable[[], Part]
    is_heavy: bool = False
    reads_all: bool = False


def lexicon_words(knowledge: Knowledge) -> bytes:
    """Return all that the lexicon is made from, with which other parts are made."""
    return repr(knowledge.lexicon).encode()


def recipes(knowledge: Knowledge, lexicon: Lexicon | None = None) -> list[Recipe]:
    """List the parts of a matcher that take long to make; `lexicon`: where it is made already."""
    meanings, beside = lexicon_words(knowledge), beside_entries(knowledge)
    reading = Reading(made := lexicon or Lexicon(knowledge.lexicon))
    words = {slug: repr([entry.words for entry in city.entries.values()]) for slug, city in knowledge.cities.items()}
    romanised = romanised_texts(knowledge)
    crises, smalltalk = repr((knowledge.safety, knowledge.lookalikes)), repr(knowledge.smalltalk)
    return [
        Recipe(LEXICON, meanings, lambda: made),
        Recipe(SAFETY, crises.encode(), partial(SafetyMatcher, knowledge)),
        Recipe(SPELLING, written_in(knowledge, beside), partial(build_spelling, knowledge, beside, reading), reads_all=True),
        Recipe(ROMANISED, repr(romanised).encode(), partial(Romanised, romanised, reading.words), reads_all=True),
        Recipe(SMALLTALK, smalltalk.encode(), partial(SmalltalkMatcher, knowledge.smalltalk)),
        Recipe(DANGER, learnt_of_danger(knowledge) + meanings, partial(Danger, knowledge, reading), reads_all=True),
        Recipe(LANGUAGE, f"{crises}{smalltalk}{words}".encode() + meanings, partial(LanguageGuesser, knowledge), reads_all=True),
        *(
            Recipe(f"{PROSE}{slug}", words[slug].encode(), partial(prose_of, city, reading.words), reads_all=True)
            for slug, city in knowledge.cities.items()
        ),
        *(
            Recipe(slug, learnt_from(city, beside) + meanings, partial(build_finder, city, beside, reading), is_heavy=True)
            for slug, city in knowledge.cities.items()
        ),
    ]


class _Asker(NamedTuple):
    """Whose text is read: of which city ("" for none), and in which languages its words may be; how alike its meaning is to entries;
    in which language its words may be in Latin letters ("" for none)."""

    city: str
    locales: tuple[str, ...]
    likeness: Likeness | None = None
    romanised: str = ""


Sensing = Callable[[str, str], Likeness | None]  # (text, city) -> how alike in meaning; None where nobody can tell


def senses_nothing(text: str, city: str) -> Likeness | None:
    """Stand for a sentence encoder where there is none."""
    return None


class Matcher:
    """Understands texts by one state of the knowledge; build a new one when it changes. Safe to share between threads."""

    def __init__(self, knowledge: Knowledge, parts: Mapping[str, Part] | None = None) -> None:
        """Make all parts, or put those together that were made earlier from the same knowledge."""
        parts = parts or {recipe.name: recipe.make() for recipe in recipes(knowledge)}
        self._kinds = knowledge.safety
        self._languages = {slug: city.languages for slug, city in knowledge.cities.items()}
        prose = (cast(frozenset[str], parts[f"{PROSE}{slug}"]) for slug in knowledge.cities)
        self._danger = cast(Danger, parts[DANGER])
        self._safety = cast(SafetyMatcher, parts[SAFETY]).knowing(prose)
        self._smalltalk = cast(SmalltalkMatcher, parts[SMALLTALK])
        self._language = cast(LanguageGuesser, parts[LANGUAGE])
        self._language_names = LanguageNames(knowledge)
        self._city_names = CityNames(knowledge.cities)
        self._lexicon = cast(Lexicon, parts[LEXICON])
        self._spelling = cast(Spelling, parts[SPELLING])
        self._romanised = cast(Romanised, parts[ROMANISED])
        self._finders = {slug: cast(EntryFinder | None, parts[slug]) for slug in knowledge.cities}
        self._hosts = {slug: city.host_language for slug, city in knowledge.cities.items()}
        self._sensing: Sensing = senses_nothing

    def with_senses(self, sensing: Sensing) -> Matcher:
        """Return this matcher with another way to tell meanings, which has its say in the order of entries and their chances."""
        matcher = copy.copy(self)
        matcher._sensing = sensing
        return matcher

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        """Tell what a text means to a contact of a city and locale; None and unknown cities have no entries.

        Under "emergency" the entry for that crisis comes first; under "none" the nearest entries are given all the same."""
        asker, language = self._asker_of(text, city, locale)
        asker = asker._replace(likeness=self._sensing(text, city or ""))
        words = normalise(text).split()
        meaning = self._heeding(text, words, locale or "", asker)
        return replace(meaning, language=language, city=city, locale=locale)

    def sounds_like_crisis(self, text: str) -> bool:
        """Say whether a text speaks of a crisis; quicker than to understand it."""
        words = normalise(text).split()
        return self._named(self._readings(words, *self._romanised.sure)) is not None or self._suspicion(words).odds >= SURELY

    def rank(self, text: str, city: str) -> list[Match]:
        """Order all entries of a city by how likely they answer a text; an unknown city or a text without words gives none."""
        return list(_entries(self._ranked(normalise(text).split(), self._asker(city, self._language.guess(text)))))

    def resolve_city(self, text: str) -> tuple[str, str | None] | None:
        """Give the city and area that a short text names."""
        return self._city_names.resolve(text)

    def resolve_language(self, text: str) -> str | None:
        """Give the locale that a text names."""
        return self._language_names.resolve(text)

    def _asker_of(self, text: str, city: str | None, locale: str | None) -> tuple[_Asker, str | None]:
        """Tell in which languages a text may be, and which one it is in if that is plain."""
        language = self._language.guess(text, self._spoken(city, locale))
        romanised = locale if locale and language in (None, locale) and script_of(text) == LATIN else ""
        if language and language not in self._languages.get(city or "", (language,)):
            locale = None  # no words of the contact's own language are mixed in; some would only look like them
        return self._asker(city, locale, language, *ALIKE.get(language or "", ()))._replace(romanised=romanised), language

    def _asker(self, city: str | None, *locales: str | None) -> _Asker:
        """Read a text in these languages and that of the city."""
        return _Asker(city or "", tuple(dict.fromkeys(filter(None, (*locales, self._hosts.get(city or ""))))))

    def _heeding(self, text: str, words: Sequence[str], locale: str, asker: _Asker) -> Understanding:
        """Tell what a text asks, unless it sounds like a crisis, by a phrase or by all it says; where it might, that is told beside."""
        readings = self._readings(words, *({locale} & {*self._romanised.sure}))
        named = self._named(readings)
        suspicion = max((self._suspicion(reading, self._concepts(asker)(reading)) for reading in readings), key=lambda found: found.odds)
        if suspicion.odds >= PERHAPS and self._smalltalk.read(words).whole not in (None, HELP, *ELSEWHERE_KINDS):
            suspicion = NONE  # "yes of course" is no cry, whatever it is like
        is_calm = suspicion.odds < SURELY_CALM and named != HOMELESS
        is_cry = suspicion.odds >= SURELY and not any(map(self._safety.is_denied, readings))
        crisis = named if named and not is_calm else suspicion.kind if is_cry else None
        if crisis:
            return Understanding("emergency", self._fitting(crisis, words, asker), safety=crisis)
        perhaps = named or (suspicion.kind if suspicion.odds >= PERHAPS else None)
        return replace(self._asked(text, words, asker), perhaps=perhaps)

    def _suspicion(self, words: Sequence[str], concepts: Sequence[int] = ()) -> Suspicion:
        says_nothing = all(map(_says_nothing, words))
        return (None if says_nothing else self._danger.suspect(read_text(words, concepts))) or NONE

    def _readings(self, words: Sequence[str], *locales: str) -> list[Sequence[str]]:
        """Give words as they stand and, where they are in Latin letters, as they would be in those of some languages."""
        others = (self._romanised.read(words, locale) for locale in locales)
        return [words, *(other for other in others if other != words)]

    def _named(self, readings: Sequence[Sequence[str]]) -> str | None:
        """Give the kind of crisis that a phrase tells of."""
        return next(filter(None, map(self._safety.find, readings)), None)

    def _asked(self, text: str, words: Sequence[str], asker: _Asker) -> Understanding:
        """Tell what a text asks, what it may ask about the answer before, and what else it asks."""
        meaning = self._meaning(words, asker)
        if meaning.outcome == "smalltalk" and meaning.smalltalk not in ELSEWHERE_KINDS:
            return meaning  # "how much" alone may be about a rate, or about the answer before
        meaning = self._in_order(meaning, questions_in(text), asker) if meaning.outcome == "answer" else meaning
        return replace(meaning, aspects=aspects_of(words, self._concepts(asker)), goes_on=goes_on(words))

    def _in_order(self, meaning: Understanding, questions: Sequence[Sequence[str]], asker: _Asker) -> Understanding:
        """Answer several questions of one message in the order in which they were asked; the meaning of the whole is not that of a part."""
        asker = asker._replace(likeness=None)
        sure = [entry_id for entry_id in dict.fromkeys(self._surely(words, asker) for words in questions) if entry_id]
        if len(sure) < 2:
            return meaning
        others = (match for match in meaning.matches if match.entry_id != sure[0])
        return replace(meaning, matches=(Match(sure[0], meaning.matches[0].score), *others)[:MOST_OFFERED], also=tuple(sure[1:]))

    def _surely(self, words: Sequence[str], asker: _Asker) -> str:
        """Give the entry that surely answers a part of a message."""
        part = self._meaning(words, asker)
        return part.matches[0].entry_id if part.outcome == "answer" and part.matches[0].score >= SURELY_ALSO else ""

    def _meaning(self, words: Sequence[str], asker: _Asker) -> Understanding:
        """Tell small talk from a question; what nothing fits may still be small talk in part."""
        smalltalk = self._smalltalk.read(words)
        if smalltalk.whole:
            return Understanding("smalltalk", smalltalk=smalltalk.whole)
        if all(map(_says_nothing, smalltalk.question)):
            return Understanding("none")
        ranked = self._ranked(smalltalk.question, asker)
        matches, outcome = _entries(ranked), decide(ranked)
        first = ranked[0] if ranked else Match("", 0.0)
        if first.entry_id.startswith(UNCOVERED):
            topic = first.entry_id.removeprefix(UNCOVERED) if first.score >= SURELY_UNCOVERED else None
            return Understanding("none", matches[:MOST_OFFERED], uncovered=topic)
        elsewhere = first.entry_id.startswith(ELSEWHERE)
        kind = first.entry_id.removeprefix(ELSEWHERE) if elsewhere and first.score >= SURELY_ELSEWHERE else smalltalk.part
        if elsewhere or outcome == "none":
            return Understanding("smalltalk" if kind else "none", matches[:MOST_OFFERED], smalltalk=kind)
        return Understanding(outcome, matches[:MOST_OFFERED])

    def _ranked(self, words: Sequence[str], asker: _Asker) -> tuple[Match, ...]:
        finder = self._finders.get(asker.city)
        native = partial(self._romanised.find, locale=asker.romanised) if asker.romanised else None
        repair = partial(self._spelling.repair, locales=asker.locales)
        return finder.rank(words, self._concepts(asker), repair, _fusing(asker.likeness), native) if finder else ()

    def _concepts(self, asker: _Asker) -> Meaning:
        return partial(self._lexicon.find, locales=asker.locales)

    def _fitting(self, crisis: str, words: Sequence[str], asker: _Asker) -> tuple[Match, ...]:
        """List the entry for a crisis, then those that fit the words as well."""
        ranked = _entries(self._ranked(words, asker))
        helping = self._kinds[crisis].entries.get(asker.city)
        if not any(match.entry_id == helping for match in ranked):
            return ranked[:MOST_OFFERED]
        others = (match for match in ranked if match.entry_id != helping and match.score >= SUGGEST_FROM)
        return (Match(helping or "", 1.0), *others)[:MOST_OFFERED]

    def _spoken(self, city: str | None, locale: str | None) -> tuple[str, ...]:
        """List the languages a text is likeliest written in: the contact's own, those of the city, English; none before both are known."""
        return (locale, *self._languages[city], "en") if locale and city in self._languages else ()


def _says_nothing(word: str) -> bool:
    """Say whether a word is a single letter, or a number of one or two digits."""
    return (len(word) == 1 and not is_cjk(word)) or (len(word) == 2 and word.isdigit())


def _fusing(likeness: Likeness | None) -> Fuse | None:
    """Fuse where the meanings are those of the very entries that are ranked."""
    if likeness is None:
        return None

    def fusing(ids: tuple[str, ...], total: Floats, chances: Floats) -> tuple[Floats, Floats]:
        ours = likeness.of(ids)
        return fuse(total, chances, ours) if ours else (total, chances)

    return fusing


def _entries(ranked: Sequence[Match]) -> tuple[Match, ...]:
    """Leave out what is no entry."""
    return tuple(match for match in ranked if not match.entry_id.startswith(ELSEWHERE))
