"""Runs units of work on PostgreSQL: so many at once as there are connections, each in its own thread and transaction."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, TypeVar, cast

import psycopg
from psycopg import errors

from bot.errors import StoreError
from bot.store.crypto import Secrets
from bot.store.postgres.connecting import connect, refusal
from bot.store.postgres.database import PostgresDatabase
from bot.store.postgres.keys import KeyCache
from bot.store.worker import Unit

TRIES: Final = 6
FIRST_WAIT_S, LONGEST_WAIT_S = 0.01, 0.3
# What another transaction did first: the same unit sees it the next time.
AGAIN: Final = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
    errors.ForeignKeyViolation,
    errors.NotNullViolation,  # a key that was not added, because the wrapping key is another now
)
WRITING: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"  # locks make sure of the rest
READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
ON_ONE_STATE: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE"

T = TypeVar("T")


class Pool:
    """See bot.store.worker.Units for what is promised."""

    def __init__(self, address: str, secrets: Secrets, keys: KeyCache, clock: Callable[[], datetime] | None, connections: int) -> None:
        self._address, self._secrets, self._clock = address, secrets, clock
        self._threads = ThreadPoolExecutor(connections, "postgresql")
        self._mine = threading.local()
        self._open: set[psycopg.Connection[tuple[object, ...]]] = set()
        self.keys = keys
        self._closed = False
        self._jitter = random.Random()  # noqa: S311  # spreads retries, guards nothing

    async def write(self, unit: Unit[T]) -> T:
        """Run a unit; returns when it is safe."""
        return await self.aside(lambda: self._run(unit, WRITING))

    async def write_first(self, unit: Unit[T]) -> T:
        """Run a unit at once: here, none waits for another."""
        return await self.write(unit)

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that writes nothing."""
        return await self.aside(lambda: self._run(unit, READING))

    async def write_on_one_state(self, unit: Unit[T]) -> T:
        """Run a unit for which all that it reads must be of one moment, as for few it must: it is more often done again."""
        return await self.aside(lambda: self._run(unit, ON_ONE_STATE))

    async def announce(self, payloads: Sequence[str]) -> None:
        """Send notices to all processes."""
        await self.write(lambda db: db.run_each("notify", [(payload,) for payload in payloads]))

    async def aside(self, work: Callable[[], T]) -> T:
        """Do something in a thread of the pool; raises StoreError when the database refuses."""
        if self._closed:
            raise StoreError("the store is closed")
        value, error = await asyncio.get_running_loop().run_in_executor(self._threads, _outcome, work)
        if error is not None:
            raise error
        return cast(T, value)

    async def close(self) -> None:
        """Take in nothing more, finish what is waiting, and let go of the connections."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._open:
            connection.close()
        self._open.clear()

    # ------------------------------------------------------------ in a thread

    def _run(self, unit: Unit[T], mode: str) -> T:
        """Run a unit, again where another transaction or a lost connection came between: it is surely undone then."""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt) * self._jitter.uniform(0.5, 1.0))
            transaction = _Transaction(mode)
            try:
                return transaction.run(self._database(), unit)
            except psycopg.Error as error:
                lost = self._let_go_if_lost()
                is_last = attempt == TRIES - 1
                if isinstance(error, errors.NotNullViolation):
                    self.keys.look_soon()
                if is_last or not (isinstance(error, AGAIN) or (lost and transaction.has_begun and not transaction.has_asked_to_commit)):
                    raise refusal(error) from error
        raise AssertionError("the last attempt returns or raises")

    def _database(self) -> PostgresDatabase:
        """Return this thread's own, connected. Raises psycopg.Error."""
        found: PostgresDatabase | None = getattr(self._mine, "database", None)
        if found is None:
            connection = connect(self._address)
            self._open.add(connection)
            self._mine.database = found = PostgresDatabase(connection, self._secrets, self.keys, self._clock)
        return found

    def _let_go_if_lost(self) -> bool:
        database: PostgresDatabase | None = getattr(self._mine, "database", None)
        if database is None or not (database.connection.closed or database.connection.broken):
            return False
        self._open.discard(database.connection)
        database.connection.close()
        self._mine.database = None
        return True


def _outcome(work: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """Do something; what it raises is returned, because a future takes not everything (StopIteration)."""
    try:
        return work(), None
    except Exception as error:  # it belongs to the caller, not to this thread
        return None, error


class _Transaction:
    """One attempt at a unit."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self.has_begun = self.has_asked_to_commit = False

    def run(self, database: PostgresDatabase, unit: Unit[T]) -> T:
        """Run a unit to its commit; what it raises undoes it."""
        self.has_begun = True
        try:
            with database.connection.pipeline() as pipeline:
                database.begin(pipeline, self._mode)
                database.keys.look()
                value = unit(database)
                database.do_last()
                self.has_asked_to_commit = True
                database.commit()
        except BaseException:
            self._undo(database)
            raise
        database.ended(kept=True)
        return value

    def _undo(self, database: PostgresDatabase) -> None:
        database.ended(kept=False)
        try:
            if not database.connection.closed and database.connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                database.connection.execute("ROLLBACK", prepare=False)
        except psycopg.Error:
            database.connection.close()  # it is undone with the connection
