"""Units of work about one contact: finding and making it, keeping where it stands, and what it said."""

from __future__ import annotations

import json
import os
from typing import cast

from bot.errors import StoreError
from bot.model import ContactRef, Conversation, StoredMessage
from bot.store import HISTORY_HOURS
from bot.store.crypto import Sealer
from bot.store.database import Database, moment
from bot.wire import decode_message

HOUR_US = 3_600_000_000


def place(table: str, contact_id: str) -> bytes:
    """Name what a ciphertext is bound to."""
    return f"{table}:{contact_id}".encode()


def find(db: Database, contact: ContactRef) -> tuple[str, bool] | None:
    """Return a contact's id and whether they have left, or None."""
    return found(db.row("find_contact", db.secrets.address_hash(contact)))


def found(row: tuple[object, ...] | None) -> tuple[str, bool] | None:
    """Read a row of a contact."""
    return None if row is None else (str(row[0]), bool(row[1]))


def create(db: Database, contact: ContactRef, now: int) -> str:
    """Make a contact with a random id and a key of its own."""
    contact_id = os.urandom(16).hex()
    address = db.keys.create(contact_id).seal(contact.address.encode("utf-8", "surrogatepass"), place("contacts", contact_id))
    db.run("add_contact", contact_id, contact.channel, db.secrets.address_hash(contact), address, moment(now).date().isoformat())
    return contact_id


def ref(channel: object, address: object, sealer: Sealer, contact_id: str) -> ContactRef:
    """Open a stored address."""
    opened = sealer.open(cast(bytes, address), place("contacts", contact_id))
    return ContactRef(str(channel), opened.decode("utf-8", "surrogatepass"))


def _seal_recent(sealer: Sealer, known: Conversation) -> bytes | None:
    if not known.recent and not known.options:
        return None
    return sealer.seal(json.dumps({"recent": dict(known.recent), "options": known.options}).encode(), place("recent", known.contact_id))


def save(db: Database, conversation: Conversation, version: int) -> None:
    """Write a conversation; what the dialogue remembers is sealed. Whom it belongs to is derived from the cases by whoever changes them."""
    contact_id = conversation.contact_id
    sealer = db.keys.get(contact_id)
    data = sealer.seal(json.dumps(dict(conversation.data)).encode(), place("data", contact_id)) if conversation.data else None
    known = conversation
    recent = _seal_recent(sealer, known)
    db.run("save_conversation", contact_id, known.state, known.locale, known.city, known.area, data, recent, version)


def is_over(said_at: object, now: int) -> bool:
    """Tell whether a history has outlived its time: nothing was said on either side for HISTORY_HOURS."""
    return said_at is not None and cast(int, said_at) <= now - HISTORY_HOURS * HOUR_US


def _has_fresh_history(db: Database, contact_id: str) -> bool:
    row = db.row("last_said", contact_id)
    return row is not None and not is_over(row[0], db.now())


def history(db: Database, contact_id: str, after: int) -> tuple[StoredMessage, ...]:
    """Return the kept messages with an id above `after`, oldest first; those that can not be read are left out."""
    if not _has_fresh_history(db, contact_id):
        return ()
    where, sealer = place("messages", contact_id), db.keys.get(contact_id)
    messages: list[StoredMessage] = []
    for message_id, token, at, payload in db.rows("messages_after", contact_id, after):
        try:
            message = decode_message(sealer.open(cast(bytes, payload), where))
        except StoreError:
            continue
        messages.append(StoredMessage(cast(int, message_id), str(token), moment(cast(int, at)), message))
    return tuple(messages)


def find_button(db: Database, contact_id: str, token: str, index: int) -> str | None:
    """Return the option behind a button of this very contact, or None when it is unknown or too old."""
    row = db.row("message_of_token", token, contact_id)
    if row is None or not _has_fresh_history(db, contact_id):
        return None
    options = decode_message(db.keys.get(contact_id).open(cast(bytes, row[0]), place("messages", contact_id))).options
    return options[index].id if 0 <= index < len(options) else None
