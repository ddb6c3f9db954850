"""The state of the desk as everybody looks at it: one version, cases and team read once per version, and waiting for the next."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cases import POOL, Case, Staff, may_see, offered_to
from bot.channels.desk.host import Board
from bot.records import Report
from bot.store.desk import DeskStore

WAIT_S = 20.0  # a page asks again after that
OFFERS_S = 30  # who is away changes by the clock, too


@dataclass(frozen=True, slots=True)
class State:
    """What was read for one version."""

    version: int
    cases: tuple[Case, ...]
    team: tuple[Staff, ...]
    reports: tuple[Report, ...]
    by_number: Mapping[int, Case]
    woken: Mapping[int, frozenset[str]]


class Watch:
    """Counts changes. The version begins anywhere, so that a page of an earlier process sees at once that something changed."""

    def __init__(self) -> None:
        self.version = secrets.randbelow(1 << 40)
        self._next = asyncio.Event()

    def note(self) -> None:
        """Say that something changed."""
        self.version += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, since: int, timeout_s: float = WAIT_S) -> int:
        """Wait until the version is another than `since`, or time is over; returns the version."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.version == since:
                    await self._next.wait()
        except TimeoutError:
            pass
        return self.version


class Desk:
    """Reads the desk once per version, whoever asks."""

    def __init__(self, store: DeskStore) -> None:
        self.watch = Watch()
        self._store = store
        self._state: State | None = None
        self._mark: int | None = None
        self._reading = asyncio.Lock()
        self._offered: tuple[int, int, Mapping[int, frozenset[str]]] | None = None

    async def state(self) -> State:
        """Return what the desk looks like now."""
        async with self._reading:
            version = self.watch.version
            if self._state is None or self._state.version != version:
                mark = await self._store.mark()
                cases, team, reports = await self._store.open_cases(), await self._store.team(), await self._store.reports()
                by_number, woken = {case.number: case for case in cases}, await self._store.woken_now()
                self._state, self._mark = State(version, cases, team, reports, by_number, woken), mark
            return self._state

    async def look(self) -> None:
        """Notice what another process, or nobody we heard of, has changed."""
        mark = await self._store.mark()
        if mark != self._mark:
            self._mark = mark
            self.watch.note()

    def offered(self, state: State, now: datetime) -> Mapping[int, frozenset[str]]:
        """Return to whom each waiting case is offered, computed once per version and OFFERS_S."""
        turn = int(now.timestamp()) // OFFERS_S
        if self._offered is None or self._offered[:2] != (state.version, turn):
            found = {
                case.number: frozenset(staff.id for staff in offered_to(case, state.team, now))
                for case in state.cases
                if case.state == "waiting" and case.practice_for is None
            }
            self._offered = (state.version, turn, found)
        return self._offered[2]


def board_of(staff: Staff, state: State, offered: Mapping[int, frozenset[str]], asked: Sequence[Case]) -> Board:
    """Arrange what somebody's queue shows."""
    seen = [case for case in state.cases if may_see(staff, case)]
    waiting = tuple(case for case in seen if case.state == "waiting")
    return Board(
        waiting=waiting,
        mine=tuple(case for case in seen if case.state == "claimed" and case.advisor == staff.id),
        others=tuple(case for case in seen if case.state == "claimed" and case.advisor != staff.id),
        offered=frozenset(case.number for case in waiting if staff.id in offered.get(case.number, ()) or case.practice_for == staff.id),
        asked=tuple(asked),
        woken=frozenset(case.number for case in waiting if staff.id in state.woken.get(case.number, ())),
    )


def is_helper(staff: Staff) -> bool:
    """Say whether somebody is asked about requests for helpers."""
    return staff.profile.role in POOL
