"""Units of work for whoever watches: what waits, for how long, and whether the database takes a write. All read open rows only."""

from __future__ import annotations

from typing import cast

from bot.records import CasesWaiting, Vitals
from bot.store.database import Database
from bot.store.lanes import WINDOW_US

SECOND = 1_000_000  # in the database's microseconds


def take(db: Database) -> Vitals:
    """Look at the queues; ages are of the oldest that waits, by the clock its time was written with."""
    totals = {str(name): cast(int, n) for name, n in db.rows("totals")}
    inbox, inbox_age = _queue(db, "vitals_inbox")
    outbox, outbox_age = _queue(db, "vitals_outbox", silent_since=db.now() - WINDOW_US)  # what waits for its reader to write is not late
    return Vitals(
        inbox_waiting=inbox,
        inbox_age_s=inbox_age,
        outbox_waiting=outbox,
        outbox_age_s=outbox_age,
        failed=totals.get("inbox_failed", 0),
        dead=totals.get("outbox_dead", 0),
        uncertain=totals.get("outbox_uncertain", 0),
        cases={str(city): CasesWaiting(cast(int, n), _age(db, at)) for city, n, at in db.rows("vitals_cases")},
    )


def _queue(db: Database, name: str, **values: int) -> tuple[int, float]:
    row = db.row(name, **values)
    return (cast(int, row[0]), _age(db, row[1])) if row else (0, 0.0)


def _age(db: Database, at: object) -> float:
    return max(0.0, (db.now() - at) / SECOND) if isinstance(at, int) else 0.0


def probe(db: Database) -> None:
    """Write one small value."""
    db.run("replace_meta", "probe", str(db.now()).encode())
