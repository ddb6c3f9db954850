"""Runs units of work in the database thread, many in one commit: the disk is waited for once, whoever is waiting."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar, cast

from bot.errors import StoreError
from bot.store.database import Database, SqliteDatabase

MAX_GROUP = 256  # units of one commit: bounds how long the first of them waits for the last

T = TypeVar("T")
Unit = Callable[[Database], T]
Hop = Callable[[Callable[[], None]], Awaitable[None]]


class _Job:
    """A unit of work, who waits for it, and what became of it. `error` is None only when it is done and committed."""

    __slots__ = ("done", "error", "unit", "value", "writes")

    def __init__(self, unit: Unit[object], writes: bool) -> None:
        self.unit, self.writes = unit, writes
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.value: object = None
        self.error: Exception | None = StoreError("the database went away before this was done")


class Units(Protocol):
    """What runs units of work, whatever the engine."""

    async def write(self, unit: Unit[T]) -> T:
        """Run a unit; returns when it is safe on disk.

        What the unit raises is raised here and undoes that unit alone; StoreError when the database refuses.
        A caller that is cancelled while waiting leaves it open whether the unit ran, and disturbs no other."""

    async def write_first(self, unit: Unit[T]) -> T:
        """Run a unit that somebody outside waits for, before others that wait; among themselves, such units keep their order."""

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that writes nothing, on one consistent state."""

    async def close(self) -> None:
        """Take in nothing more and finish what is waiting."""


class Worker:
    """Gathers units while the database thread is busy, then hands it all of them at once."""

    def __init__(self, database: SqliteDatabase, hop: Hop) -> None:
        self._database, self._hop = database, hop
        self._first: deque[_Job] = deque()
        self._pending: deque[_Job] = deque()
        self._drainer: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, unit: Unit[T]) -> T:
        """Run a unit; returns when it is safe on disk.

        What the unit raises is raised here and undoes that unit alone; StoreError when the database refuses.
        A caller that is cancelled while waiting leaves it open whether the unit ran, and disturbs no other."""
        return await self._submit(unit, self._pending)

    async def write_first(self, unit: Unit[T]) -> T:
        """Run a unit that somebody outside waits for, before others that wait; among themselves, such units keep their order."""
        return await self._submit(unit, self._first)

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that writes nothing, on one consistent state."""
        return await self._submit(unit, self._pending, writes=False)

    async def _submit(self, unit: Unit[T], queue: deque[_Job], *, writes: bool = True) -> T:
        if self._closed:
            raise StoreError("the store is closed")
        job = _Job(unit, writes)
        queue.append(job)
        if self._drainer is None or self._drainer.done():
            self._drainer = asyncio.create_task(self._drain())
        await job.done
        if job.error is not None:
            raise job.error
        return cast(T, job.value)

    async def _drain(self) -> None:
        try:
            while self._first or self._pending:
                await self._run(self._take())
        finally:
            for job in (*self._first, *self._pending):  # only when the event loop itself is ending
                job.done.cancel()

    def _take(self) -> list[_Job]:
        taken = [*self._first, *(self._pending.popleft() for _ in range(min(MAX_GROUP, len(self._pending))))]
        self._first.clear()
        return [job for job in taken if not job.done.done()]

    async def _run(self, jobs: Sequence[_Job]) -> None:
        try:
            # A closure: aiosqlite writes the arguments of what it runs to its debug log.
            await self._hop(lambda: run_group(self._database, jobs))
        except asyncio.CancelledError:  # the event loop is ending; whether this group was committed is not known
            for job in jobs:
                job.done.cancel()
            raise
        except Exception as error:  # the outermost boundary of the thread: whoever waits must hear of it, and the next group goes on
            _refuse(jobs, error)
        for job in jobs:
            if not job.done.done():
                job.done.set_result(None)

    async def close(self) -> None:
        """Take in nothing more and finish what is waiting."""
        self._closed = True
        if self._drainer is not None:
            await asyncio.wait([self._drainer])


def refusal(error: Exception) -> StoreError:
    """Wrap what the driver raised; what is ours already stays as it is."""
    if isinstance(error, StoreError):
        return error
    wrapped = StoreError(f"the database refused: {error}")
    wrapped.__cause__ = error
    return wrapped


def run_group(database: SqliteDatabase, jobs: Sequence[_Job]) -> None:
    """Run jobs in the database thread, those that only read first; each carries its outcome.

    Raises StoreError, with nothing run, when the files are gone."""
    database.check_files()
    reads, writes = [job for job in jobs if not job.writes], [job for job in jobs if job.writes]
    if reads:
        _run_reads(database, reads)
    if writes:
        _run_writes(database, writes)
    if database.scrub:
        database.empty_logs()


def _run_reads(database: SqliteDatabase, jobs: Sequence[_Job]) -> None:
    try:
        database.connection.execute("BEGIN")
        for job in jobs:
            _attempt(database, job)
        database.connection.execute("COMMIT")
    except sqlite3.Error as error:
        _refuse(jobs, error)
    finally:
        database.rollback()


def _run_writes(database: SqliteDatabase, jobs: Sequence[_Job]) -> None:
    try:
        database.connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            _attempt_alone(database, job)
        database.commit()
    except sqlite3.Error as error:
        _refuse(jobs, error)
    finally:
        database.rollback()


def _refuse(jobs: Sequence[_Job], error: Exception) -> None:
    """Tell everyone that nothing was done."""
    for job in jobs:
        job.value, job.error = None, refusal(error)


def _attempt_alone(database: SqliteDatabase, job: _Job) -> None:
    """Run a job so that its failure undoes it alone; raises sqlite3.Error when SQLite has already undone the whole transaction."""
    mark = database.keys.mark()
    database.connection.execute("SAVEPOINT unit")
    _attempt(database, job)
    if not database.connection.in_transaction:  # its way with a full disk
        cause = job.error.__cause__ if job.error else None
        raise cause if isinstance(cause, sqlite3.Error) else sqlite3.OperationalError("the transaction ended early")
    if job.error is not None:
        database.keys.undo(mark)
        database.connection.execute("ROLLBACK TO unit")
    database.connection.execute("RELEASE unit")


def _attempt(database: Database, job: _Job) -> None:
    try:
        job.value, job.error = job.unit(database), None
    except sqlite3.Error as error:
        job.error = refusal(error)
    except Exception as error:  # the outermost boundary of a unit: what it raises belongs to its caller, not to this thread
        job.error = error
