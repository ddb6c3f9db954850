"""Units of work on the figures of the desk: how often and how long, without anybody's trace."""

from __future__ import annotations

from typing import cast

from bot.cases import Case
from bot.records import CaseFigure
from bot.store.database import Database


def count(db: Database, case: Case, name: str, seconds: int = 0) -> None:
    """Add one, and the seconds it took, to a figure of a case's city, language and topic; practice is not counted."""
    if case.practice_for is None:
        db.at_end("figures", lambda: db.run("count_case", case.city, case.locale, case.topic, name, seconds))


def all_of(db: Database) -> tuple[CaseFigure, ...]:
    """Return every figure."""
    return tuple(
        CaseFigure(str(city), str(locale), str(topic), str(name), cast(int, n), cast(int, seconds))
        for city, locale, topic, name, n, seconds in db.rows("case_figures")
    )
