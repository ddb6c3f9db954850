"""What contacts and helpers hear of a case: events in their inboxes, written with whatever they tell of."""

from __future__ import annotations

from dataclasses import replace

from bot.cases import Case, Staff, offered_to
from bot.model import CaseNews, CaseStep, PersonWithdrew, PersonWrote
from bot.store import cases, people
from bot.store.work import Work


def to_contact(work: Work, case: Case, step: CaseStep, *, name: str = "", text: str = "") -> None:
    """Tell the contact of a case what happened to it."""
    reachable = _is_reachable(work, case)
    work.leave(case.contact_id, CaseNews(step=step, case=case, at=work.at, name=name, text=text, reachable=reachable))


def _is_reachable(work: Work, case: Case) -> bool:
    """Say whether somebody a waiting case is offered to hears of it now; where somebody practises, they are there."""
    if case.state != "waiting" or case.practice_for is not None:
        return True
    return any(staff.hears(work.at) for staff in offered_to(case, people.team(work.db, case.city), work.at))


def to_helper(work: Work, case: Case, step: CaseStep, *, staff_id: str | None = None, text: str = "") -> None:
    """Tell a helper (who has the case, or the one named) in their private chat; nothing happens where there is none, or in practice."""
    contact_id = _private_chat(work, case, staff_id)
    if contact_id is not None:
        shown = for_helper(case)
        work.leave(contact_id, CaseNews(step=step, case=shown, at=work.at, name=shown.pseudonym, text=text))


def for_helper(case: Case) -> Case:
    """Return what a helper may know of a case: who it is about by the made-up name, and that only once both have agreed."""
    return replace(case, contact_id="", pseudonym=case.pseudonym if case.agreed else "", passing_why="", place=0)


def _private_chat(work: Work, case: Case, staff_id: str | None = None) -> str | None:
    who = staff_id or case.advisor
    return None if who is None or case.practice_for is not None else people.lanes_of(work.db, who).telegram


def bring_to_helper(work: Work, case: Case, event: PersonWrote | PersonWithdrew) -> None:
    """Bring a helper what the contact wrote or took back, once both have agreed."""
    contact_id = _private_chat(work, case) if case.agreed and case.state == "claimed" else None
    if contact_id is not None:
        work.leave(contact_id, event)


def unavailable(work: Work, contact_id: str, staff: Staff, number: int) -> None:
    """Tell a helper that what they answered is no longer there, and nothing more: it may never have been theirs."""
    work.leave(contact_id, CaseNews(step="unavailable", case=cases.blank(work, staff, number), at=work.at))
