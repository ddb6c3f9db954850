"""Units of work on the audit: lines that are only added, each chained to the one before by a keyed hash, and the end of the chain."""

from __future__ import annotations

import hmac
import json
from typing import cast

from bot.records import AuditLine
from bot.store.database import Database, moment

END = "audit"  # the name in `meta`
CUT = b"cut off"  # what a line follows from where the one before it is gone

_Row = tuple[int, int, str, str, int, str]


def _chain(db: Database, before: bytes, row: _Row) -> bytes:
    """Return the keyed hash over a line and the chain before it."""
    return hmac.digest(db.secrets.audit, before + json.dumps(row, default=repr).encode(), "sha256")


def _seal_end(db: Database, last: int, chain: bytes) -> bytes:
    """Return what `meta` keeps of the last line, so that deleting the newest shows; only who has the secret can make it."""
    return hmac.digest(db.secrets.audit, f"end {last} ".encode() + chain, "sha256")


def _last(db: Database) -> tuple[int, bytes, bool]:
    """Return id and chain of the last line, and whether it is the one that was added last."""
    row, kept = db.row("last_audit"), db.row("get_meta", END)
    if row is None:
        return 0, b"", kept is None
    last, chain = cast(int, row[0]), row[1] if isinstance(row[1], bytes) else b""
    return last, chain, kept is not None and _is_chain(kept[0], _seal_end(db, last, chain))


def note(db: Database, actor: str, deed: str, number: int = 0, detail: str = "") -> None:
    """Add a line: who did what, never what was said. Where the end was cut off, the new line does not follow from what is left."""
    db.at_end("audit", lambda: _add(db, actor, deed, number, detail))


def _add(db: Database, actor: str, deed: str, number: int, detail: str) -> None:
    last, before, is_whole = _last(db)
    line: _Row = (last + 1, db.now(), actor, deed, number, detail)
    chain = _chain(db, before if is_whole else CUT, line)
    db.run("add_audit", *line, chain)
    db.run("replace_meta", END, _seal_end(db, last + 1, chain))


def lines(db: Database) -> tuple[AuditLine, ...]:
    """Return the audit, oldest first."""
    return tuple(_line(cast(_Row, row[:-1])) for row in db.rows("audit_lines"))


def _line(row: _Row) -> AuditLine:
    line_id, at, actor, deed, number, detail = row
    return AuditLine(line_id, moment(at), actor, deed, number, detail)


def verify(db: Database) -> int | None:
    """Return the id of the first line that does not follow from the one before, or of the first that was cut off; None: all is well."""
    before, last, anchored = b"", 0, _anchored(db)
    for row in db.rows("audit_lines"):
        line, chain = cast(_Row, row[:-1]), cast(bytes, row[-1])
        if not _is_chain(chain, _chain(db, before, line)) or (line[0] == anchored[0] and chain != anchored[1]):
            return line[0]
        before, last = chain, line[0]
    return None if _last(db)[2] and last >= anchored[0] else last + 1


def anchor(db: Database) -> None:
    """Note beside the keys how far the audit goes that is committed, so that an earlier end, put back, hides nothing.

    Where it does not follow from what was noted before, that stays as it is."""
    last, chain, is_whole = _last(db)
    before, kept = _anchored(db)
    row = db.row("audit_chain", before) if before else None
    if is_whole and last > before and (not before or (row is not None and row[0] == kept)):
        db.keys.note(END, f"{last} ".encode() + chain)


def anchor_alone(db: Database) -> None:
    """Note how far the audit goes where others add to it meanwhile."""
    db.at_end("audit", lambda: anchor(db))


def lift_anchor(db: Database) -> None:
    """Begin anew after a restore: the data are older than the keys."""
    db.keys.note(END, b"")


def _anchored(db: Database) -> tuple[int, bytes]:
    last, _, chain = (db.keys.noted(END) or b"0 ").partition(b" ")
    return int(last), chain


def _is_chain(kept: object, due: bytes) -> bool:
    return isinstance(kept, bytes) and hmac.compare_digest(kept, due)
