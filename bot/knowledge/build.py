"""Checked nodes to the frozen data of bot.model; nothing here looks for faults (validate.py and rules.py did)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Literal, TypeVar, cast

from bot.cases import CaseKind
from bot.knowledge.reading import EMPTY, Fields, Items, fields_at, items_at, records_at, text_at, texts_at
from bot.knowledge.schema import FACT_KINDS
from bot.model import (
    Alert,
    Area,
    City,
    Confirmation,
    DeskRule,
    Entry,
    Fact,
    FactKind,
    Organisation,
    PhraseCard,
    Place,
    SafetyKind,
    Situation,
    SmalltalkKind,
    Source,
    StepWords,
    Topic,
    UncoveredTopic,
    Wording,
    Words,
)

Kind = TypeVar("Kind", SafetyKind, SmalltalkKind)


def build_fact(node: Fields) -> Fact:
    """Make a fact; the kind is the one key that names a type."""
    kind = next(kind for kind in FACT_KINDS if text_at(node, kind) is not None)
    return Fact(cast(FactKind, kind), _must(node, kind), text_at(node, "currency"), text_at(node, "note"))


def build_entry(entry_id: str, node: Fields) -> Entry:
    """Make an entry that has no words yet."""
    return Entry(
        id=entry_id,
        topic=entry_id.partition(".")[0],
        status=cast(Literal["draft", "published", "archived"], _must(node, "status")),
        audience=texts_at(node, "audience"),
        owner=text_at(node, "owner"),
        checked=_confirmation(fields_at(node, "checked")),
        review_by=_day(text_at(node, "review_by")),
        scope="country" if text_at(node, "scope") == "country" else "city",
        facts={name: build_fact(fact) for name, fact in records_at(node, "facts").items()},
        steps=texts_at(node, "steps"),
        needs=texts_at(node, "needs"),
        places=texts_at(node, "places"),
        related=texts_at(node, "related"),
        sources=_sources(node),
        unverified=texts_at(node, "unverified"),
        words={},
    )


def build_words(node: Fields) -> Words:
    """Make the words of one entry in one language."""
    wording = fields_at(node, "wording")
    steps = records_at(node, "steps").items()
    return Words(
        title=_must(node, "title"),
        questions=texts_at(node, "questions"),
        keywords=texts_at(node, "keywords"),
        answer=_must(node, "answer"),
        documents=texts_at(node, "documents"),
        steps={name: StepWords(_must(step, "title"), _must(step, "text")) for name, step in steps},
        wording=Wording(
            by=cast(Literal["machine", "person"], _must(wording, "by")),
            of=text_at(wording, "of"),
            hash=text_at(wording, "hash"),
            checked_by=text_at(wording, "checked_by"),
        ),
    )


def build_place(slug: str, node: Fields) -> Place:
    """Make an office or organisation."""
    return Place(
        slug=slug,
        name=_must(node, "name"),
        kind=_must(node, "kind"),
        area=text_at(node, "area"),
        address=text_at(node, "address"),
        phone=text_at(node, "phone"),
        short=text_at(node, "short"),
        email=text_at(node, "email"),
        url=text_at(node, "url"),
        hours=text_at(node, "hours"),
        languages=texts_at(node, "languages"),
        topics=texts_at(node, "topics"),
        for_whom=texts_at(node, "for_whom"),
        latitude=_number(node, "latitude"),
        longitude=_number(node, "longitude"),
        speaks_to_people=text_at(node, "speaks_to_people") == "yes",
        sources=_sources(node),
        checked=_confirmation(fields_at(node, "checked")),
    )


def build_city(slug: str, node: Fields) -> City:
    """Make a city that has no entries, places and alerts yet."""
    centre = fields_at(node, "centre")
    return City(
        slug=slug,
        names=_words(node, "names"),
        aliases=_lists(node, "aliases"),
        country=_must(node, "country"),
        time_zone=_must(node, "time_zone"),
        currency=_must(node, "currency"),
        host_language=_must(node, "host_language"),
        languages=texts_at(node, "languages"),
        controller=text_at(node, "controller"),
        on_call=text_at(node, "on_call"),
        latitude=_number(centre, "latitude"),
        longitude=_number(centre, "longitude"),
        radius_km=_number(centre, "radius_km"),
        emergency={name: build_fact(fact) for name, fact in records_at(node, "emergency").items()},
        areas={name: Area(name, _words(area, "names"), _lists(area, "aliases")) for name, area in records_at(node, "areas").items()},
        region=text_at(node, "region"),
        covers=texts_at(node, "covers"),
        desks={name: _desk(name, one) for name, one in records_at(node, "desks").items()},
        organisations={name: _organisation(name, one) for name, one in records_at(node, "organisations").items()},
        first_steps=texts_at(node, "first_steps"),
        entries={},
        places={},
        alerts=(),
    )


def with_words(entry: Entry, words: Mapping[str, Words]) -> Entry:
    """Give an entry its words, one set per language."""
    return replace(entry, words=dict(words))


def build_alerts(node: Items) -> tuple[Alert, ...]:
    """Make the notices of a city."""
    return tuple(
        Alert(
            entries=texts_at(one, "entries"),
            start=_sure_day(one, "from"),
            end=_sure_day(one, "until"),
            text=_words(one, "text"),
            everywhere=text_at(one, "city") == "yes",
        )
        for one in node.nodes
        if isinstance(one, Fields)
    )


def build_topics(node: Fields) -> dict[str, Topic]:
    """Make the topics, in the order of their buttons."""
    topics = [
        Topic(slug, _must(one, "icon"), int(_must(one, "order")), _words(one, "names"))
        for slug, one in node.pairs.items()
        if isinstance(one, Fields)
    ]
    return {topic.slug: topic for topic in sorted(topics, key=lambda topic: topic.order)}


def build_safety(node: Fields) -> dict[str, SafetyKind]:
    """Make the kinds of crisis."""
    return {slug: SafetyKind(slug, _words(one, "entry"), _lists(one, "phrases")) for slug, one in records_at(node, "kinds").items()}


def build_lookalikes(node: Fields) -> dict[str, tuple[str, ...]]:
    """Collect the look-alikes of all kinds per language."""
    found: dict[str, tuple[str, ...]] = {}
    for holder in (node, *records_at(node, "kinds").values()):
        for language, phrases in _lists(holder, "not").items():
            found[language] = (*found.get(language, ()), *phrases)
    return found


def build_smalltalk(node: Fields) -> dict[str, SmalltalkKind]:
    """Make the kinds of small talk."""
    return {slug: SmalltalkKind(slug, _lists(one, "phrases"), _words(one, "reply")) for slug, one in records_at(node, "kinds").items()}


def with_phrases(kinds: Mapping[str, Kind], files: Iterable[tuple[str, Mapping[str, tuple[str, ...]]]]) -> dict[str, Kind]:
    """Add further phrases to kinds of crises or small talk, from pairs of a language and its phrases by kind."""
    found = dict(kinds)
    for language, by_kind in files:
        for slug, phrases in by_kind.items():
            if slug in found:
                more = _with_more(found[slug].phrases, language, phrases)
                found[slug] = replace(found[slug], phrases=more)
    return found


def _with_more(known: Mapping[str, tuple[str, ...]], language: str, phrases: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return {**known, language: (*known.get(language, ()), *phrases)}


def build_cards(node: Fields) -> dict[str, PhraseCard]:
    """Make the phrase cards of one host language."""
    return {
        slug: PhraseCard(slug, cast(Situation, _must(one, "situation")), _must(one, "host"), _words(one, "words"), _words(one, "reading"))
        for slug, one in ((slug, fields_at(node, slug)) for slug in node.pairs)
    }


def build_lists(node: Fields) -> dict[str, tuple[str, ...]]:
    """Make lists of texts by name: the words of all concepts in one language, or the cries for help of all kinds."""
    return {name: texts_at(node, name) for name in node.pairs}


def build_uncovered(by_language: Mapping[str, Fields]) -> dict[str, UncoveredTopic]:
    """Make the topics that cities have nothing on, from one node a language."""
    slugs = dict.fromkeys(slug for node in by_language.values() for slug in node.pairs)
    return {
        slug: UncoveredTopic(
            slug,
            {locale: _must(fields_at(node, slug), "name") for locale, node in by_language.items() if slug in node.pairs},
            {locale: texts_at(fields_at(node, slug), "questions") for locale, node in by_language.items() if slug in node.pairs},
        )
        for slug in slugs
    }


def _desk(slug: str, node: Fields) -> DeskRule:
    return DeskRule(
        slug=slug,
        topics=texts_at(node, "topics"),
        hours=text_at(node, "hours"),
        intake=texts_at(node, "intake"),
        organisation=text_at(node, "organisation"),
        kinds=tuple(cast(CaseKind, kind) for kind in texts_at(node, "kinds")),
    )


def _organisation(slug: str, node: Fields) -> Organisation:
    return Organisation(slug, _must(node, "name"), _must(node, "kind"), text_at(node, "url"))


def _sources(node: Fields) -> tuple[Source, ...]:
    return tuple(
        Source(
            url=text_at(one, "url"),
            title=text_at(one, "title"),
            seen=_sure_day(one, "seen"),
            kind="official" if text_at(one, "kind") == "official" else "secondary",
            copy_of=text_at(one, "copy_of"),
        )
        for one in items_at(node, "sources")
        if isinstance(one, Fields)
    )


def _confirmation(node: Fields) -> Confirmation | None:
    return None if node is EMPTY else Confirmation(_sure_day(node, "on"), _must(node, "by"))


def _words(node: Fields, key: str) -> dict[str, str]:
    inner = fields_at(node, key)
    return {language: _must(inner, language) for language in inner.pairs}


def _lists(node: Fields, key: str) -> dict[str, tuple[str, ...]]:
    inner = fields_at(node, key)
    return {language: texts_at(inner, language) for language in inner.pairs}


def _must(node: Fields, key: str) -> str:
    return text_at(node, key) or ""


def _number(node: Fields, key: str) -> float | None:
    text = text_at(node, key)
    return None if text is None else float(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _sure_day(node: Fields, key: str) -> date:
    return date.fromisoformat(_must(node, key))
