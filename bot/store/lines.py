"""The lines of a case, sealed with its key: added, changed, withdrawn and read.

`changed_at` grows from line to line of a case, whatever the clock does, so that "what changed since" leaves nothing out and gives nothing
twice. A line that somebody writes now carries the same time as `at`."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from bot.errors import StoreError
from bot.model import Block, Message, Paragraph, Run
from bot.records import CaseLine, LineAuthor
from bot.store.cases import Names, name_of, sealer_of
from bot.store.contacts import place
from bot.store.database import Database, micros, moment
from bot.store.work import Work
from bot.wire import decode_message, encode_message

NEVER = 1 << 62  # above every id and time


def paragraph(text: str) -> tuple[Block, ...]:
    """Return a text as people write it, in one piece."""
    return (Paragraph((Run(text),)),) if text else ()


def add(
    work: Work,
    number: int,
    author: LineAuthor,
    message: Message | None = None,
    *,
    staff_id: str | None = None,
    event: str = "",
    source_hash: bytes | None = None,
    at: datetime | None = None,
) -> int:
    """Add a line; returns its id. `at`: when it was said, where that was before. Whoever calls writes the case as well."""
    sealer, where = sealer_of(work.db, number)
    sealed = None if message is None else sealer.seal(encode_message(message), where)
    now = _next(work, number)
    return work.db.insert("add_line", number, author, staff_id, event, sealed, source_hash, now if at is None else micros(at), now)


def _next(work: Work, number: int) -> int:
    """Return the time of a change: now, but later than the last change of the case."""
    row = work.db.row("last_change", number)
    return max(work.now, cast(int, row[0]) + 1 if row else 0)


def change(work: Work, number: int, line_id: int, message: Message) -> None:
    """Put other words in the place of a line."""
    sealer, where = sealer_of(work.db, number)
    work.db.run("change_line", sealer.seal(encode_message(message), where), _next(work, number), line_id)


def withdraw(work: Work, line: CaseLine) -> None:
    """Empty a line; a file of it that lies with us goes as well."""
    attachment = line.message.attachment if line.message else None
    where, _, key = attachment.ref.partition(":") if attachment else ("", "", "")
    if where == "store":
        work.db.run("drop_file", key, line.number)
    work.db.run("withdraw_line", _next(work, line.number), line.id)


# ---------------------------------------------------------------- reading


def find(db: Database, number: int, line_id: int) -> CaseLine | None:
    """Return one line of a case."""
    row = db.row("line", line_id, number)
    return None if row is None else _line(db, number, row, {})


def of_source(db: Database, number: int, source_hash: bytes) -> CaseLine | None:
    """Return the line that came from a message of the contact's platform, if it was not taken back."""
    row = db.row("line_of_source", number, source_hash)
    return None if row is None else find(db, number, cast(int, row[0]))


def last_of_contact(db: Database, number: int) -> CaseLine | None:
    """Return the last line of the contact that was not taken back."""
    row = db.row("last_line_of_contact", number)
    return None if row is None else find(db, number, cast(int, row[0]))


def read(db: Database, number: int, after: int = 0, since: datetime | None = None) -> tuple[CaseLine, ...]:
    """Return the lines with an id above `after`, oldest first; with `since` those changed later than that, and new ones above `after`."""
    names: Names = {}
    changed = None if since is None else db.rows("lines_changed_since", number, micros(since), after or NEVER)
    rows = db.rows("lines_after", number, after) if changed is None else changed
    return tuple(_line(db, number, row, names) for row in rows)


def _line(db: Database, number: int, row: tuple[object, ...], names: Names) -> CaseLine:
    line_id, key_id, author, staff_id, event, payload, at, changed_at, is_edited, is_withdrawn = row
    message = None if payload is None else _message(db, str(key_id), cast(bytes, payload))
    name = name_of(db, str(staff_id), names) if staff_id else ""
    return CaseLine(
        id=cast(int, line_id),
        number=number,
        author=cast(LineAuthor, author),
        at=moment(cast(int, at)),
        changed_at=moment(cast(int, changed_at)),
        message=message,
        staff_id=cast("str | None", staff_id),
        name=name or (message.author_name if message else ""),
        event=str(event),
        is_edited=bool(is_edited),
        is_withdrawn=bool(is_withdrawn),
    )


def _message(db: Database, key_id: str, payload: bytes) -> Message | None:
    """Open a line; None where it is damaged: that must not hide the others."""
    try:
        return decode_message(db.keys.get(key_id).open(payload, place("case_lines", key_id)))
    except StoreError:
        return None
