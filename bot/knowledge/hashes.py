"""Fingerprints of what people confirm: the facts of an entry, and its words in one language. A confirmation never changes either."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from bot.model import Entry, Place, Words

LETTERS = 12  # of 64 in hexadecimal: enough to tell versions of one entry apart


def facts_hash(entry: Entry, places: Mapping[str, Place]) -> str:
    """Fingerprint what a confirmation of the facts covers: values, steps, needs, whom it is for, and the offices (`places` of the city)."""
    facts = {name: (fact.kind, fact.value, fact.currency, fact.note) for name, fact in entry.facts.items()}
    offices = [_office(places[slug]) for slug in entry.places if slug in places]
    parts = (entry.scope, entry.audience, facts, entry.steps, entry.needs, offices)
    return _short([json.dumps(parts, ensure_ascii=False, sort_keys=True)])


def _office(place: Place) -> Sequence[object]:
    reached = (place.area, place.address, place.phone, place.short, place.email, place.url)
    return (place.slug, place.name, *reached, place.hours, place.languages, place.for_whom)


def words_hash(words: Words) -> str:
    """Fingerprint what a translator translates: title, answer, documents and steps, in order."""
    parts = [words.title, words.answer, *words.documents]
    for step in words.steps.values():
        parts += (step.title, step.text)
    return _short([part.strip() for part in parts])


def wording_hash(entry: Entry, locale: str) -> str:
    """Fingerprint what is read when a wording is confirmed: the words, and for a translation, after a colon, those they come from.

    Raises KeyError where the entry has no words in this language."""
    words = entry.words[locale]
    source = entry.words.get(words.wording.of or "")
    return f"{words_hash(words)}:{words_hash(source)}" if source else words_hash(words)


def _short(parts: Sequence[str]) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:LETTERS]
