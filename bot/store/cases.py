"""Cases as rows: read one or many, find the place in line, write what changed, and derive from them who owns a conversation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from bot.cases import (
    REOPEN_DAYS,
    TALKING,
    Case,
    CaseKind,
    CaseOutcome,
    CaseState,
    Helped,
    Priority,
    Staff,
    queue_order,
)
from bot.errors import StoreError
from bot.model import Owner
from bot.store import people
from bot.store.contacts import place
from bot.store.crypto import Sealer
from bot.store.database import Database, micros, moment
from bot.store.work import Work

Names = dict[str, str]  # display names by staff id, as far as they were looked up

# ---------------------------------------------------------------- reading


def load(db: Database, number: int) -> Case | None:
    """Return a case with its place in line."""
    case = _read(db, number, {})
    return None if case is None else replace(case, place=_place(db, case))


def known(db: Database, number: int) -> Case:
    """Return a case that must be there; raises StoreError when it is not."""
    case = load(db, number)
    if case is None:
        raise StoreError("no such case")
    return case


def of_contact(db: Database, contact_id: str, now: int) -> tuple[Case, ...]:
    """Return a contact's cases, newest first: those that are open, and those closed within REOPEN_DAYS."""
    since = micros(moment(now) - timedelta(days=REOPEN_DAYS))
    found = (load(db, cast(int, row[0])) for row in db.rows("cases_of_contact", contact_id, since))
    return tuple(case for case in found if case is not None)


def of_this_contact(db: Database, contact_id: str, number: int) -> Case | None:
    """Return a case if it is this contact's."""
    case = load(db, number)
    return case if case is not None and case.contact_id == contact_id else None


def open_of_kind(db: Database, contact_id: str, kind: CaseKind) -> Case | None:
    """Return a contact's open case of a kind; there is one at most."""
    row = db.row("open_case_of_kind", contact_id, kind)
    return None if row is None else load(db, cast(int, row[0]))


def all_open(db: Database) -> tuple[Case, ...]:
    """Return every open case in the order of the queue, with its place."""
    names: Names = {}
    found = (_read(db, cast(int, row[0]), names) for row in db.rows("open_cases"))
    return _placed(sorted((case for case in found if case is not None), key=queue_order))


def closed_by(db: Database, staff_id: str, limit: int) -> tuple[Case, ...]:
    """Return the closed cases somebody had, newest first."""
    found = (load(db, cast(int, row[0])) for row in db.rows("closed_cases_of", staff_id, limit))
    return tuple(case for case in found if case is not None)


def _read(db: Database, number: int, names: Names) -> Case | None:
    row = db.row("case", number)
    if row is None:
        return None
    key_id, contact_id, kind, state, city, area, locale, topic, desk, organisation, priority, pseudonym, facts, *row_rest = row
    entry_id, language, when, advisor, agreed, passing_to, passing_why, opened_at, waiting_since, *row_rest = row_rest
    claimed_at, answered_at, closed_at, contact_at, advisor_at, outcome, helped, reopened, practice_for, version = row_rest
    may_be_named = kind in TALKING or agreed
    return Case(
        number=number,
        contact_id=str(contact_id),
        kind=cast(CaseKind, kind),
        state=cast(CaseState, state),
        city=str(city),
        locale=str(locale),
        topic=str(topic),
        opened_at=moment(cast(int, opened_at)),
        desk=str(desk),
        organisation=cast("str | None", organisation),
        priority=cast(Priority, priority),
        pseudonym=str(pseudonym),
        facts=_facts(db, str(key_id), facts),
        entry_id=str(entry_id),
        area=str(area),
        language=str(language),
        when=_time(when),
        advisor=cast("str | None", advisor),
        advisor_name=name_of(db, str(advisor), names) if advisor and may_be_named else "",
        agreed=bool(agreed),
        passing_to=cast("str | None", passing_to),
        passing_why=_open_text(db, str(key_id), passing_why),
        claimed_at=_time(claimed_at),
        answered_at=_time(answered_at),
        closed_at=_time(closed_at),
        contact_at=_time(contact_at),
        advisor_at=_time(advisor_at),
        outcome=cast("CaseOutcome | None", outcome),
        helped=cast("Helped | None", helped),
        reopened=cast(int, reopened),
        practice_for=cast("str | None", practice_for),
        version=cast(int, version),
        waiting_since=moment(cast(int, waiting_since)),
    )


def _time(at_us: object) -> datetime | None:
    return None if at_us is None else moment(cast(int, at_us))


def name_of(db: Database, staff_id: str, names: Names) -> str:
    """Return the display name of a staff member, empty once they have gone; `names` remembers it."""
    if staff_id not in names:
        staff = people.load(db, staff_id)
        names[staff_id] = staff.profile.name if staff else ""
    return names[staff_id]


def blank(work: Work, staff: Staff, number: int = 0) -> Case:
    """Return a case that tells nothing, for an answer to somebody about no case, or about one that is not theirs."""
    return Case(number, "", "advice", "closed", staff.profile.city, "", "", work.at)


# ---------------------------------------------------------------- what is sealed


def sealer_of(db: Database, number: int) -> tuple[Sealer, bytes]:
    """Return what seals the lines of a case, and the place they are bound to; raises StoreError when the case is gone."""
    row = db.row("case_key", number)
    if row is None:
        raise StoreError("no such case")
    return db.keys.get(str(row[0])), place("case_lines", str(row[0]))


def seal_facts(sealer: Sealer, key_id: str, facts: Iterable[tuple[str, str]]) -> bytes | None:
    """Seal what the contact was asked; None where there is nothing."""
    kept = list(facts)
    return sealer.seal(json.dumps(kept).encode(), place("facts", key_id)) if kept else None


def _facts(db: Database, key_id: str, sealed: object) -> tuple[tuple[str, str], ...]:
    """Open what the contact was asked; nothing where it is damaged: that must not hide the case."""
    if sealed is None:
        return ()
    try:
        opened = json.loads(db.keys.get(key_id).open(cast(bytes, sealed), place("facts", key_id)))
    except StoreError:
        return ()
    return tuple((str(key), str(value)) for key, value in opened)


def _seal_text(sealer: Sealer, key_id: str, text: str) -> bytes | None:
    return sealer.seal(text.encode("utf-8", "surrogatepass"), place("why", key_id)) if text else None


def _open_text(db: Database, key_id: str, sealed: object) -> str:
    if sealed is None:
        return ""
    try:
        return db.keys.get(key_id).open(cast(bytes, sealed), place("why", key_id)).decode("utf-8", "surrogatepass")
    except StoreError:
        return ""


# ---------------------------------------------------------------- the place in line


def _line_of(case: Case) -> str:
    """Name the line a case stands in: all that advisors answer is one, each kind of helper another."""
    return "talking" if case.kind in TALKING else case.kind


def _place(db: Database, case: Case) -> int:
    """Return the place in line, from 1; 0 for a case that does not wait. A practice case stands in no line and is always next."""
    if case.state != "waiting":
        return 0
    if case.practice_for is not None:
        return 1
    row = db.row(
        "place_in_line",
        city=case.city,
        line=_line_of(case),
        is_ordinary=int(case.priority != "high"),
        opened_at=micros(case.opened_at),
        number=case.number,
    )
    return cast(int, row[0]) if row else 0


def _placed(ordered: Iterable[Case]) -> tuple[Case, ...]:
    """Fill in the places of cases in the order of the queue."""
    lengths: Counter[tuple[str, str]] = Counter()
    placed: list[Case] = []
    for case in ordered:
        if case.state == "waiting" and case.practice_for is None:
            line = (case.city, _line_of(case))
            lengths[line] += 1
            placed.append(replace(case, place=lengths[line]))
        else:
            placed.append(replace(case, place=int(case.state == "waiting")))
    return tuple(placed)


# ---------------------------------------------------------------- writing


def save(work: Work, case: Case) -> Case:
    """Write what may change of a case, and who owns the conversation now; returns it as it stands then, one version on."""
    db = work.db
    row = db.row("case_key", case.number)
    if row is None:
        raise StoreError("no such case")
    key_id = str(row[0])
    sealer = db.keys.get(key_id)
    db.run(
        "save_case",
        case.state,
        case.topic,
        case.desk,
        case.organisation,
        case.priority,
        seal_facts(sealer, key_id, case.facts),
        case.advisor,
        int(case.agreed),
        case.passing_to,
        _seal_text(sealer, key_id, case.passing_why),
        micros(case.waiting_since or case.opened_at),
        _micros(case.claimed_at),
        _micros(case.answered_at),
        _micros(case.closed_at),
        _micros(case.contact_at),
        _micros(case.advisor_at),
        case.outcome,
        case.helped,
        case.reopened,
        case.number,
    )
    return changed(work, case)


def changed(work: Work, case: Case) -> Case:
    """Note that a case was written and derive who owns the conversation; returns the case as it stands now."""
    set_owner(work.db, case.contact_id)
    work.cases[case.number] = None
    return known(work.db, case.number)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


# ---------------------------------------------------------------- who owns the conversation


def owner_of(cases: Iterable[Case]) -> Owner:
    """Derive who owns a conversation: a person who has a case they talk in, else the queue such a case waits in, else the bot."""
    states = {case.state for case in cases if case.kind in TALKING}
    return "advisor" if "claimed" in states else "queue" if "waiting" in states else "bot"


def set_owner(db: Database, contact_id: str) -> None:
    """Write who owns a contact's conversation."""
    db.run("set_owner", contact_id=contact_id)
