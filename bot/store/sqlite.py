"""The store on SQLite: one connection, one thread, and every unit of work in one hop into it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import aiosqlite

from bot.errors import StoreError, StoreLocked
from bot.store import BACKUP_DAYS, RETENTION_DAYS, audit, erase, folder, lanes, schema
from bot.store.crypto import Secrets
from bot.store.database import SqliteDatabase, configure, open_keys, open_pair
from bot.store.keys import KeyRing
from bot.store.methods import UnitStore
from bot.store.queries import DATA_MIGRATIONS, KEY_MIGRATIONS
from bot.store.replicas import Alone
from bot.store.worker import Worker

KEYS_NAME = "keys.db"

T = TypeVar("T")


async def open_sqlite(
    path: Path | None,
    *,
    data_dir: Path,
    secret: bytes,
    clock: Callable[[], datetime],
    exclusive: bool,
    retention_days: int,
    previous: Sequence[bytes] = (),
    backup_days: int = BACKUP_DAYS,
) -> SqliteStore:
    """Open the database at `path` with its keys in `data_dir`, or both in memory where `path` is None.

    `exclusive`: this process serves; it takes the lock, and takes over what an earlier one was sending.
    `retention_days`: closed cases are erased after so many days; `backup_days`: tombstones are kept so long.
    `previous`: earlier secrets; where one of them opens the data and this process serves, they are changed to `secret`.
    Raises StoreLocked, WrongKey, or StoreError when the files can not be opened."""
    candidates = tuple(Secrets(each).secret for each in (secret, *previous))  # of the right length
    async with AsyncExitStack() as stack:
        if path is not None:
            _prepare(path, data_dir)
            if exclusive:
                stack.callback(folder.ServeLock(data_dir).release)
        keys_path = None if path is None else data_dir / KEYS_NAME
        try:
            connection = await _connect(":memory:" if path is None else path)
            stack.push_async_callback(connection.close)
            lock_dir = None if path is None or exclusive else data_dir
            paths = () if path is None or keys_path is None else (path, keys_path)
            opened = partial(_open, keys_path, candidates, clock=clock, lock_dir=lock_dir, rotates=exclusive, paths=paths)
            database = await _hop(connection, opened)
            stack.push_async_callback(_hop, connection, lambda _: database.close())
        except sqlite3.Error as error:
            raise StoreError(f"the database can not be opened: {error}") from error
        store = SqliteStore(database, connection, stack.pop_all(), retention_days, backup_days)
    if exclusive:
        await store.take_over()
    return store


def _prepare(path: Path, data_dir: Path) -> None:
    for place in {path.parent, data_dir}:
        folder.prepare(place)
    for file in (path, data_dir / KEYS_NAME):
        folder.make_private(file)


async def _connect(path: Path | str) -> aiosqlite.Connection:
    connection = aiosqlite.connect(path, isolation_level=None, cached_statements=128)
    # A process that fails before it can close must end, not hang on this thread; what is committed is safe either way.
    connection._thread.daemon = True
    return await connection


async def _hop(connection: aiosqlite.Connection, unit: Callable[[sqlite3.Connection], T]) -> T:
    """Run a function in the connection's thread.

    aiosqlite's public methods hop once for every statement; a unit of work in one hop costs a third (measured), and only its private
    `_execute` and `_conn` allow that. Nothing else but `_connect` reaches into it."""
    return cast(T, await connection._execute(unit, connection._conn))  # type: ignore[no-untyped-call]  # aiosqlite leaves it untyped


def _open(
    keys_path: Path | None,
    candidates: Sequence[bytes],
    connection: sqlite3.Connection,
    *,
    clock: Callable[[], datetime],
    lock_dir: Path | None,
    rotates: bool,
    paths: Sequence[Path],
) -> SqliteDatabase:
    """Make both files ready, in the database thread. `lock_dir`: the folder to lock for a migration, where it is not locked already.

    `paths`: the files, where there are any."""
    configure(connection)
    keys = open_keys(keys_path)
    try:
        if not (schema.is_current(connection, DATA_MIGRATIONS) and schema.is_current(keys, KEY_MIGRATIONS)):
            _migrate(connection, keys, lock_dir)
        unlocked = open_pair(connection, keys, candidates[0], candidates[1:], rotates=rotates)
    except BaseException:
        keys.close()
        raise
    secrets = Secrets(unlocked.root)
    files = folder.Files(paths) if paths else None
    return SqliteDatabase(connection, KeyRing(keys, unlocked.wrapping, secrets, lambda: clock().date()), secrets, clock, files)


def _migrate(connection: sqlite3.Connection, keys: sqlite3.Connection, lock_dir: Path | None) -> None:
    """Migrate both files, under the lock: a process that serves must not find another schema beneath it."""
    try:
        lock = folder.ServeLock(lock_dir) if lock_dir is not None else None
    except StoreLocked as error:
        raise StoreLocked(
            "the database must be upgraded first, and a dragoman of an older version serves from it: stop that one"
        ) from error
    try:
        schema.migrate(keys, KEY_MIGRATIONS)
        schema.migrate(connection, DATA_MIGRATIONS)
    finally:
        if lock is not None:
            lock.release()


class SqliteStore(UnitStore):
    """The Store contract on SQLite, where one process does everything."""

    def __init__(
        self,
        database: SqliteDatabase,
        connection: aiosqlite.Connection,
        resources: AsyncExitStack,
        retention_days: int = RETENTION_DAYS,
        backup_days: int = BACKUP_DAYS,
    ) -> None:
        worker = Worker(database, lambda unit: _hop(connection, lambda _: unit()))
        super().__init__(worker, Alone(), database.secrets.secret, retention_days, backup_days)
        self._resources = resources
        self._serves = False

    async def take_over(self) -> None:
        """Go on where an earlier process stopped: void its leases, finish its erasures, make keys and contacts agree."""
        try:
            self._serves = True
            await self._worker.write(erase.reconcile)
            await self._worker.write(lanes.resume)
            await self._look_after_keys()
            await self._each(erase.finish_one)
            await self._worker.write(lambda db: db.scrub_logs())
        except BaseException:
            await self.close()
            raise

    async def _look_after_keys(self) -> None:
        """Only who serves may say that nobody else waits; the audit is read as it is committed."""
        if self._serves:
            await self._worker.write(lambda db: db.keys.end_handover())
            await self._worker.read(audit.anchor)

    async def close(self) -> None:
        """Finish what is running and let go of the files; a second call does nothing."""
        await self._worker.close()
        await self._resources.aclose()
