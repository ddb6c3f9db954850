"""Units of work on the people of the desk: who they are, whether they are there, and how they are woken."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from pydantic import TypeAdapter, ValidationError

from bot.cases import Profile, Staff, WakeBy
from bot.errors import StoreError
from bot.model import ContactRef
from bot.store import contacts, erase
from bot.store.contacts import place
from bot.store.database import Database, moment

SEEN_EVERY_US = 30_000_000

_PROFILE: TypeAdapter[Profile] = TypeAdapter(Profile)


@dataclass(frozen=True, slots=True)
class Lanes:
    """The contacts a staff member can be written to by: ids, or None where that way is not there."""

    telegram: str | None
    email: str | None


# ---------------------------------------------------------------- profiles


def _seal(db: Database, staff_id: str, profile: Profile) -> bytes:
    return db.keys.get(staff_id).seal(_PROFILE.dump_json(profile), place("staff", staff_id))


def _open(db: Database, staff_id: str, sealed: object) -> Profile:
    """Open a profile; raises StoreError when it is damaged or its key is gone."""
    try:
        return _PROFILE.validate_json(db.keys.get(staff_id).open(cast(bytes, sealed), place("staff", staff_id)))
    except ValidationError as error:
        raise StoreError(f"stored profile does not parse: {error.error_count()} faults") from None


def profile_of(db: Database, staff_id: str, sealed: object) -> Profile | None:
    """Open the profile of a row; None where it is damaged or its key is gone."""
    try:
        return _open(db, staff_id, sealed)
    except StoreError:
        return None


def add(db: Database, profile: Profile) -> str:
    """Keep a profile with a key of its own; returns the id of who is not staff before a code is used."""
    staff_id = os.urandom(16).hex()
    db.keys.create(staff_id)
    db.run("add_staff", staff_id, _seal(db, staff_id, profile))
    return staff_id


def set_profile(db: Database, staff_id: str, profile: Profile) -> None:
    """Change what somebody may do."""
    if load(db, staff_id) is not None:
        db.run("set_staff_profile", _seal(db, staff_id, profile), staff_id)


# ---------------------------------------------------------------- who is there


def _staff(db: Database, row: tuple[object, ...]) -> Staff | None:
    """Read a row of staff; None where the profile does not open: one damaged row must not close the desk."""
    staff_id, profile, is_available, away_until, substitute, wake_by, seen_at, telegram, email = row
    opened = profile_of(db, str(staff_id), profile)
    if opened is None:
        return None
    return Staff(
        id=str(staff_id),
        profile=opened,
        is_available=bool(is_available),
        away_until=_time(away_until),
        substitute=cast("str | None", substitute),
        wake_by=cast(WakeBy, wake_by),
        has_telegram=telegram is not None,
        has_email=email is not None,
        seen_at=_time(seen_at),
    )


def _time(at_us: object) -> datetime | None:
    return None if at_us is None else moment(cast(int, at_us))


def load(db: Database, staff_id: str) -> Staff | None:
    """Return somebody who is staff now."""
    row = db.row("staff_member", staff_id)
    found = None if row is None else _staff(db, row)
    away = [_staff(db, other) for other in db.rows("stood_in_for", staff_id)] if found else []
    return _standing_in(found, [other for other in away if other], moment(db.now())) if found else None


def _standing_in(staff: Staff, others: Sequence[Staff], now: datetime) -> Staff:
    """Note for whom somebody stands in at present."""
    away = tuple(other.profile for other in others if other.substitute == staff.id and other.is_away(now))
    return replace(staff, stands_in=away) if away else staff


def team(db: Database, city: str | None = None) -> tuple[Staff, ...]:
    """Return everybody who is staff now; of a city: those of every city as well."""
    found = [staff for row in db.rows("staff_members") if (staff := _staff(db, row)) is not None]
    now = moment(db.now())
    return tuple(_standing_in(staff, found, now) for staff in found if city is None or staff.profile.city in ("", city))


def of_contact_id(db: Database, contact_id: str) -> Staff | None:
    """Return the staff member whose private chat a contact is."""
    row = db.row("staff_of_telegram", contact_id)
    return None if row is None else load(db, str(row[0]))


def of_contact(db: Database, contact: ContactRef) -> Staff | None:
    """Return the staff member whose private chat this is."""
    known = contacts.find(db, contact)
    return None if known is None else of_contact_id(db, known[0])


def of_email(db: Database, email: str) -> Staff | None:
    """Return the staff member with this address; where several share one, who came last."""
    known = contacts.find(db, _mailbox(email))
    row = None if known is None else db.row("staff_of_email", known[0])
    return None if row is None else load(db, str(row[0]))


def lanes_of(db: Database, staff_id: str) -> Lanes:
    """Return the ways somebody can be written to now."""
    row = db.row("staff_member", staff_id)
    return Lanes(None, None) if row is None else Lanes(cast("str | None", row[7]), cast("str | None", row[8]))


def _mailbox(email: str) -> ContactRef:
    return ContactRef("email", email.strip().lower())


# ---------------------------------------------------------------- coming, being there, going


def join(db: Database, staff_id: str) -> None:
    """Make somebody staff, at the first use of a code."""
    db.run("join_staff", db.now(), staff_id)


def bind_telegram(db: Database, staff_id: str, contact_id: str) -> None:
    """Make a chat somebody's private one, and nobody else's; who comes by Telegram is woken there until they choose otherwise."""
    db.run("unbind_telegram", contact_id)
    db.run("bind_telegram", contact_id, staff_id)


def bind_web(db: Database, staff_id: str, contact_id: str) -> None:
    """Make a chat in the browser the one in which somebody reviews, and nobody else's."""
    db.run("unbind_web", contact_id)
    db.run("bind_web", contact_id, staff_id)


def set_duty(db: Database, staff_id: str, *, is_available: bool, away_until_us: int | None, substitute: str | None) -> None:
    """Note whether somebody is on duty."""
    db.run("set_duty", int(is_available), away_until_us, substitute, staff_id)


def set_wake(db: Database, staff_id: str, wake_by: WakeBy, email: str | None) -> None:
    """Note how somebody is woken; an empty `email` forgets the address, None leaves it."""
    if load(db, staff_id) is None:
        return
    db.run("set_wake_by", wake_by, staff_id)
    if email is not None:
        _set_email(db, staff_id, email)


def _set_email(db: Database, staff_id: str, email: str) -> None:
    row = db.row("email_contact", staff_id)
    mailbox = _mailbox(email)
    contact_id = None
    if mailbox.address:
        known = contacts.find(db, mailbox)
        contact_id = known[0] if known else contacts.create(db, mailbox, db.now())
        db.run("set_left", 0, contact_id)  # whatever a mail server said before: they ask for it
    db.run("set_email_contact", contact_id, staff_id)
    if row is not None and row[0] is not None and row[0] != contact_id:
        erase.mailbox(db, str(row[0]))


def seen(db: Database, staff_id: str) -> None:
    """Note a sign of life, at most every 30 s."""
    now = db.now()
    db.run("set_seen", now, staff_id, now - SEEN_EVERY_US)


def claimed_by(db: Database, staff_id: str) -> tuple[int, ...]:
    """Return the numbers of the cases somebody has."""
    return tuple(cast(int, row[0]) for row in db.rows("claimed_by", staff_id))
