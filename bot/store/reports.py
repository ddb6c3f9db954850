"""Units of work on reports that an answer is wrong."""

from __future__ import annotations

from typing import cast

from bot.errors import StoreError
from bot.records import About, Report, Reporter
from bot.store.audit import note
from bot.store.contacts import place
from bot.store.database import Database, moment


def add(
    db: Database,
    city: str,
    entry_id: str,
    locale: str,
    by_whom: Reporter,
    *,
    staff_id: str | None = None,
    why: str = "",
    about: About = "answer",
) -> None:
    """Keep a report; what a staff member gives as the reason is sealed with their key. Contacts have one open per entry and language."""
    db.one_by_one()
    if by_whom == "contact" and db.row("open_report", city, entry_id, locale) is not None:
        return
    sealed = db.keys.get(staff_id).seal(why.encode("utf-8", "surrogatepass"), place("reports", staff_id)) if staff_id and why else None
    db.run("add_report", city, entry_id, locale, by_whom, about, staff_id, sealed, db.now())


def unresolved(db: Database) -> tuple[Report, ...]:
    """Return the open reports, oldest first."""
    return tuple(_report(db, row) for row in db.rows("open_reports"))


def _report(db: Database, row: tuple[object, ...]) -> Report:
    report_id, city, entry_id, locale, by_whom, about, staff_id, why, at = row
    opened = _why(db, str(staff_id), cast(bytes, why)) if why is not None else ""
    where = (cast(int, report_id), str(city), str(entry_id), str(locale))
    return Report(*where, cast(Reporter, by_whom), moment(cast(int, at)), opened, cast(About, about))


def _why(db: Database, staff_id: str, sealed: bytes) -> str:
    """Open a reason; empty once its author has gone."""
    try:
        return db.keys.get(staff_id).open(sealed, place("reports", staff_id)).decode("utf-8", "surrogatepass")
    except StoreError:
        return ""


def resolve(db: Database, report_id: int, staff_id: str) -> None:
    """Close a report and all others on the same entry and language."""
    row = db.row("report_about", report_id)
    if row is None:
        return
    city, entry_id, locale = map(str, row)
    db.run("resolve_reports", db.now(), city, entry_id, locale)
    note(db, staff_id, "resolved", detail=f"{entry_id} {locale}")
