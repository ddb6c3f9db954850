"""The web desk with a full queue: how soon a page shows what happened.

python -m tests.bench.desk [--waiting 300] [--advisors 20] [--relays 100]

Contacts write by web chat and advisors look on by WebSocket, over HTTP against `dragoman serve`."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.bench.table import percentile, table
from tests.running import ROOT, Bot, running_bot

WAIT_S = 30.0
TOGETHER = 30  # contacts who come at the same time
Frame = dict[str, Any]


@dataclass
class Figures:
    """Milliseconds from an opened case to its row on every advisor's page, and from a contact's message to the advisor's screen."""

    first_board_ms: list[float] = field(default_factory=list)
    rows_ms: list[float] = field(default_factory=list)
    relays_ms: list[float] = field(default_factory=list)
    rss_mib: float = 0.0


class Contact:
    """Somebody on the web chat, up to an open case."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def open(self) -> None:
        """Fetch the page and answer the first questions."""
        async with self._session.get(f"{self._url}/") as page:
            page.raise_for_status()
        self._socket = await self._session.ws_connect(f"{self._url.replace('http', 'ws', 1)}/chat/socket", headers={"Origin": self._url})
        await self._send({"type": "command", "name": "start"})
        for label in ("English", "Yes", "Madrid"):
            await self._press(label)
        self._last = await self._shown("")

    async def ask(self) -> None:
        """Open a case."""
        await self._send({"type": "command", "name": "human"})
        await self._press("Yes, with the last messages")

    async def write(self, text: str) -> None:
        """Write something."""
        await self._send({"type": "text", "text": text})

    async def _press(self, label: str) -> None:
        message = await self._shown(label)
        index = next(i for i, option in enumerate(message["options"]) if option["label"].startswith(label))
        await self._send({"type": "button", "token": message["token"], "index": index})

    async def _shown(self, label: str) -> Frame:
        while True:
            frame = json.loads((await self._socket.receive(timeout=WAIT_S)).data)
            if frame["type"] == "message" and any(option["label"].startswith(label) for option in frame["options"]):
                return dict(frame)

    async def _send(self, frame: Frame) -> None:
        await self._socket.send_str(json.dumps({"id": str(uuid.uuid4()), **frame}))

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()


class Advisor:
    """A page of the desk. `seen`: when each row was first shown; `said`: when each text was."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url
        self.rows: dict[int, float] = {}
        self.said: dict[str, float] = {}
        self.csrf = ""

    async def log_in(self, code: str) -> None:
        """Use an invite up."""
        async with self._session.post(f"{self._url}/desk/join", json={"code": code}, headers={"Origin": self._url}) as answer:
            answer.raise_for_status()

    async def open(self) -> float:
        """Open the page's connection; returns the milliseconds until the whole queue is there."""
        begin = time.perf_counter()
        self._socket = await self._session.ws_connect(
            f"{self._url.replace('http', 'ws', 1)}/desk/socket", headers={"Origin": self._url}, max_msg_size=0
        )
        while self._read(json.loads((await self._socket.receive(timeout=WAIT_S)).data)) != "board":
            pass
        self._reader = asyncio.create_task(self._keep_reading())
        return (time.perf_counter() - begin) * 1000

    async def _keep_reading(self) -> None:
        async for message in self._socket:
            self._read(json.loads(message.data))

    def _read(self, frame: Frame) -> str:
        now = time.perf_counter()
        if frame["type"] == "hello":
            self.csrf = frame["csrf"]
        for row in [*frame.get("cases", ()), *frame.get("changed", ())]:
            self.rows.setdefault(row["number"], now)
        for line in frame.get("lines", ()):
            for block in line["blocks"]:
                self.said.setdefault("".join(run["text"] for run in block.get("runs", ())), now)
        return str(frame["type"])

    async def claim(self, number: int) -> None:
        """Take a case and look at it."""
        body = {"number": number, "key": uuid.uuid4().hex, "deed": {"type": "claim"}}
        headers = {"Origin": self._url, "X-Desk-Csrf": self.csrf}
        async with self._session.post(f"{self._url}/desk/api/act", json=body, headers=headers) as answer:
            answer.raise_for_status()
        await self._socket.send_str(json.dumps({"type": "open", "number": number, "after": 0}))

    async def close(self) -> None:
        """Leave."""
        self._reader.cancel()
        await self._socket.close()


def invite(bot: Bot, name: str) -> str:
    """Invite an advisor as an operator does, while the server runs."""
    command = [sys.executable, "-m", "bot", "invite", "--role", "advisor", "--city", "madrid", "--name", name, "--json"]
    environment = {"DRAGOMAN_DATA_DIR": str(bot.data), "DRAGOMAN_PORT": str(bot.port), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=60)
    return str(json.loads(done.stdout)["code"])


async def _until(there: Any, what: str) -> None:
    begin = time.perf_counter()
    while not there():
        if time.perf_counter() - begin > WAIT_S:
            raise TimeoutError(what)
        await asyncio.sleep(0.002)


async def measure(bot: Bot, codes: list[str], waiting: int, relays: int) -> Figures:
    """Fill the queue, then open further cases and write, and look how soon the pages know."""
    figures = Figures()
    sessions = [aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) for _ in range(waiting + len(codes))]
    contacts = [Contact(session, bot.url) for session in sessions[:waiting]]
    advisors = [Advisor(session, bot.url) for session in sessions[waiting:]]
    try:
        for advisor, code in zip(advisors, codes, strict=True):
            await advisor.log_in(code)
        for start in range(0, len(contacts), TOGETHER):  # one after the other the first would be away before the last is there
            await asyncio.gather(*(contact.open() for contact in contacts[start : start + TOGETHER]))
        talkers, late = contacts[: len(advisors)], contacts[-20:]
        for contact in talkers:
            await contact.ask()  # one after the other, so that the first case is the first contact's
        await asyncio.gather(*(contact.ask() for contact in contacts[len(advisors) : -20]))
        await asyncio.sleep(3)
        figures.first_board_ms = [await advisor.open() for advisor in advisors]
        await _rows(late, advisors, figures)
        await _relays(talkers, advisors, figures, relays)
        figures.rss_mib = bot.rss_mib()
    finally:
        for advisor in advisors:
            await advisor.close()
        for contact in contacts:
            await contact.close()
        for session in sessions:
            await session.close()
    return figures


async def _rows(late: list[Contact], advisors: list[Advisor], figures: Figures) -> None:
    for contact in late:
        known = set(advisors[0].rows)
        begin = time.perf_counter()
        await contact.ask()
        await _until(lambda known=known: all(len(set(a.rows) - known) >= 1 for a in advisors), "a row on every page")
        new = min(set(advisors[0].rows) - known)
        figures.rows_ms += [(advisor.rows[new] - begin) * 1000 for advisor in advisors]


async def _relays(talkers: list[Contact], advisors: list[Advisor], figures: Figures, relays: int) -> None:
    numbers = sorted(advisors[0].rows)[: len(talkers)]
    for advisor, number in zip(advisors, numbers, strict=True):
        await advisor.claim(number)
    for turn in range(relays):
        contact, advisor, mark = talkers[turn % len(talkers)], advisors[turn % len(advisors)], f"relay {turn}"
        begin = time.perf_counter()
        await contact.write(mark)
        await _until(lambda advisor=advisor, mark=mark: mark in advisor.said, "a text on a screen")
        figures.relays_ms.append((advisor.said[mark] - begin) * 1000)


def rows(figures: Figures) -> list[tuple[str, str]]:
    """Write the figures."""
    return [
        ("first full queue on a page, p50 / p95", _pair(figures.first_board_ms)),
        ("a new case on every page, p50 / p95", _pair(figures.rows_ms)),
        (f"a contact's message on the advisor's screen ({len(figures.relays_ms)}), p50 / p95", _pair(figures.relays_ms)),
        ("resident memory", f"{figures.rss_mib:.0f} MiB"),
    ]


def _pair(values: list[float]) -> str:
    return f"{percentile(values, 50):.0f} / {percentile(values, 95):.0f} ms" if values else "none"


def main() -> None:
    """Measure on a fresh bot and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--waiting", type=int, default=300)
    parser.add_argument("--advisors", type=int, default=20)
    parser.add_argument("--relays", type=int, default=100)
    options = parser.parse_args()
    with running_bot() as bot:
        codes = [invite(bot, f"Advisor {number}") for number in range(options.advisors)]
        figures = asyncio.run(measure(bot, codes, options.waiting, options.relays))
    print(table(f"web desk, {options.waiting} cases, {options.advisors} advisors", rows(figures)))


if __name__ == "__main__":
    main()
