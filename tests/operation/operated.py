"""A real bot that knows one city, the platform it talks to, and the way to its figures."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.botapi import BotApi
from tests.running import Bot, free_port, knowledge_of

TOKEN = "operators-token-of-the-test"
USER = 7_800_001
START_S = 60.0  # on a machine that is busy with other things


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
        await until_async(lambda: self._is("/health/ready", 200), 120)  # the city may have to be learnt first

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
        await asyncio.to_thread(bot.start, START_S)
        found = Operated(bot, api, f"http://127.0.0.1:{port}", session)
        try:
            yield found
        finally:
            await asyncio.to_thread(bot.stop)
