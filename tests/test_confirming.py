"""A reviewer is invited while the bot runs, joins in the web chat, and what they confirm counts for everybody, until a fact changes."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from difflib import ndiff
from pathlib import Path

import pytest

from bot.knowledge.load import load_knowledge
from bot.model import Entry
from tests.channels.web_server import Json, Socket, page_of
from tests.running import Bot, knowledge_of
from tests.store.cases import SECRET
from tests.test_desk_cli import Command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what Graz knows."""
    return knowledge_of("graz", tmp_path)


@pytest.fixture
def bot(tmp_path: Path, folder: Path) -> Iterator[Bot]:
    running = Bot(tmp_path / "data", KNOWLEDGE_DIR=str(folder), SECRET_KEY=SECRET.hex())
    running.start()
    yield running
    running.stop()


class Person:
    """Somebody on the chat page of a running process."""

    def __init__(self, socket: Socket) -> None:
        self.socket, self.last = socket, {}  # type: ignore[var-annotated]

    async def send(self, **frame: object) -> str:
        """Send a frame; returns all that is said in the next moment."""
        await self.socket.send(locale="en", **frame)
        said: list[str] = []
        while (shown := await self._next(15.0 if not said else 0.4)) is not None:
            said.append(text_of(shown))
            self.last = shown if shown["options"] else self.last
        return "\n".join(said)

    async def _next(self, wait_s: float) -> Json | None:
        try:
            return await asyncio.wait_for(self.socket.next("message"), wait_s)
        except TimeoutError:
            return None

    async def press(self, index: int) -> str:
        """Press a button under the last message that has some."""
        return await self.send(type="button", token=self.last["token"], index=index)

    async def command(self, name: str, argument: str = "") -> str:
        """Give a command."""
        return await self.send(type="command", name=name, argument=argument)


def text_of(frame: Json) -> str:
    """Return every text of a message frame."""
    return " ".join(re.findall(r"'text': (?:'([^']*)'|\"[^\"]*\")", str(frame["blocks"])))


@asynccontextmanager
async def person(bot: Bot) -> AsyncIterator[Person]:
    async with page_of(bot) as page, page.socket() as socket:  # type: ignore[arg-type]  # it needs the address alone
        yield Person(socket)


async def read_by_somebody_else(bot: Bot, entry: Entry) -> str:
    """Return an answer as a new contact reads it."""
    async with person(bot) as reader:
        topic, _, slug = entry.id.partition(".")
        await reader.command("start", f"e_graz_{topic}_{slug}")
        await reader.send(type="text", text="English")
        return await reader.press(0)


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Wait for something that a running process does by itself."""
    end = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.2)


def lines_changed(before: str, after: str) -> list[str]:
    return [line for line in ndiff(before.splitlines(), after.splitlines()) if line[0] in "-+"]


async def test_a_confirmation_counts_at_once_goes_into_the_file_and_ends_with_the_fact(bot: Bot, folder: Path, tmp_path: Path) -> None:
    clean = Path(shutil.copytree(folder, tmp_path / "clean"))
    command = Command(bot.data)
    command.settings["KNOWLEDGE_DIR"] = str(folder)
    arguments = ("invite", "--role", "reviewer", "--city", "graz", "--languages", "en,ar", "--name", "Ana")
    code = (await asyncio.to_thread(command.json, *arguments))["code"]
    city = load_knowledge(folder).cities["graz"]

    async with person(bot) as ana:
        assert "Welcome, Ana." in await ana.command("start", f"i_{code}")
        due = await ana.command("review")
        entry = next(entry for entry in city.entries.values() if entry.words["en"].title in due)
        file = folder / "graz" / f"{entry.topic}.yaml"
        before = file.read_text()
        assert "Confirmed on" not in await read_by_somebody_else(bot, entry)
        assert "My name: Ana" in str((await ana.press(0), ana.last))
        assert "Thank you." in await ana.press(0)
        assert "Confirmed on" in await read_by_somebody_else(bot, entry)

    async def is_written() -> bool:
        return file.read_text() != before

    await until(is_written)
    came = [line for line in lines_changed(before, file.read_text()) if line.startswith("+")]
    assert len(came) == 1
    assert re.fullmatch(r'\+   checked: \{on: "\d{4}-\d\d-\d\d", by: "Ana"\}', came[0])

    slug = entry.id.partition(".")[2]
    moved = re.sub(rf"(?ms)^({slug}:\n.*?audience: )\[[^\]]*\]", r"\1[students, families, minors]", file.read_text(), count=1)
    assert moved != file.read_text()
    file.write_text(moved)

    async def is_unsure() -> bool:
        return "Confirmed on" not in await read_by_somebody_else(bot, entry)

    await until(is_unsure)

    # beside the bot, into files that do not have it yet
    command.settings["KNOWLEDGE_DIR"] = str(clean)
    there = clean / "graz" / f"{entry.topic}.yaml"
    told = await asyncio.to_thread(command, "export", "--checked", "--dry-run")
    assert told.stdout.splitlines()[-1] == "1 confirmations to write"
    assert there.read_text() == before
    for chosen, count in ((["--city", "graz"], 1), ([], 0)):
        told = await asyncio.to_thread(command, "export", "--checked", *chosen)
        assert (told.returncode, told.stdout.splitlines()[-1]) == (0, f"{count} confirmations written")
    assert len([line for line in lines_changed(before, there.read_text()) if line[0] == "+"]) == 1
    assert (await asyncio.to_thread(command, "export", "--checked", "--city", "nowhere")).returncode == 1
    log = bot.log.read_text()
    assert "confirmations written into files: 1" in log
    assert "Ana" not in log


async def test_for_others_there_is_no_such_command(bot: Bot) -> None:
    async with person(bot) as reader:
        assert "I do not know this command." in await reader.command("review")
        assert "not for you" in await reader.command("start", "i_AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA")
        assert "I do not know this command." in await reader.command("review")
