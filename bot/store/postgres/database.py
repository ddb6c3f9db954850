"""What a unit of work runs on: one connection in pipeline mode, where a statement is sent at once and waited for only if it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, cast, get_args

import psycopg

from bot.store.crypto import Secrets
from bot.store.database import Database, Last, Value, micros
from bot.store.postgres.keys import KeyCache, PostgresKeys
from bot.store.queries import POSTGRESQL

DESK_LOCK, AUDIT_LOCK = 7_301_001, 7_301_002  # names of advisory locks, arbitrary and the same for every process
LASTS: Final[tuple[Last, ...]] = get_args(Last)

Row = tuple[object, ...]
Cursor = psycopg.Cursor[Any]


class PostgresDatabase(Database):
    """One connection, one thread, one transaction at a time."""

    keys: PostgresKeys

    def __init__(
        self, connection: psycopg.Connection[Row], secrets: Secrets, cache: KeyCache, clock: Callable[[], datetime] | None
    ) -> None:
        super().__init__(secrets)
        self.connection, self._clock = connection, clock
        self.keys = PostgresKeys(self, cache)
        self._asked: Cursor | None = None  # for the time; the answer comes along with the next that is read
        self._now: int | None = None
        self._last: list[tuple[int, Callable[[], None]]] = []

    # ------------------------------------------------------------ the transaction

    def begin(self, pipeline: psycopg.Pipeline, mode: str) -> None:
        """Begin a transaction; nothing is waited for."""
        self._pipeline = pipeline
        self._send(mode)
        self._now = self._asked = None

    def do_last(self) -> None:
        """Do what comes last, in the order of LASTS."""
        for _, work in sorted(self._last, key=lambda each: each[0]):
            work()

    def commit(self) -> None:
        """Ask to commit; whether it was done shows when the pipeline ends."""
        self._send("COMMIT")

    def ended(self, *, kept: bool) -> None:
        """Note how the transaction ended."""
        self._last.clear()
        self.keys.settle(kept=kept)
        if not kept:
            self.staffed = None  # it may have been read from what is undone

    def _send(self, command: str) -> None:
        self.connection.execute(command, prepare=True)

    # ------------------------------------------------------------ queries

    def _execute(self, name: str, values: Sequence[object], named: dict[str, Value]) -> Cursor:
        query = POSTGRESQL[name]
        return self.connection.execute(query.text, [named[each] for each in query.names] if named else values, prepare=True, binary=True)

    def now(self) -> int:
        """Return the time in microseconds since 1970, as it was when the last lock was got."""
        if self._clock is not None:
            return micros(self._clock())
        if self._now is None:
            row = (self._asked or self._execute("clock", (), {})).fetchone()
            self._now = cast(int, cast(Row, row)[0])
        return self._now

    def run(self, name: str, /, *values: Value, **named: Value) -> None:
        """Send a statement."""
        self._execute(name, values, named)

    def change(self, name: str, /, *values: Value, **named: Value) -> int:
        """Run a statement; returns how many rows it changed."""
        cursor = self._execute(name, values, named)
        self._pipeline.sync()
        return cursor.rowcount

    def insert(self, name: str, /, *values: Value) -> int:
        """Run an insertion; returns the id of the new row."""
        row = self._execute(name, values, {}).fetchone()
        return cast(int, cast(Row, row)[0])

    def run_each(self, name: str, rows: Iterable[Sequence[Value]]) -> None:
        """Send a statement for each row of values."""
        for values in rows:
            self._execute(name, values, {})

    def rows(self, name: str, /, *values: Value, **named: Value) -> list[Row]:
        """Return every row a query finds."""
        return self._execute(name, values, named).fetchall()

    def row(self, name: str, /, *values: Value, **named: Value) -> Row | None:
        """Return the first row a query finds, or None."""
        return cast("Row | None", self._execute(name, values, named).fetchone())

    # ------------------------------------------------------------ who else writes

    def hold(self, *contact_ids: str) -> None:
        """Hold contacts, in the order of their ids."""
        self._held("hold", [*contact_ids])

    def hold_case(self, number: int) -> None:
        """Hold the contact of a case."""
        self._held("hold_case", number)

    def _held(self, name: str, value: object) -> None:
        """Send a statement that takes locks; the time it gives counts from then on."""
        self._now, self._asked = None, self._execute(name, (value,), {})

    def one_by_one(self) -> None:
        """Keep others out of what spans contacts at the desk."""
        self._execute("one_by_one", (DESK_LOCK,), {})

    def scrub_logs(self) -> None:
        """Do nothing: dead rows and the log are the server's; what was erased is unreadable because its key is gone."""

    def at_end(self, what: Last, work: Callable[[], None]) -> None:
        """Do something right before the commit; the audit is written by one transaction at a time, each line after the one before it."""
        if what == "audit" and all(rank != LASTS.index("audit") for rank, _ in self._last):
            self._last.append((LASTS.index("audit"), lambda: self.run("one_by_one", AUDIT_LOCK)))
        self._last.append((LASTS.index(what), work))
