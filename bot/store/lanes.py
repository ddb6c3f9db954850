"""Units of work on what goes out: per contact one lane, in order, one message at a time, under a lease that only its holder settles."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bot.errors import StoreError
from bot.model import ContactRef, Message
from bot.store import LEASE_S, Blocked, Dead, Delivery, Retry, Sent, Settlement, contacts
from bot.store.contacts import place
from bot.store.database import Database, micros, moment
from bot.wire import decode_message

SECOND_US = 1_000_000
LEASE_US = int(LEASE_S * SECOND_US)
WINDOWED = frozenset({"whatsapp"})  # channels on which nobody may be written to long after they last wrote...
WINDOW_US = int(23.9 * 3600 * SECOND_US)  # ...which is a day
WITHOUT_HISTORY = frozenset({"telegram-desk", "email"})  # channels nobody reads anew from us: what is out is dropped at once


@dataclass(frozen=True, slots=True)
class _Head:
    message_id: int
    is_sending: bool
    attempts: int
    uncertain: bool
    token: str
    payload: bytes


def claim(db: Database, limit: int) -> tuple[Delivery, ...]:
    """Lease the heads of lanes that are due and free."""
    now = db.now()
    due = db.rows("due_lanes", now=now, limit=limit)
    leased = [lease_head(db, str(row[0]), now) for row in due]
    return tuple(delivery for delivery in leased if delivery is not None)


def lease_if_free(db: Database, contact_id: str, now: int, contact: ContactRef, fresh: Mapping[int, Message]) -> Delivery | None:
    """Lease the head of a lane unless somebody is sending it or it waits for a later time."""
    row = db.row("lane", contact_id)
    if row is not None:
        due_at, lease, lease_until = row
        if lease is not None and cast(int, lease_until) > now:
            return None
        if due_at is not None and cast(int, due_at) > now:
            return None
    return lease_head(db, contact_id, now, contact, fresh)


def lease_head(
    db: Database, contact_id: str, now: int, contact: ContactRef | None = None, fresh: Mapping[int, Message] | None = None
) -> Delivery | None:
    """Lease the first open message of a free lane; an empty lane comes to rest.

    A message found in the state of being sent may have arrived: it comes back uncertain.
    `contact` and `fresh` (messages by id) spare opening what is at hand."""
    while (head := _head(db, contact_id)) is not None:
        try:
            message = (fresh or {}).get(head.message_id) or _open(db, contact_id, head)
            contact = contact or _contact(db, contact_id)
        except StoreError:
            _bury(db, head.message_id, "unreadable")  # a damaged row must not hold up the lane for good
            continue
        return _lease(db, contact_id, head, message, contact, now)
    db.run("set_lane", contact_id, None, None, None)
    return None


def _head(db: Database, contact_id: str) -> _Head | None:
    row = db.row("head", contact_id)
    if row is None:
        return None
    message_id, status, attempts, uncertain, token, payload = row
    return _Head(cast(int, message_id), status == "sending", cast(int, attempts), bool(uncertain), str(token), cast(bytes, payload))


def _open(db: Database, contact_id: str, head: _Head) -> Message:
    return decode_message(db.keys.get(contact_id).open(head.payload, place("messages", contact_id)))


def _contact(db: Database, contact_id: str) -> ContactRef:
    row = db.row("address", contact_id)
    if row is None:
        raise StoreError("a message without its contact")
    return contacts.ref(row[0], row[1], db.keys.get(contact_id), contact_id)


def _lease(db: Database, contact_id: str, head: _Head, message: Message, contact: ContactRef, now: int) -> Delivery:
    uncertain = head.uncertain or head.is_sending
    if uncertain and not head.uncertain:
        db.count_up("outbox_uncertain")
    attempts, lease = head.attempts + 1, os.urandom(8).hex()
    db.run("start_sending", attempts, int(uncertain), head.message_id)
    db.run("set_lane", contact_id, now, lease, now + LEASE_US)
    earlier = _earlier(db, contact_id, message) if message.edits or message.withdraws else ()
    heard_at = _heard_at(db, contact_id) if contact.channel in WINDOWED else None
    message_id, token = head.message_id, head.token
    return Delivery(message_id, contact_id, contact, message_id, token, message, attempts, uncertain, lease, earlier, heard_at)


def hear(db: Database, contact: ContactRef, contact_id: str, at: Iterable[datetime], now: int) -> None:
    """Note when a contact wrote, where answers wait for that; what waits is due at once."""
    latest = max((min(micros(each), now) for each in at), default=None)
    if latest is not None and contact.channel in WINDOWED:
        db.run("hear", contact_id=contact_id, at=latest, now=now)


def _heard_at(db: Database, contact_id: str) -> datetime | None:
    row = db.row("heard_at", contact_id)
    return moment(cast(int, row[0])) if row and row[0] is not None else None


def _earlier(db: Database, contact_id: str, message: Message) -> tuple[str, ...]:
    """Return the platform's ids of what was sent with the same line, in the order it was sent."""
    return tuple(str(row[0]) for row in db.rows("posts_of_line", message.line, contact_id)) if message.line else ()


def settle(db: Database, delivery: Delivery, result: Settlement) -> Delivery | None:
    """Record what became of a delivery and lease the next; nothing happens when the lease is lost."""
    db.hold(delivery.contact_id)
    row = db.row("lane", delivery.contact_id)
    if row is None or row[1] != delivery.lease:
        return None
    now = db.now()
    if isinstance(result, Retry):
        return _wait(db, delivery, result, now)
    if isinstance(result, Sent):
        db.run("finish_sending", "sent", None, result.platform_id, delivery.id)
        _note_post(db, delivery, result.platform_id)
    elif isinstance(result, Dead):
        _bury(db, delivery.id, result.reason)
    elif isinstance(result, Blocked):
        db.run("set_left", 1, delivery.contact_id)
        drop_open(db, delivery.contact_id, "blocked")
    if delivery.contact.channel not in WITHOUT_HISTORY:
        return lease_head(db, delivery.contact_id, now, delivery.contact)
    db.run("drop_messages", delivery.contact_id)
    return lease_head(db, delivery.contact_id, now)  # a group may have moved meanwhile: its address is looked up anew


def _note_post(db: Database, delivery: Delivery, platform_id: str | None) -> None:
    """Remember which message on the platform carries which case line, as long as there is such a case."""
    message = delivery.message
    if not platform_id or message.withdraws or not (message.line or message.thread):
        return
    row = db.row("has_case", message.thread) if message.thread else db.row("case_of_line", message.line)
    if row is not None:
        db.run("add_post", delivery.contact_id, platform_id, cast(int, row[0]), message.line)


def _wait(db: Database, delivery: Delivery, result: Retry, now: int) -> Delivery | None:
    """Put a message back at the head of its lane; the lane waits with it."""
    if result.uncertain and not delivery.uncertain:
        db.count_up("outbox_uncertain")
    db.run("wait_again", int(result.uncertain or delivery.uncertain), delivery.id)
    if result.after_s <= 0:
        return lease_head(db, delivery.contact_id, now, delivery.contact)
    db.run("set_lane", delivery.contact_id, now + math.ceil(result.after_s * SECOND_US), None, None)
    return None


def _bury(db: Database, message_id: int, reason: str) -> None:
    db.run("finish_sending", "dead", reason, None, message_id)
    db.count_up("outbox_dead")


def drop_open(db: Database, contact_id: str, reason: str) -> None:
    """Give up everything that waits to be sent to a contact; whoever is sending right now loses the lease."""
    db.count_up("outbox_dead", db.change("drop_open", reason, contact_id))
    db.run("set_lane", contact_id, None, None, None)


def has_open(db: Database, contact_id: str) -> bool:
    """Tell whether anything still waits to be sent to a contact."""
    return db.row("has_open", contact_id) is not None


def resume(db: Database) -> None:
    """Take over from a process that is gone: leases are void, and what it was sending may have arrived."""
    row = db.row("interrupted")
    db.count_up("outbox_uncertain", cast(int, row[0]) if row else 0)
    db.run("resume_outbox")
    db.run("resume_lanes", now=db.now())
