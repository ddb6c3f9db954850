"""The data keys of the contacts, wrapped, in a file of their own: throwing one away makes all that was sealed with it unreadable."""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from bot.errors import StoreError
from bot.store import masters
from bot.store.crypto import KEY_BYTES, Sealer, Secrets
from bot.store.queries import KEY_SQL

AGE, AGE_BYTES = "keys_age", 8  # the number of the last change of keys, kept beside them and beside the data
CACHED_KEYS = 4096  # unwrapped keys held in memory, under 1 KB each


class KeyRing:
    """Data keys by contact. Changes gather until `flush`, which makes them safe before the data that need them are committed.

    Another process may change the master key at any time: what is read or written under the new one is taken over from it."""

    def __init__(self, connection: sqlite3.Connection, wrapping: bytes, secrets: Secrets, today: Callable[[], date]) -> None:
        self._connection, self._secrets, self._today = connection, secrets, today
        self._hold(wrapping)
        self._known: OrderedDict[str, Sealer] = OrderedDict()
        self._fresh: dict[str, Sealer] = {}
        self._changes: list[tuple[str, bytes | None, date | None]] = []  # no key: it is thrown away; then the day for its tombstone

    def _hold(self, wrapping: bytes) -> None:
        self._wrapping_key, self._wrapping, self._name = wrapping, Sealer(wrapping), masters.name_of(wrapping)

    def create(self, contact_id: str) -> Sealer:
        """Make a key for a new contact."""
        key = os.urandom(KEY_BYTES)
        self._changes.append((contact_id, key, None))
        self._fresh[contact_id] = sealer = Sealer(key)
        return sealer

    def get(self, contact_id: str) -> Sealer:
        """Return a contact's sealer; raises StoreError when the key is gone."""
        known = self._known.get(contact_id)
        if known is not None:
            self._known.move_to_end(contact_id)
            return known
        return self._fresh.get(contact_id) or self._load(contact_id)

    def _load(self, contact_id: str) -> Sealer:
        row = self._connection.execute(KEY_SQL["find_key"], (contact_id,)).fetchone()
        if row is None:
            raise StoreError("the key of this contact is gone")
        if row[1] != self._name:
            self._follow()
        sealer = Sealer(self._wrapping.open(row[0], place(contact_id)))
        self._remember(contact_id, sealer)
        return sealer

    def _remember(self, contact_id: str, sealer: Sealer) -> None:
        self._known[contact_id] = sealer
        if len(self._known) > CACHED_KEYS:
            self._known.popitem(last=False)

    def drop(self, contact_id: str) -> None:
        """Throw a key away, and remember by a keyed hash that it was."""
        self._changes.append((contact_id, None, self._today()))

    def forget(self, contact_id: str) -> None:
        """Throw a key away that nothing was sealed with."""
        self._changes.append((contact_id, None, None))

    def ids(self) -> set[str]:
        """Return every contact that has a key on disk."""
        return {row[0] for row in self._connection.execute(KEY_SQL["key_ids"])}

    def mark(self) -> int:
        """Return a point that `undo` can go back to."""
        return len(self._changes)

    def undo(self, mark: int) -> None:
        """Forget the changes since a mark."""
        for contact_id, key, _ in self._changes[mark:]:
            if key is not None:
                self._fresh.pop(contact_id, None)
        del self._changes[mark:]

    def flush(self) -> int | None:
        """Make all gathered changes safe on disk; returns the number of this change, or None where there was nothing to change.

        Raises sqlite3.Error with nothing changed."""
        if not self._changes:
            return None
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._write()
            number = age_of(self._connection, KEY_SQL["get_meta"]) + 1
            self._connection.execute(KEY_SQL["set_meta"], (AGE, number.to_bytes(AGE_BYTES, "big")))
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        for contact_id, key, _ in self._changes:
            if key is None:
                self._known.pop(contact_id, None)
            else:
                self._remember(contact_id, self._fresh.pop(contact_id))
        self._changes.clear()
        return number

    def _write(self) -> None:
        self.follow()
        for contact_id, key, _ in self._changes:
            if key is None:
                self._connection.execute(KEY_SQL["drop_key"], (contact_id,))
            else:
                self._connection.execute(KEY_SQL["add_key"], (contact_id, self._wrapping.seal(key, place(contact_id))))
        buried = ((tombstone(self._secrets, contact_id), on.isoformat()) for contact_id, _, on in self._changes if on)
        self._connection.executemany(KEY_SQL["add_tombstone"], buried)

    # ------------------------------------------------------------ another master key

    def follow(self) -> None:
        """Take over the wrapping key of the moment; raises StoreError where it was not handed over."""
        if self._connection.execute(KEY_SQL["get_meta"], (masters.WRAPPING_NAME,)).fetchone()[0] != self._name:
            self._follow()

    def _follow(self) -> None:
        self._hold(masters.taken_over(all_meta(self._connection), self._wrapping_key))

    def end_handover(self) -> None:
        """Take over the wrapping key of the moment and leave nothing that leads to it from the one before.

        Only the process that serves may say that nobody else waits for it."""
        self.follow()
        if self._connection.execute(KEY_SQL["drop_meta"], (masters.HANDOVER,)).rowcount:
            self.checkpoint()

    def change_master(self, master: bytes) -> int:
        """Wrap every key anew under another master secret, in one transaction; returns how many there were.

        The process that serves takes the new wrapping key over by itself; until it has, raises StoreError."""
        if masters.HANDOVER in all_meta(self._connection):
            raise StoreError("the bot that serves has not taken over the last change yet: try again in five minutes")
        count, wrapping = rewrap(self._connection, masters.Unlocked(self._secrets.secret, self._wrapping_key), master, is_served=True)
        self._hold(wrapping)
        return count

    # ------------------------------------------------------------ beside the keys

    def note(self, name: str, value: bytes) -> None:
        """Keep something by name where the data are not."""
        self._connection.execute(KEY_SQL["set_meta"], (name, value))

    def noted(self, name: str) -> bytes | None:
        """Return what is kept by name."""
        row = self._connection.execute(KEY_SQL["get_meta"], (name,)).fetchone()
        return None if row is None else bytes(row[0])

    # ------------------------------------------------------------ tombstones

    def drop_old_tombstones(self, days: int) -> int:
        """Forget tombstones that are older than the oldest backup; returns how many."""
        oldest = self._today() - timedelta(days=days)
        return self._connection.execute(KEY_SQL["drop_old_tombstones"], (oldest.isoformat(),)).rowcount

    def checkpoint(self) -> bool:
        """Leave nothing in the write-ahead log; tells whether that was possible now."""
        return checkpoint(self._connection)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def age_of(connection: sqlite3.Connection, query: str) -> int:
    """Return how many changes of keys a file has seen; `query` reads its meta table."""
    row = connection.execute(query, (AGE,)).fetchone()
    return 0 if row is None else int.from_bytes(row[0], "big")


def checkpoint(connection: sqlite3.Connection) -> bool:
    """Move the write-ahead log into the database and empty it, without waiting for readers; tells whether it is empty."""
    (wait_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {wait_ms:d}")
    return not busy


def tombstone(secrets: Secrets, contact_id: str) -> bytes:
    """Return what stays of a key that was thrown away; without the secret it tells nothing."""
    return secrets.lookup_hash("erased", contact_id)


def bury(connection: sqlite3.Connection, secrets: Secrets, tombstones: Iterable[tuple[bytes, str]]) -> int:
    """Throw away every key there is a tombstone for, and keep the tombstones; returns how many keys went."""
    connection.executemany(KEY_SQL["add_tombstone"], tombstones)
    buried = {row[0] for row in connection.execute(KEY_SQL["tombstones"])}
    gone = [(row[0],) for row in connection.execute(KEY_SQL["key_ids"]) if tombstone(secrets, row[0]) in buried]
    connection.executemany(KEY_SQL["drop_key"], gone)
    return len(gone)


def all_meta(connection: sqlite3.Connection) -> dict[str, bytes]:
    """Return everything that is kept by name."""
    return {str(name): bytes(value) for name, value in connection.execute(KEY_SQL["all_meta"])}


def rewrap(connection: sqlite3.Connection, known: masters.Unlocked, master: bytes, *, is_served: bool) -> tuple[int, bytes]:
    """Wrap every key anew for another master secret; returns how many there were, and the new wrapping key.

    One transaction: a crash leaves all of it as it was. `is_served`: another process goes on with the wrapping key it holds, and the new
    one is handed over to it. Raises StoreError where a key does not open."""
    new = masters.Unlocked(known.root, os.urandom(KEY_BYTES))
    connection.execute("BEGIN IMMEDIATE")
    try:
        anew = wrapped_anew(connection.execute(KEY_SQL["all_keys"]), known.wrapping, new.wrapping)
        connection.executemany(KEY_SQL["rewrap_key"], anew)
        rows = masters.rows_of(new, master)
        if is_served:
            rows[masters.HANDOVER] = masters.handover(known.wrapping, new.wrapping)
        connection.executemany(KEY_SQL["set_meta"], rows.items())
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    checkpoint(connection)
    return len(anew), new.wrapping


def wrapped_anew(keys: Iterable[tuple[str, bytes]], before: bytes, after: bytes) -> list[tuple[bytes, str]]:
    """Wrap data keys with another wrapping key; returns them with their ids. Raises StoreError where one does not open."""
    opener, sealer = Sealer(before), Sealer(after)
    opened = [(key_id, opener.open(wrapped, place(key_id))) for key_id, wrapped in keys]  # all, before the first is written
    return [(sealer.seal(key, place(key_id)), key_id) for key_id, key in opened]


def place(contact_id: str) -> bytes:
    """Return what a wrapped key is bound to."""
    return contact_id.encode()
