"""Which pages are open right now, by address, and what is on its way to each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LINE_FRAMES = 64  # frames that may wait for one page; a page slower than that comes back and reads the history
LINES_PER_ADDRESS = 8  # open pages of one session; another one closes the oldest


@dataclass(frozen=True, slots=True)
class Queued:
    """A frame on its way. `message_id` is None for what is not a message."""

    frame: str
    message_id: int | None = None


TYPING = Queued('{"type":"typing"}')


class Line:
    """One open page: a bounded queue that never makes its sender wait."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Queued] = asyncio.Queue(LINE_FRAMES)
        self._dropped = asyncio.Event()
        self.replaced = False

    def offer(self, item: Queued) -> None:
        """Queue a frame, or drop the line when its page does not keep up."""
        try:
            self._queue.put_nowait(item)
        except asyncio.QueueFull:
            self.drop()

    async def next(self) -> Queued:
        """Return the next frame, waiting for it."""
        return await self._queue.get()

    def drop(self, *, replaced: bool = False) -> None:
        """Give the line up; `replaced`: too many pages are open, this one should not come back by itself."""
        self.replaced = self.replaced or replaced
        self._dropped.set()

    async def dropped(self) -> None:
        """Wait until the line is given up."""
        await self._dropped.wait()

    async def message(self) -> None:
        """Wait until a message comes; other frames do not count."""
        while (await self._queue.get()).message_id is None:
            pass


class Hub:
    """All lines of this process."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Line]] = {}

    @contextmanager
    def line(self, address: str) -> Iterator[Line]:
        """Open a line for as long as the block runs."""
        line = Line()
        lines = self._lines.setdefault(address, [])
        if len(lines) >= LINES_PER_ADDRESS:
            lines[0].drop(replaced=True)
        lines.append(line)
        try:
            yield line
        finally:
            lines.remove(line)
            if not lines and self._lines.get(address) is lines:
                del self._lines[address]

    def addresses(self) -> tuple[str, ...]:
        """Return the addresses that have an open page."""
        return tuple(self._lines)

    def push(self, address: str, item: Queued) -> None:
        """Queue a frame for every open page of an address; nobody there is fine, the history keeps messages."""
        for line in tuple(self._lines.get(address, ())):
            line.offer(item)

    def drop_all(self) -> None:
        """Give every line up."""
        for lines in tuple(self._lines.values()):
            for line in tuple(lines):
                line.drop()


async def first_of(*works: Coroutine[None, None, None]) -> None:
    """Run until the first one ends, end the others, and raise what it raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
