"""Reports written before reviewers existed are still there afterwards, in their order."""

from __future__ import annotations

import sqlite3

import pytest

from bot.store.queries import DATA_MIGRATIONS, SQL
from bot.store.schema import migrate


def test_old_reports_are_kept_and_new_kinds_fit() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, DATA_MIGRATIONS[:2])
    old = "INSERT INTO reports (city, entry_id, locale, by_whom, staff_id, why, at) VALUES ('graz', 'egov.nie', ?, ?, NULL, NULL, ?)"
    for number, by_whom in enumerate(("contact", "advisor", "lead"), 1):
        connection.execute(old, ("de", by_whom, number))
    migrate(connection, DATA_MIGRATIONS)
    connection.execute(SQL["add_report"], ("graz", "egov.nie", "de", "reviewer", "wording", None, None, 9))
    found = [(row[0], row[4], row[5]) for row in connection.execute(SQL["open_reports"])]
    assert found == [(1, "contact", "answer"), (2, "advisor", "answer"), (3, "lead", "answer"), (4, "reviewer", "wording")]
    (before,) = connection.execute("SELECT n FROM marks WHERE name = 'desk'").fetchone()
    connection.execute("UPDATE reports SET resolved_at = 1 WHERE id = 1")
    assert connection.execute("SELECT n FROM marks WHERE name = 'desk'").fetchone() == (before + 1,)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(SQL["add_report"], ("graz", "egov.nie", "de", "stranger", "answer", None, None, 9))
    connection.close()
