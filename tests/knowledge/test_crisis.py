"""Further crisis phrases, one file a language: added to those of safety.yaml, groups put in, faults named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.knowledge.load import load_knowledge
from bot.matching import Matcher
from tests.knowledge.folders import good_files, write

WORDS = """\
groups: {child: "hijo|hija", lost: "perdido|perdida"}
kinds:
  medical:
    - "({child}) ... no respira"
not:
  - "({child}) ... ({lost}) el carnet"
"""


def folder_with(tmp_path: Path, words: str, name: str = "safety.es.yaml") -> Path:
    return write(tmp_path, {**good_files(), name: words})


def test_phrases_and_lookalikes_are_added(tmp_path: Path) -> None:
    knowledge = load_knowledge(folder_with(tmp_path, WORDS))
    assert knowledge.safety["medical"].phrases["es"] == ("no puedo respirar", "(hijo|hija) ... no respira")
    assert knowledge.lookalikes["es"] == ("este trabajo me mata", "(hijo|hija) ... (perdido|perdida) el carnet")
    assert knowledge.safety["medical"].phrases["ar"] == ("لا أستطيع التنفس",)


def test_a_cry_in_these_words_is_heard(tmp_path: Path) -> None:
    matcher = Matcher(load_knowledge(folder_with(tmp_path, WORDS)))
    assert matcher.understand("mi hija pequeña no respira!!", None, None).outcome == "emergency"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("({child}) ... no", "({baby}) ... no", "baby"),
        ("  medical:", "  measles:", "measles"),
        ("kinds:", "sorts:", "sorts"),
        ("groups: {child", "groups: {Child", "Child"),
        ('    - "({child}) ... no respira"', "    []", "medical"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in WORDS
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder_with(tmp_path, WORDS.replace(old, new)))
    assert "safety.es.yaml" in str(caught.value)
    assert told in str(caught.value)


def test_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="check its name"):
        load_knowledge(folder_with(tmp_path, WORDS, "safety-es.yaml"))
