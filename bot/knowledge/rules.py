"""The rules between files: words against facts, translations against their source, dates against today, crises against cities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from math import asin, cos, radians, sin, sqrt

from bot.knowledge import plain, values
from bot.knowledge.findings import Findings, Where
from bot.knowledge.hashes import words_hash
from bot.knowledge.hours import regions_of
from bot.knowledge.reading import EMPTY, Fields, Items, Node, fields_at, line_of, records_at, shorten, text_at
from bot.model import CALM, City, Entry, Fact, PhraseCard, Place, SafetyKind, SmalltalkKind, Topic, Words

MAX_PAYLOAD = 64  # characters of a Telegram start parameter (Bot API, deep linking)
MAX_DISTANCE_KM = 200.0  # a place further from the centre of its city is a slip of the keyboard
FEWEST_QUESTIONS = 8


@dataclass(frozen=True, slots=True)
class WordsDraft:
    """Words that have the right form, and where they stand."""

    words: Words
    node: Fields
    where: Where
    line: int


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry that has the right form, and where it stands. `faulty`: languages whose words are there but wrong, said elsewhere."""

    entry: Entry
    node: Fields
    where: Where
    line: int
    words: dict[str, WordsDraft] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class PlaceDraft:
    """A place that has the right form, and where it stands."""

    place: Place
    node: Fields
    where: Where


@dataclass(frozen=True, slots=True)
class CityDraft:
    """A city while it is read. `ids` are all entry ids, also of entries with faults; `city` has no entries yet."""

    city: City
    node: Fields
    where: Where
    ids: frozenset[str]
    entries: Mapping[str, EntryDraft]
    places: Mapping[str, PlaceDraft]
    alerts: Items


source_hash = words_hash  # what a translation notes of the text it was made from


def check_city(draft: CityDraft, findings: Findings, today: date | None) -> None:
    """Hold one city against every rule that needs more than one value; without `today` nothing is due."""
    _check_city_file(draft, findings)
    for entry in draft.entries.values():
        _check_entry(draft.city, entry, findings)
        for locale, words in entry.words.items():
            _check_words(entry.entry, words, findings)
            _check_plain(draft.city, entry.entry, locale, words, findings)
            _check_wording(entry, locale, words, findings)
        _check_originals(entry, findings)
        _check_missing(draft.city, entry, findings)
    _check_circles(draft, findings)
    _check_ways(draft, findings)
    _check_questions(draft, findings)
    for place in draft.places.values():
        _check_place(draft.city, place, findings)
    _check_alerts(draft, findings, today)
    if today is not None:
        _check_dates(draft, findings, today)


# ---------------------------------------------------------------- the city file


def _check_city_file(draft: CityDraft, findings: Findings) -> None:
    city, node, where = draft.city, draft.node, draft.where
    if city.languages[:1] != (city.host_language,):
        findings.error(where, line_of(node, "languages"), "the first of languages must be the host language")
    if city.controller is None:
        findings.warn(where, line_of(node, "controller"), "controller is empty: nobody is named as running the bot here")
    if "general" not in city.emergency:
        findings.error(where, line_of(node, "emergency"), "emergency needs a number named general")
    if city.latitude is not None and city.longitude is not None and not _on_earth(city.latitude, city.longitude):
        findings.error(where, line_of(node, "centre"), "centre: latitude goes from -90 to 90, longitude from -180 to 180")
    for name, fact in records_at(node, "emergency").items():
        _check_short(city, city.emergency[name], fact, where, findings)
    for language in city.languages:
        for name, names in (("names", city.names), *((f"areas.{area.slug}.names", area.names) for area in city.areas.values())):
            if language not in names:
                findings.warn(Where(where.file, locale=language), line_of(node, name.partition(".")[0]), f"{name} has no {language}")
    _check_desks(draft, findings)


def _check_desks(draft: CityDraft, findings: Findings) -> None:
    """A topic and kind of request has one desk; the region has to be one whose public holidays are known."""
    city, where = draft.city, draft.where
    if city.region is not None and city.region not in regions_of(city.country):
        complaint = f"region {city.region!r}: no public holidays of such a region of {city.country} are known"
        findings.error(where, line_of(draft.node, "region"), complaint)
    desks = fields_at(draft.node, "desks")
    taken: dict[tuple[str, str], str] = {}
    for slug, rule in city.desks.items():
        for topic, kind in ((topic, kind) for topic in rule.topics for kind in rule.kinds or ("",)):
            earlier = taken.setdefault((topic, kind), slug)
            if earlier != slug:
                findings.error(where, line_of(desks, slug), f"topic {topic!r} is answered by two desks, {earlier!r} and {slug!r}")


def _check_short(city: City, fact: Fact, node: Fields, where: Where, findings: Findings) -> None:
    if fact.kind == "short" and not values.known_short(fact.value, city.country):
        findings.warn(
            where, line_of(node, "short"), f"short number {fact.value} is not known in {city.country}: dial it before you trust it"
        )


# ---------------------------------------------------------------- facts of an entry


def _check_entry(city: City, draft: EntryDraft, findings: Findings) -> None:
    entry, node, where = draft.entry, draft.node, draft.where
    payload = f"e_{city.slug}_{entry.id.replace('.', '_')}"
    if len(payload) > MAX_PAYLOAD:
        findings.error(where, draft.line, f"the link {payload} is longer than {MAX_PAYLOAD} characters: shorten the id")
    for key, ids in (("needs", entry.needs), ("related", entry.related)):
        if entry.id in ids:
            findings.error(where, line_of(node, key), f"{key} names the entry itself")
    if entry.status == "published" and not entry.sources:
        findings.warn(where, line_of(node, "sources"), "no source: people cannot see where this comes from")
    for name, fact in records_at(node, "facts").items():
        _check_short(city, entry.facts[name], fact, where, findings)
        if entry.facts[name].kind == "hours_open" and values.SEASON.search(entry.facts[name].value):
            findings.warn(where, line_of(fact, "hours_open"), f"facts.{name} changes with the season: only hours of a place can show that")


def _check_circles(draft: CityDraft, findings: Findings) -> None:
    needs = {entry_id: entry.entry.needs for entry_id, entry in draft.entries.items()}
    done: set[str] = set()
    for start in needs:
        path, todo = [start], [iter(needs[start])]
        while todo:
            following = next(todo[-1], None)
            if following is None:
                todo.pop()
                done.add(path.pop())
            elif following in path and following != path[-1]:
                entry = draft.entries[following]
                findings.error(entry.where, line_of(entry.node, "needs"), f"needs goes round in a circle: {' → '.join([*path, following])}")
                done.add(following)
            elif following in needs and following not in done and following not in path:
                path.append(following)
                todo.append(iter(needs[following]))


def _check_ways(draft: CityDraft, findings: Findings) -> None:
    """Note entries that no other one leads to: only who asks for them, or reads the whole topic, finds them."""
    led_to = {*draft.city.first_steps}
    for entry in draft.entries.values():
        led_to.update((*entry.entry.needs, *entry.entry.related))
    for entry_id, entry in draft.entries.items():
        if entry_id not in led_to and entry.entry.status == "published":
            findings.warn(entry.where, entry.line, "no other entry leads here: name it under related of one that does")


# ---------------------------------------------------------------- words of an entry


def _check_words(entry: Entry, draft: WordsDraft, findings: Findings) -> None:
    words, node, where = draft.words, draft.node, draft.where
    if "{" in words.title or "}" in words.title:
        findings.error(where, line_of(node, "title"), "title cannot hold a {placeholder}")
    for name, line, text in _texts(words, node):
        _check_placeholders(entry, name, text, where, line, findings)
        _check_links(entry, name, text, where, line, findings)
    if set(words.steps) != set(entry.steps):
        missing = [f"{step} is missing" for step in entry.steps if step not in words.steps]
        extra = [f"{step} is no step of this entry" for step in words.steps if step not in entry.steps]
        findings.error(where, line_of(node, "steps") or draft.line, f"steps: {', '.join(missing + extra)}")
    if entry.status == "published" and len(words.questions) < FEWEST_QUESTIONS:
        findings.warn(where, line_of(node, "questions"), f"only {len(words.questions)} questions: 8 to 12 make it easy to find")


def _check_plain(city: City, entry: Entry, locale: str, draft: WordsDraft, findings: Findings) -> None:
    if not set(values.PLACEHOLDER.findall(draft.words.answer)) <= set(entry.facts):
        return  # said elsewhere
    for complaint in plain.complaints(plain.answer_text(entry, draft.words, locale, city)):
        findings.warn(draft.where, line_of(draft.node, "answer"), complaint)


def _texts(words: Words, node: Fields) -> Iterator[tuple[str, int, str]]:
    yield "answer", line_of(node, "answer"), words.answer
    documents = node.pairs.get("documents")
    for item, text in zip(documents.nodes if isinstance(documents, Items) else (), words.documents, strict=True):
        yield "documents", item.line, text
    for name, step in records_at(node, "steps").items():
        yield f"steps.{name}.title", line_of(step, "title"), words.steps[name].title
        yield f"steps.{name}.text", line_of(step, "text"), words.steps[name].text


def _check_placeholders(entry: Entry, name: str, text: str, where: Where, line: int, findings: Findings) -> None:
    for placeholder in values.PLACEHOLDER.findall(text):
        if placeholder not in entry.facts:
            known = ", ".join(entry.facts) or "none"
            findings.error(where, line, f"{name}: {{{placeholder}}} is no fact of this entry; its facts are: {known}")
    rest = values.PLACEHOLDER.sub("", text)
    if "{" in rest or "}" in rest:
        findings.error(where, line, f"{name}: a curly bracket that belongs to no {{placeholder}}")


def _check_links(entry: Entry, name: str, text: str, where: Where, line: int, findings: Findings) -> None:
    for _, target in values.LINK.findall(text):
        placeholder = values.PLACEHOLDER.fullmatch(target)
        if placeholder is None:
            complaint = values.url(target)
        else:
            fact = entry.facts.get(placeholder[1])
            complaint = None if fact is None or fact.kind == "url" else "is no url fact"
        if complaint:
            findings.error(where, line, f"{name}: link {shorten(target)} {complaint}")


def _check_missing(city: City, draft: EntryDraft, findings: Findings) -> None:
    if draft.entry.status != "published":
        return
    if not draft.words and not draft.faulty:
        findings.error(draft.where, draft.line, "is published, but has no words in any language; use status: draft until it has")
        return
    for language in city.languages:
        if language not in draft.words and language not in draft.faulty:
            file = f"{city.slug}/{language}/{draft.entry.topic}.yaml"
            findings.warn(Where(file, draft.entry.id, language), 0, "is missing in this language")


# ---------------------------------------------------------------- translations


def _check_originals(draft: EntryDraft, findings: Findings) -> None:
    originals = [locale for locale, words in draft.words.items() if words.words.wording.of is None]
    for locale in originals[1:]:
        words = draft.words[locale]
        message = f"wording.of is null here and in {originals[0]}: only the text that was written first has null"
        findings.error(words.where, line_of(words.node, "wording"), message)


def _check_wording(entry: EntryDraft, locale: str, draft: WordsDraft, findings: Findings) -> None:
    wording, line = draft.words.wording, line_of(draft.node, "wording")
    if wording.of is None:
        return
    if wording.of == locale:
        findings.error(draft.where, line, "wording.of names this very language")
        return
    source = entry.words.get(wording.of)
    if source is None:
        if wording.of not in entry.faulty:
            findings.warn(draft.where, line, f"is translated from {wording.of}, which has no words for this entry")
        return
    current = source_hash(source.words)
    if wording.hash is None:
        findings.warn(draft.where, line, f'has no hash: read it against {wording.of}, then write hash: "{current}"')
    elif wording.hash != current:
        message = f'is outdated: the {wording.of} text changed; bring the translation up to date, then write hash: "{current}"'
        findings.warn(draft.where, line, message)


# ---------------------------------------------------------------- questions


def plain_question(text: str) -> str:
    """Reduce a question to its letters and digits, so that case and punctuation make no difference."""
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def _check_questions(draft: CityDraft, findings: Findings) -> None:
    seen: dict[tuple[str, str], str] = {}
    for entry_id, entry in draft.entries.items():
        for locale, words in entry.words.items():
            for question in words.words.questions:
                other = seen.setdefault((locale, plain_question(question)), entry_id)
                if other != entry_id:
                    message = f"question {shorten(question)} is also a question of {other}"
                    findings.warn(words.where, line_of(words.node, "questions"), message)


# ---------------------------------------------------------------- places, alerts, dates


def _check_place(city: City, draft: PlaceDraft, findings: Findings) -> None:
    place, node, where = draft.place, draft.node, draft.where
    if place.short is not None:
        _check_short(city, Fact("short", place.short), node, where, findings)
    if place.latitude is None or place.longitude is None:
        return
    if not _on_earth(place.latitude, place.longitude):
        findings.error(where, line_of(node, "latitude"), "latitude goes from -90 to 90, longitude from -180 to 180")
    elif city.latitude is not None and city.longitude is not None:
        distance = distance_km(place.latitude, place.longitude, city.latitude, city.longitude)
        if distance > MAX_DISTANCE_KM:
            findings.error(where, line_of(node, "latitude"), f"lies {distance:.0f} km from the centre of the city: check both coordinates")


def _on_earth(latitude: float, longitude: float) -> bool:
    return -90 <= latitude <= 90 and -180 <= longitude <= 180


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Measure along the earth's surface between two places in degrees (haversine, mean radius 6371 km)."""
    north, east = radians(other_latitude - latitude), radians(other_longitude - longitude)
    half = sin(north / 2) ** 2 + cos(radians(latitude)) * cos(radians(other_latitude)) * sin(east / 2) ** 2
    return 2 * 6371 * asin(sqrt(half))


def _check_alerts(draft: CityDraft, findings: Findings, today: date | None) -> None:
    where = Where(f"{draft.city.slug}/alerts.yaml")
    for node in draft.alerts.nodes:
        start, end = (text_at(node, key) or "" for key in ("from", "until")) if isinstance(node, Fields) else ("", "")
        if start > end:
            findings.error(where, node.line, f"from {start} is later than until {end}")
        elif today is not None and end < today.isoformat():
            findings.warn(where, node.line, f"was over on {end}: take it out")


def _check_dates(draft: CityDraft, findings: Findings, today: date) -> None:
    for entry in draft.entries.values():
        due = entry.entry.review_by
        if due is not None and due < today and entry.entry.status == "published":
            message = f"is due: review_by was {due}; confirm the facts, then move review_by"
            findings.warn(entry.where, line_of(entry.node, "review_by"), message)
    drafts: Sequence[EntryDraft | PlaceDraft] = (*draft.entries.values(), *draft.places.values())
    for item in drafts:
        checked = item.entry.checked if isinstance(item, EntryDraft) else item.place.checked
        if checked is not None and checked.on > today:
            findings.error(item.where, line_of(item.node, "checked"), f"checked.on {checked.on} lies in the future")


# ---------------------------------------------------------------- files of all cities together


def check_topics(topics: Mapping[str, Topic], node: Node, languages: frozenset[str], findings: Findings) -> None:
    """Note topics without a name in a language of some city."""
    for topic in topics.values():
        for language in sorted(languages - set(topic.names)):
            line = line_of(node, topic.slug) if isinstance(node, Fields) else 0
            findings.warn(Where("topics.yaml", topic.slug, language), line, "has no name in this language")


def check_safety(kinds: Mapping[str, SafetyKind], node: Node, cities: Sequence[CityDraft], findings: Findings) -> None:
    """Hold the crisis kinds against the cities that are here; other cities may be named and are not looked at."""
    holder = fields_at(node, "kinds") if isinstance(node, Fields) else EMPTY
    for kind in kinds.values():
        line = line_of(holder, kind.slug)
        for draft in cities:
            _check_crisis(kind, draft, line, findings)


def _check_crisis(kind: SafetyKind, draft: CityDraft, line: int, findings: Findings) -> None:
    where, city = Where("safety.yaml", kind.slug), draft.city
    entry_id = kind.entries.get(city.slug)
    entry = draft.entries.get(entry_id or "")
    if entry_id is None:
        findings.warn(where, line, f"names no entry of {city.slug}: people there see the general emergency number alone")
    elif entry_id not in draft.ids:
        findings.error(where, line, f"{entry_id} is no entry of {city.slug}")
    elif entry is not None and entry.entry.status != "published":
        findings.error(where, line, f"{entry_id} of {city.slug} is not published")
    for language in city.languages:
        if not kind.phrases.get(language):
            findings.warn(Where(where.file, kind.slug, language), line, "has no phrases in this language")


def check_cries(files: Mapping[str, Fields], kinds: Mapping[str, SafetyKind], findings: Findings) -> None:
    """Note examples of cries of a kind that there is not, and languages in which nothing shows what is none."""
    for language, node in files.items():
        where = Where(f"cries/{language}.yaml", locale=language)
        _check_kinds(node, {*kinds, CALM}, where, f"safety.yaml, nor {CALM}", findings)
        if CALM not in node.pairs:
            findings.error(where, 1, f"{CALM} is missing: without what is no cry the bot would hear one in everything")


def check_talk(files: Mapping[str, Fields], kinds: Mapping[str, SmalltalkKind], findings: Findings) -> None:
    """Note small talk of a kind that there is not."""
    for language, node in files.items():
        _check_kinds(node, set(kinds), Where(f"talk/{language}.yaml", locale=language), "smalltalk.yaml", findings)


def _check_kinds(node: Fields, kinds: Set[str], where: Where, named_in: str, findings: Findings) -> None:
    for kind in node.pairs:
        if kind not in kinds:
            findings.error(where, line_of(node, kind), f"{kind} is no kind of {named_in}")


def check_smalltalk(kinds: Mapping[str, SmalltalkKind], node: Node, languages: frozenset[str], findings: Findings) -> None:
    """Note small talk without a reply in a language of some city."""
    holder = fields_at(node, "kinds") if isinstance(node, Fields) else EMPTY
    for kind in kinds.values():
        for language in sorted(languages - set(kind.reply)):
            findings.warn(Where("smalltalk.yaml", kind.slug, language), line_of(holder, kind.slug), "has no reply in this language")


def check_cards(
    cards: Mapping[str, Mapping[str, PhraseCard]], nodes: Mapping[str, Fields], cities: Sequence[CityDraft], findings: Findings
) -> None:
    """Hold the phrase cards of each host language against the languages of its cities."""
    wanted: dict[str, set[str]] = {}
    for draft in cities:
        wanted.setdefault(draft.city.host_language, set()).update(draft.city.languages)
    for host, languages in wanted.items():
        if host not in cards:
            findings.warn(Where(f"phrases/{host}.yaml"), 0, "is missing: people there have no phrases to show at a desk")
        for card in cards.get(host, {}).values():
            _check_card(card, languages - {host}, Where(f"phrases/{host}.yaml", card.slug), line_of(nodes[host], card.slug), findings)


def _check_card(card: PhraseCard, languages: set[str], where: Where, line: int, findings: Findings) -> None:
    placeholders = set(values.PLACEHOLDER.findall(card.host))
    if placeholders - {"language"}:
        findings.error(where, line, "host: {language} is the only placeholder of a card")
    for name, texts in (("words", card.words), ("reading", card.reading)):
        for language in sorted(languages - set(texts)):
            findings.warn(Where(where.file, where.entry, language), line, f"{name} has no {language}")
    for language, text in card.words.items():
        if set(values.PLACEHOLDER.findall(text)) != placeholders:
            findings.error(Where(where.file, where.entry, language), line, "words: its placeholders are not those of host")
