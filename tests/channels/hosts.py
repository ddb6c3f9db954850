"""A host that keeps what channels hand over in memory, and a real web server for the routes they answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.cases import Attachment
from bot.errors import ChannelRejected
from bot.model import ContactRef, Event, Incoming, StoredMessage


class MemoryHost:
    """Keeps events as a store would: a repeated external id is dropped. `refusals` are raised first, one a call.

    `files`: contents by ref, or what is raised instead. `topics`: of cases in groups; `forgotten`: those noted as gone. `linked`: groups of
    desks, about which it was `asked` so many times."""

    def __init__(self) -> None:
        self.accepted: list[Incoming] = []
        self.refusals: list[Exception] = []
        self.calls = 0
        self.repeats = 0
        self.before_accept: asyncio.Event | None = None
        self.files: dict[str, bytes | Exception] = {}
        self.topics: dict[tuple[ContactRef, int], int] = {}
        self.forgotten: list[int] = []
        self.linked: set[ContactRef] = set()
        self.asked = 0
        self._known: set[tuple[str, str]] = set()
        self._arrived = asyncio.Event()

    async def accept(self, incoming: Sequence[Incoming]) -> None:
        """Keep events, unless a refusal is due."""
        self.calls += 1
        if self.before_accept is not None:
            await self.before_accept.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        for item in incoming:
            key = (item.contact.channel, item.external_id)
            if key in self._known:
                self.repeats += 1
                continue
            self._known.add(key)
            self.accepted.append(item)
        self._arrived.set()

    async def history(self, contact: ContactRef, after: int = 0) -> Sequence[StoredMessage]:
        """Return nothing: no channel under test here shows history."""
        return ()

    async def fetch(self, attachment: Attachment) -> bytes:
        """Return a file, or raise what is there instead of it."""
        found = self.files.get(attachment.ref, ChannelRejected("no such file"))
        if isinstance(found, Exception):
            raise found
        return found

    async def keep_file(self, contact: ContactRef, content: bytes) -> str | None:
        """Keep a file, as if somebody would see it."""
        ref = f"store:{len(self.files)}"
        self.files[ref] = content
        return ref

    async def topic(self, contact: ContactRef, number: int) -> int | None:
        """Return the topic of a case."""
        return self.topics.get((contact, number))

    async def set_topic(self, contact: ContactRef, number: int, topic_id: int | None) -> None:
        """Note the topic of a case, or that it is gone."""
        if topic_id is None:
            self.forgotten.append(number)
            self.topics.pop((contact, number), None)
        else:
            self.topics[(contact, number)] = topic_id

    async def is_linked(self, contact: ContactRef) -> bool:
        """Tell whether a group is a desk's."""
        self.asked += 1
        return contact in self.linked

    @property
    def events(self) -> list[Event]:
        """Return what was kept, in order."""
        return [item.event for item in self.accepted]

    async def wait(self, count: int, timeout_s: float = 30.0) -> list[Incoming]:
        """Wait until so many events are kept."""
        async with asyncio.timeout(timeout_s):
            while len(self.accepted) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.accepted


@contextlib.asynccontextmanager
async def served(routes: Sequence[BaseRoute], port: int = 0) -> AsyncIterator[str]:
    """Serve routes on loopback; gives the root address."""
    config = uvicorn.Config(Starlette(routes=list(routes)), host="127.0.0.1", port=port, log_level="critical", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    sockets = [config.bind_socket()]
    task = asyncio.create_task(server._serve(sockets))  # the public `serve` takes over the signals of the test run
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        sockets[0].close()
