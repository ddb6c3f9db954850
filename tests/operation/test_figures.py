"""The figures and the health of a real process, and who is told what by them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from prometheus_client import Metric

import bot
from tests.channels.web_server import Page
from tests.operation.operated import TOKEN, USER, Operated, operated, until_async
from tests.test_process import dragoman

CANARY = "kanarinac"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Operated]:
    async with operated(tmp_path_factory.mktemp("operated")) as running:
        await running.ready()
        yield running


def labels_of(families: list[Metric]) -> Iterator[tuple[str, str, str]]:
    for family in families:
        for sample in family.samples:
            for label, value in sample.labels.items():
                yield sample.name, label, value


KNOWN_LABELS = {
    "version": {bot.__version__},
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
    await until_async(lambda: running.answered(range(USER, USER + 1), 5), 60)
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
        "version": bot.__version__,
        "stopping": False,
        "knowledge": True,
        "database": True,
        "alarms": [],
    }
    for path in ("/health", "/health/live", "/health/ready"):
        assert await running.get(path, running.bot.url) == (200, '{"status":"ok"}')
    assert (await running.get("/chat/socket"))[0] == (await running.get("/"))[0] == 404, "nothing else is at that port"


async def test_files_with_a_fault_are_an_alarm_until_they_are_whole(running: Operated) -> None:
    words = running.bot.data.parent / "knowledge" / "zagreb" / "en" / "egov.yaml"
    whole = words.read_text()
    words.write_text(whole + "\nnonsense: [\n")
    await until_async(lambda: _reloads(running, "refused"), 60)
    words.write_text(whole + "\n# whole again\n")
    await until_async(lambda: _reloads(running, "taken"), 120)
    await until_async(lambda: _alarm_is_over(running, "reload"), 60)
    assert (await running.figures())["dragoman_knowledge_cities"] == 1


async def _alarm_is_over(running: Operated, kind: str) -> bool:
    return (await running.figures())[f"dragoman_alarm/{kind}"] == 0


async def _told(running: Operated, chat: int, beginning: str) -> bool:
    return any(sent.text.startswith(beginning) for sent in running.api.sent(chat))


async def _reloads(running: Operated, result: str) -> bool:
    return (await running.figures())[f"dragoman_knowledge_reloads_total/{result}"] >= 1


async def test_a_message_that_is_given_up_is_told_to_the_admin_in_their_language(running: Operated) -> None:
    admin = USER + 50
    settings = {"DATA_DIR": str(running.bot.data), "KNOWLEDGE_DIR": str(running.bot.data.parent / "knowledge")}
    invite = ("invite", "--role", "admin", "--city", "zagreb", "--name", "Ana", "--json")
    told = await asyncio.to_thread(lambda: dragoman(*invite, **settings))
    running.api.say(admin, f"/start {json.loads(told.stdout)['code']}", "hr")
    await until_async(lambda: running.answered(range(admin, admin + 1), 1), 60)
    running.api.faults.next("sendMessage", "bad_request")
    running.api.say(USER + 51, "/start", "en")
    await until_async(lambda: _told(running, admin, "Poruke se nisu mogle dostaviti"), 60)
    figures = await running.figures()
    assert (figures["dragoman_alarm/dead"], figures["dragoman_sends_total/telegram/dead"]) == (1, 1)
