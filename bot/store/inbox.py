"""Units of work on what came in: keep it, and say who waits."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import ContactLeft, ContactRef, Incoming
from bot.store import contacts
from bot.store.contacts import place
from bot.store.database import Database
from bot.wire import encode_event


def accept(db: Database, incoming: Sequence[Incoming]) -> tuple[str, ...]:
    """Store what is new; returns the contacts that have something new, each once."""
    now = db.now()
    known = _known(db, incoming)
    news: dict[str, None] = {}
    for item in incoming:
        contact_id = _accept_one(db, item, now, known)
        if contact_id is not None:
            news[contact_id] = None
    return tuple(news)


_Known = dict[ContactRef, tuple[str, bool] | None]  # id, and whether they have left


def _known(db: Database, incoming: Sequence[Incoming]) -> _Known:
    """Find who writes, and hold them: so the ids of a contact's events grow in the order in which others come to see them."""
    writers = {item.contact: db.secrets.address_hash(item.contact) for item in incoming}
    return {contact: contacts.found(db.row("find_contact_alone", writers[contact])) for contact in sorted(writers, key=writers.__getitem__)}


def _accept_one(db: Database, item: Incoming, now: int, known: _Known) -> str | None:
    event_hash = db.secrets.event_hash(item.contact.channel, item.external_id)
    writer = known[item.contact]
    if writer is None:
        if db.row("knows_event", event_hash) is not None:
            return None  # a repetition must not bring back a contact who was erased
        known[item.contact] = writer = contacts.create(db, item.contact, now), False
    contact_id, has_left = writer
    payload = db.keys.get(contact_id).seal(encode_event(item.event), place("inbox", contact_id))
    if not db.change("add_event", event_hash, contact_id, payload, now):
        return None
    if has_left and not isinstance(item.event, ContactLeft):
        db.run("set_left", 0, contact_id)
        known[item.contact] = contact_id, False
    return contact_id


def waiting(db: Database, limit: int) -> tuple[str, ...]:
    """Return contacts with events not yet handled, longest waiting first."""
    return tuple(str(row[0]) for row in db.rows("waiting_contacts", limit))
