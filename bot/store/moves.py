"""How cases move between their states, whoever moves them: the row, the line that tells of it, and the figures; not who hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.cases import REOPEN_DAYS, Case, CaseOutcome, Staff
from bot.model import Message
from bot.store import cases, figures, lines
from bot.store.work import Work


def seconds_since(work: Work, at: datetime) -> int:
    """Return how many seconds have gone by, at least 0."""
    return max(0, int((work.at - at).total_seconds()))


def tell(work: Work, case: Case, event: str, staff: Staff | None = None, reason: str = "") -> None:
    """Add a line that says what happened; `reason` is for colleagues to read."""
    name = staff.profile.name if staff else ""
    message = Message(case.locale, lines.paragraph(reason), author="person", author_name=name) if reason else None
    lines.add(work, case.number, "system", message, staff_id=staff.id if staff else None, event=event)


def claim(work: Work, case: Case, staff: Staff, event: str, *, agreed: bool = False) -> Case | None:
    """Give a case that waits to somebody; None when it does not wait any more."""
    if not work.db.change("claim_case", staff.id, work.now, int(agreed), case.number):
        return None
    tell(work, case, event, staff)
    return cases.changed(work, case)


def requeue(work: Work, case: Case) -> Case:
    """Put a case into its queue, which begins a new round of waiting: nobody has it any more."""
    work.db.run("drop_offers", case.number, "yes")
    waiting = replace(case, state="waiting", advisor=None, agreed=False, claimed_at=None, waiting_since=work.at)
    return cases.save(work, waiting)


def give_back(work: Work, case: Case, staff: Staff | None = None, reason: str = "") -> Case:
    """Return a claimed case to its queue."""
    tell(work, case, "returned", staff, reason)
    figures.count(work.db, case, "returned")
    return requeue(work, case)


def hand_over(work: Work, case: Case, staff: Staff) -> Case:
    """Give a case to somebody whoever had it."""
    return cases.save(work, replace(case, state="claimed", advisor=staff.id, agreed=False, claimed_at=work.at))


def close(work: Work, case: Case, outcome: CaseOutcome, staff: Staff | None = None) -> Case:
    """End a case; who has it stays on record, and where nobody had it, who ended it."""
    advisor = case.advisor or (staff.id if staff else None)
    tell(work, case, "closed", staff)
    figures.count(work.db, case, "closed", seconds_since(work, case.opened_at))
    work.db.run("drop_offers", case.number, "open")
    over = replace(case, state="closed", advisor=advisor, closed_at=work.at, outcome=outcome, passing_to=None, passing_why="")
    return cases.save(work, over)


def may_reopen(work: Work, case: Case) -> bool:
    """Say whether a case was closed within REOPEN_DAYS and its contact has no other open one of the kind."""
    if case.closed_at is None or case.is_open or work.at - case.closed_at > timedelta(days=REOPEN_DAYS):
        return False
    return cases.open_of_kind(work.db, case.contact_id, case.kind) is None


def reopen(work: Work, case: Case, staff: Staff | None, by: Staff | None = None) -> Case:
    """Take a closed case up again: for somebody, or for its queue where `staff` is None. `by`: the staff member who did it."""
    tell(work, case, "reopened", by)
    again = replace(case, closed_at=None, outcome=None, helped=None, reopened=case.reopened + 1)
    return requeue(work, again) if staff is None else hand_over(work, again, staff)


def answered(work: Work, case: Case) -> Case:
    """Note that a person has answered; the first time counts."""
    if case.answered_at is not None:
        return case
    figures.count(work.db, case, "answered", seconds_since(work, case.opened_at))
    return replace(case, answered_at=work.at)
