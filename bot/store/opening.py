"""Opening a case: its key and number, the made-up name, and the last messages that go along."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.cases import Case, CaseKind, Priority, pseudonym_of
from bot.model import ContactRef, Conversation, Message, OpenCase, Paragraph, StoredMessage
from bot.records import LineAuthor
from bot.store import HISTORY_MESSAGES, cases, contacts, figures, lines, moves, news
from bot.store.audit import note
from bot.store.database import Database, micros
from bot.store.work import Work

ASKED = "fact:"  # how the dialogue's options begin under a question of the desk: what is typed there is an answer to that


@dataclass(frozen=True, slots=True)
class _New:
    """What a case begins with."""

    contact_id: str
    kind: CaseKind
    city: str
    locale: str
    topic: str
    pseudonym: str
    desk: str = ""
    organisation: str | None = None
    area: str = ""
    priority: Priority = "ordinary"
    facts: tuple[tuple[str, str], ...] = ()
    entry_id: str = ""
    language: str = ""
    when: datetime | None = None
    practice_for: str | None = None


def open_case(work: Work, known: Conversation, wish: OpenCase) -> None:
    """Open a case and tell the contact its number and place; one of the kind that is open is only told of again.

    Without a city there is nobody to ask, and nothing happens."""
    if known.city is None:
        return
    case = cases.open_of_kind(work.db, known.contact_id, wish.kind)
    if case is None:
        case = _opened(work, known, known.city, wish)
    news.to_contact(work, case, "opened")


def _opened(work: Work, known: Conversation, city: str, wish: OpenCase) -> Case:
    number = _insert(
        work,
        _New(
            contact_id=known.contact_id,
            kind=wish.kind,
            city=city,
            locale=known.locale or "",
            topic=wish.topic,
            pseudonym=_pseudonym(work.db, known.contact_id, city),
            desk=wish.desk,
            organisation=wish.organisation,
            area=known.area or "",
            priority=wish.priority,
            facts=wish.facts,
            entry_id=wish.entry_id,
            language=wish.language,
            when=wish.when,
        ),
    )
    for said in _shared(work.db, known.contact_id, wish.share):
        lines.add(work, number, _author(said.message), _for_reading(said.message), at=said.at)
    case = cases.known(work.db, number)
    moves.tell(work, case, "opened")
    figures.count(work.db, case, "opened")
    note(work.db, "contact", "opened", number, wish.kind)
    return cases.changed(work, case)


def _insert(work: Work, new: _New) -> int:
    """Add a case with a key of its own; returns its number."""
    key_id = os.urandom(16).hex()
    facts = cases.seal_facts(work.db.keys.create(key_id), key_id, new.facts)
    when = None if new.when is None else micros(new.when)
    return work.db.insert(
        "add_case",
        key_id,
        new.contact_id,
        new.kind,
        new.city,
        new.area,
        new.locale,
        new.topic,
        new.desk,
        new.organisation,
        new.priority,
        new.pseudonym,
        facts,
        new.entry_id,
        new.language,
        when,
        work.now,
        work.now,
        work.now,
        new.practice_for,
    )


def _pseudonym(db: Database, contact_id: str, city: str) -> str:
    """Return the name a contact had in an earlier case that is still kept, else a new one no open case of the city has."""
    db.one_by_one()
    row = db.row("last_pseudonym", contact_id)
    return str(row[0]) if row else pseudonym_of(os.urandom(8), {str(taken) for (taken,) in db.rows("taken_pseudonyms", city)})


# ---------------------------------------------------------------- the messages that go along


def _shared(db: Database, contact_id: str, share: Literal["all", "last", "none"]) -> Sequence[StoredMessage]:
    if share == "none":
        return ()
    kept = [said for said in contacts.history(db, contact_id, 0) if _is_readable(said.message)][-HISTORY_MESSAGES:]
    return kept if share == "all" else list(_own_words(kept))[-1:]


def _is_readable(message: Message) -> bool:
    return not message.withdraws and bool(message.blocks or message.attachment or message.venues)


def _own_words(kept: Sequence[StoredMessage]) -> Iterator[StoredMessage]:
    """Return the messages the contact wrote, without what a button said for them and without answers to questions of the desk."""
    labels: set[str] = set()
    is_asked = False
    for said in kept:
        message = said.message
        if message.author != "contact":
            labels |= {option.label for option in message.options}
            is_asked = any(option.id.startswith(ASKED) for option in message.options)
        elif not is_asked and _text(message) not in labels:
            yield said


def _text(message: Message) -> str:
    return "".join(run.text for block in message.blocks if isinstance(block, Paragraph) for run in block.runs)


def _author(message: Message) -> LineAuthor:
    """Say whose line a message of the history is; what a person of the desk wrote in an earlier case stays theirs."""
    if message.author == "contact":
        return "contact"
    return "bot" if message.author == "bot" else "person"


def _for_reading(message: Message) -> Message:
    """Leave out what was only for the contact's own screen: buttons, data to save, what the browser is told."""
    return replace(message, options=(), document=None, ask_location=False, device=None, files=None, line=0, edits=False)


# ---------------------------------------------------------------- practice

SETTLED = "ready"  # the dialogue's state of a contact who has chosen language and city


def start_practice(work: Work, staff_id: str, wanted: Case, opening: Sequence[Message]) -> int:
    """Make a simulated contact with a case that waits for one person alone; returns its number."""
    db = work.db
    contact_id = contacts.create(db, ContactRef("practice", os.urandom(16).hex()), work.now)
    contacts.save(db, Conversation(contact_id, "practice", state=SETTLED, locale=wanted.locale, city=wanted.city), 1)
    number = _insert(
        work,
        _New(
            contact_id=contact_id,
            kind=wanted.kind,
            city=wanted.city,
            locale=wanted.locale,
            topic=wanted.topic,
            pseudonym=pseudonym_of(os.urandom(8)),
            desk=wanted.desk,
            area=wanted.area,
            priority=wanted.priority,
            facts=wanted.facts,
            entry_id=wanted.entry_id,
            language=wanted.language,
            when=wanted.when,
            practice_for=staff_id,
        ),
    )
    for message in opening:
        lines.add(work, number, "contact", message)
    case = cases.known(db, number)
    moves.tell(work, case, "opened")
    note(db, staff_id, "practised", number)
    cases.changed(work, case)
    return number


def add_practice_line(work: Work, number: int, message: Message) -> None:
    """Let the simulated contact say something; nothing happens in a case that is closed or no practice."""
    work.db.hold_case(number)
    case = cases.load(work.db, number)
    if case is None or case.practice_for is None or not case.is_open:
        return
    lines.add(work, number, "contact", message)
    cases.save(work, replace(case, contact_at=work.at))
