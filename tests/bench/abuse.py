"""Abuse in figures: how long honest people wait while one floods, on each channel; and what becomes of five times the load.

    python -m tests.bench.abuse [--people 50] [--seconds 15]

The bot runs as its own process with the limits it has by default; people and flood run in this one."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sqlite3
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.channels.telegram.webhook import PATH, SECRET_HEADER
from tests.bench.table import percentile, table
from tests.bench.web import QUESTIONS, Person
from tests.botapi import TOKEN, BotApi
from tests.running import Bot, free_port, knowledge_of

ATTACK_PER_S = 200
DEFAULTS = {"CONTACT_BURST": "30", "LOG_LEVEL": "WARNING"}
FIVE_TIMES_PER_S = 1_000  # five times the 200 updates a second that are to be acknowledged quickly
EVE, FIRST_USER = 4_000, 9_000
PAUSE_S = 1.5
CONNECTIONS = 100  # at the same time: the most that Telegram can be asked to open


@dataclass
class Waits:
    """Milliseconds each honest question waited, how many never got an answer, and what became of the flood."""

    waits_ms: list[float] = field(default_factory=list)
    lost: int = 0
    sent: int = 0
    told: Counter[str] = field(default_factory=Counter)
    rss_mib: float = 0.0

    def row(self) -> str:
        waits = f"p50 {percentile(self.waits_ms, 50):.0f} / p95 {percentile(self.waits_ms, 95):.0f} / worst {max(self.waits_ms):.0f} ms"
        return f"{waits}, {len(self.waits_ms)} answers, lost {self.lost}; flood {self.sent}: {dict(self.told)}; {self.rss_mib:.0f} MiB"


@contextlib.asynccontextmanager
async def bot_with(**settings: str) -> AsyncIterator[Bot]:
    """Run a bot for a while."""
    with tempfile.TemporaryDirectory() as folder:
        bot = Bot(Path(folder) / "data", **(DEFAULTS | settings))
        await asyncio.to_thread(bot.start)
        try:
            yield bot
        finally:
            await asyncio.to_thread(bot.stop)


async def at_rate(per_s: float, until: float, act: Callable[[int], object]) -> int:
    """Act so often a second; returns how often it was."""
    begin, count = time.perf_counter(), 0
    while (now := time.perf_counter()) < until:
        for _ in range(int((now - begin) * per_s) - count):
            act(count)
            count += 1
        await asyncio.sleep(0.005)
    return count


# ---------------------------------------------------------------- one attacker, many honest people


async def over_web(people: int, seconds: float) -> Waits:
    """Flood by one WebSocket while others ask by theirs."""
    found = Waits()
    async with bot_with() as bot, contextlib.AsyncExitStack() as stack:
        sessions = [
            await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))) for _ in range(people + 1)
        ]
        crowd = [Person(session, bot.url) for session in sessions]
        for person in crowd:
            await person.open()
            await person.begin()
        eve, honest = crowd[0], crowd[1:]
        until = time.perf_counter() + seconds

        def attack(number: int) -> None:
            frame = {"id": uuid.uuid4().hex, "type": "text", "text": f"x{number}"}
            attacks.add(asyncio.ensure_future(eve._socket.send_str(json.dumps(frame))))

        async def hear() -> None:
            """Read what comes, and come back whenever the bot hangs up."""
            while True:
                async for message in eve._socket:
                    found.told[json.loads(message.data)["type"]] += 1
                found.told["hung up"] += 1
                await eve.open()

        attacks: set[asyncio.Future[None]] = set()
        hearing = asyncio.create_task(hear())
        sent, *_ = await asyncio.gather(
            at_rate(ATTACK_PER_S, until, attack), *(asks(person, n, until, found) for n, person in enumerate(honest))
        )
        found.sent, found.rss_mib = sent, bot.rss_mib()
        found.waits_ms = [ms for person in honest for ms in person.turns_ms]
        hearing.cancel()
        await asyncio.gather(hearing, *attacks, return_exceptions=True)  # what was sent into a connection that had just ended
        for person in crowd:
            await person.close()
    return found


async def asks(person: Person, number: int, until: float, found: Waits) -> None:
    """Ask again and again until a moment; a question without an answer is lost."""
    await asyncio.sleep(number % 15 / 10)
    turn = 0
    while time.perf_counter() < until:
        try:
            await person.ask(QUESTIONS[(number + turn) % len(QUESTIONS)])
        except (TimeoutError, TypeError, ValueError):
            found.lost += 1
        turn += 1
        await asyncio.sleep(PAUSE_S)


async def over_telegram(people: int, seconds: float, mode: str) -> Waits:
    """Flood by one private chat while others ask in theirs."""
    found = Waits()
    async with BotApi() as api:
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_MODE": mode}
        port = {"PORT": str(free_port()), "PUBLIC_URL": ""}
        port["PUBLIC_URL"] = f"http://127.0.0.1:{port['PORT']}"
        async with bot_with(**settings, **port) as bot:
            users = [EVE, *range(FIRST_USER, FIRST_USER + people)]
            for user in users:
                for text in ("/start", "español", "madrid"):
                    before = len(api.sent(user))
                    api.say(user, text, language="es")
                    await api.wait_sent(user, before + 1, timeout=60)
            await asyncio.sleep(1)
            until = time.perf_counter() + seconds
            flood = at_rate(ATTACK_PER_S, until, lambda number: api.say(EVE, f"x{number}"))
            sent, *_ = await asyncio.gather(flood, *(asks_there(api, user, until, found) for user in users[1:]))
            found.sent, found.rss_mib = sent, bot.rss_mib()
            found.told["answers"] = len(api.sent(EVE))
            found.told["waits at Telegram"] = len(api.pending)
            found.told |= totals(bot)
    return found


async def asks_there(api: BotApi, user: int, until: float, found: Waits) -> None:
    """Ask again and again on Telegram."""
    await asyncio.sleep(user % 15 / 10)
    turn = 0
    while time.perf_counter() < until:
        before, begin = len(api.sent(user)), time.perf_counter()
        api.say(user, QUESTIONS[(user + turn) % len(QUESTIONS)])
        try:
            await api.wait_sent(user, before + 1, timeout=30)
            found.waits_ms.append((time.perf_counter() - begin) * 1000)
        except TimeoutError:
            found.lost += 1
        turn += 1
        await asyncio.sleep(PAUSE_S)


def totals(bot: Bot) -> dict[str, int]:
    """Read what the bot counted."""
    with contextlib.closing(sqlite3.connect(f"file:{bot.data / 'dragoman.db'}?mode=ro", uri=True, timeout=5)) as database:
        return dict(database.execute("SELECT name, n FROM totals"))


# ---------------------------------------------------------------- five times the load


@dataclass
class Storm:
    """Answers of the webhook by status, how many said when to come again, accepted updates that were lost, the most memory held."""

    statuses: Counter[int] = field(default_factory=Counter)
    with_time: int = 0
    failed: int = 0
    lost: int = 0
    acks_ms: list[float] = field(default_factory=list)
    rss_mib: float = 0.0
    drained_s: float = 0.0
    rss_before_mib: float = 0.0

    def rows(self) -> list[tuple[str, str]]:
        acks = f"p50 {percentile(self.acks_ms, 50):.0f} / p99 {percentile(self.acks_ms, 99):.0f} ms"
        statuses = f"{dict(self.statuses)}, of the 503 {self.with_time} with Retry-After, no answer {self.failed}"
        return [
            ("answers of the webhook", f"{statuses}; {acks}"),
            ("accepted and lost", f"{self.lost}; all answered {self.drained_s:.0f} s after the last"),
            ("memory before, at most", f"{self.rss_before_mib:.0f}, {self.rss_mib:.0f} MiB"),
        ]


async def knows(session: aiohttp.ClientSession, url: str) -> None:
    """Wait until the bot has learnt what it answers from."""
    status = 0
    while status != 200:
        await asyncio.sleep(0.2)
        async with session.get(f"{url}/poster/madrid/egov/nie") as answer:
            status = answer.status


async def storm(seconds: float, per_s: int, **more: str) -> Storm:
    """Send updates of ever new people to the webhook at a rate that nobody can answer; then wait until what was accepted is answered."""
    found, accepted = Storm(), set[int]()
    async with BotApi() as api:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_MODE": "webhook", "PUBLIC_URL": url}
        async with bot_with(PORT=str(port), MAX_WAITING="1000", **settings, **more) as bot:
            while not api.deliverer.webhook.secret:
                await asyncio.sleep(0.05)
            headers = {SECRET_HEADER: api.deliverer.webhook.secret}
            gate = asyncio.Semaphore(CONNECTIONS)
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
                await knows(session, url)
                found.rss_before_mib = bot.rss_mib()

                async def send(number: int) -> None:
                    user = 100_000 + number
                    update = {"update_id": number + 1, "message": {**api.message(user), "text": "hola"}}
                    await gate.acquire()
                    begin = time.perf_counter()
                    try:
                        async with session.post(f"{url}{PATH}", json=update, headers=headers) as answer:
                            found.statuses[answer.status] += 1
                            found.with_time += answer.status == 503 and answer.headers.get("Retry-After", "").isdecimal()
                            if answer.status == 200:
                                accepted.add(user)
                    except (aiohttp.ClientError, TimeoutError):
                        found.failed += 1
                    finally:
                        gate.release()
                    found.acks_ms.append((time.perf_counter() - begin) * 1000)
                    found.rss_mib = max(found.rss_mib, bot.rss_mib() if number % 50 == 0 else 0.0)

                calls: set[asyncio.Task[None]] = set()
                await at_rate(per_s, time.perf_counter() + seconds, lambda number: calls.add(asyncio.ensure_future(send(number))))
                await asyncio.gather(*calls)
            begin = time.perf_counter()
            left, moved = -1, begin
            while left and time.perf_counter() - moved < 30:
                now = sum(not api.sent(user) for user in accepted)
                left, moved = now, moved if now == left else time.perf_counter()
                found.rss_mib = max(found.rss_mib, bot.rss_mib())
                await asyncio.sleep(0.25)
            found.lost, found.drained_s = left, time.perf_counter() - begin
    return found


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=15.0)
    options = parser.parse_args()
    rows = [("web chat", asyncio.run(over_web(options.people, options.seconds)).row())]
    for mode in ("polling", "webhook"):
        rows.append((f"Telegram, {mode}", asyncio.run(over_telegram(options.people, options.seconds, mode)).row()))
    print(table(f"one attacker at {ATTACK_PER_S} messages a second, {options.people} honest people: how long these wait", rows))
    with tempfile.TemporaryDirectory() as folder:
        one = {"KNOWLEDGE_DIR": str(knowledge_of("madrid", Path(folder))), "CACHE_DIR": f"{folder}/cache"}
        for title, more in (("all cities", {}), ("one city", one)):
            found = asyncio.run(storm(options.seconds, FIVE_TIMES_PER_S, **more))
            print(table(f"{FIVE_TIMES_PER_S} updates a second of ever new people for {options.seconds:.0f} s, {title}", found.rows()))


if __name__ == "__main__":
    main()
