"""What was learnt from the knowledge: the same from the shelf as built anew, only what changed is built, and the loop goes on meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.brain import Brain, Shelf, folder_state, kept_brain, last_brain, learn, nothing_known, ready_brain
from bot.errors import KnowledgeError
from bot.knowledge.load import load_knowledge
from tests.knowledge.folders import good_files, write
from tests.running import CACHE, ROOT
from tests.whole import brain as whole_brain

ASKED = (
    ("como me empadrono", "madrid"),
    ("mi marido me pega", "madrid"),
    ("meldezettel wo", "graz"),
    ("hola", "zagreb"),
    ("wra9 iqama", "florence"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "knowledge", good_files())


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


async def all_of(folder: Path, shelf: Shelf, earlier: Brain) -> list[Brain]:
    return [known async for known in learn(folder, shelf, earlier)]


def test_what_is_kept_is_what_was_built(folder: Path, shelf: Shelf) -> None:
    built = ready_brain(folder, shelf)
    kept = kept_brain(folder, shelf)
    assert kept is not None
    assert kept.knowledge == built.knowledge == load_knowledge(folder)


def test_the_real_knowledge_understands_from_the_shelf_as_when_built() -> None:
    """Parts went through a file; every kind of answer still comes out."""
    whole_brain()
    kept = kept_brain(ROOT / "knowledge", Shelf(CACHE))
    assert kept is not None
    outcomes = [kept.matcher.understand(text, city, None).outcome for text, city in ASKED]
    assert outcomes == [whole_brain().matcher.understand(text, city, None).outcome for text, city in ASKED]
    assert outcomes[:2] == ["answer", "emergency"]
    assert outcomes[3] == "smalltalk"


def test_one_processor_learns_what_two_do(folder: Path, tmp_path: Path) -> None:
    """With two, one makes ahead what needs no city; where that fails, it is made with the rest."""
    learnt = []
    for processors in sorted({1, len(os.sched_getaffinity(0))}):
        shelf = tmp_path / f"shelf of {processors}"
        shelf.mkdir(mode=0o700)
        learning = [sys.executable, "-m", "bot.learning", str(folder), str(shelf), "60", str(4 << 30)]
        one = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))] if processors == 1 else []
        learnt.append(subprocess.run([*one, *learning], cwd=ROOT, check=True, capture_output=True, timeout=60).stdout)
        assert {path.name for path in shelf.glob("*.part")} == {
            file for line in learnt[-1].splitlines() for file in json.loads(line).values()
        }
    assert set(learnt) == {learnt[0]}


@pytest.mark.parametrize("file", ["safety.yaml", "lexicon/es.yaml"])
def test_a_fault_in_what_all_cities_share_is_named(folder: Path, shelf: Shelf, file: str) -> None:
    """Two processes meet it at the same time."""
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("kinds: [\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="is not valid YAML") as fault:
        ready_brain(folder, shelf)
    assert fault.value.file == file


def test_nothing_is_kept_for_other_files(folder: Path, shelf: Shelf) -> None:
    ready_brain(folder, shelf)
    before = folder_state(folder)
    words = folder / "madrid/es/egov.yaml"
    words.write_text(f"{words.read_text(encoding='utf-8')}# a remark\n", encoding="utf-8")
    assert folder_state(folder) != before
    assert kept_brain(folder, shelf) is None


def test_the_last_good_state_answers_while_another_is_learnt(folder: Path, shelf: Shelf) -> None:
    assert last_brain(folder, shelf) is None
    good = ready_brain(folder, shelf)
    spoil(folder, "madrid/ar/egov.yaml", "{phone}", "{fax}")
    assert kept_brain(folder, shelf) is None
    last = last_brain(folder, shelf)
    assert last is not None
    assert last.knowledge == good.knowledge


def test_a_shelf_others_may_write_to_is_not_read(folder: Path, shelf: Shelf) -> None:
    ready_brain(folder, shelf)
    shelf.folder.chmod(0o777)
    assert not shelf.is_ours()
    assert kept_brain(folder, shelf) is None
    assert ready_brain(folder, shelf).knowledge == load_knowledge(folder), "built here and now instead"


def test_a_lost_part_is_built_again(folder: Path, shelf: Shelf) -> None:
    ready_brain(folder, shelf)
    next(shelf.folder.glob("safety-*.part")).unlink()
    assert kept_brain(folder, shelf) is None
    assert ready_brain(folder, shelf).matcher.understand("no puedo respirar", "madrid", "es").outcome == "emergency"


def test_a_fault_is_named_and_nothing_is_kept(folder: Path, shelf: Shelf) -> None:
    spoil(folder, "madrid/ar/egov.yaml", "{phone}", "{fax}")
    with pytest.raises(KnowledgeError) as caught:
        ready_brain(folder, shelf)
    assert (caught.value.file, caught.value.line, caught.value.entry, caught.value.locale) == (
        "madrid/ar/egov.yaml",
        4,
        "egov.padron",
        "ar",
    )
    assert list(shelf.folder.glob("*.json")) == []


def test_what_takes_too_long_is_stopped(folder: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.brain.WORKER_S", 0.05)
    with pytest.raises(KnowledgeError, match=r"took longer than 0\.05 s"):
        ready_brain(folder, shelf)


def test_what_takes_too_much_is_stopped(folder: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.brain.MAX_BYTES", 1 << 20)
    with pytest.raises(KnowledgeError, match="exit code"):
        ready_brain(folder, shelf)


def test_old_states_are_thrown_away_and_young_ones_stay(folder: Path, shelf: Shelf) -> None:
    words = folder / "madrid/es/egov.yaml"

    def change(number: int) -> None:
        words.write_text(f"{words.read_text(encoding='utf-8')}# {number}\n", encoding="utf-8")
        ready_brain(folder, shelf)

    for number in range(10):
        change(number)
    assert len(list(shelf.folder.glob("*.json"))) == 11, "ten states, and which was the last"
    for age, path in enumerate(sorted(shelf.folder.iterdir())):
        os.utime(path, times=(age, age))
    change(10)
    assert len(list(shelf.folder.glob("*.json"))) == 8
    assert kept_brain(folder, shelf) is not None


# ---------------------------------------------------------------- while running


async def test_words_come_first_and_what_was_learnt_from_them_after(folder: Path, shelf: Shelf) -> None:
    first = ready_brain(folder, shelf)
    title = first.knowledge.cities["madrid"].entries["egov.padron"].words["es"].title
    spoil(folder, "madrid/es/egov.yaml", title, "Un título nuevo")
    early, late = await all_of(folder, shelf, first)
    for known in (early, late):
        assert known.knowledge.cities["madrid"].entries["egov.padron"].words["es"].title == "Un título nuevo"
    assert early.matcher is first.matcher
    assert late.matcher.understand("un título nuevo", "madrid", "es").matches[0].entry_id == "egov.padron"


async def test_what_did_not_change_is_taken_over(folder: Path, shelf: Shelf) -> None:
    first = ready_brain(folder, shelf)
    words = folder / "madrid/places.yaml"
    words.write_text(words.read_text(encoding="utf-8").replace("Oficina", "Oficina nueva"), encoding="utf-8")
    *_, last = await all_of(folder, shelf, first)
    same = [part for file, part in last.parts.items() if first.parts.get(file) is part]
    assert len(same) == len(last.parts) - 1, "all but the city"


async def test_a_fault_leaves_the_earlier_set_alone(folder: Path, shelf: Shelf) -> None:
    first = ready_brain(folder, shelf)
    spoil(folder, "madrid/ar/egov.yaml", "{phone}", "{fax}")
    with pytest.raises(KnowledgeError, match="fax"):
        await all_of(folder, shelf, first)


async def test_it_can_be_learnt_from_nothing(folder: Path, shelf: Shelf) -> None:
    assert shelf.is_ours()
    *_, last = await all_of(folder, shelf, nothing_known())
    assert last.matcher.understand("no puedo respirar", "madrid", "es").outcome == "emergency"


async def test_the_loop_goes_on_while_six_cities_are_read_anew(tmp_path: Path) -> None:
    """Not timed as a whole: what is measured is the longest time in which nobody else had the loop."""
    shelf = Shelf(tmp_path / "shelf")
    longest, last, done = 0.0, time.perf_counter(), asyncio.Event()

    async def tick() -> None:
        nonlocal longest, last
        last = time.perf_counter()
        while not done.is_set():
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    whole_brain()
    shutil.copytree(CACHE, shelf.folder, dirs_exist_ok=True)
    ticking = asyncio.create_task(tick())
    await all_of(ROOT / "knowledge", shelf, nothing_known())
    done.set()
    await ticking
    assert longest < 0.5, f"{longest:.3f} s; the figure that counts is that of make bench"
