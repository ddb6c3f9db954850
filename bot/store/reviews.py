"""Units of work of people who review: which contact is one, what they find right, and what they call wrong."""

from __future__ import annotations

from datetime import date
from typing import cast

from bot.cases import REVIEWERS, Staff
from bot.errors import StoreError
from bot.model import Confirm, ReportAnswer, Reviewing
from bot.records import Confirmed, Reporter
from bot.store import people, reports
from bot.store.audit import note
from bot.store.database import Database
from bot.store.work import Work

MAX_WHY = 4000  # characters of a reason that are kept


def reviewing(db: Database, staff_id: object) -> Reviewing | None:
    """Return what the staff member whose chat a contact is may confirm; None for nobody, and for who may not."""
    staff = people.load(db, str(staff_id)) if staff_id is not None else None
    if staff is None or staff.profile.role not in REVIEWERS:
        return None
    return Reviewing(staff.profile.city, staff.profile.languages, staff.profile.name, staff.profile.role)


def _reviewer(db: Database, contact_id: str, city: str) -> Staff | None:
    """Return the staff member whose chat this is, if they may review the answers of a city."""
    row = db.row("staff_of_chat", contact_id, contact_id)
    staff = people.load(db, str(row[0])) if row else None
    if staff is None or staff.profile.role not in REVIEWERS or staff.profile.city not in ("", city):
        return None
    return staff


def confirm(work: Work, contact_id: str, wish: Confirm) -> None:
    """Write down that somebody finds an answer right; nothing where they may not say so."""
    staff = _reviewer(work.db, contact_id, wish.city)
    if staff is None:
        return
    by = staff.profile.name if wish.is_named else staff.profile.role
    values = (wish.city, wish.entry_id, wish.locale, wish.hash, wish.on.isoformat(), by)
    row_id = work.db.insert("add_confirmation", *values, staff.id, work.now)
    note(work.db, staff.id, "confirmed", detail=f"{wish.city} {wish.entry_id} {wish.locale}".rstrip())
    work.confirmed.append(Confirmed(row_id, wish.city, wish.entry_id, wish.locale, wish.hash, wish.on, by))


def report(work: Work, contact_id: str, wish: ReportAnswer) -> None:
    """Keep a report on an answer: of a contact without a reason, else of somebody who reviews; a lead's or admin's weighs as one."""
    staff = _reviewer(work.db, contact_id, wish.city) if wish.why.strip() else None
    if staff is None:
        reports.add(work.db, wish.city, wish.entry_id, wish.locale, "contact")
        return
    by_whom: Reporter = "reviewer" if staff.profile.role == "reviewer" else "lead"
    why = wish.why.strip()[:MAX_WHY]
    reports.add(work.db, wish.city, wish.entry_id, wish.locale, by_whom, staff_id=staff.id, why=why, about=wish.about)
    note(work.db, staff.id, "reported", detail=wish.entry_id)
    work.reported = True


def confirmed_after(db: Database, last: int) -> tuple[Confirmed, ...]:
    """Return the confirmations with an id above `last`, oldest first."""
    return tuple(_confirmed(row) for row in db.rows("confirmations_after", last))


def _confirmed(row: tuple[object, ...]) -> Confirmed:
    row_id, city, entry_id, locale, mark, on_day, by = row
    try:
        on = date.fromisoformat(str(on_day))
    except ValueError:
        raise StoreError("a stored confirmation has no day") from None
    return Confirmed(cast(int, row_id), str(city), str(entry_id), str(locale), str(mark), on, str(by))
