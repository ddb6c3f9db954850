"""What people asked, written into files: only lines are added, and nothing that would not load."""

from __future__ import annotations

import shutil
from difflib import ndiff
from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.gaps import fresh_questions
from bot.knowledge.grow import add_draft, add_questions, with_questions
from bot.knowledge.load import load_knowledge
from tests.running import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "knowledge" / "graz", tmp_path / "graz")
    for file in ("topics.yaml", "safety.yaml", "smalltalk.yaml"):
        shutil.copy(ROOT / "knowledge" / file, tmp_path / file)
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.yaml"))}


def added(before: str, after: str) -> list[str]:
    """Return the lines that came; none may have gone."""
    changes = [line for line in ndiff(before.splitlines(), after.splitlines()) if line[0] in "-+"]
    assert all(line.startswith("+") for line in changes), changes
    return [line[2:] for line in changes]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "nie:\n  questions:\n    - a  # why\n    - 'b'\n  answer: x\n",
            "nie:\n  questions:\n    - a  # why\n    - 'b'\n    - \"c: #\"\n  answer: x\n",
        ),
        ("nie:\n  questions:\n  - a\n# end\nother: {}\n", 'nie:\n  questions:\n  - a\n  - "c: #"\n# end\nother: {}\n'),
        ("nie: {questions: [a, b], answer: x}\n", 'nie: {questions: [a, b, "c: #"], answer: x}\n'),
        ("nie:\n  questions: [\n    a,\n    b,  # why\n  ]\n", 'nie:\n  questions: [\n    a,\n    b, "c: #",  # why\n  ]\n'),
        ("nie:\r\n  questions:\r\n    - a\r\n", 'nie:\r\n  questions:\r\n    - a\r\n    - "c: #"\r\n'),
        ("nie:\n  answer: x\n  questions:\n    - a", 'nie:\n  answer: x\n  questions:\n    - a\n    - "c: #"'),
        ("\ufeffnie:\n  questions:\n    - a\n", '\ufeffnie:\n  questions:\n    - a\n    - "c: #"\n'),
        (
            "nie:\n  questions:\n    - >-\n      a\n      b\n  answer: x\n",
            'nie:\n  questions:\n    - >-\n      a\n      b\n    - "c: #"\n  answer: x\n',
        ),
    ],
)
def test_one_line_more_however_the_file_is_written(before: str, after: str) -> None:
    assert with_questions(before, "nie", ["c: #"], "f", "egov.nie") == after


@pytest.mark.parametrize("text", ["nie: {}", "nie:\n  questions: []", "other: {questions: [a]}", "- a", "a: [", "nie:\n  questions: x"])
def test_where_there_are_no_questions_it_is_refused(text: str) -> None:
    with pytest.raises(KnowledgeError):
        with_questions(text, "nie", ["c"], "f", "egov.nie")


def test_questions_go_into_the_file_and_nothing_else_changes(folder: Path) -> None:
    before = files(folder)
    file = add_questions(folder, "graz", "egov.meldezettel", "de", ['wo ist "das" Amt?', "Luchs: anmelden # schnell"])
    after = files(folder)
    assert {name for name in after if after[name] != before[name]} == {file} == {"graz/de/egov.yaml"}
    assert len(added(before[file], after[file])) == 2
    questions = load_knowledge(folder).cities["graz"].entries["egov.meldezettel"].words["de"].questions
    assert questions[-2:] == ('wo ist "das" Amt?', "Luchs: anmelden # schnell")


def test_a_draft_is_not_published(folder: Path) -> None:
    before = files(folder)
    assert add_draft(folder, "graz", "egov.lynx", "ar", ["كيف أسجل كلبي؟", "تسجيل كلب"]) == ("graz/egov.yaml", "graz/ar/egov.yaml")
    entry = load_knowledge(folder).cities["graz"].entries["egov.lynx"]
    assert (entry.status, entry.words["ar"].title) == ("draft", "كيف أسجل كلبي؟")
    assert entry.words["ar"].questions == ("كيف أسجل كلبي؟", "تسجيل كلب")
    assert entry.words["ar"].wording.by == "person"
    after = files(folder)
    assert all(added(before[name], after[name]) for name in after if after[name] != before[name])


def test_what_would_not_load_is_not_written(folder: Path) -> None:
    before = files(folder)
    for entry_id, locale in (("egov.meldezettel", "de"), ("nowhere.lynx", "de"), ("egov.lynx", "zh"), ("egov.Lynx!", "de"), ("egov", "de")):
        with pytest.raises(KnowledgeError):
            add_draft(folder, "graz", entry_id, locale, ["wo ist der Luchs"])
    with pytest.raises(KnowledgeError):
        add_questions(folder, "graz", "egov.meldezettel", "de", ["two\nlines"])
    with pytest.raises(KnowledgeError):
        add_questions(folder, "graz", "egov.meldezettel", "../de", ["x"])
    assert files(folder) == before
    (folder / "graz" / "city.yaml").write_text("broken: [")
    with pytest.raises(KnowledgeError):
        add_questions(folder, "graz", "egov.meldezettel", "de", ["wo ist der Luchs"])
    assert files(folder)["graz/de/egov.yaml"] == before["graz/de/egov.yaml"]


def test_a_folder_that_nobody_may_write_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = files(folder)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(KnowledgeError):
        add_draft(folder, "graz", "egov.lynx", "de", ["wo ist der Luchs"])
    assert files(folder) == before


def test_masked_and_known_texts_become_no_questions() -> None:
    texts = ("my name is [name], where", "Where is it?", "where is IT", "what now", "call [number]", "?!")
    assert fresh_questions(texts, ["What now?"]) == ("Where is it?",)
