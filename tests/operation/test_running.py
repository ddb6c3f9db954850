"""The real process: its figures, its health, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.botapi import BotApi
from tests.channels.web_server import Page
from tests.running import Bot, free_port, knowledge_of
from tests.test_process import dragoman

TOKEN = "operators-token-of-the-test"
USER = 7_800_001
CANARY = "kanarinac"
STOP_S = 10.0


@dataclass
class Operated:
    """A bot with one city, the platform it talks to, and the way to its figures."""

    bot: Bot
    api: BotApi
    watch_url: str
    session: aiohttp.ClientSession

    async def get(self, path: str, url: str = "", token: str = "") -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.session.get((url or self.watch_url) + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def figures(self) -> dict[str, float]:
        """Scrape; returns the samples by name and labels."""
        return {
            sample.name + "".join(f"/{value}" for _label, value in sorted(sample.labels.items())): sample.value
            for family in await self.families()
            for sample in family.samples
        }

    async def families(self) -> list[Metric]:
        status, text = await self.get("/metrics")
        assert status == 200
        return list(text_string_to_metric_families(text))

    async def ready(self) -> None:
        await until_async(lambda: self._is("/health/ready", 200), 30)

    async def _is(self, path: str, status: int) -> bool:
        return (await self.get(path))[0] == status

    async def answered(self, users: range, each: int) -> bool:
        """Say whether everybody has that many messages."""
        return all(len(self.api.sent(user)) >= each for user in users)


async def until_async(is_so: object, timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while not await is_so():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def operated(folder: Path, module: str = "bot", **more: str) -> AsyncIterator[Operated]:
    """Run a bot that knows Zagreb."""
    port = free_port()
    async with BotApi() as api, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        settings = {"KNOWLEDGE_DIR": str(knowledge_of("zagreb", folder)), "TELEGRAM_TOKEN": api.token, "TELEGRAM_API_URL": api.url}
        settings |= {"METRICS_PORT": str(port), "METRICS_TOKEN": TOKEN, "LOG_FORMAT": "json"} | more
        bot = Bot(folder / "data", module=module, **settings)
        await asyncio.to_thread(bot.start)
        found = Operated(bot, api, f"http://127.0.0.1:{port}", session)
        try:
            yield found
        finally:
            await asyncio.to_thread(bot.stop)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Operated]:
    async with operated(tmp_path) as running:
        await running.ready()
        yield running


def labels_of(families: list[Metric]) -> Iterator[tuple[str, str, str]]:
    for family in families:
        for sample in family.samples:
            for label, value in sample.labels.items():
                yield sample.name, label, value


KNOWN_LABELS = {
    "version": {"0.3.0"},
    "result": {"handled", "failed", "sent", "retry", "dead", "blocked", "done", "taken", "refused"},
    "outcome": {"answer", "suggest", "none", "emergency", "smalltalk"},
    "channel": {"telegram", "web"},
    "place": {"chat", "desk"},
    "kind": {"dead", "queue", "outbox", "reload", "disk", "sweep", "database"},
    "city": {"zagreb"},
}


async def test_figures_say_what_happened_and_nothing_of_anybody(running: Operated) -> None:
    api = running.api
    for text in ("/start", "English", "Zagreb", "I cannot breathe", CANARY):
        api.say(USER, text, "en")
    await until_async(lambda: running.answered(range(USER, USER + 1), 5), 20)
    page = Page(running.bot, running.session)  # type: ignore[arg-type]  # only the address of the server is used here
    await page.load()
    async with page.socket() as socket:
        await socket.until("ready")
        during = await running.figures()
    await until_async(lambda: _closed(running), 5)
    assert during["dragoman_sockets/chat"] == 1
    assert during["dragoman_events_total/handled"] == 5
    assert during["dragoman_events_total/failed"] == 0
    assert during["dragoman_answers_total/emergency"] == 1
    assert sum(value for name, value in during.items() if name.startswith("dragoman_answers_total/")) >= 2
    assert during["dragoman_sends_total/telegram/sent"] == len(api.sent(USER))
    assert 1 <= during["dragoman_turn_seconds_count"] <= 5
    assert during["dragoman_send_seconds_count/telegram"] == len(api.sent(USER))
    assert (during["dragoman_knowledge_cities"], during["dragoman_knowledge_entries"]) == (1, 28)
    assert during["dragoman_knowledge_fingerprint"] > 0
    assert time.time() - during["dragoman_knowledge_loaded_timestamp_seconds"] < 600
    assert during["dragoman_sweeps_total/done"] >= 1
    assert 50 < during["process_resident_memory_bytes"] / 2**20 < 400
    assert during["dragoman_inbox_waiting"] == during["dragoman_outbox_waiting"] == 0
    for name, label, value in labels_of(await running.families()):
        assert label in {"le", "python"} or value in KNOWN_LABELS[label], (name, label, value)
    text = (await running.get("/metrics"))[1]
    assert str(USER) not in text
    assert CANARY not in text
    assert api.token not in text


async def _closed(running: Operated) -> bool:
    return (await running.figures())["dragoman_sockets/chat"] == 0


async def test_who_may_see_them(running: Operated) -> None:
    for path in ("/metrics", "/health/details"):
        assert (await running.get(path, running.bot.url))[0] == 404
        for token in ("wrong", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "é"):
            assert (await running.get(path, running.bot.url, token))[0] == 404
        assert (await running.get(path, running.bot.url, TOKEN))[0] == 200
        assert (await running.get(path))[0] == 200
    assert json.loads((await running.get("/health/details"))[1]) == {
        "version": "0.3.0",
        "stopping": False,
        "knowledge": True,
        "database": True,
        "alarms": [],
    }
    for path in ("/health", "/health/live", "/health/ready"):
        assert await running.get(path, running.bot.url) == (200, '{"status":"ok"}')
    assert (await running.get("/chat/socket"))[0] == (await running.get("/"))[0] == 404, "nothing else is at that port"


async def test_files_with_a_fault_are_an_alarm_until_they_are_whole(running: Operated, tmp_path: Path) -> None:
    words = tmp_path / "knowledge" / "zagreb" / "en" / "egov.yaml"
    whole = words.read_text()
    words.write_text(whole + "\nnonsense: [\n")
    await until_async(lambda: _reloads(running, "refused"), 20)
    words.write_text(whole + "\n# whole again\n")
    await until_async(lambda: _reloads(running, "taken"), 30)
    assert (await running.figures())["dragoman_knowledge_cities"] == 1


async def _reloads(running: Operated, result: str) -> bool:
    return (await running.figures())[f"dragoman_knowledge_reloads_total/{result}"] >= 1


async def test_a_message_that_is_given_up_is_told_to_the_admin_in_their_language(running: Operated, tmp_path: Path) -> None:
    admin = USER + 50
    settings = {"DATA_DIR": str(tmp_path / "data"), "KNOWLEDGE_DIR": str(tmp_path / "knowledge")}
    invite = ("invite", "--role", "admin", "--city", "zagreb", "--name", "Ana", "--json")
    told = await asyncio.to_thread(lambda: dragoman(*invite, **settings))
    running.api.say(admin, f"/start {json.loads(told.stdout)['code']}", "hr")
    await until_async(lambda: running.answered(range(admin, admin + 1), 1), 20)
    running.api.faults.next("sendMessage", "bad_request")
    running.api.say(USER, "/start", "en")
    await until_async(lambda: running.answered(range(admin, admin + 1), 2), 30)
    assert running.api.sent(admin)[-1].text.startswith("Poruke se nisu mogle dostaviti")
    figures = await running.figures()
    assert (figures["dragoman_alarm/dead"], figures["dragoman_sends_total/telegram/dead"]) == (1, 1)


# ---------------------------------------------------------------- how it ends


async def test_told_to_stop_under_load_it_ends_soon_and_nothing_is_lost_or_flagged(tmp_path: Path) -> None:
    people, texts = range(USER, USER + 40), ("/start", "English", "Zagreb", *("residence permit", "family doctor") * 4)
    said = dict.fromkeys(people, 0)
    async with operated(tmp_path) as running:
        await running.ready()

        async def talk() -> None:
            for text in texts:
                for user in people:
                    running.api.say(user, text, "en")
                    said[user] += 1
                    await asyncio.sleep(0.004)

        talking = asyncio.create_task(talk())
        await until_async(lambda: running.answered(people, 2), 30)
        assert not talking.done(), "nobody wrote any more"
        begun = time.monotonic()
        assert await asyncio.to_thread(running.bot.stop, STOP_S) == 0
        print(f"stopped after {time.monotonic() - begun:.2f} s, at {sum(said.values())} of {len(people) * len(texts)} messages")
        await asyncio.to_thread(running.bot.start)
        await talking
        await until_async(lambda: running.answered(people, len(texts)), 60)
        figures = await running.figures()
        assert figures["dragoman_outbox_uncertain_ever"] == 0
        assert figures["dragoman_turns_failed_ever"] == 0


async def test_told_to_stop_while_the_platform_hangs_it_ends_all_the_same(tmp_path: Path) -> None:
    async with operated(tmp_path) as running:
        await running.ready()
        running.api.faults.next("sendMessage", ["hang"] * 3)
        for user in range(USER, USER + 3):
            running.api.say(user, "/start", "en")
        await until_async(lambda: _called(running, 3), 20)
        page = Page(running.bot, running.session)  # type: ignore[arg-type]  # only the address of the server is used here
        await page.load()
        async with page.socket() as socket:
            await socket.until("ready")
            begun = time.monotonic()
            assert await asyncio.to_thread(running.bot.stop, STOP_S) == 0
            print(f"stopped with hanging calls after {time.monotonic() - begun:.2f} s")
    events = [json.loads(line)["event"] for line in running.bot.log.read_text().splitlines()]
    assert events[-2:] == ["serve.stopping", "serve.stopped"]


async def _called(running: Operated, times: int) -> bool:
    return running.api.calls["sendMessage"] >= times


async def test_a_web_server_that_breaks_ends_the_process_with_a_fault(tmp_path: Path) -> None:
    bot = Bot(tmp_path / "data", module="tests.operation.dying", KNOWLEDGE_DIR=str(knowledge_of("zagreb", tmp_path)))
    await asyncio.to_thread(bot.start)
    assert bot._child is not None
    assert await asyncio.to_thread(bot._child.wait, 20) == 1
    last = bot.log.read_text().splitlines()[-1]
    assert last.startswith("dragoman: the web server has ended by itself: ValueError at break_down:")
    assert "secret" not in bot.log.read_text()
