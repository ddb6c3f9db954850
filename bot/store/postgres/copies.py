"""Copies of a PostgreSQL and the way back, by pg_dump and pg_restore; the keys are never in the dump but in the one key file.

The address reaches these programs in their environment, so that no password stands on a command line that others may read."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bot.errors import ConfigError, StoreError
from bot.store import folder, schema
from bot.store.moving import copied
from bot.store.postgres.connecting import SCHEMA, address_of, connect, refusal
from bot.store.postgres.keys import HANDED_OVER
from bot.store.postgres.setup import KEYS_SCHEMA, migrate, version_of
from bot.store.queries import KEY_MIGRATIONS, KEY_SQL, POSTGRESQL, POSTGRESQL_DATA_MIGRATIONS, POSTGRESQL_KEY_MIGRATIONS

KEY_TABLES: Final = {"meta": "name, value", "keys": "contact_id, wrapped", "tombstones": "id, hash, day"}
AT_ONCE: Final = 1000
LONGEST_FAULT: Final = 200  # characters of what a program says; then it may begin to quote rows

Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """An installation on PostgreSQL; see bot.store.backup.Installation for what is promised."""

    url: str
    suffix: str = ".dump"

    def copy_data(self, target: Path) -> None:
        """Dump the schema of the data on one state, while others write."""
        with _connected(self.url) as connection:
            _check_version(connection)
        _run(self.url, "pg_dump", "--format=custom", f"--schema={SCHEMA}", f"--exclude-schema={KEYS_SCHEMA}", f"--file={target}")

    def copy_keys(self, target: Path) -> None:
        """Write the keys of one state into a key file, without what leads from one wrapping key to the next."""
        try:
            with _connected(self.url) as connection, closing(sqlite3.connect(target, isolation_level=None)) as file:
                _check_version(connection)
                _copy_keys(connection, file)
        except sqlite3.Error as error:
            raise StoreError(f"the key file cannot be written: {error}") from error

    def last_erased(self) -> int:
        """Return the number of the newest tombstone."""
        with _connected(self.url) as connection:
            row = connection.execute(POSTGRESQL["last_tombstone"].text).fetchone()
        return cast(int, row[0]) if row else 0

    def bound_to(self, copy: Path) -> bytes | None:
        """Read all of a dump, and return the pair the data are bound to."""
        _run(self.url, "pg_restore", f"--file={os.devnull}", str(copy))
        pair = _table(self.url, copy, "meta").get("pair")
        return bytes.fromhex(pair.removeprefix("\\\\x")) if pair is not None else None

    def fits(self, copy: Path) -> None:
        """Compare its schema with ours."""
        versions = _table(self.url, copy, "schema_versions")
        for part, migrations in (("data", POSTGRESQL_DATA_MIGRATIONS), ("keys", POSTGRESQL_KEY_MIGRATIONS)):
            if int(versions.get(part, 0)) > len(migrations):
                raise StoreError("the backup was written by a newer version of Dragoman: install that version")

    def refuse_occupied(self) -> None:
        """Make sure that no schema of ours is there."""
        with _connected(self.url) as connection:
            found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname IN ($1, $2)", (SCHEMA, KEYS_SCHEMA)).fetchall()
        if found:
            raise ConfigError(f"there are data already (schema {found[0][0]}): restore into an empty database")

    @contextlib.contextmanager
    def arriving(self) -> Iterator[tuple[Path, Path]]:
        """Give two private files; then the data are restored in one transaction and the keys in another, or nothing stays."""
        with tempfile.TemporaryDirectory(prefix="dragoman-restore-") as place:
            data, keys = Path(place) / "data.dump", Path(place) / "keys.db"
            for path in (data, keys):
                folder.make_private(path)
            yield data, keys
            options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
            _run(self.url, "pg_restore", *options, f"--dbname={_database(self.url)}", str(data))
            try:
                self._put_keys(keys)
            except BaseException:  # the data are of no use without them
                with _connected(self.url) as connection:
                    connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA}, {KEYS_SCHEMA} CASCADE")
                raise

    def _put_keys(self, keys: Path) -> None:
        with _connected(self.url) as connection:
            connection.execute("DELETE FROM schema_versions WHERE part = 'keys'")  # they are not there yet
            migrate(connection)
        with closing(sqlite3.connect(keys)) as source, psycopg.connect(address_of(self.url)) as target:
            copied(source, target, KEYS_SCHEMA)


def _copy_keys(connection: Connection, file: sqlite3.Connection) -> None:
    file.execute("PRAGMA journal_mode = MEMORY")
    schema.migrate(file, KEY_MIGRATIONS)
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    file.execute("BEGIN")
    for table, columns in KEY_TABLES.items():
        _copy_rows(connection, file, table, columns)
    file.executemany(KEY_SQL["drop_meta"], [(name,) for name in HANDED_OVER])
    file.execute("COMMIT")
    connection.execute("ROLLBACK")


def _copy_rows(connection: Connection, file: sqlite3.Connection, table: str, columns: str) -> None:
    insertion = f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' for _ in columns.split(','))})"  # noqa: S608  # our own names
    found = connection.execute(f"SELECT {columns} FROM {KEYS_SCHEMA}.{table}", binary=True)  # noqa: S608
    while some := found.fetchmany(AT_ONCE):
        file.executemany(insertion, some)


@contextlib.contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """Connect; raises ConfigError for a malformed address, and StoreError when the database refuses."""
    try:
        with connect(address_of(url)) as connection:
            yield connection
    except psycopg.Error as error:
        raise refusal(error) from error


def _check_version(connection: Connection) -> None:
    """Make sure that the schema is ours of today; raises StoreError."""
    for part, migrations in (("data", POSTGRESQL_DATA_MIGRATIONS), ("keys", POSTGRESQL_KEY_MIGRATIONS)):
        if version_of(connection, part) != len(migrations):
            raise StoreError(
                "the database is empty or was written by another version of Dragoman: start this one once, or install that one"
            )


# ---------------------------------------------------------------- the programs


def _database(url: str) -> str:
    """Return what `--dbname` is given: the name, and what has no variable of its own, but nothing secret."""
    known = {each.keyword.decode(): each for each in psycopg.pq.Conninfo.get_defaults()}
    given = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    plain = {key: value for key, value in given.items() if not known[key].envvar and known[key].dispchar != b"*"}
    return make_conninfo("", **{"dbname": given.get("dbname", "")} | plain)


def _environment(url: str) -> Mapping[str, str]:
    """Return the environment of this process, and the parts of an address in the variables the programs read them from."""
    known = {each.keyword.decode(): each.envvar.decode() for each in psycopg.pq.Conninfo.get_defaults() if each.envvar}
    given = {known[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in known}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}  # noqa: TID251  # PATH, PGPASSFILE
    return {**ours, "PGCONNECT_TIMEOUT": "5", "PGAPPNAME": "dragoman", "LC_MESSAGES": "C", **given}


def _run(url: str, program: str, *arguments: str) -> str:
    """Run a program of PostgreSQL; returns what it writes. Raises ConfigError where it is missing, StoreError when it fails."""
    path = shutil.which(program)
    if path is None:
        raise ConfigError(f"{program} is not installed: install PostgreSQL's client programs, as new as the server (postgresql-client)")
    address_of(url)  # raises where it is malformed, without quoting it
    environment = _environment(url)
    done = subprocess.run([path, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)  # noqa: S603  # ours
    if done.returncode:
        raise StoreError(f"{program} failed: {_fault(done.stderr)}")
    return done.stdout


def _fault(said: str) -> str:
    """Return the first error a program named, on one line."""
    named = re.search(r"error: (.*)", said)
    return (named[1] if named else said.partition("\n")[0])[:LONGEST_FAULT]


def _table(url: str, copy: Path, table: str) -> Mapping[str, str]:
    """Return a table of two columns from a dump, as it is written there."""
    text = _run(url, "pg_restore", "--data-only", f"--schema={SCHEMA}", f"--table={table}", "--file=-", str(copy))
    _, _, rows = text.partition(" FROM stdin;\n")
    lines = rows.partition("\n\\.\n")[0].splitlines()
    pairs: Sequence[tuple[str, str, str]] = [line.partition("\t") for line in lines]
    return {name: value for name, _, value in pairs}


# ---------------------------------------------------------------- a drill


@contextlib.contextmanager
def spare_database(url: str) -> Iterator[str]:
    """Give an empty database beside the one named, which is removed afterwards; raises ConfigError where the user may make none."""
    name = f"dragoman_drill_{secrets.token_hex(6)}"
    with _connected(url) as connection:
        try:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
        except psycopg.errors.InsufficientPrivilege:
            raise ConfigError("a drill needs a database of its own, and the user of DATABASE_URL may make none (CREATEDB)") from None
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
