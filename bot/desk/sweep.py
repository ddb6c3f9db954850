"""What time does to cases: who is woken, what goes back to the queue, who is asked to help, what people are reminded of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.cases import DESK_ROLES, POOL, Case, Staff, leads_of, offered_to
from bot.desk.board import Desk
from bot.desk.notices import Stage
from bot.desk.rules import DeskRules
from bot.desk.words import DeskWords
from bot.dialogue.waiting import desk_of
from bot.discretion import Word
from bot.errors import StoreError
from bot.knowledge.hours import desk_state
from bot.logs import describe
from bot.model import CaseStep, City, DeskRule
from bot.store.desk import DeskStore

log = logging.getLogger(__name__)

REMINDER_HOUR = time(18)  # of the day before, on the city's clock
SOON = timedelta(hours=1)
DAY = timedelta(days=1)
PAGES_EVERY = 50  # cases after which open pages hear of what was done


@dataclass
class _Round:
    """Who was told what since a case entered the queue."""

    since: datetime
    told: set[tuple[str, str]] = field(default_factory=set)
    announced: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)


class Sweeper:
    """Looks at every open case again and again. Whatever it does the store does once, so that it may be done twice."""

    def __init__(
        self,
        store: DeskStore,
        desk: Desk,
        words: DeskWords,
        rules: DeskRules,
        wake: Callable[[Sequence[str]], None],
    ) -> None:
        """Make the sweeper; `wake` handles contacts whose inbox got something."""
        self._store, self._desk, self._words, self._rules, self._wake = store, desk, words, rules, wake
        self._rounds: dict[int, _Round] = {}
        self._logged: set[str] = set()
        self._changed = False  # pages have not heard of it yet

    async def sweep(self, now: datetime) -> None:
        """Do everything that is due at `now`. Raises StoreError."""
        state = await self._desk.state()
        cases = [case for case in state.cases if case.practice_for is None]
        self._rounds = {case.number: self._rounds[case.number] for case in cases if case.number in self._rounds}
        for turn, case in enumerate(cases):
            await self._safely(case, state.team, now)
            if turn % PAGES_EVERY == 0:
                await self._let_pages_see()
        await self._let_pages_see()
        await self._alert(cases, now)

    async def _let_pages_see(self) -> None:
        """Tell open pages of what was done so far, and let others have their turn."""
        if self._changed:
            self._changed = False
            self._desk.watch.note()
        await asyncio.sleep(0)

    async def _safely(self, case: Case, team: Sequence[Staff], now: datetime) -> None:
        try:
            await self._one(case, team, now)
        except StoreError:
            raise
        except Exception as error:  # the outermost boundary of a case: the others must not wait for ever
            log.error("case %d could not be looked at: %s", case.number, describe(error))

    async def _one(self, case: Case, team: Sequence[Staff], now: datetime) -> None:
        if case.kind in POOL:
            await (self._find_helper(case, team, now) if case.state == "waiting" else self._remind(case, now))
        elif case.state == "waiting":
            await self._wake_for(case, team, now)
        else:
            await self._look_after(case, team, now)

    # ------------------------------------------------------------ cases that wait

    async def _wake_for(self, case: Case, team: Sequence[Staff], now: datetime) -> None:
        city = self._words.cities().get(case.city)
        rule = _rule_of(case, city)
        if not _is_open(rule, city, now):
            if case.priority == "high":
                await self._tell(case, offered_to(case, _on_call(team), now), "first")
            return
        waited = (now - _since(case)).total_seconds()
        if case.priority == "high" or waited >= self._rules.wake_after_s:
            await self._tell(case, offered_to(case, team, now), "first")
        if waited >= self._rules.lead_after_s and _is_open(rule, city, now - timedelta(seconds=self._rules.lead_after_s)):
            await self._tell(case, _there(leads_of(case, team), now), "lead")
        if waited >= self._rules.answer_within_s and _is_open(rule, city, now - timedelta(seconds=self._rules.answer_within_s)):
            await self._announce(case, "no-answer", "no-answer")

    async def _tell(self, case: Case, people: Iterable[Staff], stage: Stage) -> None:
        """Wake people for a case, each once per stage and round of waiting."""
        round_ = await self._round(case)
        fresh = [staff.id for staff in people if (staff.id, stage) not in round_.told]
        if fresh:
            message = self._words.wake(case, stage)
            await asyncio.gather(*(self._store.wake(case.number, staff_id, stage, message) for staff_id in fresh))
            round_.told.update((staff_id, stage) for staff_id in fresh)
            self._changed = True

    async def _round(self, case: Case) -> _Round:
        """Return what is known of this round of waiting; after a start it is read from the store."""
        known = self._rounds.get(case.number)
        if known is None or known.since != _since(case):
            known = _Round(_since(case), set(await self._store.woken(case.number)))
            self._rounds[case.number] = known
        return known

    async def _announce(self, case: Case, step: CaseStep, once: str) -> None:
        """Tell the contact of a step, once."""
        round_ = await self._round(case)
        if once not in round_.announced:
            self._wake(await self._store.announce(case.number, step, once=once))
            round_.announced.add(once)

    # ------------------------------------------------------------ cases that somebody has

    async def _look_after(self, case: Case, team: Sequence[Staff], now: datetime) -> None:
        """Return a case whose advisor is away, or leaves the contact without an answer while the desk is open."""
        advisor = next((staff for staff in team if staff.id == case.advisor), None)
        if advisor is None or advisor.is_away(now):
            await self._give_back(case, "away")
        elif self._is_unanswered(case, now):
            await self._give_back(case, "no-answer")
            await self._tell_of_return(case, team, now)

    def _is_unanswered(self, case: Case, now: datetime) -> bool:
        within = timedelta(seconds=self._rules.answer_within_s)
        asked = max(moment for moment in (case.contact_at, case.claimed_at, case.opened_at) if moment)
        city = self._words.cities().get(case.city)
        rule = _rule_of(case, city)
        late = case.waits_for_advisor and now - asked >= within
        return late and _is_open(rule, city, now) and _is_open(rule, city, now - within)

    async def _give_back(self, case: Case, why: Literal["no-answer", "away"]) -> None:
        self._wake(await self._store.give_back(case.number, why))
        self._changed = True
        log.info("case %d goes back to the queue: %s", case.number, Word(why))

    async def _tell_of_return(self, case: Case, team: Sequence[Staff], now: datetime) -> None:
        back = await self._store.case(case.number)
        if back is not None and back.state == "waiting":
            await self._tell(back, _there(leads_of(back, team), now), "returned")

    # ------------------------------------------------------------ helpers

    async def _find_helper(self, case: Case, team: Sequence[Staff], now: datetime) -> None:
        """Ask those who fit; when nobody takes it in time, say so to the contact and to the leads. It stays open."""
        fitting = [staff for staff in offered_to(case, team, now) if self._fits(staff, case, now)]
        round_ = await self._round(case)
        fresh = [staff for staff in fitting if staff.id not in round_.asked]
        if fresh:
            self._wake(await self._store.offer(case.number, [staff.id for staff in fresh]))
            round_.asked.update(staff.id for staff in fresh)
            self._changed = True
            await self._tell(case, [staff for staff in fresh if not staff.has_telegram], "offer")
        if (now - _since(case)).total_seconds() >= self._rules.not_found_after_s:
            await self._announce(case, "not-found", "not-found")
            await self._tell(case, _there(leads_of(case, team), now), "lead")

    def _fits(self, staff: Staff, case: Case, now: datetime) -> bool:
        """Say whether a helper is of the kind and gender wished for, and there at the hour of the appointment (without one: now)."""
        wished = dict(case.facts).get("gender", "")
        if staff.profile.role != case.kind or (wished in ("woman", "man") and staff.profile.gender != wished):
            return False
        city = self._words.cities().get(case.city)
        hours = DeskRule("", (), staff.profile.hours, (), None, ())
        return _is_open(hours, city, case.when or now)

    async def _remind(self, case: Case, now: datetime) -> None:
        """Remind both sides of an appointment: at six in the evening before, and an hour before."""
        city = self._words.cities().get(case.city)
        if not (case.agreed and case.when and city) or now >= case.when:
            return
        mark = f"{case.when:%Y%m%d%H%M}"
        if case.when - now <= SOON:
            await self._announce(case, "soon", f"soon:{mark}")
        elif _evening_before(case.when, city) <= now < _midnight(case.when, city):
            await self._announce(case, "tomorrow", f"tomorrow:{mark}")

    # ------------------------------------------------------------ nobody there

    async def _alert(self, cases: Sequence[Case], now: datetime) -> None:
        """Tell the admins of a city where somebody waits and nobody of the desk can be reached: once an hour."""
        waiting = [case for case in cases if case.state == "waiting" and case.kind not in POOL and self._is_due(case, now)]
        team = await self._store.team() if waiting else ()
        for city in sorted({case.city for case in waiting}):
            if any(_is_reachable(staff, city, now) for staff in team):
                continue
            number = sum(case.city == city for case in waiting)
            await self._alert_admins(city, number, [staff for staff in team if _is_admin_of(staff, city)], now)

    def _is_due(self, case: Case, now: datetime) -> bool:
        city = self._words.cities().get(case.city)
        return case.priority == "high" or _is_open(_rule_of(case, city), city, now)

    async def _alert_admins(self, city: str, number: int, admins: Sequence[Staff], now: datetime) -> None:
        once = f"alert:{city}:{now:%Y%m%d%H}"
        if once in self._logged:
            return
        self._logged = {mark for mark in self._logged if mark.endswith(f"{now:%Y%m%d%H}")} | {once}
        log.error("%s: %d cases wait and nobody of the desk can be reached", Word(city), number)
        for admin in admins:
            await self._store.write_to(admin.id, self._words.alert(city, number), once=once)


# ---------------------------------------------------------------- hours and people


def _since(case: Case) -> datetime:
    return case.waiting_since or case.opened_at


def _rule_of(case: Case, city: City | None) -> DeskRule | None:
    if city is None:
        return None
    return city.desks.get(case.desk) or desk_of(city, case.topic, case.kind)


def _is_open(rule: DeskRule | None, city: City | None, at: datetime) -> bool:
    """Say whether a desk works at a time; one whose hours nobody knows always does."""
    return rule is None or city is None or rule.hours is None or desk_state(rule, city, at).is_open is not False


def _on_call(team: Iterable[Staff]) -> list[Staff]:
    """Return who is called out of hours, off duty or not; not who is away until a day they named."""
    return [replace(staff, is_available=True) for staff in team if staff.profile.on_call]


def _there(people: Iterable[Staff], now: datetime) -> list[Staff]:
    return [staff for staff in people if not staff.is_away(now)]


def _is_reachable(staff: Staff, city: str, now: datetime) -> bool:
    return staff.profile.role in DESK_ROLES and staff.profile.city in ("", city) and staff.hears(now)


def _is_admin_of(staff: Staff, city: str) -> bool:
    return staff.profile.role == "admin" and staff.profile.city in ("", city)


def _midnight(when: datetime, city: City) -> datetime:
    """Return the beginning of the day of an appointment, on the city's clock."""
    zone = ZoneInfo(city.time_zone)
    return datetime.combine(when.astimezone(zone).date(), time(), zone)


def _evening_before(when: datetime, city: City) -> datetime:
    zone = ZoneInfo(city.time_zone)
    return datetime.combine(when.astimezone(zone).date() - DAY, REMINDER_HOUR, zone)
