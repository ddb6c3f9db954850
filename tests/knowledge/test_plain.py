"""How plainly answers are written, how far each language is, and the format for editors."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from bot.knowledge import plain
from bot.knowledge.check import check
from bot.knowledge.jsonschema import FILES, schema_files
from tests.knowledge.folders import good_files, spoiled, write

TODAY = date(2026, 11, 28)
KNOWLEDGE = Path(__file__).parent.parent.parent / "knowledge"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ven con tu pasaporte.", []),
        ("Ven. " * 111, ["the answer has 111 words: over 110 few people read to the end"]),
        ("来" * 221, ["the answer has 221 characters: over 220 few people read to the end"]),
        ("y " * 33 + "y.", ["one sentence has 34 words: say it in two"]),
        ("a" * 2900, ["the answer does not fit into one message together with documents, place and source"]),
        ("uno\n" * 40, []),
    ],
)
def test_what_is_hard_to_read_is_named(text: str, said: list[str]) -> None:
    assert list(plain.complaints(text)) == said


def test_lix_is_words_a_sentence_and_long_words_in_a_hundred() -> None:
    assert plain.lix(["Ven hoy. Trae tu pasaporte."]) == round(5 / 2 + 100 * 1 / 5)
    assert plain.lix(["你好。请带护照。"]) is None
    assert plain.lix([""]) is None


def test_the_table_counts_each_language(tmp_path: Path) -> None:
    table = {(row.city, row.locale): row for row in check(write(tmp_path, good_files()), TODAY).table}
    source, translation = table["madrid", "es"], table["madrid", "ar"]
    assert source.entries == translation.entries > 0
    assert (source.missing, source.outdated, source.unread) == (0, 0, 0)
    assert translation.unread == 0


def test_the_table_sees_a_changed_source(tmp_path: Path) -> None:
    folder = write(tmp_path, good_files())
    words = folder / "madrid/es/egov.yaml"
    text = words.read_text(encoding="utf-8")
    words.write_text(text.replace("  answer: |\n", "  answer: |\n    Otra frase.\n", 1), encoding="utf-8")
    table = {(row.city, row.locale): row for row in check(folder, TODAY).table}
    assert table["madrid", "ar"].outdated == 1
    assert table["madrid", "es"].outdated == 0


def test_with_errors_there_is_no_table(tmp_path: Path) -> None:
    assert check(spoiled(tmp_path, "madrid/ar/egov.yaml", "{phone}", "{fax}"), TODAY).table == ()


def test_the_table_as_text_has_a_line_for_each_language() -> None:
    lines = check(KNOWLEDGE, TODAY).as_table().splitlines()
    assert lines[0].split()[:3] == ["city", "locale", "entries"]
    assert len(lines) == 1 + 7 + 7 + 5 + 8 + 5 + 6


# ---------------------------------------------------------------- the format for editors


def test_the_schema_files_are_those_of_the_format() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in (KNOWLEDGE / "schema").glob("*.json")}
    assert kept == schema_files(), "run `dragoman schema`"
    assert len(kept) == len(FILES)


def test_a_schema_knows_keys_and_words() -> None:
    facts = json.loads(schema_files()["facts.schema.json"])["additionalProperties"]
    assert facts["properties"]["status"] == {"enum": ["draft", "published", "archived"]}
    assert facts["required"] == ["status", "audience"]
    assert facts["additionalProperties"] is False
    assert facts["properties"]["facts"]["anyOf"][0]["additionalProperties"]["oneOf"][0] == {"required": ["money"]}
