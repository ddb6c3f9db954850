"""Units of work after a restore: open everything that is sealed once, count it, and flag what may have been sent since the copy."""

from __future__ import annotations

from typing import cast

from bot.errors import StoreError
from bot.records import Checkup
from bot.store import audit, files
from bot.store.contacts import place
from bot.store.database import Database

SEALED = (
    "sealed_contacts",
    "sealed_data",
    "sealed_recent",
    "sealed_inbox",
    "sealed_messages",
    "sealed_facts",
    "sealed_case_lines",
    "sealed_staff",
)


def look_through(db: Database) -> Checkup:
    """Open every sealed value once; returns how many there are of each kind, and how many do not open."""
    counts, unreadable = {}, 0
    for query in SEALED:
        table, rows = query.removeprefix("sealed_"), db.rows(query)
        counts[table] = len(rows)
        unreadable += sum(not _opens(db, table, *row) for row in rows)
    kept = [str(row[0]) for row in db.rows("file_ids")]
    unreadable += sum(not _file_opens(db, file_id) for file_id in kept)
    return Checkup({**counts, "files": len(kept)}, unreadable, audit.verify(db))


def _opens(db: Database, table: str, key_id: object, sealed: object) -> bool:
    try:
        db.keys.get(str(key_id)).open(cast(bytes, sealed), place(table, str(key_id)))
    except StoreError:
        return False
    return True


def _file_opens(db: Database, file_id: str) -> bool:
    """Open a file; one at a time, because together they may be more than the memory holds."""
    try:
        return files.find(db, file_id) is not None
    except StoreError:
        return False


def restored(db: Database, name: str) -> None:
    """Note that a copy was restored, and flag what waits to be sent: it may have gone out after the copy was made."""
    db.count_up("outbox_uncertain", db.change("doubt_open"))
    audit.lift_anchor(db)
    audit.note(db, "system", "restored", detail=name)
