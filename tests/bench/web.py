"""Web chat under load: whole turns over WebSocket, from the text sent to the answer received.

python -m tests.bench.web [--people 50] [--turns 20]"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
import uuid
from dataclasses import dataclass

import aiohttp

from tests.bench.table import percentile, table
from tests.running import Bot, running_bot

QUESTIONS = (
    "como me empadrono",
    "tarjeta sanitaria",
    "necesito el nie",
    "curso de español gratis",
    "me quieren echar de mi casa",
    "quiero pedir asilo",
)


@dataclass
class Figures:
    """Milliseconds of each turn, turns a second, processor milliseconds a turn, memory in MiB, seconds to start."""

    turns_ms: list[float]
    per_second: float
    cpu_ms: float
    rss_mib: float


class Person:
    """One page: a cookie, a socket, and buttons pressed until the bot is ready for questions."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url
        self.turns_ms: list[float] = []

    async def open(self) -> None:
        """Fetch the page and connect."""
        async with self._session.get(f"{self._url}/") as page:
            page.raise_for_status()
        self._socket = await self._session.ws_connect(f"{self._url.replace('http', 'ws', 1)}/chat/socket", headers={"Origin": self._url})

    async def begin(self) -> None:
        """Go through the first contact by buttons: language, device, city."""
        message = await self._turn({"type": "command", "name": "start"})
        for wanted in ("Español", "Sí", "Madrid"):
            index = next(i for i, option in enumerate(message["options"]) if option["label"].startswith(wanted))
            message = await self._turn({"type": "button", "token": message["token"], "index": index})

    async def ask(self, text: str) -> None:
        """Ask and wait for the answer, and measure it."""
        begin = time.perf_counter()
        await self._turn({"type": "text", "text": text})
        self.turns_ms.append((time.perf_counter() - begin) * 1000)

    async def _turn(self, frame: dict[str, object]) -> dict[str, object]:  # type: ignore[type-arg]
        await self._socket.send_str(json.dumps({"id": str(uuid.uuid4()), **frame}))
        last = None
        while last is None or not last["options"]:
            received = json.loads((await self._socket.receive(timeout=30)).data)
            if received["type"] == "message":
                last = received
        return last

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()


async def load(bot: Bot, people: int, turns: int, pause_s: float) -> Figures:
    """Let `people` write, each `turns` times; between two turns each pauses up to twice `pause_s`, 0 is as fast as the answers come."""
    sessions = [aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) for _ in range(people)]
    crowd = [Person(session, bot.url) for session in sessions]
    try:
        for person in crowd:
            await person.open()
            await person.begin()
        cpu, begin = bot.cpu_s(), time.perf_counter()
        await asyncio.gather(*(_talk(person, number, turns, pause_s) for number, person in enumerate(crowd)))
        seconds, cpu = time.perf_counter() - begin, bot.cpu_s() - cpu
        total = people * turns
        return Figures([ms for person in crowd for ms in person.turns_ms], total / seconds, cpu * 1000 / total, bot.rss_mib())
    finally:
        for person in crowd:
            await person.close()
        for session in sessions:
            await session.close()


async def _talk(person: Person, number: int, turns: int, pause_s: float) -> None:
    chance = random.Random(number)
    for turn in range(turns):
        await asyncio.sleep(chance.uniform(0, 2 * pause_s))
        await person.ask(QUESTIONS[(number + turn) % len(QUESTIONS)])


def rows(figures: Figures) -> list[tuple[str, str]]:
    """Write the figures of a load."""
    return [
        ("turn, p50 / p95", f"{percentile(figures.turns_ms, 50):.1f} / {percentile(figures.turns_ms, 95):.1f} ms"),
        ("turns a second", f"{figures.per_second:.0f}"),
        ("CPU a turn", f"{figures.cpu_ms:.2f} ms"),
        ("resident memory", f"{figures.rss_mib:.0f} MiB"),
    ]


def main() -> None:
    """Measure both loads on a fresh bot and print them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--turns", type=int, default=20)
    options = parser.parse_args()
    for title, pause_s in (("each writes about once a second", 1.0), ("each writes as soon as the answer is there", 0.0)):
        with running_bot() as bot:
            figures = asyncio.run(load(bot, options.people, options.turns, pause_s))
        print(table(f"web chat, {options.people} people, {title}", rows(figures)))


if __name__ == "__main__":
    main()
