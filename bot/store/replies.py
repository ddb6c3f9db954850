"""What staff write to the contact of a case, and to colleagues: sent, changed and taken back; and why it is not."""

from __future__ import annotations

from dataclasses import replace

from bot.cases import POOL, AddNote, Case, Correct, Done, Refused, Reply, SendEntry, Staff, Withdraw, may_answer, may_see
from bot.model import MAX_TEXT, Message, PersonWithdrew, PersonWrote, Venue
from bot.records import CaseLine
from bot.store import cases, lines, moves
from bot.store.audit import note
from bot.store.work import Work

ENTRY = "entry:"  # the event of a line that carries a knowledge entry begins so, and its id follows

Result = Done | Refused

# ---------------------------------------------------------------- why not


def taken(work: Work, case: Case) -> Refused:
    """Refuse because somebody else has it; who, is told of those whose name the contact may know as well."""
    return Refused("taken", cases.known(work.db, case.number).advisor_name)


def not_theirs(work: Work, staff: Staff, case: Case) -> Refused | None:
    """Say why somebody may not write to the contact of a case; None: they may."""
    if may_answer(staff, case):
        return None if case.agreed or case.kind not in POOL else Refused("needs-consent")
    if case.state == "closed":
        return Refused("closed")
    return taken(work, case) if case.state == "claimed" else Refused("not-allowed")


def unwritable(text: str) -> Refused | None:
    """Say why a text is none that can be sent."""
    if not text.strip():
        return Refused("empty")
    return Refused("too-long") if len(text) > MAX_TEXT else None


# ---------------------------------------------------------------- writing


def reply(work: Work, staff: Staff, case: Case, deed: Reply) -> Result:
    """Write to the contact; a file or a place needs no words."""
    bare = deed.attachment is not None or deed.place is not None
    refused = not_theirs(work, staff, case) or (None if bare and not deed.text.strip() else unwritable(deed.text))
    if refused is not None:
        return refused
    event = PersonWrote(
        number=case.number,
        line=lines.add(work, case.number, "person", _written(staff, case, deed), staff_id=staff.id),
        name=staff.profile.name,
        at=work.at,
        text=deed.text.strip(),
        locale=deed.locale,
        translated=deed.translated,
        attachment=deed.attachment,
        place=deed.place,
    )
    return _sent(work, staff, case, event)


def _written(staff: Staff, case: Case, deed: Reply | Correct, before: Message | None = None) -> Message:
    """Return what somebody wrote as a line; of what it corrects, `before`, files and places stay."""
    text = deed.text.strip()
    place = deed.place if isinstance(deed, Reply) else None
    return Message(
        locale=case.locale if deed.translated else deed.locale or case.locale,
        blocks=lines.paragraph(deed.translated or text),
        venues=(Venue("", "", *place),) if place else before.venues if before else (),
        author="translation" if deed.translated else "person",
        author_name=staff.profile.name,
        original=text if deed.translated else "",
        original_locale=deed.locale if deed.translated else "",
        attachment=deed.attachment if isinstance(deed, Reply) else before.attachment if before else None,
    )


def send_entry(work: Work, staff: Staff, case: Case, deed: SendEntry) -> Result:
    """Send a knowledge entry: the contact gets it in their own language."""
    refused = not_theirs(work, staff, case) or (None if deed.entry_id else Refused("empty"))
    if refused is not None:
        return refused
    message = Message(case.locale, lines.paragraph(deed.entry_id), author="person", author_name=staff.profile.name)
    line = lines.add(work, case.number, "person", message, staff_id=staff.id, event=f"{ENTRY}{deed.entry_id}")
    event = PersonWrote(number=case.number, line=line, name=staff.profile.name, at=work.at, entry_id=deed.entry_id)
    return _sent(work, staff, case, event)


def _sent(work: Work, staff: Staff, case: Case, event: PersonWrote) -> Done:
    """Bring the contact what was written."""
    answered = cases.save(work, moves.answered(work, replace(case, advisor_at=work.at)))
    work.leave(case.contact_id, event)
    note(work.db, staff.id, "answered", case.number, event.entry_id)
    return Done(answered, event.line)


def add_note(work: Work, staff: Staff, case: Case, deed: AddNote) -> Result:
    """Write something for colleagues."""
    refused = unwritable(deed.text) if may_see(staff, case) else Refused("not-allowed")
    if refused is not None:
        return refused
    message = Message("", lines.paragraph(deed.text.strip()), author="person", author_name=staff.profile.name)
    line = lines.add(work, case.number, "note", message, staff_id=staff.id)
    note(work.db, staff.id, "noted", case.number)
    return Done(cases.save(work, case), line)


# ---------------------------------------------------------------- changing what was written


def _own_line(work: Work, staff: Staff, case: Case, line_id: int) -> CaseLine | None:
    """Return a line somebody has written to the contact."""
    line = lines.find(work.db, case.number, line_id)
    return line if line is not None and line.author == "person" and line.staff_id == staff.id else None


def correct(work: Work, staff: Staff, case: Case, deed: Correct) -> Result:
    """Change what one has written, on the side of the contact as well, even when the case is over or has moved on in the house."""
    line = _own_line(work, staff, case, deed.line)
    if line is None or line.message is None or line.event:
        return Refused("not-allowed")
    refused = unwritable(deed.text)
    if refused is not None:
        return refused
    lines.change(work, case.number, line.id, _written(staff, case, deed, line.message))
    corrected = cases.save(work, case)
    event = PersonWrote(
        number=case.number,
        line=line.id,
        name=staff.profile.name,
        at=work.at,
        text=deed.text.strip(),
        locale=deed.locale,
        translated=deed.translated,
        attachment=line.message.attachment,
        edits=True,
    )
    work.leave(case.contact_id, event)
    note(work.db, staff.id, "corrected", case.number)
    return Done(corrected, line.id)


def withdraw(work: Work, staff: Staff, case: Case, deed: Withdraw) -> Result:
    """Take back what one has written, on the side of the contact as well."""
    line = _own_line(work, staff, case, deed.line)
    if line is None:
        return Refused("not-allowed")
    if line.is_withdrawn:
        return Done(case, line.id, repeated=True)
    lines.withdraw(work, line)
    work.leave(case.contact_id, PersonWithdrew(number=case.number, line=line.id, at=work.at))
    note(work.db, staff.id, "withdrew", case.number)
    return Done(cases.save(work, case), line.id)
