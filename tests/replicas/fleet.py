"""Several `dragoman serve` on one PostgreSQL, and a small balancer in front of them as an operator would put there."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.running import CACHE, ROOT, Bot, free_port

SECRET_KEY = "5e" * 32
PATIENCE_S = 30.0


def replica(folder: Path, name: str, url: str, knowledge: Path, **settings: str) -> Bot:
    """Prepare one of the processes; each has a folder of its own, as on a machine of its own."""
    return Bot(folder / name, DATABASE_URL=url, SECRET_KEY=SECRET_KEY, KNOWLEDGE_DIR=str(knowledge), LOG_LEVEL="INFO", **settings)


def invite(bot: Bot, url: str, knowledge: Path, name: str) -> str:
    """Invite an advisor as an operator does, while the processes run."""
    command = [sys.executable, "-m", "bot", "invite", "--role", "advisor", "--city", "madrid", "--name", name, "--json"]
    settings = {"DATA_DIR": str(bot.data), "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
    settings |= {"KNOWLEDGE_DIR": str(knowledge), "CACHE_DIR": str(CACHE)}
    environment = {"PATH": "/usr/bin:/bin"} | {f"DRAGOMAN_{name}": value for name, value in settings.items()}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=60)
    return str(json.loads(done.stdout)["code"])


async def until(there: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> float:
    """Wait for something; returns the seconds that took."""
    begin = time.monotonic()
    while not there():
        if time.monotonic() - begin > patience_s:
            raise TimeoutError(what)
        await asyncio.sleep(0.02)
    return time.monotonic() - begin


def leads(bot: Bot) -> bool:
    """Tell from its log whether a process leads."""
    said = [line for line in bot.log.read_text().splitlines() if "this process " in line]
    return bool(said) and "this process leads" in said[-1]


class Balancer:
    """Gives each request to the next process; one that does not take it is passed over."""

    def __init__(self) -> None:
        self.bots: Sequence[Bot] = ()
        self._turn = itertools.count()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.given: Counter[str] = Counter()

    async def __aenter__(self) -> Balancer:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10))
        app = web.Application()
        app.router.add_route("POST", "/{path:.*}", self._give)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _give(self, request: web.Request) -> web.Response:
        body, headers = await request.read(), {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
        first = next(self._turn)
        for offset in range(len(self.bots)):
            bot = self.bots[(first + offset) % len(self.bots)]
            try:
                async with self._session.post(f"{bot.url}{request.path_qs}", data=body, headers=headers) as answer:
                    if answer.status != 503:
                        self.given[bot.url] += 1
                        return web.Response(status=answer.status, body=await answer.read())
            except (aiohttp.ClientError, TimeoutError):
                continue
        return web.Response(status=503, headers={"Retry-After": "1"})
