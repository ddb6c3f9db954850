"""Migrations go forward, one transaction each; and the queries use the indexes made for them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store import queries
from bot.store.queries import DATA_MIGRATIONS, KEY_MIGRATIONS, KEY_SQL, SQL
from bot.store.schema import is_current, migrate, version_of
from tests.store.cases import AMINA, Clock, open_folder, told

NEXT = "ALTER TABLE conversations ADD COLUMN mood TEXT;\nUPDATE conversations SET mood = 'calm';"
BROKEN = "ALTER TABLE conversations ADD COLUMN half TEXT;\nINSERT INTO nowhere VALUES (1);"


@pytest.fixture
def raw() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def test_a_new_database_goes_through_all(raw: sqlite3.Connection) -> None:
    assert not is_current(raw, DATA_MIGRATIONS)
    migrate(raw, DATA_MIGRATIONS)
    assert version_of(raw) == len(DATA_MIGRATIONS)
    migrate(raw, DATA_MIGRATIONS)


async def test_the_first_schema_with_data_in_it_moves_on(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    await told(store, AMINA, "hi")
    await store.close()
    connection = sqlite3.connect(tmp_path / "dragoman.db", isolation_level=None)
    migrate(connection, (*DATA_MIGRATIONS, NEXT))
    assert version_of(connection) == len(DATA_MIGRATIONS) + 1
    assert connection.execute("SELECT state, mood FROM conversations").fetchall() == [("new", "calm")]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_a_migration_that_fails_leaves_no_half(raw: sqlite3.Connection) -> None:
    migrate(raw, DATA_MIGRATIONS)
    before = raw.execute("SELECT sql FROM sqlite_schema").fetchall()
    with pytest.raises(StoreError, match=f"migration {len(DATA_MIGRATIONS) + 1} failed"):
        migrate(raw, (*DATA_MIGRATIONS, BROKEN))
    assert raw.execute("SELECT sql FROM sqlite_schema").fetchall() == before
    assert version_of(raw) == len(DATA_MIGRATIONS)


def test_a_newer_database_is_named(raw: sqlite3.Connection) -> None:
    migrate(raw, (*DATA_MIGRATIONS, NEXT))
    with pytest.raises(StoreError, match=f"schema {len(DATA_MIGRATIONS) + 1}, this one knows {len(DATA_MIGRATIONS)}"):
        is_current(raw, DATA_MIGRATIONS)


def _plans(connection: sqlite3.Connection, statement: str) -> str:
    names = re.findall(r":(\w+)", statement)
    values: dict[str, int] | list[int] = dict.fromkeys(names, 1) if names else [1] * statement.count("?")
    return "\n".join(str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values))


def test_no_query_of_a_turn_walks_a_whole_table(raw: sqlite3.Connection) -> None:
    migrate(raw, DATA_MIGRATIONS)
    rare = {"counters", "daily_counters", "totals", "contact_ids", "count_contacts", "drop_settled", "drop_old_events", "silent_contacts"}
    rare |= {"audit_lines", "drop_ended_sessions", "drop_former_staff", "drop_old_codes", "never_joined", "staff_ids", "unused_contacts"}
    rare |= {"staff_members"}  # a table of few rows, all of them wanted
    rare |= queries._named("backup_queries.sql").keys()  # after a restore everything is looked at
    walks = {name: plan for name in SQL.keys() - rare if re.search(r"SCAN (?!.*USING)", plan := _plans(raw, SQL[name]))}
    assert walks == {"interrupted": walks["interrupted"], "resume_outbox": walks["resume_outbox"], "resume_lanes": walks["resume_lanes"]}


def test_every_query_is_valid_and_used(raw: sqlite3.Connection) -> None:
    source = "".join(path.read_text("utf-8") for path in Path(queries.__file__).parent.glob("*.py"))
    for migrations, named in ((DATA_MIGRATIONS, SQL), (KEY_MIGRATIONS, KEY_SQL)):
        connection = sqlite3.connect(":memory:", isolation_level=None)
        migrate(connection, migrations)
        assert all(_plans(connection, statement) is not None for statement in named.values())
        connection.close()
        assert [name for name in named if f'"{name}"' not in source and not name.startswith("count_")] == []
