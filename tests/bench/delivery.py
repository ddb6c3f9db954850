"""How fast and how surely messages come and go: acknowledging, answering, draining, stopping, and living through kills.

    python -m tests.bench.delivery [--only NAME]

Bot, Bot API server and whoever writes are processes of their own; the store is SQLite on the disk of the temporary folder."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp

from bot.app import derived, utc_now
from bot.channels.telegram.webhook import PATH, SECRET_HEADER
from bot.store import open_store
from tests.bench.table import percentile, table
from tests.bench.web import QUESTIONS
from tests.botapi import TOKEN
from tests.chaos.harness import Api, Outcome, Plan, run
from tests.running import Bot, free_port, knowledge_of

SEED = 1
SECRET = bytes(range(32))
PEOPLE = 400
FIRST_USER = 30_000

Rows = list[tuple[str, str]]


def _ms(seconds: Sequence[float]) -> str:
    p50, p95, p99 = (percentile(seconds, share) * 1000 for share in (50, 95, 99))
    return f"p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f}, longest {max(seconds) * 1000:.0f} ms"


def _kept(outcome: Outcome) -> str:
    names = ("lost", "twice", "out_of_order", "doubled", "flagged", "unflagged")
    return ", ".join(f"{name.replace('_', ' ')} {getattr(outcome, name)}" for name in names)


# ---------------------------------------------------------------- acknowledging


def acknowledging(rate: float = 200.0, seconds: float = 15.0) -> Rows:
    """Post updates to the webhook at a steady rate, whether or not earlier ones are answered."""
    with tempfile.TemporaryDirectory() as place:
        folder, api, port = Path(place), Api(Path(place)), free_port()
        bot = Bot(
            folder / "data",
            PORT=str(port),
            TELEGRAM_TOKEN=TOKEN,
            TELEGRAM_API_URL=api.url,
            TELEGRAM_MODE="webhook",
            PUBLIC_URL=f"http://127.0.0.1:{port}",
            SECRET_KEY=SECRET.hex(),
            KNOWLEDGE_DIR=str(knowledge_of("madrid", folder)),
            LOG_LEVEL="WARNING",
        )
        api.process.start()
        bot.start(60)
        try:
            took, statuses = asyncio.run(_post_all(f"http://127.0.0.1:{port}{PATH}", folder / "data", rate, seconds))
        finally:
            api.process.stop()
            bot.stop()
    refused = sum(status != 200 for status in statuses)
    return [(f"a webhook is acknowledged, {rate:.0f} a second for {seconds:.0f} s", f"{_ms(took)}, not 200: {refused}")]


async def _post_all(url: str, data: Path, rate: float, seconds: float) -> tuple[list[float], list[int]]:
    store = await open_store(f"sqlite:///{data / 'dragoman.db'}", data_dir=data, secret=SECRET, clock=utc_now, exclusive=False)
    headers = {SECRET_HEADER: derived(store.root, "telegram webhook").hex(), "Content-Type": "application/json"}
    await store.close()
    took: list[float] = []
    statuses: list[int] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200), headers=headers) as session:

        async def post(body: bytes) -> None:
            begin = time.perf_counter()
            async with session.post(url, data=body) as answer:
                await answer.read()
            took.append(time.perf_counter() - begin)
            statuses.append(answer.status)

        begin, posts = time.perf_counter(), []
        for number in range(round(rate * seconds)):
            await asyncio.sleep(begin + number / rate - time.perf_counter())
            posts.append(asyncio.create_task(post(_update(number))))
        await asyncio.gather(*posts)
    return took, statuses


def _update(number: int) -> bytes:
    user = {"id": FIRST_USER + number % PEOPLE, "is_bot": False, "first_name": "Amina", "language_code": "es"}
    chat = {"id": user["id"], "type": "private", "first_name": "Amina"}
    message = {"message_id": number + 1, "from": user, "chat": chat, "date": int(time.time()), "text": QUESTIONS[number % len(QUESTIONS)]}
    return json.dumps({"update_id": 1_000 + number, "message": message}).encode()


# ---------------------------------------------------------------- answering


def answering() -> Rows:
    """Answer at half of what is to be sustained, and at that, with a Bot API that takes 50 ms a call."""
    rows = []
    for rate, people in ((30.0, 100), (60.0, 100)):
        outcome = run(Plan(SEED, kills=0, people=people, each=round(rate * 20 / people), rate=rate, shares={}, latency_s=0.05))
        per_second = len(outcome.answered_at) / (max(outcome.answered_at) - min(outcome.answered_at))
        title = f"{rate:.0f} texts a second for 20 s, a call takes 50 ms: text to answer"
        rows.append((title, f"{_ms(outcome.waits_s)}, {per_second:.1f} answers/s, {_kept(outcome)}"))
    return rows


def draining() -> Rows:
    """Work off a thousand texts that came while nobody was there."""
    outcome = run(Plan(SEED, kills=0, people=100, each=10, shares={}, latency_s=0.05, backlog=True))
    seconds = max(outcome.answered_at) - min(outcome.answered_at)
    return [("a backlog of 1,000, a call takes 50 ms", f"{len(outcome.answered_at) / seconds:.0f} answers/s, {_kept(outcome)}")]


def stopping() -> Rows:
    """End and start again three times under load."""
    outcome = run(Plan(SEED, kills=3, people=100, each=10, rate=60.0, shares={}, latency_s=0.05, politely=True, pause_s=(2.0, 4.0)))
    return [("SIGTERM at 60 texts a second, three times", f"exit after at most {max(outcome.exits_s):.1f} s, {_kept(outcome)}")]


def living() -> Rows:
    """Answer 60 texts a second, undisturbed and killed three times."""
    calm = run(Plan(SEED, kills=0, people=100, each=12, rate=60.0, shares={}))
    killed = run(Plan(SEED, kills=3, people=100, each=12, rate=60.0, shares={}, pause_s=(3.0, 5.0)))
    restart = max(killed.restarts_s)
    late = sum(wait > restart + 2 for wait in killed.waits_s)
    return [
        ("60 texts a second for 20 s, nobody killed: text to answer", f"{_ms(calm.waits_s)}, {_kept(calm)}"),
        (
            "the same with three kills -9",
            f"longest {max(killed.waits_s):.1f} s, restart at most {restart:.1f} s, later than that + 2 s: {late}, {_kept(killed)}",
        ),
    ]


PARTS: dict[str, Callable[[], Rows]] = {part.__name__: part for part in (acknowledging, answering, draining, stopping, living)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=list(PARTS))
    options = parser.parse_args()
    for name, part in PARTS.items():
        if options.only in (None, name):
            print(table(f"delivery: {name}", part()), flush=True)


if __name__ == "__main__":
    main()
