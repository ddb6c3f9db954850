"""Numbered, forward-only migrations; a database carries the number of its last one in `user_version`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from bot.errors import StoreError


def version_of(connection: sqlite3.Connection) -> int:
    """Return the number of the last migration a database has seen, 0 for a new one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def is_current(connection: sqlite3.Connection, migrations: Sequence[str]) -> bool:
    """Tell whether nothing is left to migrate; raises StoreError when the database is newer than this program."""
    version = version_of(connection)
    if version > len(migrations):
        raise StoreError(
            f"the database was written by a newer version of Dragoman (schema {version}, this one knows {len(migrations)}): "
            "install that version again, or restore a backup made before the upgrade"
        )
    return version == len(migrations)


def migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Bring a database to the newest schema, each migration and its number in one transaction."""
    while not is_current(connection, migrations):
        number = version_of(connection) + 1
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{migrations[number - 1]}\nPRAGMA user_version = {number:d};\nCOMMIT;")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise StoreError(f"migration {number} failed and left the database as it was: {error}") from error
