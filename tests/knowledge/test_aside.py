"""Loading in a process of its own: the same knowledge, the same faults, and an end to what takes too much."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.knowledge.load import load_aside, load_knowledge
from tests.knowledge.folders import good_files, spoiled, write


def test_the_worker_reads_the_same_knowledge(tmp_path: Path) -> None:
    folder = write(tmp_path, good_files())
    assert load_aside(folder) == load_knowledge(folder)


def test_a_relative_folder_is_the_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "here", good_files())
    monkeypatch.chdir(tmp_path)
    assert load_aside(Path("here")).cities


def test_a_fault_arrives_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError) as caught:
        load_aside(spoiled(tmp_path, "madrid/ar/egov.yaml", "{phone}", "{fax}"))
    error = caught.value
    assert (error.file, error.line, error.entry, error.locale) == ("madrid/ar/egov.yaml", 4, "egov.padron", "ar")
    assert "{fax} is no fact" in error.message


def test_what_takes_too_long_is_stopped(tmp_path: Path) -> None:
    started = time.perf_counter()
    with pytest.raises(KnowledgeError, match=r"took longer than 0\.05 s"):
        load_aside(write(tmp_path, good_files()), timeout_s=0.05)
    assert time.perf_counter() - started < 5


def test_what_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="exit code"):
        load_aside(write(tmp_path, good_files()), max_bytes=1 << 20)
