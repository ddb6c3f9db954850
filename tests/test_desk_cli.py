"""The commands of who runs the desk, beside a bot that serves and without one."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app import utc_now
from bot.cases import Profile, Staff
from bot.cli import main
from bot.config import Settings
from bot.store import Store, open_store
from tests.botapi import BotApi
from tests.running import running_bot
from tests.store.cases import SECRET


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


class Command:
    """Runs `dragoman` with settings of its own, in this process; nothing of it outlives the call."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.settings: dict[str, str] = {"SECRET_KEY": SECRET.hex()}

    def __call__(self, *arguments: str) -> Done:
        out, err, handlers = io.StringIO(), io.StringIO(), list(logging.root.handlers)
        try:
            with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                for name in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
                    patch.delenv(name)
                for name, value in (self.settings | {"DATA_DIR": str(self.data)}).items():
                    patch.setenv(f"DRAGOMAN_{name}", value)
                code = main(arguments)
        finally:
            logging.root.handlers[:] = handlers
        return Done(code, out.getvalue(), err.getvalue())

    def json(self, *arguments: str) -> dict[str, str]:
        """Run a command that must succeed; returns what it says."""
        done = self(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        return found


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path / "data")


async def opened(data: Path) -> Store:
    """Open what a command has written."""
    url = Settings(_env_file=None, data_dir=data).store_url  # type: ignore[call-arg]  # a setting of pydantic itself
    return await open_store(url, data_dir=data, secret=SECRET, clock=utc_now, exclusive=False)


INVITE = ("invite", "--role", "advisor", "--city", "madrid", "--name", "Lucía", "--languages", "es, ar", "--topics", "housing")


async def test_an_invite_makes_whom_it_names(command: Command) -> None:
    command.settings["PUBLIC_URL"] = "https://chat.example.org/"
    found = await asyncio.to_thread(command.json, *INVITE, "--organisation", "provivienda", "--on-call")
    assert found["web"] == f"https://chat.example.org/desk/join#{found['code']}"
    assert found["telegram"] == ""  # no bot there
    assert set(found) == {"web", "telegram", "code", "staff"}
    store = await opened(command.data)
    staff = await store.desk.redeem(found["code"])
    assert isinstance(staff, Staff)
    assert staff.id == found["staff"]
    assert staff.profile == Profile(
        "Lucía", "advisor", "madrid", organisation="provivienda", languages=("es", "ar"), topics=("housing",), on_call=True
    )
    assert await store.desk.redeem(found["code"]) is None  # once
    await store.close()


async def test_who_is_not_named_is_called_by_the_role_and_a_number(command: Command) -> None:
    arguments = ("invite", "--role", "advisor", "--city", "madrid", "--languages", "es,ar", "--topics", "housing")
    found = await asyncio.to_thread(command.json, *arguments)
    store = await opened(command.data)
    staff = await store.desk.redeem(found["code"])
    assert isinstance(staff, Staff)
    assert re.fullmatch(r"Asesoría [1-9]\d\d", staff.profile.name)
    await store.close()


def test_links_without_a_public_address_lead_to_this_machine(command: Command) -> None:
    command.settings["PORT"] = "8123"
    found = command.json(*INVITE)
    assert found["web"].startswith("http://127.0.0.1:8123/desk/join#")


async def test_telegram_links_carry_the_name_the_server_gives(command: Command) -> None:
    async with BotApi() as api:
        command.settings |= {"TELEGRAM_TOKEN": api.token, "TELEGRAM_API_URL": api.url}
        found = await asyncio.to_thread(command.json, *INVITE)
        name = found["telegram"].removeprefix("https://t.me/").partition("?")[0]
        assert found["telegram"] == f"https://t.me/{name}?start=i_{found['code']}"
        assert name
        assert len(f"i_{found['code']}") <= 64
    command.settings["TELEGRAM_BOT_NAME"] = "@my_desk_bot"
    assert (await asyncio.to_thread(command.json, *INVITE))["telegram"].startswith(
        "https://t.me/my_desk_bot?start=i_"
    )  # the server is gone by now


def test_people_read_the_same_in_lines(command: Command) -> None:
    done = command(*INVITE)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["web:", "code:", "staff:"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"--role": "boss"}, "no role 'boss'"),
        ({"--city": "atlantis"}, "no city 'atlantis'; there are: florence, graz, madrid"),
        ({"--city": ""}, "no city ''"),
        ({"--topics": "housing,astrology"}, "no topic 'astrology'"),
        ({"--languages": "es,Klingon"}, "'Klingon' is no language code"),
        ({"--organisation": "acme"}, "no organisation 'acme'"),
        ({"--areas": "mordor"}, "no area 'mordor'"),
        ({"--hours": "whenever"}, "the hours"),
        ({"--name": " "}, "a name has"),
    ],
)
def test_what_the_knowledge_does_not_have_is_refused(command: Command, change: dict[str, str], told: str) -> None:
    given = dict(zip(INVITE[1::2], INVITE[2::2], strict=True)) | change
    done = command("invite", *(part for pair in given.items() for part in pair))
    assert done.returncode == 1
    assert told in done.stderr
    assert not done.stdout
    assert "Traceback" not in done.stderr


def test_an_admin_needs_no_city(command: Command) -> None:
    assert command.json("invite", "--role", "admin", "--name", "Root")["code"]


def test_a_group_is_linked_by_a_code(command: Command) -> None:
    found = command.json("desk", "link", "--city", "madrid")
    assert found["command"] == f"/link {found['code']}"
    assert found["city"] == "madrid"
    wrong = command("desk", "link", "--city", "atlantis")
    assert (wrong.returncode, "no city 'atlantis'" in wrong.stderr) == (1, True)


async def test_people_are_listed_and_removed(command: Command) -> None:
    found = await asyncio.to_thread(command.json, *INVITE)
    assert not json.loads((await asyncio.to_thread(command, "staff", "list", "--json")).stdout)  # not yet staff: the code was not used
    store = await opened(command.data)
    await store.desk.redeem(found["code"])
    await store.close()
    (person,) = json.loads((await asyncio.to_thread(command, "staff", "list", "--json")).stdout)
    assert (person["id"], person["name"], person["role"], person["city"]) == (found["staff"], "Lucía", "advisor", "madrid")
    assert "Lucía" in (await asyncio.to_thread(command, "staff", "list", "--city", "madrid")).stdout
    assert not (await asyncio.to_thread(command, "staff", "list", "--city", "elsewhere")).stdout
    assert (await asyncio.to_thread(command, "staff", "remove", found["staff"])).returncode == 0
    assert not json.loads((await asyncio.to_thread(command, "staff", "list", "--json")).stdout)
    gone = await asyncio.to_thread(command, "staff", "remove", found["staff"])
    assert (gone.returncode, gone.stderr.strip()) == (1, "dragoman: nobody of the desk has this id")


def test_the_audit_is_verified(command: Command) -> None:
    command.json(*INVITE)
    done = command("audit", "verify")
    assert (done.returncode, done.stdout.strip()) == (0, "the audit is whole")


@pytest.fixture(scope="module")
def serving() -> Iterator[tuple[Path, str]]:
    with running_bot(SECRET_KEY=SECRET.hex()) as bot:
        yield bot.data, bot.url


def test_commands_work_while_the_bot_serves(serving: tuple[Path, str]) -> None:
    data, url = serving
    command = Command(data)
    code = command.json(*INVITE)["code"]
    body = json.dumps({"code": code}).encode()
    headers = {"Content-Type": "application/json", "Origin": url, "Sec-Fetch-Site": "same-origin"}
    request = urllib.request.Request(f"{url}/desk/join", data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
        assert "dragoman" in answer.headers["Set-Cookie"] or answer.headers["Set-Cookie"]
    (person,) = json.loads(command("staff", "list", "--json").stdout)
    assert person["name"] == "Lucía"
    assert command("audit", "verify").returncode == 0
