"""The commands of who runs the desk, as their own processes, beside a bot that serves and without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cases import Profile, Staff
from bot.config import Settings
from bot.store import Store, open_store
from tests.botapi import BotApi
from tests.running import ROOT, running_bot
from tests.store.cases import SECRET, Clock


class Command:
    """Runs `dragoman` with settings of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.settings: dict[str, str] = {"SECRET_KEY": SECRET.hex()}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
        own = {"DRAGOMAN_DATA_DIR": str(self.data)} | {f"DRAGOMAN_{name}": value for name, value in self.settings.items()}
        command = [sys.executable, "-m", "bot", *arguments]
        return subprocess.run(command, cwd=ROOT, env=inherited | own, capture_output=True, text=True, timeout=60, check=False)

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
    """Open what the command has written."""
    url = Settings(_env_file=None, data_dir=data).store_url  # type: ignore[call-arg]  # a setting of pydantic itself
    return await open_store(url, data_dir=data, secret=SECRET, clock=Clock(), exclusive=False)


INVITE = ("invite", "--role", "advisor", "--city", "madrid", "--name", "Lucía", "--languages", "es, ar", "--topics", "housing")


async def test_an_invite_makes_whom_it_names(command: Command) -> None:
    command.settings["PUBLIC_URL"] = "https://chat.example.org/"
    found = command.json(*INVITE, "--organisation", "provivienda", "--on-call")
    assert found["web"] == f"https://chat.example.org/desk/join#{found['code']}"
    assert found["telegram"] == ""  # no bot there
    assert set(found) == {"web", "telegram", "code", "staff"}
    store = await _real_time(command.data)
    staff = await store.desk.redeem(found["code"])
    assert isinstance(staff, Staff)
    assert staff.id == found["staff"]
    assert staff.profile == Profile(
        "Lucía", "advisor", "madrid", organisation="provivienda", languages=("es", "ar"), topics=("housing",), on_call=True
    )
    assert await store.desk.redeem(found["code"]) is None  # once
    await store.close()


async def _real_time(data: Path) -> Store:
    from bot.app import utc_now

    url = Settings(_env_file=None, data_dir=data).store_url  # type: ignore[call-arg]  # a setting of pydantic itself
    return await open_store(url, data_dir=data, secret=SECRET, clock=utc_now, exclusive=False)


def test_links_without_a_public_address_lead_to_this_machine(command: Command) -> None:
    command.settings["PORT"] = "8123"
    found = command.json(*INVITE)
    assert found["web"].startswith("http://127.0.0.1:8123/desk/join#")


async def test_telegram_links_carry_the_name_the_server_gives(command: Command) -> None:
    import asyncio

    async with BotApi() as api:
        command.settings |= {"TELEGRAM_TOKEN": api.token, "TELEGRAM_API_URL": api.url}
        found = await asyncio.to_thread(command.json, *INVITE)
        name = found["telegram"].removeprefix("https://t.me/").partition("?")[0]
        assert found["telegram"] == f"https://t.me/{name}?start=i_{found['code']}"
        assert name
        assert len(f"i_{found['code']}") <= 64
    command.settings["TELEGRAM_BOT_NAME"] = "@my_desk_bot"
    assert command.json(*INVITE)["telegram"].startswith("https://t.me/my_desk_bot?start=i_")  # the server is gone by now


def test_people_read_the_same_in_lines(command: Command) -> None:
    done = command(*INVITE)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["web:", "code:", "staff:"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"--role": "boss"}, "no role 'boss'"),
        ({"--city": "atlantis"}, "no city 'atlantis'; there are: madrid"),
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
    found = command.json(*INVITE)
    assert not json.loads(command("staff", "list", "--json").stdout)  # not yet staff: the code was not used
    store = await _real_time(command.data)
    await store.desk.redeem(found["code"])
    await store.close()
    (person,) = json.loads(command("staff", "list", "--json").stdout)
    assert (person["id"], person["name"], person["role"], person["city"]) == (found["staff"], "Lucía", "advisor", "madrid")
    assert "Lucía" in command("staff", "list", "--city", "madrid").stdout
    assert not command("staff", "list", "--city", "elsewhere").stdout
    assert command("staff", "remove", found["staff"]).returncode == 0
    assert not json.loads(command("staff", "list", "--json").stdout)
    gone = command("staff", "remove", found["staff"])
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
    import urllib.request

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
