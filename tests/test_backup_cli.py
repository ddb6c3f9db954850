"""Backup, restore, drill and a new master key as an operator does them, beside a bot that serves and without one."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.store import masters
from bot.store.keys import all_meta
from tests.channels.web_server import Page
from tests.running import Bot, knowledge_of
from tests.store.cases import SECRET
from tests.test_desk_cli import Command, opened


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return knowledge_of("graz", tmp_path_factory.mktemp("knowledge"))


INVITE = ("invite", "--role", "admin", "--name", "Root")


@pytest.fixture
def command(tmp_path: Path, knowledge: Path) -> Command:
    """Commands whose master key lies in a file apart from the data, and whose backups lie somewhere else again."""
    command = Command(tmp_path / "data")
    command.settings = {
        "SECRET_KEY_FILE": str(tmp_path / "safe" / "master.key"),
        "BACKUP_DIR": str(tmp_path / "backup"),
        "KNOWLEDGE_DIR": str(knowledge),
    }
    return command


@asynccontextmanager
async def serving(command: Command, **settings: str) -> AsyncIterator[Bot]:
    bot = Bot(command.data, **command.settings | settings)
    await asyncio.to_thread(bot.start)
    try:
        yield bot
    finally:
        await asyncio.to_thread(bot.stop)


async def says(bot: Bot, text: str, cookie: str = "") -> str:
    """Write something on the chat page, and wait for what comes of it; returns the cookie."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        page = Page(bot, session)  # type: ignore[arg-type]  # only the address is used
        page.cookie = cookie
        await page.load()
        async with page.socket() as socket:
            await socket.until("ready")
            await socket.send(type="command", name="delete") if text == "/delete" else await socket.say(text)
            waited: set[str] = set()
            async with asyncio.timeout(60):  # the first time the bot has to learn what it knows
                while not {"ack", "message"} <= waited:
                    waited.add(json.loads(await socket.connection.recv())["type"])
        return page.cookie


async def sees(bot: Bot, cookie: str) -> str:
    """Return what the chat page shows to whom a cookie belongs."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        page = Page(bot, session)  # type: ignore[arg-type]  # only the address is used
        page.cookie = cookie
        await page.load()
        async with page.socket() as socket:
            return json.dumps(await socket.until("ready"))


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.05)


def keys_in(folder: Path) -> set[str]:
    raw = sqlite3.connect(f"file:{folder / 'keys.db'}?mode=ro", uri=True)
    found = {row[0] for row in raw.execute("SELECT contact_id FROM keys")}
    raw.close()
    return found


async def test_a_bot_is_lost_and_comes_back_without_who_was_erased(command: Command, tmp_path: Path) -> None:
    where = tmp_path / "backup"
    async with serving(command) as bot:
        stays, goes = await says(bot, "canary of who stays"), await says(bot, "canary of who goes")
        done = await asyncio.to_thread(command, "backup")
        assert (done.returncode, done.stderr) == (0, "")
        (file,) = where.glob("data-*.db")
        assert file.name in done.stdout
        before = keys_in(where)
        assert len(before) == 2
        drill = await asyncio.to_thread(command.json, "restore", "--drill")
        assert (drill["well"], drill["unreadable"], drill["counts"]["contacts"], drill["buried"]) == (True, 0, 2, 0)  # type: ignore[index]
        await says(bot, "/delete", goes)
        await until(lambda: len(keys_in(where)) == 1)  # by itself, within seconds
        assert "dragoman.db" in (await asyncio.to_thread(command, "restore")).stderr  # the data are there
    drill = await asyncio.to_thread(command.json, "restore", "--drill")
    assert (drill["well"], drill["counts"]["contacts"]) == (True, 1)  # type: ignore[index]

    shutil.rmtree(command.data)
    done = await asyncio.to_thread(command, "restore")
    assert (done.returncode, done.stderr) == (0, "")
    assert "contacts    1" in done.stdout
    assert [path.stat().st_mode & 0o077 for path in command.data.iterdir()] == [0] * len(list(command.data.iterdir()))
    async with serving(command) as bot:
        assert "canary of who stays" in await sees(bot, stays)
        assert "canary of who goes" not in await sees(bot, goes)
        listed = await asyncio.to_thread(command, "audit", "list")
        assert f"system  restored  -  {file.name}" in listed.stdout
        assert (await asyncio.to_thread(command, "audit", "verify")).returncode == 0
        assert "canary" not in bot.log.read_text()


async def test_the_master_key_is_changed_while_the_bot_serves(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "safe" / "master.key"
    async with serving(command) as bot:
        first = await says(bot, "canary before")
        assert (await asyncio.to_thread(command, "backup")).returncode == 0
        old = path.read_bytes()
        done = await asyncio.to_thread(command, "keys", "rotate")
        assert (done.returncode, done.stderr) == (0, "")
        assert "1 data keys" in done.stdout
        assert path.read_bytes() != old
        assert path.stat().st_mode & 0o777 == 0o600
        assert list(path.parent.iterdir()) == [path]
        second = await says(bot, "canary after")
        await says(bot, "canary again", first)
        assert "canary before" in await sees(bot, first)
        assert (await asyncio.to_thread(command.json, "restore", "--drill"))["well"]  # the key file of the backups has followed
        bot.kill()
        await asyncio.to_thread(bot.start)
        for cookie, text in ((first, "canary before"), (second, "canary after")):
            assert text in await sees(bot, cookie)
    done = await asyncio.to_thread(command, "keys", "rotate")
    assert (done.returncode, done.stderr) == (0, "")
    new = path.read_bytes()
    path.write_bytes(old)
    refused = await asyncio.to_thread(command, "serve")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert "the secret key does not open these data" in refused.stderr
    path.write_bytes(new)
    assert (await asyncio.to_thread(command, "audit", "verify")).returncode == 0


@pytest.mark.parametrize("begun", [False, True])
async def test_a_change_that_was_cut_off_is_finished_at_the_next_start(command: Command, tmp_path: Path, begun: bool) -> None:
    """`begun`: the keys were wrapped anew, and the new key was not yet put in the place of the old one."""
    path = tmp_path / "safe" / "master.key"
    assert (await asyncio.to_thread(command, *INVITE)).returncode == 0
    old = path.read_bytes()
    if begun:
        assert (await asyncio.to_thread(command, "keys", "rotate")).returncode == 0
        new = path.rename(path.with_name("master.key.next")).read_bytes()
        path.write_bytes(old)
    else:
        new = bytes(range(32))
        path.with_name("master.key.next").write_bytes(new)
    for file in path.parent.iterdir():
        file.chmod(0o600)
    assert (await asyncio.to_thread(command, "audit", "verify")).returncode == 0  # a command leaves it to who serves
    async with serving(command):
        assert path.read_bytes() == new
        assert list(path.parent.iterdir()) == [path]
        assert (await asyncio.to_thread(command, "audit", "verify")).returncode == 0
    raw = sqlite3.connect(command.data / "keys.db")
    assert masters.unlock(all_meta(raw), new) is not None
    assert masters.unlock(all_meta(raw), old) is None
    raw.close()


def test_a_drill_leaves_a_change_of_the_master_key_alone(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "safe" / "master.key"
    assert command(*INVITE).returncode == 0
    assert command("backup").returncode == 0
    path.with_name("master.key.next").write_bytes(bytes(range(32)))
    path.with_name("master.key.next").chmod(0o600)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert command.json("restore", "--drill")["well"]
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    assert command("audit", "verify").returncode == 0


def test_keys_from_the_environment_are_changed_by_two_settings(command: Command) -> None:
    new = bytes(reversed(range(32))).hex()
    command.settings["SECRET_KEY"] = SECRET.hex()
    assert command(*INVITE).returncode == 0
    assert "DRAGOMAN_SECRET_KEY_PREVIOUS" in command("keys", "rotate").stderr
    command.settings |= {"SECRET_KEY": new, "SECRET_KEY_PREVIOUS": SECRET.hex()}
    assert command("keys", "rotate").returncode == 0
    del command.settings["SECRET_KEY_PREVIOUS"]
    assert command("audit", "verify").returncode == 0
    command.settings["SECRET_KEY"] = SECRET.hex()
    assert "does not open these data" in command("audit", "verify").stderr


def test_what_cannot_be_done_is_told_in_one_line(command: Command, tmp_path: Path) -> None:
    assert command(*INVITE).returncode == 0
    told = {
        ("backup", str(tmp_path / "safe" / "backup")): "beside the master key",
        ("restore", str(tmp_path / "nowhere")): "there are data already",
        ("restore", "--drill", str(tmp_path / "nowhere")): "no backup of data",
    }
    for arguments, why in told.items():
        done = command(*arguments)
        assert (done.returncode, len(done.stderr.splitlines()), why in done.stderr) == (1, 1, True), done.stderr
    assert command("backup").returncode == 0
    beside = Command(command.data)
    beside.settings = command.settings | {"BACKUP_DIR": str(tmp_path / "safe"), "PORT": "0"}
    assert "beside the master key" in beside("serve").stderr
    del command.settings["BACKUP_DIR"]
    assert "DRAGOMAN_BACKUP_DIR" in command("backup").stderr
    command.settings["DATABASE_URL"] = "sqlite://:memory:"
    assert "SQLite files" in command("backup", str(tmp_path / "backup")).stderr
    del command.settings["DATABASE_URL"]
    (tmp_path / "safe" / "master.key").rename(tmp_path / "lost")
    for arguments in (("backup",), ("restore", "--drill")):
        assert "the master key is missing" in command(*arguments, str(tmp_path / "backup")).stderr
    assert not (tmp_path / "safe" / "master.key").exists()  # a new one would open nothing


async def test_the_audit_is_listed(command: Command) -> None:
    command.settings["SECRET_KEY"] = SECRET.hex()
    store = await opened(command.data)
    for number in range(3):
        await store.desk.note("staff-1", "closed", number, "solved" if number else "")
    await store.close()
    lines = (await asyncio.to_thread(command, "audit", "list")).stdout.splitlines()
    assert [line.split("  ")[2:] for line in lines] == [["staff-1", "closed", "-"], *(["staff-1", "closed", n, "solved"] for n in "12")]
    assert (await asyncio.to_thread(command, "audit", "list", "--last", "1")).stdout.splitlines() == lines[-1:]
    found = json.loads((await asyncio.to_thread(command, "audit", "list", "--json", "--last", "0")).stdout)
    assert [(line["id"], line["number"]) for line in found] == [(1, 0), (2, 1), (3, 2)]
    raw = sqlite3.connect(command.data / "dragoman.db")
    with raw:
        raw.execute("DROP TRIGGER audit_update")
        raw.execute("UPDATE audit SET actor = 'staff-2' WHERE id = 2")
    raw.close()
    verified = await asyncio.to_thread(command, "audit", "verify")
    assert (verified.returncode, verified.stdout.strip()) == (1, "line 2 of the audit does not follow from the one before it")
