"""How the real process ends."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import chain, cycle
from pathlib import Path

from tests.channels.web_server import Page
from tests.operation.operated import START_S, USER, Operated, operated, until_async
from tests.running import Bot, knowledge_of

STOP_S = 10.0


async def test_told_to_stop_under_load_it_ends_soon_and_nothing_is_lost_or_flagged(tmp_path: Path) -> None:
    people = range(USER, USER + 40)
    rounds, enough = 0, asyncio.Event()
    async with operated(tmp_path) as running:
        await running.ready()

        async def talk() -> None:
            """Write until the bot is back, however long that takes on this machine."""
            nonlocal rounds
            for text in chain(("/start", "English", "Zagreb"), cycle(("residence permit", "family doctor"))):
                for user in people:
                    running.api.say(user, text, "en")
                    await asyncio.sleep(0.004)
                rounds += 1
                if enough.is_set():
                    return

        talking = asyncio.create_task(talk())
        await until_async(lambda: running.answered(people, 2), 60)
        begun = time.monotonic()
        assert await asyncio.to_thread(running.bot.stop, STOP_S) == 0
        print(f"stopped after {time.monotonic() - begun:.2f} s, in round {rounds} of messages")
        assert not talking.done()
        await asyncio.to_thread(running.bot.start, START_S)
        enough.set()
        await talking
        await until_async(lambda: running.answered(people, rounds), 120)
        figures = await running.figures()
        assert figures["dragoman_outbox_uncertain_ever"] == 0
        assert figures["dragoman_turns_failed_ever"] == 0


async def test_told_to_stop_while_the_platform_hangs_it_ends_all_the_same(tmp_path: Path) -> None:
    async with operated(tmp_path) as running:
        await running.ready()
        running.api.faults.next("sendMessage", ["hang"] * 3)
        for user in range(USER, USER + 3):
            running.api.say(user, "/start", "en")
        await until_async(lambda: _called(running, 3), 60)
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
    await asyncio.to_thread(bot.start, START_S)
    assert bot._child is not None
    assert await asyncio.to_thread(bot._child.wait, 60) == 1
    last = bot.log.read_text().splitlines()[-1]
    assert last.startswith("dragoman: the web server has ended by itself: ValueError at break_down:")
    assert "secret" not in bot.log.read_text()
