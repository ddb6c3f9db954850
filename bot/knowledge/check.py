"""All findings of a knowledge folder at once, for `dragoman check`; also the test questions of questions.jsonl."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bot.errors import KnowledgeError
from bot.knowledge.findings import Finding, Findings, Report, Where, report_of
from bot.knowledge.load import read_folder
from bot.knowledge.reading import read_text, shorten
from bot.knowledge.rules import plain_question, source_hash
from bot.model import City

__all__ = ["Finding", "Report", "check", "source_hash"]

QUESTION_KEYS = frozenset({"city", "lang", "kind", "text", "id", "also"})


def check(folder: Path, today: date) -> Report:
    """Read the folder and report every error and warning; never raises for what the files hold.

    Test questions are looked at once the rest has no errors."""
    findings = Findings()
    knowledge = read_folder(folder, findings, today)
    for city in knowledge.cities.values() if knowledge and not findings.errors else ():
        if (folder / city.slug / "questions.jsonl").exists():
            _check_questions(folder, city, findings)
    return report_of(findings.found)


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
    elif (language, plain_question(text)) in own:
        yield f"{shorten(text)} is already a question of an entry: a test needs other words"
    if not isinstance(language, str) or not language:
        yield "lang is missing"
    if "id" not in value:
        yield "id is missing: write null for a question out of scope"
    for entry_id in (value.get("id"), *(also if isinstance(also, list) else [also])):
        if entry_id is not None and entry_id not in city.entries:
            yield f"{shorten(str(entry_id))} is no entry of this city"
