"""What a unit of work runs on, inside the database thread: the connection, the keys, the time, and the two files made ready."""

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from pathlib import Path
from typing import Literal, Protocol

from bot.cases import Role
from bot.errors import StoreError, WrongKey
from bot.store.crypto import Sealer, Secrets
from bot.store.keys import KeyRing, checkpoint
from bot.store.queries import KEY_SQL, SQL

BUSY_TIMEOUT_MS = 5000  # how long to wait for an admin command that writes at the same time
FULL_SYNC = 2  # PRAGMA synchronous: a commit is on the disk before it is reported

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Value = str | bytes | int | None
Last = Literal["counters", "figures", "totals", "audit"]  # in the order in which they are done


class Keys(Protocol):
    """The data keys of contacts, staff and cases: throwing one away makes all that was sealed with it unreadable."""

    def create(self, contact_id: str) -> Sealer:
        """Make a key for a new contact."""

    def get(self, contact_id: str) -> Sealer:
        """Return a contact's sealer; raises StoreError when the key is gone."""

    def drop(self, contact_id: str) -> None:
        """Throw a key away."""

    def ids(self) -> set[str]:
        """Return every contact that has a key."""


class Database(ABC):
    """What a unit of work sees, whatever the engine; used by one thread alone. Queries are named, and written in sql/.

    Values of a query are given in order, or by name where it names them.
    `staffed`: the roles there are in each city, and the mark of the staff they were read at."""

    def __init__(self, secrets: Secrets) -> None:
        self.keys: Keys
        self.secrets = secrets
        self.staffed: tuple[int, Mapping[str, frozenset[Role]]] | None = None

    # ------------------------------------------------------------ queries

    @abstractmethod
    def now(self) -> int:
        """Return the time in microseconds since 1970."""

    @abstractmethod
    def run(self, name: str, /, *values: Value, **named: Value) -> None:
        """Run a statement, whatever it changes: the cheapest, nobody waits for its result."""

    @abstractmethod
    def change(self, name: str, /, *values: Value, **named: Value) -> int:
        """Run a statement; returns how many rows it changed."""

    @abstractmethod
    def insert(self, name: str, /, *values: Value) -> int:
        """Run an insertion that returns the id of the new row."""

    @abstractmethod
    def run_each(self, name: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement for each row of values."""

    @abstractmethod
    def rows(self, name: str, /, *values: Value, **named: Value) -> list[tuple[object, ...]]:
        """Return every row a query finds."""

    @abstractmethod
    def row(self, name: str, /, *values: Value, **named: Value) -> tuple[object, ...] | None:
        """Return the first row a query finds, or None."""

    # ------------------------------------------------------------ who else writes
    # The order in which everybody takes locks stands in bot.store.postgres.

    @abstractmethod
    def hold(self, *contact_ids: str) -> None:
        """Keep everybody else from changing these contacts, and whatever is theirs, until the transaction ends."""

    @abstractmethod
    def hold_case(self, number: int) -> None:
        """Hold the contact of a case."""

    @abstractmethod
    def one_by_one(self) -> None:
        """Keep everybody else out of what spans contacts at the desk (made-up names, open reports, groups) until the transaction ends."""

    @abstractmethod
    def at_end(self, what: Last, work: Callable[[], None]) -> None:
        """Do what all transactions have to do at the same few rows: as late as possible, and in one order."""

    def count_up(self, total: str, n: int = 1) -> None:
        """Add to a total that outlives the rows it counts."""
        if n:
            self.at_end("totals", lambda: self.run("add_total", total, n))

    @abstractmethod
    def scrub_logs(self) -> None:
        """Ask that nothing of what was erased can be found in the files once the open transaction is committed.

        Only an engine whose files are ours can do that; elsewhere what was erased is unreadable because its key is gone."""


class SqliteDatabase(Database):
    """One connection and the key file. `scrub`: the write-ahead log must be emptied, which is only possible between transactions."""

    keys: KeyRing

    def __init__(self, connection: sqlite3.Connection, keys: KeyRing, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        super().__init__(secrets)
        self.connection, self.keys = connection, keys
        self._clock = clock
        self.scrub = False

    def now(self) -> int:
        """Return the time in microseconds since 1970."""
        return micros(self._clock())

    def run(self, name: str, /, *values: Value, **named: Value) -> None:
        """Run a statement."""
        self.connection.execute(SQL[name], named or values)

    def change(self, name: str, /, *values: Value, **named: Value) -> int:
        """Run a statement; returns how many rows it changed."""
        return self.connection.execute(SQL[name], named or values).rowcount

    def insert(self, name: str, /, *values: Value) -> int:
        """Run an insertion; returns the id of the new row."""
        ((row_id,),) = self.connection.execute(SQL[name], values).fetchall()
        return int(row_id)

    def run_each(self, name: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement for each row of values."""
        self.connection.executemany(SQL[name], rows)

    def row(self, name: str, /, *values: Value, **named: Value) -> tuple[object, ...] | None:
        """Return the first row a query finds, or None."""
        found: tuple[object, ...] | None = self.connection.execute(SQL[name], named or values).fetchone()
        return found

    def rows(self, name: str, /, *values: Value, **named: Value) -> list[tuple[object, ...]]:
        """Return every row a query finds."""
        return self.connection.execute(SQL[name], named or values).fetchall()

    def hold(self, *contact_ids: str) -> None:
        """Do nothing: there is one writer."""

    def hold_case(self, number: int) -> None:
        """Do nothing: there is one writer."""

    def one_by_one(self) -> None:
        """Do nothing: there is one writer."""

    def at_end(self, what: Last, work: Callable[[], None]) -> None:
        """Do it at once: nobody waits for this transaction."""
        work()

    def commit(self) -> None:
        """Make everything safe: the keys first, because data without their key are lost and a key without data is only swept."""
        self.keys.flush()
        self.connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo whatever an open transaction did; after a commit there is none."""
        self.keys.undo(0)
        if self.connection.in_transaction:
            self.staffed = None  # it may have been read from what is undone here
            self.connection.execute("ROLLBACK")

    def scrub_logs(self) -> None:
        """Ask that nothing of what was erased can be found in the files once the open transaction is committed."""
        self.scrub = True

    def empty_logs(self) -> None:
        """Overwrite what was erased, in both files; where a reader is in the way, the next sweep comes back to it."""
        data_empty, keys_empty = checkpoint(self.connection), self.keys.checkpoint()
        self.scrub = not (data_empty and keys_empty)

    def close(self) -> None:
        """Let go of the keys; the connection belongs to the one who opened it."""
        self.keys.close()


def moment(at_us: int) -> datetime:
    """Turn microseconds since 1970 into a time."""
    return _EPOCH + timedelta(microseconds=at_us)


def micros(at: datetime) -> int:
    """Turn a time into microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def configure(connection: sqlite3.Connection) -> None:
    """Set what every connection must have; raises StoreError when the file system can not keep the promise of durability."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS:d}")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    (sync,) = connection.execute("PRAGMA synchronous").fetchone()
    if mode not in ("wal", "memory") or sync != FULL_SYNC:
        raise StoreError(
            f"the database can not be opened durably (journal {mode}, synchronous {sync}): is the data folder on a network drive?"
        )


def open_keys(path: Path | None) -> sqlite3.Connection:
    """Open the key file, or one in memory."""
    connection = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
    try:
        configure(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def check_pair(data: sqlite3.Connection, keys: sqlite3.Connection, check: bytes) -> None:
    """Make sure that secret, key file and data belong together, and bind them where they are new.

    Raises WrongKey for another secret and StoreError for another key file: going on would take every contact for erased."""
    known = _meta(keys, KEY_SQL["get_meta"], "check")
    if known is not None and not compare_digest(known, check):
        raise WrongKey("the secret key does not open these data: use the one they were written with")
    pair, bound = _meta(keys, KEY_SQL["get_meta"], "pair"), _meta(data, SQL["get_meta"], "pair")
    if bound is not None and bound != pair:
        raise StoreError("keys.db is missing or belongs to other data: put the newest copy of it back beside dragoman.db")
    if pair is None:
        pair = os.urandom(16)
        keys.execute("BEGIN IMMEDIATE")
        keys.executemany(KEY_SQL["set_meta"], [("check", check), ("pair", pair)])
        keys.execute("COMMIT")
    if bound is None:
        data.execute(SQL["set_meta"], ("pair", pair))


def _meta(connection: sqlite3.Connection, query: str, name: str) -> bytes | None:
    row = connection.execute(query, (name,)).fetchone()
    return None if row is None else bytes(row[0])
