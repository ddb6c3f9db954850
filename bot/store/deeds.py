"""What staff do with cases: the rules are checked here, in the transaction of the deed, whatever a page or a group had shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from bot.cases import (
    POOL,
    REOPEN_DAYS,
    AddNote,
    Case,
    Claim,
    Close,
    Correct,
    Deed,
    Done,
    PassOn,
    Refused,
    Reopen,
    Reply,
    ReportEntry,
    SendEntry,
    Staff,
    Withdraw,
    in_house,
    is_fit,
    may_answer,
    may_claim,
    may_lead,
    may_see,
)
from bot.model import MAX_TEXT, CaseStep
from bot.records import Reporter
from bot.store import cases, moves, news, people, pool, replies, reports
from bot.store.audit import note
from bot.store.database import Database
from bot.store.desk import Acted
from bot.store.work import Work, begin

Result = Done | Refused

# ---------------------------------------------------------------- any deed


def do(db: Database, staff_id: str, number: int, deed: Deed, key: str) -> Acted:
    """Do a deed once, however often it is asked for with the same key."""
    db.hold_case(number)
    work = begin(db)
    staff = people.load(db, staff_id)
    if staff is None:
        return Acted(Refused("not-allowed"))
    key_hash = db.secrets.lookup_hash("deed", f"{staff_id}\0{number}\0{key}")
    earlier = db.row("deed", key_hash)
    if earlier is not None:
        return Acted(_again(work, staff, number, int(str(earlier[0]))))
    result = act(work, staff, number, deed)
    if isinstance(result, Done):
        db.run("add_deed", key_hash, number, result.line, work.now)
    return Acted(result, tuple(work.wake))


def _again(work: Work, staff: Staff, number: int, line: int) -> Result:
    """Return what a deed that was done before had made; the case as it stands now, as far as it is still of their house."""
    case = cases.load(work.db, number) if number else cases.blank(work, staff)
    if case is None:
        return Refused("gone")
    shown = case if not number or in_house(staff, case) else cases.blank(work, staff, number)
    return Done(shown, line, repeated=True)


def act(work: Work, staff: Staff, number: int, deed: Deed) -> Result:
    """Do a deed. A case of another house is not there; whom its kind is not for is refused whatever they want."""
    if isinstance(deed, ReportEntry) and number == 0:
        return _report(work, staff, cases.blank(work, staff), deed)
    case = cases.load(work.db, number)
    if case is None or not in_house(staff, case):
        return Refused("gone")
    if not is_fit(staff, case):
        return Refused("not-allowed")
    return _act(work, staff, case, deed)


def _act(work: Work, staff: Staff, case: Case, deed: Deed) -> Result:
    match deed:
        case Claim():
            return pool.claim(work, staff, case) if case.kind in POOL else _claim(work, staff, case)
        case Reply():
            return replies.reply(work, staff, case, deed)
        case SendEntry():
            return replies.send_entry(work, staff, case, deed)
        case AddNote():
            return replies.add_note(work, staff, case, deed)
        case PassOn():
            return _pass_on(work, staff, case, deed)
        case Close():
            return _close(work, staff, case, deed)
        case Reopen():
            return _reopen(work, staff, case)
        case Correct():
            return replies.correct(work, staff, case, deed)
        case Withdraw():
            return replies.withdraw(work, staff, case, deed)
        case ReportEntry():
            return _report(work, staff, case, deed) if may_see(staff, case) else Refused("not-allowed")


# ---------------------------------------------------------------- taking


def _claim(work: Work, staff: Staff, case: Case) -> Result:
    if case.state == "claimed" and case.advisor == staff.id:
        return Done(case, repeated=True)
    if not may_claim(staff, replace(case, state="waiting", advisor=None)):
        return Refused("not-allowed")
    if case.state == "closed":
        return Refused("closed")
    taken = moves.claim(work, case, staff, "claimed")
    if taken is None:
        return replies.taken(work, case)
    news.to_contact(work, taken, "claimed", name=staff.profile.name)
    note(work.db, staff.id, "claimed", case.number)
    return Done(taken)


# ---------------------------------------------------------------- passing on


def _pass_on(work: Work, staff: Staff, case: Case, deed: PassOn) -> Result:
    if not (may_answer(staff, case) or may_lead(staff, case)):
        return replies.taken(work, case) if case.state == "claimed" else Refused("not-allowed")
    if case.state == "closed":
        return Refused("closed")
    refused = replies.unwritable(deed.reason)
    if refused is not None:
        return refused
    if deed.organisation is not None and deed.organisation != case.organisation:
        return _ask_consent(work, staff, case, deed, deed.organisation)
    return _pass_in_house(work, staff, case, deed)


def _ask_consent(work: Work, staff: Staff, case: Case, deed: PassOn, organisation: str) -> Result:
    """Ask the contact whether the case may go to another organisation; until they answer it stays where it is."""
    if case.passing_to is not None:
        return Refused("needs-consent")
    moves.tell(work, case, "consent", staff, deed.reason.strip())
    asked = cases.save(work, replace(case, passing_to=organisation, passing_why=deed.reason.strip()))
    news.to_contact(work, asked, "consent", name=organisation, text=deed.reason.strip())
    note(work.db, staff.id, "asked to pass", case.number, organisation)
    return Done(asked)


def _pass_in_house(work: Work, staff: Staff, case: Case, deed: PassOn) -> Result:
    topic = deed.topic or case.topic
    moved = replace(case, topic=topic, desk=case.desk if topic == case.topic else "", passing_to=None, passing_why="")
    colleague = people.load(work.db, deed.staff) if deed.staff else None
    if deed.staff and not (colleague and in_house(colleague, moved) and is_fit(colleague, moved)):
        return Refused("not-allowed")
    moves.tell(work, case, "passed", staff, deed.reason.strip())
    note(work.db, staff.id, "passed", case.number, deed.staff or topic)
    if case.kind in POOL and case.advisor not in (None, staff.id):
        news.to_helper(work, case, "lost")
    if colleague is None:
        passed = moves.requeue(work, moved)
        news.to_contact(work, passed, "passed")
    else:
        passed = moves.hand_over(work, moved, colleague)
        step: CaseStep = "found" if case.kind in POOL else "passed"
        news.to_contact(work, passed, step, name=passed.advisor_name)
    return Done(passed)


def give_back(db: Database, number: int, why: Literal["no-answer", "away"]) -> tuple[str, ...]:
    """Return a case somebody has to its queue; returns the contacts to wake. Nothing happens when nobody has it."""
    db.hold_case(number)
    work = begin(db)
    case = cases.load(db, number)
    if case is None or case.state != "claimed":
        return ()
    if case.kind in POOL:
        news.to_helper(work, case, "lost")
    news.to_contact(work, moves.give_back(work, case), "returned")
    note(db, "system", "returned", number, why)
    return tuple(work.wake)


# ---------------------------------------------------------------- the end, and after it


def _close(work: Work, staff: Staff, case: Case, deed: Close) -> Result:
    if case.state == "closed":
        return Refused("closed") if may_see(staff, case) else Refused("not-allowed")
    if not (may_answer(staff, case) or may_lead(staff, case)):
        return replies.taken(work, case) if case.state == "claimed" else Refused("not-allowed")
    over = moves.close(work, case, deed.outcome, staff)
    news.to_contact(work, over, "closed", name=staff.profile.name if case.agreed or case.kind not in POOL else "", text=deed.outcome)
    if over.kind in POOL and over.advisor != staff.id:
        news.to_helper(work, over, "closed", text=deed.outcome)
    note(work.db, staff.id, "closed", case.number, deed.outcome)
    return Done(over)


def _reopen(work: Work, staff: Staff, case: Case) -> Result:
    """Take up again what one had closed; a request for a helper goes back to its queue, because both must agree anew."""
    if case.advisor != staff.id and not may_lead(staff, case):
        return Refused("not-allowed")
    if case.is_open:
        return Done(case, repeated=True)
    if case.closed_at is not None and work.at - case.closed_at > timedelta(days=REOPEN_DAYS):
        return Refused("too-late")
    if not moves.may_reopen(work, case):
        return Refused("taken")
    again = moves.reopen(work, case, None if case.kind in POOL else staff, staff)
    news.to_contact(work, again, "reopened", name=again.advisor_name)
    note(work.db, staff.id, "reopened", case.number)
    return Done(again)


# ---------------------------------------------------------------- reports


def _report(work: Work, staff: Staff, case: Case, deed: ReportEntry) -> Result:
    """Keep a report on an answer, in the language of the case; without a case in the first language of who reports."""
    if not deed.entry_id:
        return Refused("empty")
    locale = case.locale or next(iter(staff.profile.languages), "")
    by_whom: Reporter = "lead" if staff.profile.role in ("lead", "admin") else "advisor"
    reports.add(work.db, case.city, deed.entry_id, locale, by_whom, staff_id=staff.id, why=deed.why.strip()[:MAX_TEXT])
    note(work.db, staff.id, "reported", case.number, deed.entry_id)
    return Done(case)


# ---------------------------------------------------------------- what the desk tells by itself

TO_BOTH: tuple[CaseStep, ...] = ("tomorrow", "soon")  # reminders of an appointment
ON_RECORD: tuple[CaseStep, ...] = ("no-answer", "not-found")  # colleagues read in the case that the contact was told
CONTACT = "contact"  # stands in `wakes` for the contact of the case


def announce(db: Database, number: int, step: CaseStep, once: str) -> tuple[str, ...]:
    """Tell the contact of a step, and the helper of a reminder, once per `once` and round; returns the contacts to wake."""
    db.hold_case(number)
    work = begin(db)
    case = cases.load(db, number)
    if case is None or not case.is_open or not db.change("add_wake", CONTACT, f"news:{once}", work.now, number):
        return ()
    if step in ON_RECORD:
        moves.tell(work, case, step)
        case = cases.save(work, case)
    news.to_contact(work, case, step, name=case.advisor_name)
    if step in TO_BOTH:
        news.to_helper(work, case, step)
    return tuple(work.wake)
