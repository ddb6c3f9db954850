"""Delivery to a webhook: one update at a time for each chat (and for each presser), repeated until it is answered with 200."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from tests.botapi.world import Json, World

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0  # the real server goes on to a minute and more
PRESSERS = 3 << 33  # presses wait in a queue of their own (tdlib/telegram-bot-api Client.cpp)


@dataclass
class Webhook:
    """Where updates go. An empty `url` means that nobody listens."""

    url: str = ""
    secret: str = ""
    allowed: tuple[str, ...] = ()


class Deliverer:
    """Carries pending updates of a world to its webhook."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.webhook = Webhook()
        self.attempts = 0
        self.ports: tuple[int, ...] = ()  # of those who take turns behind the webhook's address; none: the one it names
        self._queues: dict[int, deque[tuple[int, Json]]] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        world.on_update = self.enqueue

    def set(self, webhook: Webhook) -> None:
        """Point to another address; what is pending goes there."""
        if webhook == self.webhook:
            return
        self._cancel()
        self.webhook = webhook
        for number, update in self._world.pending.items():
            self.enqueue(number, update)

    def enqueue(self, number: int, update: Json) -> None:
        """Queue an update behind the others of its chat."""
        if not self.webhook.url:
            return
        key = _queue_key(update)
        self._queues.setdefault(key, deque()).append((number, update))
        if key not in self._workers:
            worker = asyncio.get_running_loop().create_task(self._work(key))
            self._workers[key] = worker

    async def close(self) -> None:
        """Stop delivering."""
        workers = list(self._workers.values())
        self._cancel()
        if workers:
            await asyncio.wait(workers)
        if self._session is not None:
            await self._session.close()

    def _cancel(self) -> None:
        for worker in self._workers.values():
            worker.cancel()
        self._workers.clear()
        self._queues.clear()

    async def _work(self, key: int) -> None:
        queue = self._queues[key]
        while queue:
            number, update = queue[0]
            await self._until_taken(update)
            if self._world.faults.draw_repeat():
                await self._until_taken(update)
            queue.popleft()
            if self._world.pending.pop(number, None) is not None:
                self._world.acknowledged += 1
        del self._workers[key], self._queues[key]

    async def _until_taken(self, update: Json) -> None:
        wait_s = FIRST_WAIT_S
        while (named_s := await self._post(update)) is not None:
            await asyncio.sleep(named_s or wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)

    def _target(self) -> str:
        if not self.ports:
            return self.webhook.url
        parts = urlsplit(self.webhook.url)
        return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{self.ports[self.attempts % len(self.ports)]}"))

    async def _post(self, update: Json) -> float | None:
        """Deliver once; None when taken, else the seconds the other side asks to wait (0: names none)."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        self.attempts += 1
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.secret} if self.webhook.secret else {}
        try:
            async with self._session.post(self._target(), json=update, headers=headers) as answer:
                return None if answer.status == 200 else float(answer.headers.get("Retry-After", 0))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0.0


def _queue_key(update: Json) -> int:
    match update:
        case {"callback_query": {"from": {"id": int(user)}}}:
            return user + PRESSERS
        case {"message": {"chat": {"id": int(chat)}}} | {"edited_message": {"chat": {"id": int(chat)}}}:
            return chat
        case _:
            return 0
