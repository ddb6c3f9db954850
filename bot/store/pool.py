"""Requests for helpers: who is asked, who accepts first, whether the contact agrees. No name goes to either side before both said yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from bot.cases import POOL, Case, Done, Refused, Staff, in_house, is_fit, may_claim
from bot.store import cases, moves, news, people
from bot.store.audit import note
from bot.store.database import Database
from bot.store.work import Work

# ---------------------------------------------------------------- asking


def offer(work: Work, number: int, staff_ids: Sequence[str]) -> None:
    """Ask helpers whether they take a case that waits, each once."""
    work.db.hold_case(number)
    case = cases.load(work.db, number)
    if case is None or case.state != "waiting" or case.kind not in POOL:
        return
    for staff_id in staff_ids:
        staff = people.load(work.db, staff_id)
        if staff is not None and in_house(staff, case) and is_fit(staff, case) and work.db.change("add_offer", number, staff_id, work.now):
            news.to_helper(work, case, "offered", staff_id=staff_id)


def asked_of(db: Database, staff_id: str) -> tuple[Case, ...]:
    """Return the cases somebody is asked about and has not answered."""
    found = (cases.load(db, cast(int, row[0])) for row in db.rows("open_offers_of", staff_id))
    return tuple(case for case in found if case is not None and case.state == "waiting")


# ---------------------------------------------------------------- answers of a helper


def answer(work: Work, staff: Staff, number: int, *, accepts: bool) -> Done | Refused:
    """Take a helper's yes or no: to a request they were asked about, or, as a no, to one they had accepted."""
    case = cases.load(work.db, number)
    if case is None or not in_house(staff, case):
        return Refused("gone")
    if case.kind not in POOL or not is_fit(staff, case):
        return Refused("not-allowed")
    if case.state == "claimed" and case.advisor == staff.id:
        return Done(case, repeated=True) if accepts else _given_back(work, staff, case)
    if case.state != "waiting":
        return Refused("taken" if case.state == "claimed" else "closed")
    if work.db.row("offer_to", number, staff.id) is None:
        return Refused("not-allowed")
    return take(work, staff, case) if accepts else _declined(work, staff, case)


def take(work: Work, staff: Staff, case: Case) -> Done | Refused:
    """Give a case to a helper; the contact is asked whether they agree, and whoever else was asked hears that it is gone.

    A contact who is only practised on agrees at once."""
    is_practice = case.practice_for is not None
    taken = moves.claim(work, case, staff, "found", agreed=is_practice)
    if taken is None:
        return Refused("taken")
    work.db.run("set_offer", case.number, staff.id, "yes", work.now)
    for (other,) in work.db.rows("others_asked", case.number, staff.id):
        news.to_helper(work, taken, "lost", staff_id=str(other))
    work.db.run("drop_offers", case.number, "open")
    news.to_contact(work, taken, "agreed" if is_practice else "found", name=taken.advisor_name)
    note(work.db, staff.id, "accepted", case.number)
    return Done(taken)


def claim(work: Work, staff: Staff, case: Case) -> Done | Refused:
    """Take a case from the queue without having been asked, where the rules allow that."""
    if case.state == "claimed" and case.advisor == staff.id:
        return Done(case, repeated=True)
    if case.state != "waiting":
        return Refused("taken" if case.state == "claimed" else "closed")
    was_asked = work.db.row("offer_to", case.number, staff.id) is not None
    return take(work, staff, case) if was_asked or may_claim(staff, case) else Refused("not-allowed")


def _declined(work: Work, staff: Staff, case: Case) -> Done:
    work.db.run("set_offer", case.number, staff.id, "no", work.now)
    note(work.db, staff.id, "declined", case.number)
    return Done(case)


def _given_back(work: Work, staff: Staff, case: Case) -> Done:
    back = moves.give_back(work, case, staff)
    work.db.run("set_offer", case.number, staff.id, "no", work.now)
    news.to_contact(work, back, "returned")
    note(work.db, staff.id, "gave back", case.number)
    return Done(back)


# ---------------------------------------------------------------- the answer of the contact


def agree(work: Work, case: Case, *, agrees: bool) -> None:
    """Take the contact's yes or no to the helper who was found."""
    if case.kind not in POOL or case.state != "claimed" or case.agreed or case.advisor is None:
        return
    if agrees:
        _agreed(work, case)
    else:
        _unwanted(work, case, case.advisor)


def _agreed(work: Work, case: Case) -> None:
    moves.tell(work, case, "agreed")
    both = cases.save(work, moves.answered(work, replace(case, agreed=True)))
    news.to_contact(work, both, "agreed", name=both.advisor_name)
    news.to_helper(work, both, "agreed")
    note(work.db, "contact", "agreed", case.number)


def _unwanted(work: Work, case: Case, helper: str) -> None:
    """Put a case back into its queue; this helper is not asked again."""
    moves.tell(work, case, "declined")
    news.to_helper(work, case, "lost")
    moves.requeue(work, case)
    work.db.run("set_offer", case.number, helper, "no", work.now)
    note(work.db, "contact", "declined", case.number)
