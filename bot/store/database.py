"""What a unit of work runs on, inside the database thread: the connection, the keys, the time, and the two files made ready."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.cases import Role
from bot.errors import StoreError, WrongKey
from bot.store import masters
from bot.store.crypto import Secrets
from bot.store.keys import KeyRing, all_meta, checkpoint, rewrap
from bot.store.queries import KEY_SQL, SQL

BUSY_TIMEOUT_MS = 5000  # how long to wait for an admin command that writes at the same time
FULL_SYNC = 2  # PRAGMA synchronous: a commit is on the disk before it is reported

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Value = str | bytes | int | None


class Database:
    """Used by one thread alone. `scrub`: the write-ahead log must be emptied, which is only possible between transactions.

    `staffed`: the roles there are in each city, and the mark of the staff they were read at."""

    def __init__(self, connection: sqlite3.Connection, keys: KeyRing, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self.connection, self.keys, self.secrets = connection, keys, secrets
        self._clock = clock
        self.scrub = False
        self.staffed: tuple[int, Mapping[str, frozenset[Role]]] | None = None

    def now(self) -> int:
        """Return the time in microseconds since 1970."""
        return micros(self._clock())

    def run(self, name: str, *values: Value) -> int:
        """Run a named statement; returns how many rows it changed."""
        return self.connection.execute(SQL[name], values).rowcount

    def insert(self, name: str, *values: Value) -> int:
        """Run a named insertion; returns the id of the new row."""
        row_id = self.connection.execute(SQL[name], values).lastrowid
        if row_id is None:
            raise StoreError(f"{name} inserted nothing")
        return row_id

    def run_each(self, name: str, rows: Iterable[Sequence[Value]]) -> int:
        """Run a named statement for each row of values; returns how many rows were changed."""
        return self.connection.executemany(SQL[name], rows).rowcount

    def row(self, name: str, *values: Value) -> tuple[object, ...] | None:
        """Return the first row a named query finds, or None."""
        found: tuple[object, ...] | None = self.connection.execute(SQL[name], values).fetchone()
        return found

    def rows(self, name: str, *values: Value) -> list[tuple[object, ...]]:
        """Return every row a named query finds."""
        return self.connection.execute(SQL[name], values).fetchall()

    def sql(self, name: str) -> str:
        """Return a named query, for those that take named values."""
        return SQL[name]

    def count_up(self, total: str, n: int = 1) -> None:
        """Add to a total that outlives the rows it counts."""
        if n:
            self.run("add_total", total, n)

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


def open_pair(
    data: sqlite3.Connection, keys: sqlite3.Connection, secret: bytes, previous: Sequence[bytes] = (), *, rotates: bool = False
) -> masters.Unlocked:
    """Make sure that secret, key file and data belong together, bind them where they are new, and return what the secret opens.

    `previous`: secrets that may open them as well; `rotates`: then they are changed to `secret`, because nobody else uses them.
    Raises WrongKey for another secret and StoreError for another key file: going on would take every contact for erased."""
    candidates = (secret, *previous)
    kept, bound = all_meta(keys), _pair(data)
    if bound is not None and bound != kept.get("pair"):
        raise StoreError("keys.db is missing or belongs to other data: put the newest copy of it back beside dragoman.db")
    if masters.ROOT not in kept:
        _begin(keys, candidates)
        kept = all_meta(keys)
    unlocked = unlock(kept, candidates)
    if rotates and masters.unlock(kept, secret) is None:
        rewrap(keys, unlocked, secret, is_served=False)
        unlocked = unlock(all_meta(keys), (secret,))
    if bound is None:
        data.execute(SQL["set_meta"], ("pair", kept["pair"]))
    return unlocked


def _begin(keys: sqlite3.Connection, candidates: Sequence[bytes]) -> None:
    """Write what a new key file begins with, or what one from before the master secret could be changed lacks."""
    keys.execute("BEGIN IMMEDIATE")
    try:
        kept = all_meta(keys)
        if "pair" not in kept:
            rows = {"pair": os.urandom(16)} | masters.rows_of(masters.fresh(), candidates[0])
        elif masters.ROOT not in kept:
            fitting = next((each for each in candidates if masters.unlock(kept, each)), candidates[0])
            rows = masters.rows_of(unlock(kept, (fitting,)), fitting)
        else:
            rows = {}  # another process was quicker
        keys.executemany(KEY_SQL["set_meta"], rows.items())
        keys.execute("COMMIT")
    finally:
        if keys.in_transaction:
            keys.execute("ROLLBACK")


def unlock(kept: Mapping[str, bytes], candidates: Sequence[bytes]) -> masters.Unlocked:
    """Open what is kept with the first secret that fits; raises WrongKey where none does."""
    for secret in candidates:
        if (unlocked := masters.unlock(kept, secret)) is not None:
            return unlocked
    raise WrongKey(
        "the secret key does not open these data: use the one they were written with (after `dragoman keys rotate` that is the new one), "
        "and give an earlier one with DRAGOMAN_SECRET_KEY_PREVIOUS"
    )


def _pair(data: sqlite3.Connection) -> bytes | None:
    row = data.execute(SQL["get_meta"], ("pair",)).fetchone()
    return None if row is None else bytes(row[0])
