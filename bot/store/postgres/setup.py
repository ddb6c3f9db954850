"""Makes a database ready: fit to keep promises, at the newest schema, and opened with the right key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

import psycopg

from bot.errors import StoreError
from bot.store import masters
from bot.store.database import lacking, unlock
from bot.store.postgres.connecting import SCHEMA, connect, refusal
from bot.store.queries import POSTGRESQL, POSTGRESQL_DATA_MIGRATIONS, POSTGRESQL_KEY_MIGRATIONS

OLDEST: Final = 150_000  # version 15
SETUP_LOCK: Final = 7_301_003
KEYS_SCHEMA: Final = "dragoman_keys"

Connection = psycopg.Connection[tuple[object, ...]]


def make_ready(address: str, candidates: Sequence[bytes]) -> masters.Unlocked:
    """Check and migrate a database; processes that start together do it one after the other.

    Returns what the first fitting of the master secrets opens. Raises StoreError or WrongKey."""
    try:
        with connect(address) as connection:
            _check_fitness(connection)
            connection.execute("SET lock_timeout = '60s'")  # another process may be migrating
            connection.execute("SELECT pg_advisory_lock($1)", (SETUP_LOCK,))
            migrate(connection)
            return _unlocked(connection, candidates)
    except psycopg.Error as error:
        raise refusal(error) from error


def _one(connection: Connection, query: str, *values: object) -> object:
    row = connection.execute(query, values, binary=True).fetchone()
    return None if row is None else row[0]


def _check_fitness(connection: Connection) -> None:
    if connection.info.server_version < OLDEST:
        raise StoreError(f"PostgreSQL {OLDEST // 10_000} or newer is needed")
    settings = {name: _one(connection, "SELECT current_setting($1)", name) for name in ("fsync", "synchronous_commit", "server_encoding")}
    if settings["fsync"] != "on" or settings["synchronous_commit"] == "off":
        raise StoreError("the database can not be opened durably: its settings fsync and synchronous_commit must be on")
    if settings["server_encoding"] != "UTF8":
        raise StoreError("the database must be encoded in UTF8: people write in every script")


# ---------------------------------------------------------------- the schema


def version_of(connection: Connection, part: str) -> int:
    """Return the number of the last migration a part of the database has seen, 0 for a new one."""
    if _one(connection, "SELECT to_regclass($1)", f"{SCHEMA}.schema_versions") is None:
        return 0
    return cast(int, _one(connection, "SELECT version FROM schema_versions WHERE part = $1", part) or 0)


def migrate(connection: Connection) -> None:
    """Bring both parts to the newest schema, each migration and its number in one transaction."""
    parts = {"keys": POSTGRESQL_KEY_MIGRATIONS, "data": POSTGRESQL_DATA_MIGRATIONS}
    if all(_is_current(connection, part, migrations) for part, migrations in parts.items()):
        return
    for schema in (SCHEMA, KEYS_SCHEMA):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    connection.execute("CREATE TABLE IF NOT EXISTS schema_versions (part TEXT PRIMARY KEY, version BIGINT NOT NULL)")
    for part, migrations in parts.items():
        while not _is_current(connection, part, migrations):
            _migrate_one(connection, part, migrations, version_of(connection, part) + 1)


def _is_current(connection: Connection, part: str, migrations: Sequence[str]) -> bool:
    version = version_of(connection, part)
    if version > len(migrations):
        raise StoreError(
            f"the database was written by a newer version of Dragoman (schema {version}, this one knows {len(migrations)}): "
            "install that version again, or restore a backup made before the upgrade"
        )
    return version == len(migrations)


def _migrate_one(connection: Connection, part: str, migrations: Sequence[str], number: int) -> None:
    try:
        with connection.transaction():
            connection.execute(migrations[number - 1].encode(), prepare=False)
            connection.execute(
                "INSERT INTO schema_versions (part, version) VALUES ($1, $2) ON CONFLICT (part) DO UPDATE SET version = excluded.version",
                (part, number),
            )
    except psycopg.Error as error:
        raise StoreError(f"migration {number} failed and left the database as it was: {error}") from error


# ---------------------------------------------------------------- secret, keys and data


def _unlocked(connection: Connection, candidates: Sequence[bytes]) -> masters.Unlocked:
    """Make sure that secret, keys and data belong together, bind them where they are new, and return what the secret opens.

    Raises WrongKey for another secret, and StoreError for data without their keys: going on would take every contact for erased."""
    kept, bound = all_meta(connection), _one(connection, POSTGRESQL["get_meta"].text, "pair")
    if bound is not None and bound != kept.get("pair"):
        raise StoreError(f"the keys are missing or belong to other data: restore the newest copy of the schema {KEYS_SCHEMA}")
    with connection.transaction():
        for name, value in lacking(kept, candidates).items():
            connection.execute(POSTGRESQL["set_key_meta"].text, (name, value))
        kept = all_meta(connection)
        if bound is None:
            connection.execute(POSTGRESQL["set_meta"].text, ("pair", kept["pair"]))
    return unlock(kept, candidates)


def all_meta(connection: Connection) -> Mapping[str, bytes]:
    """Return everything that is kept by name beside the keys."""
    return {str(name): cast(bytes, value) for name, value in connection.execute(POSTGRESQL["all_key_meta"].text, binary=True)}
