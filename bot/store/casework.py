"""What a turn does to cases: every CaseEffect of a decision, in the transaction of the turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.cases import POOL, TALKING, Case, Refused, Reply, Staff, may_answer
from bot.model import (
    AddToCase,
    AgreeToHelper,
    AnswerOffer,
    CaseEffect,
    Confirm,
    ConsentToPass,
    Conversation,
    EndCase,
    KeepQuestion,
    MakeMove,
    Message,
    OpenCase,
    PersonWithdrew,
    PersonWrote,
    RaiseCase,
    RateCase,
    ReopenCase,
    ReportAnswer,
    UseInvite,
    UseMove,
    Venue,
    WithdrawFromCase,
    WriteAsHelper,
)
from bot.store import cases, codes, deeds, figures, gaps, lines, moves, news, opening, people, pool, reviews, transfer
from bot.store.audit import note
from bot.store.database import Database
from bot.store.work import Work, begin


def apply(db: Database, known: Conversation, effects: Sequence[CaseEffect]) -> Work:
    """Do what a turn wants, in order. What is about somebody else's case, or about a case that does not stand like that, does nothing."""
    work = begin(db)
    for effect in effects:
        _apply(work, known, effect)
    return work


def _apply(work: Work, known: Conversation, effect: CaseEffect) -> None:
    match effect:
        case OpenCase():
            opening.open_case(work, known, effect)
        case UseInvite():
            work.leave(known.contact_id, codes.use_code(work.db, effect.code, known.contact_id))
        case MakeMove():
            work.leave(known.contact_id, transfer.make(work.db, known.contact_id))
        case UseMove():
            work.leave(known.contact_id, transfer.use(work.db, effect.code, known.contact_id))
        case ReportAnswer():
            reviews.report(work, known.contact_id, effect)
        case Confirm():
            reviews.confirm(work, known.contact_id, effect)
        case KeepQuestion():
            gaps.keep(work.db, effect)
        case AnswerOffer():
            _answer_offer(work, known.contact_id, effect)
        case WriteAsHelper():
            _write_as_helper(work, known, effect)
        case _:
            own = cases.of_this_contact(work.db, known.contact_id, effect.number)
            if own is not None:
                _apply_to_own(work, known, own, effect)


_Own = AddToCase | WithdrawFromCase | RaiseCase | EndCase | ReopenCase | RateCase | ConsentToPass | AgreeToHelper


def _apply_to_own(work: Work, known: Conversation, own: Case, effect: _Own) -> None:
    match effect:
        case AddToCase():
            _add(work, known, own, effect)
        case WithdrawFromCase():
            _withdraw(work, own, effect)
        case RaiseCase():
            _raise(work, own, effect)
        case EndCase():
            _end(work, own)
        case ReopenCase():
            _reopen(work, own)
        case RateCase():
            _rate(work, own, effect)
        case ConsentToPass():
            _consent(work, own, agrees=effect.agrees)
        case AgreeToHelper():
            pool.agree(work, own, agrees=effect.agrees)


# ---------------------------------------------------------------- what the contact says


def _add(work: Work, known: Conversation, case: Case, said: AddToCase) -> None:
    """Keep what the contact said as a line; an edit changes the line it came from."""
    if not case.is_open:
        return
    message = _message(known, case, said)
    source = _source(work.db, case, said.source_id)
    earlier = lines.of_source(work.db, case.number, source) if source and said.edited else None
    if earlier is None:
        line_id = lines.add(work, case.number, "contact", message, source_hash=source)
    else:
        line_id = earlier.id
        lines.change(work, case.number, line_id, message)
    case = cases.save(work, replace(case, contact_at=work.at))
    news.bring_to_helper(work, case, _as_heard(work, case, message, said, line_id, edits=earlier is not None))


def _message(known: Conversation, case: Case, said: AddToCase) -> Message:
    own = known.locale or case.locale
    return Message(
        locale=said.translated_to or own if said.translated else own,
        blocks=lines.paragraph(said.translated or said.text),
        venues=(Venue("", "", *said.place),) if said.place else (),
        author="contact",
        original=said.text if said.translated else "",
        original_locale=own if said.translated else "",
        attachment=said.attachment,
    )


def _source(db: Database, case: Case, source_id: str) -> bytes | None:
    """Return what a message of the contact's platform is found by."""
    return db.secrets.lookup_hash("source", f"{case.contact_id}\0{source_id}") if source_id else None


def _as_heard(work: Work, case: Case, message: Message, said: AddToCase, line_id: int, *, edits: bool) -> PersonWrote:
    """Return what the helper of a case gets of it."""
    return PersonWrote(
        number=case.number,
        line=line_id,
        name=case.pseudonym,
        at=work.at,
        text=said.text,
        locale=message.original_locale or message.locale,
        translated=said.translated,
        attachment=said.attachment,
        place=said.place,
        edits=edits,
    )


def _withdraw(work: Work, case: Case, wish: WithdrawFromCase) -> None:
    """Take back what the contact said: the message named, or the last one."""
    source = _source(work.db, case, wish.source_id)
    line = lines.of_source(work.db, case.number, source) if source else lines.last_of_contact(work.db, case.number)
    if line is None or not case.is_open:
        return
    lines.withdraw(work, line)
    case = cases.save(work, case)
    news.bring_to_helper(work, case, PersonWithdrew(number=case.number, line=line.id, at=work.at))


def _raise(work: Work, case: Case, wish: RaiseCase) -> None:
    """Make a case urgent. Who has it and may not have such a one gives it back."""
    raised = replace(case, priority="high", facts=tuple((dict(case.facts) | dict(wish.facts)).items()))
    if not case.is_open or raised == case:
        return
    moves.tell(work, case, "raised")
    note(work.db, "contact", "raised", case.number)
    raised = cases.save(work, raised)
    if raised.state == "claimed" and not _may_have(work, raised):
        moves.tell(work, raised, "passed")
        back = moves.requeue(work, raised)
        news.to_contact(work, back, "passed")


def _may_have(work: Work, case: Case) -> bool:
    """Say whether who has a case may still answer in it."""
    staff = people.load(work.db, case.advisor) if case.advisor else None
    return staff is not None and may_answer(staff, case)


# ---------------------------------------------------------------- the end, and after it


def _end(work: Work, case: Case) -> None:
    if not case.is_open:
        return
    over = moves.close(work, case, "ended")
    news.to_helper(work, over, "closed", text="ended")
    note(work.db, "contact", "ended", case.number)


def _reopen(work: Work, case: Case) -> None:
    """Take a case up again: its advisor has it back, unless they have gone or are away."""
    if case.is_open:
        return
    if not moves.may_reopen(work, case):
        news.to_contact(work, case, "closed", text="too-late")
        return
    advisor = _still_there(work, case)
    again = moves.reopen(work, replace(case, contact_at=work.at), advisor)
    news.to_contact(work, again, "reopened", name=again.advisor_name)
    note(work.db, "contact", "reopened", case.number)


def _still_there(work: Work, case: Case) -> Staff | None:
    staff = people.load(work.db, case.advisor) if case.advisor and case.kind in TALKING else None
    if staff is None or staff.is_away(work.at):
        return None
    return staff if may_answer(staff, replace(case, state="claimed")) else None


def _rate(work: Work, case: Case, wish: RateCase) -> None:
    if case.is_open or case.helped == wish.helped:
        return
    if case.helped is None:
        figures.count(work.db, case, f"helped-{wish.helped}")
    cases.save(work, replace(case, helped=wish.helped))


def _consent(work: Work, case: Case, *, agrees: bool) -> None:
    """Move a case to the organisation it was to be passed to, or leave it where it is."""
    if case.passing_to is None or not case.is_open:
        return
    note(work.db, "contact", "consented" if agrees else "refused", case.number, case.passing_to)
    settled = replace(case, passing_to=None, passing_why="")
    if not agrees:
        moves.tell(work, case, "refused")
        cases.save(work, settled)
        return
    moves.tell(work, case, "passed", reason=case.passing_why)
    if case.kind in POOL and case.state == "claimed":
        news.to_helper(work, case, "lost")
    passed = moves.requeue(work, replace(settled, organisation=case.passing_to, desk=""))
    news.to_contact(work, passed, "passed")


# ---------------------------------------------------------------- helpers


def _answer_offer(work: Work, contact_id: str, effect: AnswerOffer) -> None:
    staff = people.of_contact_id(work.db, contact_id)
    if staff is None:
        return
    work.db.hold_case(effect.number)
    result = pool.answer(work, staff, effect.number, accepts=effect.accepts)
    if isinstance(result, Refused):
        news.unavailable(work, contact_id, staff, effect.number)


def _write_as_helper(work: Work, known: Conversation, effect: WriteAsHelper) -> None:
    staff = people.of_contact_id(work.db, known.contact_id)
    if staff is None:
        return
    reply = Reply(effect.text, translated=effect.translated, locale=known.locale or "")
    work.db.hold_case(effect.number)
    result = deeds.act(work, staff, effect.number, reply)
    if isinstance(result, Refused):
        news.unavailable(work, known.contact_id, staff, effect.number)


def farewell(db: Database, contact_id: str) -> Work:
    """Tell those who help a contact that the requests are over, before the contact is forgotten; nothing else is changed."""
    work = begin(db)
    for (number,) in db.rows("open_cases_of", contact_id):
        case = cases.load(db, int(str(number)))
        if case is not None:
            work.cases[case.number] = None
            news.to_helper(work, replace(case, state="closed", outcome="ended", facts=()), "closed", text="ended")
    return work
