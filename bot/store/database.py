"""What a unit of work runs on, inside the database thread: the connection, the keys, the time, and the two files made ready."""

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from bot.cases import Role
from bot.errors import StoreError, WrongKey
from bot.store import masters
from bot.store.crypto import Sealer, Secrets
from bot.store.folder import Files
from bot.store.keys import AGE, AGE_BYTES, KeyRing, age_of, all_meta, checkpoint, rewrap
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
        """Throw a key away, and remember by a keyed hash that it was."""

    def forget(self, contact_id: str) -> None:
        """Throw a key away that nothing was sealed with: there is no tombstone for it."""

    def ids(self) -> set[str]:
        """Return every contact that has a key."""

    def note(self, name: str, value: bytes) -> None:
        """Keep something by name where the data are not."""

    def noted(self, name: str) -> bytes | None:
        """Return what is kept by name."""

    def change_master(self, master: bytes) -> int:
        """Wrap every key anew under another master secret, all or none; returns how many there were.

        Who serves takes the new wrapping key over by itself; while somebody has not yet, raises StoreError."""

    def end_handover(self) -> None:
        """Take over the wrapping key of the moment, and leave nothing that leads to it from the one before once nobody waits for it."""

    def drop_old_tombstones(self, days: int) -> int:
        """Forget tombstones that are older than the oldest backup; returns how many."""


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

    def __init__(
        self, connection: sqlite3.Connection, keys: KeyRing, secrets: Secrets, clock: Callable[[], datetime], files: Files | None = None
    ) -> None:
        super().__init__(secrets)
        self.connection, self.keys = connection, keys
        self._clock, self._files = clock, files
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

    def check_files(self) -> None:
        """Raise StoreError when what is written would go to files that nobody finds again."""
        if self._files is not None:
            self._files.check()

    def commit(self) -> None:
        """Make everything safe: the keys first, because data without their key are lost and a key without data is only swept."""
        age = self.keys.flush()
        if age is not None:
            self.run("replace_meta", AGE, age.to_bytes(AGE_BYTES, "big"))
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
    Raises WrongKey for another secret and StoreError for another key file: going on would take every contact for erased. Keys without
    their data are refused as well: beside a new, empty file they would be thrown away, and with them what opens the lost one."""
    candidates = (secret, *previous)
    kept, bound = all_meta(keys), _pair(data)
    if bound is not None and bound != kept.get("pair"):
        raise StoreError("keys.db is missing or belongs to other data: put the newest copy of it back beside dragoman.db")
    if age_of(data, SQL["get_meta"]) > age_of(keys, KEY_SQL["get_meta"]):  # the data first: another process may be at work
        raise StoreError("keys.db is older than dragoman.db and lacks keys made since: put the newest copy of it back")
    if bound is None and keys.execute(KEY_SQL["key_ids"]).fetchone() is not None:
        raise StoreError("dragoman.db is missing or empty, and keys.db belongs to one that was not: put the newest copy of it back")
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
        keys.executemany(KEY_SQL["set_meta"], lacking(all_meta(keys), candidates).items())
        keys.execute("COMMIT")
    finally:
        if keys.in_transaction:
            keys.execute("ROLLBACK")


def lacking(kept: Mapping[str, bytes], candidates: Sequence[bytes]) -> dict[str, bytes]:
    """Return what is to be kept beside the data keys and is not there yet; raises WrongKey where no secret fits."""
    if "pair" not in kept:
        return {"pair": os.urandom(16)} | masters.rows_of(masters.fresh(), candidates[0])
    if masters.ROOT in kept:
        return {}
    fitting = next((each for each in candidates if masters.unlock(kept, each)), candidates[0])
    return masters.rows_of(unlock(kept, (fitting,)), fitting)


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
