"""Units of work that reach a staff member with every page closed: their private chat, or their mailbox."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from bot.cases import WakeBy
from bot.model import Message
from bot.store import people
from bot.store.database import Database, moment
from bot.store.outgoing import outgoing


def wake(db: Database, number: int, staff_id: str, stage: str, message: Message) -> bool:
    """Tell a staff member of a case, once per stage and round of waiting; False when that was done before, or either is gone.

    By the way they chose; where that is "web" it is only noted."""
    db.hold_case(number)
    staff = people.load(db, staff_id)
    if staff is None or not db.change("add_wake", staff_id, stage, db.now(), number):
        return False
    contact_id = None if staff.wake_by == "web" else _lane(db, staff_id, staff.wake_by)
    if contact_id is not None:
        outgoing(db, contact_id, message, _effect_key())
    return True


def woken(db: Database, number: int) -> Mapping[tuple[str, str], datetime]:
    """Return who was told in which stage of this round, and when."""
    return {(str(staff_id), str(stage)): moment(cast(int, at)) for staff_id, stage, at in db.rows("woken", number)}


def woken_now(db: Database) -> Mapping[int, frozenset[str]]:
    """Return, by open case, who was told of it in its present round."""
    told: defaultdict[int, set[str]] = defaultdict(set)
    for number, staff_id in db.rows("woken_now"):
        told[cast(int, number)].add(str(staff_id))
    return {number: frozenset(found) for number, found in told.items()}


def write_to(db: Database, staff_id: str, message: Message, by: WakeBy | None, once: str) -> bool:
    """Send a staff member a message of no case, once per `once`; False when that was done before, or no way leads to them.

    It is remembered as long as the keys of deeds are. Who wants to be told on the web is written to all the same: no page shows this."""
    staff = people.load(db, staff_id)
    contact_id = None if staff is None else _lane(db, staff_id, by or staff.wake_by)
    if contact_id is None:
        return False
    key_hash = db.secrets.lookup_hash("told staff", f"{staff_id}\0{once}")
    if not db.change("note_once", key_hash, db.now()):
        return False
    return outgoing(db, contact_id, message, _effect_key())


def _effect_key() -> str:
    """Name an effect whose repetition was looked for before."""
    return f"to-staff:{os.urandom(8).hex()}"


def _lane(db: Database, staff_id: str, by: WakeBy) -> str | None:
    """Return the contact to write to: by the way asked for, else by one that is there."""
    lanes = people.lanes_of(db, staff_id)
    return lanes.email or lanes.telegram if by == "email" else lanes.telegram or lanes.email
