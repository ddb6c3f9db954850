"""The one connection each process keeps standing: it hears what others tell, and holds the lock of the one that leads."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

import psycopg

from bot.discretion import Word
from bot.errors import StoreError
from bot.store.replicas import MAX_TOGETHER, Notice, understood, written

LEAD_LOCK: Final = 7_301_004
BEAT_S: Final = 1.0  # between two looks whether the leader is gone, or whether we still are it
ANSWER_S: Final = 5.0  # a database that does not answer for so long is gone
AGAIN_S: Final = 1.0
GATHER_S: Final = 0.01  # notices of so long go together

log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[tuple[object, ...]]


class Announce(Protocol):
    """Sends payloads to all processes."""

    async def __call__(self, payloads: Sequence[str]) -> None: ...


class StandingReplicas:
    """See bot.store.replicas.Replicas."""

    def __init__(self, address: str, announce: Announce) -> None:
        self._address, self._announce = address, announce
        self._name = secrets.token_hex(8)
        self._hear: Callable[[Notice], None] = lambda notice: None
        self._leads = self._resigned = False
        self._changed = asyncio.Event()
        self._untold: deque[Notice] = deque()
        self._telling: asyncio.Task[None] | None = None
        self._standing: asyncio.Task[None] | None = None

    @classmethod
    async def join(cls, address: str, announce: Announce) -> StandingReplicas:
        """Become one of the processes, and the one that leads where there is none."""
        replicas = cls(address, announce)
        stood = asyncio.Event()
        replicas._standing = asyncio.create_task(replicas._stand(stood))
        await stood.wait()
        return replicas

    async def leave(self) -> None:
        """Say what is still to be told, and let another one lead."""
        if self._telling is not None:
            await asyncio.wait([self._telling])
        if self._standing is not None:
            self._standing.cancel()
            await asyncio.wait([self._standing])
        self._set_leads(False)

    # ------------------------------------------------------------ leading

    @property
    def leads(self) -> bool:
        """Tell whether this process leads."""
        return self._leads

    async def changes(self, leads: bool) -> None:
        """Wait until `leads` is another than given."""
        while self._leads == leads:
            await self._changed.wait()

    def resign(self) -> None:
        """Lead no more."""
        self._resigned = True
        self._set_leads(False)

    def _set_leads(self, leads: bool) -> None:
        if leads != self._leads:
            log.info("this process %s", Word("leads: it polls and sweeps" if leads else "does not lead any more"))
            self._leads = leads
            self._changed.set()
            self._changed = asyncio.Event()

    async def _look_who_leads(self, connection: Connection) -> None:
        """Take the lead where nobody has it; who has it makes sure that the connection, and so the lock, is still there."""
        if self._resigned:
            await connection.execute("SELECT pg_advisory_unlock_all()")
            return
        if self._leads:
            await connection.execute("SELECT 1")
            return
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (LEAD_LOCK,))
        row = await cursor.fetchone()
        self._set_leads(bool(row and row[0]))

    # ------------------------------------------------------------ hearing

    def listen(self, hear: Callable[[Notice], None]) -> None:
        """Hear what others tell from now on."""
        self._hear = hear

    async def _stand(self, stood: asyncio.Event) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._address, autocommit=True)
                try:
                    await self._attend(connection, stood)
                finally:
                    self._set_leads(False)
                    await connection.close()
            except Exception as error:  # the outermost boundary of this task: without it nobody would ever lead again
                log.error("notices of other processes are not heard: %s", error)
            stood.set()
            await asyncio.sleep(AGAIN_S)

    async def _attend(self, connection: Connection, stood: asyncio.Event) -> None:
        async with asyncio.timeout(ANSWER_S):
            await connection.execute("LISTEN dragoman")
        self._hear(Notice("anew"))
        while True:
            async with asyncio.timeout(ANSWER_S):
                await self._look_who_leads(connection)
            stood.set()
            async for heard in connection.notifies(timeout=BEAT_S):
                for notice in understood(heard.payload, self._name):
                    self._hear(notice)

    # ------------------------------------------------------------ telling

    def tell(self, notice: Notice) -> None:
        """Tell the other processes, together with what else there is to tell at this moment."""
        self._untold.append(notice)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(GATHER_S)
        while self._untold:
            notices = list(dict.fromkeys(self._untold))
            self._untold.clear()
            payloads = [written(notices[at : at + MAX_TOGETHER], self._name) for at in range(0, len(notices), MAX_TOGETHER)]
            with suppress(StoreError):  # they are wake-ups alone: everybody looks at the tables by themselves, too
                await self._announce(payloads)
