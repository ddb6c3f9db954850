"""Units of work that forget: contacts who asked for it, and everything that has outlived its time."""

from __future__ import annotations

from bot.store import HISTORY_HOURS, INBOX_KEY_DAYS, lanes
from bot.store.contacts import HOUR_US
from bot.store.database import Database

HISTORIES_AT_ONCE, ROWS_AT_ONCE = 200, 2000  # a sweep lets others work in between


def is_ripe(db: Database, contact_id: str) -> bool:
    """Tell whether nothing keeps a contact who asked to be forgotten any longer."""
    return db.row("is_erasing", contact_id) is not None and not lanes.has_open(db, contact_id)


def finish(db: Database, contact_id: str) -> int:
    """Erase a contact whose wish is already committed: the key first, then the rows, then what the files still show of them.

    A crash in between leaves the wish, and the next start or sweep comes back to it."""
    if not is_ripe(db, contact_id):
        return 0
    return _remove(db, contact_id)


def _remove(db: Database, contact_id: str) -> int:
    db.keys.drop(contact_id)
    db.run("drop_events", contact_id)
    db.scrub_logs()
    return db.run("drop_contact", contact_id)


def finish_one(db: Database) -> int:
    """Erase a contact that is ripe, or waited HISTORY_HOURS for its last messages to go out; returns 0 when there is none."""
    row = db.row("erasing", db.now() - HISTORY_HOURS * HOUR_US)
    return 0 if row is None else _remove(db, str(row[0]))


def drop_histories(db: Database) -> int:
    """Forget what silent contacts said and were told, except what still waits to be sent; returns how many histories went."""
    cutoff = db.now() - HISTORY_HOURS * HOUR_US
    silent = db.connection.execute(db.sql("silent_contacts"), {"cutoff": cutoff, "limit": HISTORIES_AT_ONCE}).fetchall()
    db.run_each("drop_messages", silent)
    db.run_each("forget_recent", silent)
    if silent:
        db.scrub_logs()
    return len(silent)


def drop_events(db: Database) -> int:
    """Forget event keys that no platform repeats any more."""
    cutoff = db.now() - INBOX_KEY_DAYS * 24 * HOUR_US
    return db.connection.execute(db.sql("drop_old_events"), {"cutoff": cutoff, "limit": ROWS_AT_ONCE}).rowcount


def drop_settled(db: Database) -> int:
    """Forget outbox rows of messages that are out; given up and uncertain ones stay as long as event keys, to be looked into."""
    cutoff = db.now() - INBOX_KEY_DAYS * 24 * HOUR_US
    return db.connection.execute(db.sql("drop_settled"), {"cutoff": cutoff, "limit": ROWS_AT_ONCE}).rowcount


def reconcile(db: Database) -> None:
    """Make keys and contacts agree again after a crash or a restored backup.

    A key without a contact was left by a transaction that never ended. A contact without a key was erased after the copy was made."""
    with_key, known = db.keys.ids(), {str(row[0]) for row in db.rows("contact_ids")}
    for contact_id in with_key - known:
        db.keys.drop(contact_id)
    for contact_id in known - with_key:
        _remove(db, contact_id)
