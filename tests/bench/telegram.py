"""A whole durable Telegram turn against a bare python-telegram-bot echo bot that stores nothing, in one run, one after the other.

    python -m tests.bench.telegram [--people 32] [--each 30]

Both poll the same loopback Bot API server, which runs in this process; people write as soon as they are answered."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.table import percentile, table
from tests.bench.web import QUESTIONS
from tests.botapi import TOKEN, BotApi
from tests.running import Bot, Process

FIRST_USER = 9000


@dataclass
class Figures:
    """Messages a second, processor milliseconds a message, waiting times in milliseconds, memory in MiB."""

    per_second: float
    cpu_ms: float
    waits_ms: list[float]
    rss_mib: float


async def _talk(api: BotApi, user: int, each: int) -> list[float]:
    waits = []
    for turn in range(each):
        before, begin = len(api.sent(user)), time.perf_counter()
        api.say(user, QUESTIONS[(user + turn) % len(QUESTIONS)])
        await api.wait_sent(user, before + 1, timeout=60)
        waits.append((time.perf_counter() - begin) * 1000)
    return waits


async def _measure(api: BotApi, process: Process, people: int, each: int) -> Figures:
    users = range(FIRST_USER, FIRST_USER + people)
    cpu, begin = process.cpu_s(), time.perf_counter()
    waits = await asyncio.gather(*(_talk(api, user, each) for user in users))
    seconds, cpu = time.perf_counter() - begin, process.cpu_s() - cpu
    total = people * each
    return Figures(total / seconds, cpu * 1000 / total, [ms for user in waits for ms in user], process.rss_mib())


async def _ready(api: BotApi, people: int, greeting: tuple[str, ...]) -> None:
    """Bring everybody to the point where a question is answered."""
    for user in range(FIRST_USER, FIRST_USER + people):
        for text in greeting:
            before = len(api.sent(user))
            api.say(user, text, language="es")
            await api.wait_sent(user, before + 1, timeout=60)
    await asyncio.sleep(1)  # what follows a greeting is out as well


async def dragoman(people: int, each: int) -> Figures:
    """Measure our bot: inbox, understanding, state, outbox, answer."""
    async with BotApi() as api:
        with tempfile.TemporaryDirectory() as folder:
            bot = Bot(Path(folder) / "data", TELEGRAM_TOKEN=TOKEN, TELEGRAM_API_URL=api.url, LOG_LEVEL="WARNING")
            await asyncio.to_thread(bot.start)
            try:
                await _ready(api, people, ("/start", "español", "madrid"))
                return await _measure(api, bot, people, each)
            finally:
                await asyncio.to_thread(bot.stop)


async def echo(people: int, each: int) -> Figures:
    """Measure the peer: the same text back, nothing stored."""
    async with BotApi() as api:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "echo.log"
            peer = Process(["-m", "tests.bench.echo_bot", api.url, TOKEN], f"{api.url}/control/figures", {}, log)
            await asyncio.to_thread(peer.start)
            try:
                await _ready(api, people, ("hola",))
                return await _measure(api, peer, people, each)
            finally:
                await asyncio.to_thread(peer.stop)


def compare(people: int, each: int) -> str:
    """Measure both and write the figures with their ratios."""
    ours, peer = asyncio.run(dragoman(people, each)), asyncio.run(echo(people, each))
    rows = [
        ("Dragoman, whole durable turn", _row(ours)),
        ("python-telegram-bot echo, stores nothing", _row(peer)),
        ("CPU a message, ratio to the echo", f"{ours.cpu_ms / peer.cpu_ms:.2f}"),
        ("messages a second, ratio to the echo", f"{ours.per_second / peer.per_second:.2f}"),
    ]
    return table(f"Telegram over HTTP, {people} people, each writes as soon as the answer is there", rows)


def _row(figures: Figures) -> str:
    waits = f"wait p50 {percentile(figures.waits_ms, 50):.0f} / p95 {percentile(figures.waits_ms, 95):.0f} ms"
    return f"{figures.per_second:.0f} messages/s, {figures.cpu_ms:.2f} ms CPU a message, {waits}, {figures.rss_mib:.0f} MiB"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=32)
    parser.add_argument("--each", type=int, default=30)
    options = parser.parse_args()
    print(compare(options.people, options.each))


if __name__ == "__main__":
    main()
