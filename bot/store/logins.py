"""Units of work on logins: a random token in the browser, its hash here; they end by themselves, and can be ended."""

from __future__ import annotations

import secrets
from typing import cast

from bot.records import OpenSession
from bot.store.contacts import HOUR_US
from bot.store.database import Database, moment
from bot.store.desk import SESSION_DAYS, SESSION_IDLE_HOURS

TOKEN_BYTES, ID_BYTES = 32, 9
MAX_DEVICE = 100  # characters
NOTE_EVERY_US = 60_000_000
IDLE_US, LONGEST_US = SESSION_IDLE_HOURS * HOUR_US, SESSION_DAYS * 24 * HOUR_US


def _hash(db: Database, token: str) -> bytes:
    return db.secrets.lookup_hash("session", token)


def start(db: Database, staff_id: str, device: str) -> str:
    """Begin a login; returns its token."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), db.now()
    db.run("add_session", _hash(db, token), secrets.token_urlsafe(ID_BYTES), staff_id, device[:MAX_DEVICE], now, now)
    return token


def find(db: Database, token: str) -> tuple[OpenSession | None, bool]:
    """Return the login of a token, None when it has ended; and whether its last noted use is long enough ago to note another."""
    now = db.now()
    row = db.row("session", _hash(db, token), now - IDLE_US, now - LONGEST_US)
    return (None, False) if row is None else (_session(row), cast(int, row[-1]) <= now - NOTE_EVERY_US)


def note_use(db: Database, session_id: str) -> None:
    """Note that a login is used."""
    db.run("use_session", db.now(), session_id)


def of_staff(db: Database, staff_id: str) -> tuple[OpenSession, ...]:
    """Return somebody's logins, newest first."""
    now = db.now()
    return tuple(_session(row) for row in db.rows("sessions_of", staff_id, now - IDLE_US, now - LONGEST_US))


def end(db: Database, staff_id: str, session_id: str) -> None:
    """End one of somebody's logins."""
    db.run("end_session", staff_id, session_id)


def drop_ended(db: Database) -> int:
    """Forget logins that have ended by themselves."""
    now = db.now()
    return db.change("drop_ended_sessions", now - IDLE_US, now - LONGEST_US)


def _session(row: tuple[object, ...]) -> OpenSession:
    session_id, staff_id, device, opened_at, seen_at = row
    return OpenSession(str(session_id), str(staff_id), str(device), moment(cast(int, opened_at)), moment(cast(int, seen_at)))
