"""`dragoman gaps`: what people asked in vain, and how it becomes part of the knowledge."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.knowledge.load import load_knowledge
from bot.model import ContactRef, KeepQuestion
from bot.records import KeptQuestion
from bot.store import Decision
from tests.running import knowledge_of
from tests.store.cases import Clock, open_folder, wrote
from tests.test_desk_cli import Command

LICENCE = (
    "exchange my driving licence",
    "how can i exchange a driving licence from Syria",
    "my name is [name], i want to exchange my driving licence",
    "driving licence exchange appointment",
)
DOG = ("wo melde ich meinen Hund an", "Hund anmelden")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return knowledge_of("graz", tmp_path)


@pytest.fixture
def command(tmp_path: Path, folder: Path) -> Command:
    asyncio.run(keep(tmp_path / "data"))
    command = Command(tmp_path / "data")
    command.settings["KNOWLEDGE_DIR"] = str(folder)
    return command


async def keep(data: Path) -> None:
    tapped = [KeepQuestion("graz", "en", text, "none") for text in LICENCE] + [KeepQuestion("graz", "de", text, "none") for text in DOG]
    store = await open_folder(data, Clock())
    (contact_id,) = await store.accept([wrote(ContactRef("web", "amina"), "1")])
    await store.handle(contact_id, lambda snapshot, find_button: Decision(snapshot.conversation, (), casework=tuple(tapped)))
    await store.close()


async def left(data: Path) -> Sequence[KeptQuestion]:
    store = await open_folder(data, Clock(), exclusive=False)
    try:
        return await store.desk.kept_questions()
    finally:
        await store.close()


def test_groups_are_listed_and_become_questions_and_a_draft(command: Command, folder: Path) -> None:
    listed = json.loads(command("gaps", "--json").stdout)
    assert [(group["number"], group["city"], group["language"], group["count"]) for group in listed] == [
        (1, "graz", "en", 4),
        (2, "graz", "de", 2),
    ]
    assert set(listed[0]["texts"]) == set(LICENCE)
    shown = command("gaps", "--city", "graz", "--language", "de").stdout
    assert shown.startswith("graz 2: 2 in de, nearest: ")
    assert DOG[0] in shown
    assert LICENCE[0] not in shown

    entry_id = next(entry.id for entry in load_knowledge(folder).cities["graz"].entries.values() if "en" in entry.words)
    done = command("gaps", "--city", "graz", "--group", "1", "--to-entry", entry_id)
    assert done.returncode == 0, done.stderr
    questions = load_knowledge(folder).cities["graz"].entries[entry_id].words["en"].questions
    assert set(questions[-3:]) == {text for text in LICENCE if "[name]" not in text}
    assert [question.locale for question in asyncio.run(left(command.data))] == ["de", "de"]

    done = command("gaps", "--city", "graz", "--group", "1", "--to-draft", "egov.dog")  # it is the first now
    assert done.returncode == 0, done.stderr
    draft = load_knowledge(folder).cities["graz"].entries["egov.dog"]
    assert draft.status == "draft"
    assert set(draft.words["de"].questions) == set(DOG)
    assert json.loads(command("gaps", "--json").stdout) == []


def test_what_cannot_be_written_stays(command: Command) -> None:
    for arguments in (
        ("--group", "1"),
        ("--city", "graz", "--to-entry", "egov.nowhere", "--group", "1"),
        ("--city", "graz", "--to-entry", "egov.meldezettel", "--group", "9"),
        (
            "--city",
            "nowhere",
        ),
        ("--city", "graz", "--to-draft", "egov.meldezettel", "--group", "1"),
    ):
        done = command("gaps", *arguments)
        assert done.returncode == 1, arguments
        assert done.stderr.startswith("dragoman: ")
    assert len(asyncio.run(left(command.data))) == len(LICENCE) + len(DOG)
