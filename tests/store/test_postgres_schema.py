"""Both engines have the same tables and columns, made by migrations of the same names; and what PostgreSQL refuses at the start."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.errors import ConfigError, StoreError, WrongKey
from bot.store import open_store, queries
from bot.store.postgres import setup
from bot.store.postgres.connecting import address_of, connect
from bot.store.postgres.setup import migrate, version_of
from bot.store.queries import (
    DATA_MIGRATIONS,
    KEY_MIGRATIONS,
    POSTGRESQL,
    POSTGRESQL_DATA_MIGRATIONS,
    POSTGRESQL_KEY_MIGRATIONS,
)
from tests.postgres import server
from tests.store.cases import AMINA, SECRET, Clock, meet, told

SQL_FOLDER = Path(queries.__file__).parent / "sql"
SAME = {"INTEGER": "bigint", "TEXT": "text", "BLOB": "bytea"}
TAKING_OVER = {"interrupted", "resume_outbox", "resume_lanes"}  # only where one process serves can it void the leases of others
OWN = {("sessions", "rowid"), ("posts", "rowid"), ("schema_versions", "part"), ("schema_versions", "version")}


@pytest.fixture
def empty() -> Iterator[str]:
    with server().database("template1") as url:
        yield url


def _of_sqlite(migrations: tuple[str, ...]) -> dict[tuple[str, str], tuple[str, bool]]:
    raw = sqlite3.connect(":memory:", isolation_level=None)
    for script in migrations:
        raw.executescript(script)
    tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
    columns = {
        (table, str(row[1])): (SAME[row[2]], bool(row[3] or row[5]))
        for table in tables
        for row in raw.execute(f"PRAGMA table_info({table})")
    }
    raw.close()
    return columns


def _of_postgresql(url: str, schema: str) -> dict[tuple[str, str], tuple[str, bool]]:
    query = "SELECT table_name, column_name, data_type, is_nullable = 'NO' FROM information_schema.columns WHERE table_schema = %s"
    with psycopg.connect(url) as connection:
        return {(table, column): (kind, bool(needed)) for table, column, kind, needed in connection.execute(query, (schema,))}


def test_both_engines_have_the_same_tables_and_columns(url: str) -> None:
    data = {where: what for where, what in _of_postgresql(url, "dragoman").items() if where not in OWN}
    assert data == _of_sqlite(DATA_MIGRATIONS)
    assert _of_postgresql(url, "dragoman_keys") == _of_sqlite(KEY_MIGRATIONS)


def test_each_migration_is_written_for_both() -> None:
    names = [{path.name for path in folder.glob("*_0*.sql")} for folder in (SQL_FOLDER, SQL_FOLDER / "postgresql")]
    assert names[0] == names[1]
    assert (len(DATA_MIGRATIONS), len(KEY_MIGRATIONS)) == (len(POSTGRESQL_DATA_MIGRATIONS), len(POSTGRESQL_KEY_MIGRATIONS))


def test_what_says_it_in_other_words_takes_the_same_values() -> None:
    for name, text in queries._named("postgresql/queries.sql").items():
        assert name in queries.SQL, f"{name} takes nobody's place"
        theirs, ours = queries._with_numbers(queries.SQL[name]), queries._with_numbers(text)
        assert (theirs.names, theirs.text.count("$")) == (ours.names, ours.text.count("$")) or theirs.names


def test_every_query_is_valid(url: str) -> None:
    with connect(address_of(url)) as connection:
        for name, query in POSTGRESQL.items():
            assert re.findall(r"\?|(?<!:):\w", query.text) == [], name
            if name not in TAKING_OVER:
                connection.execute(f"PREPARE q AS {query.text}".encode(), prepare=False)
                connection.execute("DEALLOCATE q", prepare=False)


def test_names_of_values_and_bare_ones_do_not_mix() -> None:
    with pytest.raises(ValueError, match="with and without"):
        queries._with_numbers("SELECT :a, ?")


async def test_processes_that_start_together_migrate_once(empty: str, tmp_path: Path) -> None:
    stores = await asyncio.gather(*(open_store(empty, data_dir=tmp_path, secret=SECRET, clock=Clock()) for _ in range(3)))
    await meet(stores[0], AMINA)
    assert await stores[1].find(AMINA) is not None
    assert sum(store.replicas.leads for store in stores) == 1
    for store in stores:
        await store.close()


async def test_the_schema_with_data_in_it_moves_on_and_a_broken_step_leaves_no_half(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(url, data_dir=tmp_path, secret=SECRET, clock=Clock())
    await told(store, AMINA, "hi")
    await store.close()
    following = "ALTER TABLE conversations ADD COLUMN mood TEXT; UPDATE conversations SET mood = 'calm'"
    broken = "ALTER TABLE conversations ADD COLUMN half TEXT; INSERT INTO nowhere VALUES (1)"
    monkeypatch.setattr(setup, "POSTGRESQL_DATA_MIGRATIONS", (*POSTGRESQL_DATA_MIGRATIONS, following, broken))
    number = len(POSTGRESQL_DATA_MIGRATIONS) + 1
    with connect(address_of(url)) as connection:
        with pytest.raises(StoreError, match=f"migration {number + 1} failed"):
            migrate(connection)
        assert version_of(connection, "data") == number
        assert connection.execute("SELECT state, mood FROM conversations").fetchall() == [("new", "calm")]
        assert ("conversations", "half") not in _of_postgresql(url, "dragoman")
    monkeypatch.undo()
    with pytest.raises(StoreError, match="newer version"):
        await open_store(url, data_dir=tmp_path, secret=SECRET, clock=Clock())


async def test_another_key_or_missing_keys_are_refused(url: str, tmp_path: Path) -> None:
    await (await open_store(url, data_dir=tmp_path, secret=SECRET, clock=Clock())).close()
    with pytest.raises(WrongKey):
        await open_store(url, data_dir=tmp_path, secret=bytes(32), clock=Clock())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM dragoman_keys.meta")
    with pytest.raises(StoreError, match="dragoman_keys"):
        await open_store(url, data_dir=tmp_path, secret=SECRET, clock=Clock())


async def test_a_database_that_forgets_is_refused(url: str, tmp_path: Path) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$")
    with pytest.raises(StoreError, match="durably"):
        await open_store(url, data_dir=tmp_path, secret=SECRET, clock=Clock())


@pytest.mark.parametrize("address", ["postgresql://dragoman:geheim%zz@127.0.0.1/x", "postgresql://dragoman:geheim@[::1/x"])
async def test_a_malformed_address_is_not_quoted(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        await open_store(address, data_dir=tmp_path, secret=SECRET, clock=Clock())
    assert "geheim" not in str(caught.value) + repr(caught.value.__cause__)


async def test_a_database_that_is_not_there_is_named_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        await open_store("postgresql://dragoman:geheim@127.0.0.1:1/x", data_dir=tmp_path, secret=SECRET, clock=Clock())
    assert "geheim" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
