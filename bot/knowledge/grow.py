"""What people asked, written into the knowledge: as more questions of an entry, or as the draft of a new one.

The folder is loaded with the change before anything is written, so that nothing gets into it that would not load."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import yaml

from bot.errors import KnowledgeError
from bot.knowledge import values
from bot.knowledge.edit import Change, Read, changed, inner, pairs, quoted, read, root_of, without_bom
from bot.knowledge.load import load_knowledge
from bot.knowledge.reading import read_bytes
from bot.knowledge.write import replace_file

TO_WRITE = "This answer still has to be written."  # of a draft, which nobody is shown
MAX_TITLE = 80  # characters of a draft's title


def add_questions(folder: Path, city: str, entry_id: str, locale: str, questions: Sequence[str]) -> str:
    """Write more questions of an entry in a language; returns the file. Raises KnowledgeError, and then nothing has changed."""
    topic, _dot, slug = entry_id.partition(".")
    file = f"{city}/{locale}/{topic}.yaml"
    raw = read_bytes(folder, file)
    _write(folder, {file: (raw, with_questions(_text(raw, file), slug, questions, file, entry_id))})
    return file


def add_draft(folder: Path, city: str, entry_id: str, locale: str, questions: Sequence[str]) -> tuple[str, str]:
    """Write a draft whose title is the first question; returns its files. Raises KnowledgeError, and then nothing has changed."""
    if values.entry_id(entry_id) is not None:
        raise KnowledgeError(f"{entry_id} {values.entry_id(entry_id)}")
    topic, _dot, slug = entry_id.partition(".")
    facts_file, words_file = f"{city}/{topic}.yaml", f"{city}/{locale}/{topic}.yaml"
    known = load_knowledge(folder)
    if city not in known.cities or topic not in known.topics or locale not in known.cities[city].languages:
        raise KnowledgeError(f"has no city {city}, no topic {topic}, or no language {locale} in this city", file=".")
    if entry_id in known.cities[city].entries:
        raise KnowledgeError("is there already", file=facts_file, entry=entry_id)
    title = " ".join(questions[0].split())[:MAX_TITLE].strip()
    facts: dict[str, Read] = {"status": "draft", "audience": ["everyone"]}
    wording: dict[str, Read] = {"by": "person", "of": "null", "hash": "null", "checked_by": "null"}
    words: dict[str, Read] = {"title": title[:1].upper() + title[1:], "questions": [*questions], "answer": TO_WRITE, "wording": wording}
    changes: dict[str, tuple[bytes, str]] = {}
    for file, fields in ((facts_file, facts), (words_file, words)):
        raw = read_bytes(folder, file) if (folder / file).exists() else b""
        changes[file] = (raw, _with_entry(_text(raw, file), slug, fields, file, entry_id))
    _write(folder, changes)
    return facts_file, words_file


def _text(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise KnowledgeError("is not saved as UTF-8 text", file=file) from None


# ---------------------------------------------------------------- in the text of a file


def with_questions(text: str, slug: str, questions: Sequence[str], file: str, entry_id: str) -> str:
    """Return the text of a file with more questions at the end of an entry's.

    Raises KnowledgeError where the entry has none, or anything else would read differently afterwards."""
    mark, body = without_bom(text)
    before = root_of(body, file)
    entry = inner(before, slug, file, entry_id)
    there = pairs(entry).get("questions")
    if not isinstance(there, yaml.SequenceNode) or not there.value:
        raise KnowledgeError("has no questions", file=file, entry=entry_id)
    after = changed(body, [_appended(body, there, questions)])
    found = read(before)
    if (
        isinstance(found, dict)
        and isinstance(entry_found := found[slug], dict)
        and isinstance(list_found := entry_found["questions"], list)
    ):
        list_found += questions
    _check(after, found, file, entry_id)
    return mark + after


def _appended(text: str, there: yaml.SequenceNode, questions: Sequence[str]) -> Change:
    if there.flow_style:
        end = there.value[-1].end_mark.index
        return Change(end, end, "".join(f", {quoted(question)}" for question in questions))
    last = there.value[-1].end_mark.index
    if text[last - 1] == "\n":  # a block text ends behind its line
        end = last
    else:
        found = text.find("\n", last)
        end = len(text) if found < 0 else found + 1
    line_end = "\r\n" if text[end - 2 : end] == "\r\n" else "\n"
    indent = " " * there.start_mark.column
    lines = "".join(f"{indent}- {quoted(question)}{line_end}" for question in questions)
    return Change(end, end, lines if text[end - 1 : end] == "\n" else f"{line_end}{lines.rstrip()}")


def _with_entry(text: str, slug: str, fields: Mapping[str, Read], file: str, entry_id: str) -> str:
    """Return the text of a file with an entry at its end."""
    mark, body = without_bom(text)
    found: Read = read(root_of(body, file)) if body.strip() else {}
    line_end = "\r\n" if "\r\n" in body else "\n"
    lines = [f"{slug}:", *(line for key, value in fields.items() for line in _lines(key, value))]
    gap = "" if not body or body.endswith("\n") else line_end
    after = body + gap + "".join(f"{line}{line_end}" for line in lines)
    _check(after, {**(found if isinstance(found, dict) else {}), slug: dict(fields)}, file, entry_id)
    return mark + after


def _lines(key: str, value: Read) -> list[str]:
    if isinstance(value, dict):
        return [f"  {key}: {{{', '.join(f'{name}: {each}' for name, each in value.items())}}}"]
    if isinstance(value, list) and key == "questions":
        return [f"  {key}:", *(f"    - {quoted(str(each))}" for each in value)]
    if isinstance(value, list):
        return [f"  {key}: [{', '.join(map(str, value))}]"]
    return [f"  {key}: {value if key == 'status' else quoted(value)}"]


def _check(after: str, expected: Read, file: str, entry_id: str) -> None:
    if read(root_of(after, file)) != expected:
        raise KnowledgeError("cannot be written in here by itself: write it by hand", file=file, entry=entry_id)


# ---------------------------------------------------------------- on disk


def _write(folder: Path, changes: Mapping[str, tuple[bytes, str]]) -> None:
    """Write files that were read as these bytes; raises KnowledgeError where the folder would not load with them."""
    _try(folder, {file: text for file, (_before, text) in changes.items()})
    done: list[str] = []
    try:
        for file, (before, text) in changes.items():
            (folder / file).parent.mkdir(exist_ok=True)
            done.append(file)
            replace_file(folder, file, before, text.encode("utf-8"))
    except (OSError, KnowledgeError) as error:
        _take_back(folder, {file: changes[file] for file in done})
        if isinstance(error, KnowledgeError):
            raise
        raise KnowledgeError(f"cannot be written: {error.strerror}", file=done[-1]) from error


def _take_back(folder: Path, changes: Mapping[str, tuple[bytes, str]]) -> None:
    for file, (before, text) in changes.items():
        with suppress(OSError, KnowledgeError):
            if not before and (folder / file).stat().st_size == 0:
                (folder / file).unlink()
            else:
                replace_file(folder, file, text.encode("utf-8"), before)


def _try(folder: Path, texts: Mapping[str, str]) -> None:
    """Load a copy of the folder with other texts in it; raises KnowledgeError."""
    with tempfile.TemporaryDirectory(prefix="dragoman-") as place:
        copy = Path(place) / "knowledge"
        shutil.copytree(folder, copy, ignore=_only_yaml, symlinks=True)
        for file, text in texts.items():
            (copy / file).parent.mkdir(exist_ok=True)
            (copy / file).write_bytes(text.encode("utf-8"))
        load_knowledge(copy)


def _only_yaml(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(".") or not (name.endswith(".yaml") or (Path(folder) / name).is_dir())]
