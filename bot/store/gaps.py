"""Units of work on questions that contacts let us keep: unlinked, for QUESTION_DAYS."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, timedelta
from typing import cast

from bot.model import GapReason, KeepQuestion
from bot.records import KeptQuestion, Use
from bot.store.audit import note
from bot.store.database import Database, moment

QUESTION_DAYS = 90  # the offer says so
MAX_OPEN = 2000  # of a city; more are not kept, so that nobody can fill the list
ID_BITS = 53  # a number every browser writes exactly


def today(db: Database) -> date:
    """Return the day it is (UTC)."""
    return moment(db.now()).date()


def keep(db: Database, wish: KeepQuestion) -> None:
    """Keep a masked question under an id by chance, with the day alone."""
    row = db.row("count_open_questions", wish.city)
    if not wish.text or (row and cast(int, row[0]) >= MAX_OPEN):
        return
    values = (wish.city, wish.locale, wish.text, wish.why, wish.entry_id, today(db).isoformat())
    db.run("add_question", 1 + secrets.randbelow(2**ID_BITS - 1), *values)


def unused(db: Database) -> tuple[KeptQuestion, ...]:
    """Return the questions nobody has used or dismissed, the oldest day first."""
    return tuple(_question(row) for row in db.rows("open_questions"))


def _question(row: tuple[object, ...]) -> KeptQuestion:
    question_id, city, locale, text, why, entry_id, day = row
    on = date.fromisoformat(str(day))
    return KeptQuestion(cast(int, question_id), str(city), str(locale), str(text), cast(GapReason, why), str(entry_id), on)


def settle(db: Database, ids: Iterable[int], use: Use, actor: str, detail: str) -> int:
    """Note what questions were used for and forget their texts; returns how many there were."""
    count = sum(db.change("settle_question", use, question_id) for question_id in dict.fromkeys(ids))
    if count:
        note(db, actor, f"gap-{use}", detail=f"{detail} {count}".strip())
        db.scrub_logs()
    return count


def drop_old(db: Database) -> int:
    """Forget questions kept for QUESTION_DAYS."""
    gone = db.change("drop_old_questions", (today(db) - timedelta(days=QUESTION_DAYS)).isoformat())
    if gone:
        db.scrub_logs()
    return gone
