"""Units of work on what came in: keep it, and say who waits."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import ContactLeft, Incoming
from bot.store import contacts
from bot.store.contacts import place
from bot.store.database import Database
from bot.wire import encode_event


def accept(db: Database, incoming: Sequence[Incoming]) -> tuple[str, ...]:
    """Store what is new; returns the contacts that have something new, each once."""
    now = db.now()
    news: dict[str, None] = {}
    for item in incoming:
        contact_id = _accept_one(db, item, now)
        if contact_id is not None:
            news[contact_id] = None
    return tuple(news)


def _accept_one(db: Database, item: Incoming, now: int) -> str | None:
    event_hash = db.secrets.event_hash(item.contact.channel, item.external_id)
    known = contacts.find(db, item.contact)
    if known is None:
        if db.row("knows_event", event_hash) is not None:
            return None  # a repetition must not bring back a contact who was erased
        known = contacts.create(db, item.contact, now), False
    contact_id, has_left = known
    payload = db.keys.get(contact_id).seal(encode_event(item.event), place("inbox", contact_id))
    if not db.run("add_event", event_hash, contact_id, payload, now):
        return None
    if has_left and not isinstance(item.event, ContactLeft):
        db.run("set_left", 0, contact_id)
    return contact_id


def waiting(db: Database, limit: int) -> tuple[str, ...]:
    """Return contacts with events not yet handled, longest waiting first."""
    return tuple(str(row[0]) for row in db.rows("waiting_contacts", limit))
