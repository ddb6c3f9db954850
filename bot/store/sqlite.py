"""The store on SQLite: one connection, one thread, and every unit of work in one hop into it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import aiosqlite

from bot.errors import StoreError, StoreLocked
from bot.model import ContactRef, Incoming, StoredMessage
from bot.records import Checkup
from bot.store import (
    BACKUP_DAYS,
    RETENTION_DAYS,
    Decide,
    Delivery,
    Handled,
    Settlement,
    Snapshot,
    Swept,
    audit,
    checkup,
    contacts,
    erase,
    folder,
    inbox,
    lanes,
    schema,
    snapshots,
    turns,
)
from bot.store.crypto import Secrets
from bot.store.database import Database, configure, moment, open_keys, open_pair
from bot.store.desk import DeskStore
from bot.store.keys import KeyRing
from bot.store.queries import DATA_MIGRATIONS, KEY_MIGRATIONS
from bot.store.sqlite_desk import SqliteDesk
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
            database = await _hop(connection, partial(_open, keys_path, candidates, clock=clock, lock_dir=lock_dir, rotates=exclusive))
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
) -> Database:
    """Make both files ready, in the database thread. `lock_dir`: the folder to lock for a migration, where it is not locked already."""
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
    return Database(connection, KeyRing(keys, unlocked.wrapping, secrets, lambda: clock().date()), secrets, clock)


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


class SqliteStore:
    """The Store contract on SQLite; see there for what each method promises."""

    def __init__(
        self,
        database: Database,
        connection: aiosqlite.Connection,
        resources: AsyncExitStack,
        retention_days: int = RETENTION_DAYS,
        backup_days: int = BACKUP_DAYS,
    ) -> None:
        self._worker = Worker(database, lambda unit: _hop(connection, lambda _: unit()))
        self._resources, self._retention_days, self._backup_days = resources, retention_days, backup_days
        self._serves = False
        self.root = database.secrets.secret
        self.desk: DeskStore = SqliteDesk(self._worker)

    async def take_over(self) -> None:
        """Go on where an earlier process stopped: void its leases, finish its erasures, make keys and contacts agree."""
        try:
            self._serves = True
            await self._worker.write(lambda db: db.keys.end_handover())
            await self._worker.write(erase.reconcile)
            await self._worker.write(lanes.resume)
            await self._worker.read(audit.anchor)
            await self._each(erase.finish_one)
            await self._worker.write(Database.scrub_logs)
        except BaseException:
            await self.close()
            raise

    async def accept(self, incoming: Sequence[Incoming]) -> tuple[str, ...]:
        """Store events; returns when they are safe."""
        return await self._worker.write(lambda db: inbox.accept(db, incoming))

    async def read(self, contact_id: str) -> Snapshot | None:
        """Return the contact as stored."""
        loaded = await self._worker.read(lambda db: snapshots.load(db, contact_id))
        return None if loaded is None else loaded[0]

    async def handle(self, contact_id: str, decide: Decide) -> Handled:
        """Decide and keep the decision, in one transaction."""

        def unit(db: Database) -> tuple[Handled, bool]:
            return turns.handle(db, contact_id, decide), erase.is_ripe(db, contact_id)

        handled, is_ripe = await self._worker.write(unit)
        if is_ripe:
            await self._worker.write(lambda db: erase.finish(db, contact_id))
        return handled

    async def waiting(self, limit: int) -> tuple[str, ...]:
        """Return who waits, longest first."""
        return await self._worker.read(lambda db: inbox.waiting(db, limit))

    async def claim(self, limit: int) -> tuple[Delivery, ...]:
        """Lease what is due."""
        return await self._worker.write(lambda db: lanes.claim(db, limit))

    async def settle(self, delivery: Delivery, result: Settlement) -> Delivery | None:
        """Record what became of a delivery; returns the next."""

        def unit(db: Database) -> tuple[Delivery | None, bool]:
            following = lanes.settle(db, delivery, result)
            return following, following is None and erase.is_ripe(db, delivery.contact_id)

        following, is_ripe = await self._worker.write(unit)
        if is_ripe:
            await self._worker.write(lambda db: erase.finish(db, delivery.contact_id))
        return following

    async def next_due(self) -> datetime | None:
        """Return when the earliest lane is due; a lane under lease is due when the lease ends."""
        row = await self._worker.read(lambda db: db.row("next_due"))
        return None if row is None or row[0] is None else moment(cast(int, row[0]))

    async def find(self, contact: ContactRef) -> str | None:
        """Return the contact's id."""
        found = await self._worker.read(lambda db: contacts.find(db, contact))
        return None if found is None else found[0]

    async def history(self, contact_id: str, after: int = 0) -> tuple[StoredMessage, ...]:
        """Return the kept messages above an id."""
        return await self._worker.read(lambda db: contacts.history(db, contact_id, after))

    async def counters(self) -> Mapping[tuple[str, str, str, str], int]:
        """Return every counter."""
        rows = await self._worker.read(lambda db: db.rows("counters"))
        return {(str(city), str(entry), str(locale), str(result)): cast(int, n) for city, entry, locale, result, n in rows}

    async def daily_counters(self) -> Mapping[tuple[str, str, str, str, str], int]:
        """Return the counters of every day."""
        rows = await self._worker.read(lambda db: db.rows("daily_counters"))
        return {(str(day), str(city), str(entry), str(locale), str(result)): cast(int, n) for day, city, entry, locale, result, n in rows}

    async def figures(self) -> Mapping[str, int]:
        """Return how many rows stand where."""
        return await self._worker.read(_figures)

    async def sweep(self) -> Swept:
        """Remove what has outlived its time, in portions that let others work in between."""
        histories = await self._each(erase.drop_histories)
        inbox_keys = await self._each(erase.drop_events)
        await self._each(erase.drop_settled)
        cases = await self._each(lambda db: erase.drop_cases(db, self._retention_days))
        await self._worker.write(erase.drop_stale)
        erased = await self._each(erase.finish_one)
        await self._worker.write(lambda db: db.keys.drop_old_tombstones(self._backup_days))
        if self._serves:
            await self._worker.write(lambda db: db.keys.end_handover())
            await self._worker.read(audit.anchor)
        return Swept(histories, inbox_keys, erased, cases)

    async def change_master(self, secret: bytes) -> int:
        """Wrap every data key anew under another master secret."""
        return await self._worker.write(lambda db: db.keys.change_master(secret))

    async def look_through(self) -> Checkup:
        """Open everything that is sealed once."""
        return await self._worker.read(checkup.look_through)

    async def restored(self, name: str) -> None:
        """Note that a copy was restored."""
        await self._worker.write(lambda db: checkup.restored(db, name))

    async def _each(self, unit: Callable[[Database], int]) -> int:
        """Repeat a unit until it finds nothing more to do; returns how much it did."""
        total = 0
        while (n := await self._worker.write(unit)) > 0:
            total += n
        return total

    async def close(self) -> None:
        """Finish what is running and let go of the files; a second call does nothing."""
        await self._worker.close()
        await self._resources.aclose()


def _figures(db: Database) -> dict[str, int]:
    figures = {"inbox_failed": 0, "outbox_dead": 0, "outbox_uncertain": 0}
    figures.update((str(name), cast(int, n)) for name, n in db.rows("totals"))
    for name in ("contacts", "inbox_waiting", "outbox_waiting"):
        row = db.row(f"count_{name}")
        figures[name] = cast(int, row[0]) if row else 0
    return figures
