"""The section "cases" of the DeskStore contract on SQLite: thin methods over the units of work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast

from bot.cases import Case, Deed, Refused
from bot.model import CaseStep, Message
from bot.records import CaseLine
from bot.store import cases, deeds, lines, people, pool
from bot.store.audit import note
from bot.store.contacts import HOUR_US
from bot.store.database import Database
from bot.store.desk import Acted
from bot.store.opening import add_practice_line, start_practice
from bot.store.work import begin
from bot.store.worker import Units


class CaseMethods:
    """See bot.store.desk.DeskStore for what each method promises."""

    def __init__(self, worker: Units) -> None:
        self._worker = worker

    async def open_cases(self) -> tuple[Case, ...]:
        """Return every open case in the order of the queue."""
        return await self._worker.read(cases.all_open)

    async def closed_cases(self, staff_id: str, limit: int = 50) -> tuple[Case, ...]:
        """Return the closed cases somebody had, newest first."""
        return await self._worker.read(lambda db: cases.closed_by(db, staff_id, limit))

    async def case(self, number: int) -> Case | None:
        """Return a case."""
        return await self._worker.read(lambda db: cases.load(db, number))

    async def mark(self) -> int:
        """Return how often something of the desk has changed."""
        row = await self._worker.read(lambda db: db.row("mark", "desk"))
        return cast(int, row[0]) if row else 0

    async def lines(self, number: int, after: int = 0, *, reader: str | None = None, since: datetime | None = None) -> tuple[CaseLine, ...]:
        """Return a case's lines; who reads is noted before anything is given out."""
        if reader is not None and await self._worker.read(lambda db: _is_news(db, reader, number)):
            await self._worker.write(lambda db: _note_read(db, reader, number))
        return await self._worker.read(lambda db: lines.read(db, number, after, since))

    async def do(self, staff_id: str, number: int, deed: Deed, *, key: str) -> Acted:
        """Do what a staff member wants with a case."""
        return await self._worker.write(lambda db: deeds.do(db, staff_id, number, deed, key))

    async def give_back(self, number: int, why: Literal["no-answer", "away"]) -> tuple[str, ...]:
        """Return a claimed case to its queue."""
        return await self._worker.write(lambda db: deeds.give_back(db, number, why))

    async def answer_offer(self, staff_id: str, number: int, *, accepts: bool) -> Acted:
        """Accept, decline or give back a request for a helper."""

        def unit(db: Database) -> Acted:
            db.hold_case(number)
            work, staff = begin(db), people.load(db, staff_id)
            result = pool.answer(work, staff, number, accepts=accepts) if staff else Refused("not-allowed")
            return Acted(result, tuple(work.wake))

        return await self._worker.write(unit)

    async def announce(self, number: int, step: CaseStep, *, once: str) -> tuple[str, ...]:
        """Tell the contact of a step, once."""
        return await self._worker.write(lambda db: deeds.announce(db, number, step, once))

    async def offer(self, number: int, staff_ids: Sequence[str]) -> tuple[str, ...]:
        """Ask helpers whether they take a case."""

        def unit(db: Database) -> tuple[str, ...]:
            work = begin(db)
            pool.offer(work, number, staff_ids)
            return tuple(work.wake)

        return await self._worker.write(unit)

    async def offers(self, staff_id: str) -> tuple[Case, ...]:
        """Return the cases somebody is asked about."""
        return await self._worker.read(lambda db: pool.asked_of(db, staff_id))

    async def start_practice(self, staff_id: str, case: Case, opening: Sequence[Message]) -> int:
        """Make a practice case."""
        return await self._worker.write(lambda db: start_practice(begin(db), staff_id, case, opening))

    async def add_practice_line(self, number: int, message: Message) -> None:
        """Let the simulated contact say something."""
        await self._worker.write(lambda db: add_practice_line(begin(db), number, message))

    async def export(self, number: int, staff_id: str) -> tuple[CaseLine, ...]:
        """Return all lines, which the audit notes first."""

        def unit(db: Database) -> tuple[CaseLine, ...]:
            note(db, staff_id, "exported", number)
            return lines.read(db, number)

        return await self._worker.write(unit)


def _is_news(db: Database, reader: str, number: int) -> bool:
    """Tell whether the audit has not noted within the last hour that somebody reads a case."""
    return db.row("has_read", number, reader, db.now() - HOUR_US) is None


def _note_read(db: Database, reader: str, number: int) -> None:
    db.hold_case(number)
    if _is_news(db, reader, number):
        note(db, reader, "read", number)
