"""The data keys of the contacts, wrapped, in a file of their own: throwing one away makes all that was sealed with it unreadable."""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict

from bot.errors import StoreError
from bot.store.crypto import KEY_BYTES, Sealer
from bot.store.queries import KEY_SQL

AGE, AGE_BYTES = "keys_age", 8  # the number of the last change of keys, kept beside them and beside the data
CACHED_KEYS = 4096  # unwrapped keys held in memory, under 1 KB each


class KeyRing:
    """Data keys by contact. Changes gather until `flush`, which makes them safe before the data that need them are committed."""

    def __init__(self, connection: sqlite3.Connection, wrapping: Sealer) -> None:
        self._connection, self._wrapping = connection, wrapping
        self._known: OrderedDict[str, Sealer] = OrderedDict()
        self._fresh: dict[str, Sealer] = {}
        self._changes: list[tuple[str, bytes | None]] = []  # None: the key is thrown away

    def create(self, contact_id: str) -> Sealer:
        """Make a key for a new contact."""
        key = os.urandom(KEY_BYTES)
        self._changes.append((contact_id, self._wrapping.seal(key, _place(contact_id))))
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
        sealer = Sealer(self._wrapping.open(row[0], _place(contact_id)))
        self._remember(contact_id, sealer)
        return sealer

    def _remember(self, contact_id: str, sealer: Sealer) -> None:
        self._known[contact_id] = sealer
        if len(self._known) > CACHED_KEYS:
            self._known.popitem(last=False)

    def drop(self, contact_id: str) -> None:
        """Throw a key away."""
        self._changes.append((contact_id, None))

    def ids(self) -> set[str]:
        """Return every contact that has a key on disk."""
        return {row[0] for row in self._connection.execute(KEY_SQL["key_ids"])}

    def mark(self) -> int:
        """Return a point that `undo` can go back to."""
        return len(self._changes)

    def undo(self, mark: int) -> None:
        """Forget the changes since a mark."""
        for contact_id, wrapped in self._changes[mark:]:
            if wrapped is not None:
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
            self._connection.execute(KEY_SQL["replace_meta"], (AGE, number.to_bytes(AGE_BYTES, "big")))
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        for contact_id, wrapped in self._changes:
            if wrapped is None:
                self._known.pop(contact_id, None)
            else:
                self._remember(contact_id, self._fresh.pop(contact_id))
        self._changes.clear()
        return number

    def _write(self) -> None:
        for contact_id, wrapped in self._changes:
            if wrapped is None:
                self._connection.execute(KEY_SQL["drop_key"], (contact_id,))
            else:
                self._connection.execute(KEY_SQL["add_key"], (contact_id, wrapped))

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


def _place(contact_id: str) -> bytes:
    return contact_id.encode()
