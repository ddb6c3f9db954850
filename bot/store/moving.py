"""Moves everything from SQLite to PostgreSQL, in one transaction, and counts it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final, cast

import psycopg
from psycopg import sql

from bot.errors import StoreError
from bot.store import RETENTION_DAYS
from bot.store.postgres.connecting import SCHEMA, address_of, connect, refusal
from bot.store.postgres.setup import KEYS_SCHEMA, migrate
from bot.store.sqlite import KEYS_NAME, open_sqlite

TYPES: Final = {"bigint": "int8", "text": "text", "bytea": "bytea"}
OWN: Final = frozenset({"schema_versions", "marks"})  # the engine's own; the marks go on counting
AT_ONCE: Final = 1000

Connection = psycopg.Connection[Any]


async def move(path: Path, url: str, *, data_dir: Path, secret: bytes, clock: Callable[[], datetime]) -> Mapping[str, int]:
    """Move a stopped installation into an empty database; returns how many rows each table had, and has.

    The files stay as they are. Raises StoreLocked while somebody serves from them, WrongKey, ConfigError, and StoreError where the
    database is not empty or anything does not arrive; then nothing is there."""
    address = address_of(url)
    _require(path, data_dir / KEYS_NAME)
    store = await open_sqlite(path, data_dir=data_dir, secret=secret, clock=clock, exclusive=True, retention_days=RETENTION_DAYS)
    try:
        with closing(_reading(path)) as data, closing(_reading(data_dir / KEYS_NAME)) as keys, connect(address) as ready:
            migrate(ready)
            with psycopg.connect(address) as target:
                return {**copied(data, target, SCHEMA), **copied(keys, target, KEYS_SCHEMA)}
    except psycopg.Error as error:
        raise refusal(error) from error
    except sqlite3.Error as error:
        raise StoreError(f"the files can not be read: {error}") from error
    finally:
        await store.close()


def _require(*paths: Path) -> None:
    for path in paths:
        if not path.is_file():
            raise StoreError(f"{path.name} is not there")


def _reading(path: Path) -> sqlite3.Connection:
    """Open a file to read it on one state."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    connection.execute("BEGIN")
    return connection


def copied(source: sqlite3.Connection, target: Connection, schema: str) -> dict[str, int]:
    """Copy every table of a schema; returns the rows of each. Raises StoreError where there is something already, or not the same."""
    counts: dict[str, int] = {}
    for table in _in_order(target, schema):
        if _count(target, schema, table):
            raise StoreError(f"the database to move to is not empty (table {table}): give it a new one")
        counts[f"keys: {table}" if schema == KEYS_SCHEMA else table] = _copy(source, target, schema, table)
    _go_on_counting(source, target, schema)
    return counts


def _in_order(target: Connection, schema: str) -> list[str]:
    """Return the tables of a schema, each after those it refers to."""
    tables = target.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename", (schema,)).fetchall()
    query = (
        "SELECT c.relname, f.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid "
        "WHERE k.contype = 'f' AND k.connamespace = %s::regnamespace"
    )
    refers: dict[str, set[str]] = {table: set() for (table,) in tables if table not in OWN}
    for table, other in target.execute(query, (schema,)).fetchall():
        if table != other:
            refers[table].add(other)
    return list(TopologicalSorter(refers).static_order())


def _count(target: Connection, schema: str, table: str) -> int:
    row = target.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))).fetchone()
    return cast(int, row[0]) if row else 0


def _copy(source: sqlite3.Connection, target: Connection, schema: str, table: str) -> int:
    """Copy a table in the order of its insertions; returns how many rows arrived, which are all. Raises StoreError."""
    query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
    types = dict(target.execute(query, (schema, table)).fetchall())
    known = [str(row[1]) for row in source.execute(f'PRAGMA table_info("{table}")')]
    if not known or types.keys() - {"rowid"} != set(known):
        raise StoreError(f"the table {table} is not the same in both databases")
    where = sql.Identifier(schema, table)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(where, sql.SQL(", ").join(map(sql.Identifier, known)))
    with target.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([TYPES[types[name]] for name in known])
        for row in _rows(source, table, known):
            copy.write_row(row)
    (there,) = source.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608  # a name of our own schema
    here = _count(target, schema, table)
    if here != there:
        raise StoreError(f"of {there} rows of {table} {here} arrived")
    return here


def _rows(source: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[tuple[object, ...]]:
    names = ", ".join(f'"{name}"' for name in columns)
    found = source.execute(f'SELECT {names} FROM "{table}"')  # noqa: S608  # names of our own schema; walked in the order of rowids
    while some := found.fetchmany(AT_ONCE):
        for row in some:
            yield tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row)


def _go_on_counting(source: sqlite3.Connection, target: Connection, schema: str) -> None:
    """Let ids go on where they were, also where the last rows are gone: no number of a case is given twice."""
    if source.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone() is None:
        return
    for table, last in source.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
        row = target.execute(
            "SELECT pg_get_serial_sequence(attrelid::regclass::text, attname) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attidentity = 'd'",
            (f"{schema}.{table}",),
        ).fetchone()
        if row and last:
            target.execute("SELECT setval(%s::regclass, %s)", (row[0], last))
