"""Units of work about one contact: finding and making it, where it stands, and what it said."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TypedDict, cast

from bot.errors import StoreError
from bot.model import ContactRef, Conversation, Owner, StoredMessage
from bot.store import HISTORY_HOURS, Snapshot, WaitingEvent
from bot.store.crypto import Sealer
from bot.store.database import Database, moment
from bot.wire import decode_event, decode_message

HOUR_US = 3_600_000_000


def place(table: str, contact_id: str) -> bytes:
    """Name what a ciphertext is bound to."""
    return f"{table}:{contact_id}".encode()


def find(db: Database, contact: ContactRef) -> tuple[str, bool] | None:
    """Return a contact's id and whether they have left, or None."""
    row = db.row("find_contact", db.secrets.address_hash(contact))
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


def load(db: Database, contact_id: str) -> tuple[Snapshot, tuple[int, ...]] | None:
    """Return a contact as stored and the ids of waiting events that can not be read; None for an unknown or erased one."""
    row = db.row("snapshot", contact_id)
    if row is None:
        return None
    sealer = db.keys.get(contact_id)
    waiting, damaged = _waiting(db, contact_id, sealer)
    contact = ref(row[0], row[1], sealer, contact_id)
    return Snapshot(_conversation(db, contact_id, contact.channel, row[2:], sealer), contact, waiting), damaged


def _waiting(db: Database, contact_id: str, sealer: Sealer) -> tuple[tuple[WaitingEvent, ...], tuple[int, ...]]:
    where = place("inbox", contact_id)
    events: list[WaitingEvent] = []
    damaged: list[int] = []
    for inbox_id, payload in db.rows("waiting_events", contact_id):
        try:
            events.append(WaitingEvent(cast(int, inbox_id), decode_event(sealer.open(cast(bytes, payload), where))))
        except StoreError:  # one row that can not be read must not silence its contact for good
            damaged.append(cast(int, inbox_id))
    return tuple(events), tuple(damaged)


def _conversation(db: Database, contact_id: str, channel: str, row: Sequence[object], sealer: Sealer) -> Conversation:
    owner, state, locale, city, area, data, recent, version, said_at = row
    if owner is None:
        return Conversation(contact_id, channel)
    return Conversation(
        contact_id=contact_id,
        channel=channel,
        owner=cast(Owner, owner),
        state=cast(str, state),
        locale=cast("str | None", locale),
        city=cast("str | None", city),
        area=cast("str | None", area),
        data=_open_json(sealer, data, place("data", contact_id)) if data else {},
        version=cast(int, version),
        **_recent(sealer, recent, contact_id) if recent and not is_over(said_at, db.now()) else {},
    )


def _open_json(sealer: Sealer, sealed: object, where: bytes) -> dict[str, str | bool | int | None]:
    return cast("dict[str, str | bool | int | None]", json.loads(sealer.open(cast(bytes, sealed), where)))


class _Recent(TypedDict, total=False):
    """What is forgotten together with the history."""

    recent: dict[str, str | bool | int | None]
    options: tuple[tuple[str, str], ...]


def _recent(sealer: Sealer, sealed: object, contact_id: str) -> _Recent:
    kept = json.loads(sealer.open(cast(bytes, sealed), place("recent", contact_id)))
    return {"recent": kept["recent"], "options": tuple((option_id, label) for option_id, label in kept["options"])}


def _seal_recent(sealer: Sealer, known: Conversation) -> bytes | None:
    if not known.recent and not known.options:
        return None
    return sealer.seal(json.dumps({"recent": dict(known.recent), "options": known.options}).encode(), place("recent", known.contact_id))


def save(db: Database, conversation: Conversation, version: int) -> None:
    """Write a conversation; what the dialogue remembers is sealed."""
    contact_id = conversation.contact_id
    sealer = db.keys.get(contact_id)
    data = sealer.seal(json.dumps(dict(conversation.data)).encode(), place("data", contact_id)) if conversation.data else None
    known = conversation
    recent = _seal_recent(sealer, known)
    db.run("save_conversation", contact_id, known.owner, known.state, known.locale, known.city, known.area, data, recent, version)


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
