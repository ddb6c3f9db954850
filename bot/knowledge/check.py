"""All findings of a knowledge folder at once, for `dragoman check`; also the test questions of questions.jsonl."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from bot.errors import KnowledgeError
from bot.knowledge import plain
from bot.knowledge.findings import Finding, Findings, Report, Standing, Where, report_of
from bot.knowledge.load import read_folder
from bot.knowledge.reading import read_text, shorten
from bot.knowledge.rules import plain_question, source_hash
from bot.model import City, Entry, Knowledge, Words

__all__ = ["Finding", "Report", "check", "source_hash"]

QUESTION_KEYS = frozenset({"city", "lang", "kind", "text", "id", "also"})


def check(folder: Path, today: date) -> Report:
    """Read the folder and report every error and warning; never raises for what the files hold.

    Test questions are looked at once the rest has no errors."""
    findings = Findings()
    knowledge = read_folder(folder, findings, today)
    if knowledge is None or findings.errors:
        return report_of(findings.found)
    for city in knowledge.cities.values():
        if (folder / city.slug / "questions.jsonl").exists():
            _check_questions(folder, city, findings)
    return report_of(findings.found, tuple(standings(knowledge, today)))


def standings(knowledge: Knowledge, today: date) -> Iterator[Standing]:
    """Count how far each language of each city is."""
    for city in knowledge.cities.values():
        published = [entry for entry in city.entries.values() if entry.status == "published"]
        due = sum(entry.review_by is not None and entry.review_by < today for entry in published)
        for locale in city.languages:
            yield _standing(city, locale, published, due)


def _standing(city: City, locale: str, published: Sequence[Entry], due: int) -> Standing:
    there = [(entry, entry.words[locale]) for entry in published if locale in entry.words]
    texts = [plain.answer_text(entry, words, locale, city) for entry, words in there]
    return Standing(
        city=city.slug,
        locale=locale,
        entries=len(published),
        missing=len(published) - len(there),
        outdated=sum(_is_outdated(entry, words) for entry, words in there),
        unread=sum(words.wording.of is not None and words.wording.hash is None for _, words in there),
        machine=sum(words.wording.by == "machine" and words.wording.checked_by is None for _, words in there),
        confirmed=sum(entry.checked is not None and words.wording.checked_by is not None for entry, words in there),
        due=due,
        long=sum(map(plain.is_long, texts)),
        lix=plain.lix(texts),
    )


def _is_outdated(entry: Entry, words: Words) -> bool:
    source = entry.words.get(words.wording.of or "")
    return source is not None and words.wording.hash not in (None, source_hash(source))


def _check_questions(folder: Path, city: City, findings: Findings) -> None:
    file = f"{city.slug}/questions.jsonl"
    try:
        text = read_text(folder, file)
    except KnowledgeError as error:
        findings.take(error)
        return
    own = {(words_locale, plain_question(question)) for words_locale, question in _own_questions(city)}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            for complaint in _complaints(line, city, own):
                findings.error(Where(file), number, complaint)


def _own_questions(city: City) -> Iterator[tuple[str, str]]:
    for entry in city.entries.values():
        for locale, words in entry.words.items():
            for question in words.questions:
                yield locale, question


def _complaints(line: str, city: City, own: set[tuple[str, str]]) -> Iterator[str]:
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError):
        yield "is not valid JSON"
        return
    if not isinstance(value, dict):
        yield "must be a JSON object: {...}"
        return
    yield from (f"unknown key {shorten(str(key))}" for key in value if key not in QUESTION_KEYS)
    text, language, also = value.get("text"), value.get("lang"), value.get("also", [])
    if not isinstance(text, str) or not text.strip():
        yield "text is missing"
    elif isinstance(language, str) and (language, plain_question(text)) in own:
        yield f"{shorten(text)} is already a question of an entry: a test needs other words"
    if not isinstance(language, str) or not language:
        yield "lang is missing"
    if "id" not in value:
        yield "id is missing: write null for a question out of scope"
    for entry_id in (value.get("id"), *(also if isinstance(also, list) else [also])):
        if entry_id is not None and not (isinstance(entry_id, str) and entry_id in city.entries):
            yield f"{shorten(str(entry_id))} is no entry of this city"
