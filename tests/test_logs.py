"""What people write never reaches the log, whoever logs it, whatever breaks."""

from __future__ import annotations

import ast
import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discretion import Word, message_of
from bot.errors import ConfigError, KnowledgeError, StoreError
from bot.logs import DiscreetFormatter, describe, start_logging
from tests.botapi import BotApi
from tests.channels.web_server import Page
from tests.cloudapi import APP_SECRET, TOKEN, VERIFY_TOKEN, CloudApi
from tests.running import CACHE, ROOT, Bot, knowledge_of

FORMATTER = DiscreetFormatter("%(levelname)s %(name)s %(message)s")


@pytest.fixture
def logging_untouched() -> Iterator[None]:
    """Leave logging as it was."""
    names = ("httpx", "httpcore", "telegram", "aiohttp", "asyncio", "websockets", "aiosqlite", "watchfiles", "uvicorn")
    levels, root, raises = {name: logging.getLogger(name).level for name in names}, logging.getLogger(), logging.raiseExceptions
    before, level, last = root.handlers[:], root.level, logging.lastResort
    yield
    root.handlers[:], logging.raiseExceptions, logging.lastResort = before, raises, last
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def fail(words: str) -> None:
    raise KeyError(words)


def test_an_error_is_described_by_its_places_only() -> None:
    with pytest.raises(KeyError) as caught:
        fail("a name")
    told = describe(caught.value)
    assert told.startswith("KeyError at fail:")
    assert "a name" not in told


def test_a_refusal_of_the_database_is_named_by_its_number() -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(":memory:").execute("SELECT canary")
    error = StoreError("the database refused: canary")
    error.__cause__ = caught.value
    assert describe(error).startswith("StoreError from OperationalError SQLITE_ERROR at")


@pytest.mark.usefixtures("logging_untouched")
def test_a_traceback_of_any_library_is_discreet(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("DEBUG")
    try:
        fail("my husband beats me")
    except KeyError:
        logging.getLogger("some.library").exception("it failed")
    told = capsys.readouterr().err
    assert "KeyError at fail:" in told
    assert "husband" not in told
    assert "Traceback" not in told


@pytest.mark.usefixtures("logging_untouched")
def test_libraries_that_write_tokens_are_quiet() -> None:
    start_logging("DEBUG")
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
    assert not logging.getLogger("aiosqlite").isEnabledFor(logging.DEBUG)


# ---------------------------------------------------------------- one line


def line(message: object, *arguments: object, name: str = "bot.service", **more: object) -> str:
    record = logging.LogRecord(name, logging.INFO, "/a/place.py", 7, message, arguments, None)
    record.__dict__.update(more)
    return FORMATTER.format(record)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("%d of %d, %.1f s", 3, 4, 0.25), "3 of 4, 0.2 s"),
        (("%s %s %s", None, True, 5), "None True 5"),
        (("state %s", Word("ready")), "state ready"),
        (("state %s", "ready"), "state <str>"),
        (("%s and %r", "Amina", ["Amina"]), "<str> and '<list>'"),
        (("%s", Path("/home/amina")), "<PosixPath>"),
        (("%s", ConfigError("DRAGOMAN_PORT: too high")), "DRAGOMAN_PORT: too high"),
        (("%s", KnowledgeError("no title", file="a.yaml", line=3)), "a.yaml:3: no title"),
        (("%s", StoreError("canary")), "StoreError at "),
        (("%d wrote", "Amina"), "%d wrote"),
        (("%s", "one", "too many"), "%s"),
        (("100 % sure",), "100 % sure"),
        (("%(n)d by %(who)s", {"n": 1, "who": "Amina"}), "1 by <str>"),
    ],
)
def test_only_what_is_known_to_be_harmless_is_shown(arguments: tuple[object, ...], shown: str) -> None:
    assert line(*arguments) == f"INFO bot.service {shown}"


@pytest.mark.parametrize("name", ["httpx", "telegram.ext", "root", "botany", "uvicorn.error", "__main__"])
def test_of_a_library_only_the_place_is_shown(name: str) -> None:
    assert line("a %s", "word", name=name, stack_info="Stack: canary", exc_text="canary") == f"INFO {name} place:7"


def test_what_is_no_sentence_is_not_shown() -> None:
    assert line(ValueError("canary")) == "INFO bot.service place:7"


@given(st.text(min_size=6), st.lists(st.text(min_size=6), min_size=1, max_size=3))
def test_no_text_gets_through(message: str, texts: list[str]) -> None:
    """Neither as an argument of ours nor in anything of a library."""
    for name in ("bot.any", "other"):
        own = "%s " * len(texts) if name == "bot.any" else message
        record = logging.LogRecord(name, logging.INFO, "place.py", 7, own, (*texts,), None)
        shown = message_of(record)
        assert shown == ("<str> " * len(texts) if name == "bot.any" else "place:7")


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("debug", "info", "warning", "error", "exception", "critical", "log")
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in ("log", "_log", "logger", "logging")
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_sentence_we_log_is_a_constant() -> None:
    said = {where: call.args[0] for where, call in _calls()}
    assert len(said) > 40
    assert [where for where, first in said.items() if not (isinstance(first, ast.Constant) and isinstance(first.value, str))] == []


# ---------------------------------------------------------------- the whole bot, with faults that name what people wrote

NAME, PHONE = "Amina", "+34600111222"  # the first is how Telegram calls everybody on the loopback server
WORDS = "canary my husband"


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return knowledge_of("graz", tmp_path_factory.mktemp("knowledge"))


def texts(way: str) -> list[str]:
    return [f"{WORDS} {way} {kind} {PHONE}" for kind in ("one", "two")] + [f"boom {WORDS} {way} {PHONE}"]


APIS = (TOKEN, APP_SECRET, VERIFY_TOKEN)


async def test_no_byte_reaches_the_log_on_any_channel_whatever_breaks(knowledge: Path, tmp_path: Path) -> None:
    async with BotApi() as api, CloudApi() as cloud, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        bot = Bot(
            tmp_path / "data",
            module="tests.leaking",
            LOG_LEVEL="DEBUG",
            KNOWLEDGE_DIR=str(knowledge),
            TELEGRAM_TOKEN=api.token,
            TELEGRAM_API_URL=api.url,
            **{name.upper(): value for name, value in cloud.settings.items()},
        )
        cloud.hook = f"{bot.url}/whatsapp/webhook"
        await asyncio.to_thread(bot.start)
        try:
            api.faults.next("sendMessage", "unparseable")
            for text in texts("telegram"):
                api.say(6_100_200, text)
            cloud.faults = [(400, f'{{"error": {{"code": 100, "message": "{WORDS}"}}}}'), (500, WORDS)]
            for text in texts("whatsapp"):
                cloud.say(34_600_777_000, text)
            await cloud.deliver(cloud.post_of(34_600_777_000, {"type": "text", "text": {"body": 5}, WORDS: PHONE})[0])
            await cloud.deliver(f'{{"{WORDS}": '.encode())
            page = Page(bot, session)  # type: ignore[arg-type]  # only the address is used
            await page.load()
            async with page.socket() as socket:
                for text in texts("web"):
                    await socket.say(text)
                await socket.connection.send(f'{{"type": "{WORDS}", broken')
                await _until(bot, "turn failed in state", 3)
                await _until(bot, "failed: ValueError from KeyError at fail:", 6)
                await _until(bot, "a thread ended by an error: ValueError from KeyError", 3)
                await _until(bot, "an error nobody could catch: ValueError", 3)
                await _until(bot, "asyncio base_events:", 1)
        finally:
            await asyncio.to_thread(bot.stop)
        log = bot.log.read_text()
        needles = [WORDS, "canary", "husband", PHONE, PHONE[1:], NAME, api.token, api.token.partition(":")[2], "6100200"]
        needles += [page.cookie.partition("=")[2], *APIS, "34600777000", "ES.346007770000", "wamid."]
        assert all(needles)
        assert [line for line in log.splitlines() if any(needle in line for needle in needles)] == []
        for shown in ("ERROR bot.leaking it failed: ValueError from KeyError at", "<str> wrote", "some.one leaking:", "py.warnings"):
            assert shown in log


async def _until(bot: Bot, text: str, times: int) -> None:
    end = time.monotonic() + 90
    while bot.log.read_text().count(text) < times:
        assert time.monotonic() < end, f"{text} is not there {times} times"
        await asyncio.sleep(0.05)


def test_no_byte_reaches_the_log_from_the_terminal(knowledge: Path, tmp_path: Path) -> None:
    settings = {"LOG_LEVEL": "DEBUG", "KNOWLEDGE_DIR": str(knowledge), "CACHE_DIR": str(CACHE), "DATA_DIR": str(tmp_path / "data")}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
    told = subprocess.run(
        [sys.executable, "-m", "tests.leaking", "chat", "--lang", "en"],
        cwd=ROOT,
        env=environment | {f"DRAGOMAN_{name}": value for name, value in settings.items()},
        input="\n".join(texts("terminal")) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "turn failed in state" in told.stderr
    assert [needle for needle in (WORDS, "canary", "husband", PHONE) if needle in told.stderr] == []


def test_what_nobody_catches_is_not_printed_whole(tmp_path: Path) -> None:
    code = f"from bot import cli\ndef broken():\n    raise KeyError('{WORDS}')\ncli.load_settings = broken\ncli.main()"
    told = subprocess.run([sys.executable, "-c", code, "serve"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert told.returncode == 1
    assert "KeyError at" in told.stderr
    assert WORDS not in told.stderr
