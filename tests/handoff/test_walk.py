"""A random walk over contacts and staff against a plain model: no text at a foreign person, no state without an owner, no request lost.

Every contact and every advisor writes with a mark of their own, so that a text at the wrong person is seen wherever it turns up."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.cases import AddNote, Claim, Close, Done, PassOn, Profile, Refused, Reply, Staff, Withdraw
from bot.model import ContactRef
from tests.handoff.post import text_of
from tests.handoff.town import Town

CONTACTS = ("900", "w900", "901", "w901")  # on Telegram and on the web, two and two with the same address there
GROUP = ContactRef("telegram-desk", "-100")
PEOPLE = (
    Profile("Ana", "advisor", "madrid"),
    Profile("Berta", "advisor", "madrid", topics=("support", "housing")),
    Profile("Carlos", "advisor", "madrid", languages=("en",)),
    Profile("Delia", "peer", "madrid"),
    Profile("Elsa", "lead", "madrid"),
    Profile("Far", "advisor", "madrid", topics=("education",)),
)
SCHOOL = 5  # who answers for education alone
EXAMPLES, STEPS = int(os.environ.get("WALKS", "20")), 100  # `make chaos` walks 5,000 steps in all
MEMORY = Path("/dev/shm")  # waiting for a disk proves nothing here
# What may happen, and how often.
ACTIONS = {
    "ask": 14, "write": 12, "end": 2, "reopen": 4, "erase": 1, "topic_deleted": 2, "claim": 10, "race": 8, "reply": 14, "note": 4,
    "pass_on": 4, "close": 4, "duty": 2, "time_passes": 5, "relay": 4, "restart": 2, "read_the_board": 8,
}  # fmt: skip
MARK = re.compile(r"mark-([cs])(\d+)-(?:to(\d+)-)?(\d+)")

SEEN: Counter[str] = Counter()  # marks at each contact and in the topics of the group: a walk that shows nobody anything proves nothing

T = TypeVar("T")


@dataclass
class Request:
    """What the model knows of a contact's request. `owner`: index of the staff member who has it."""

    number: int
    state: str = "waiting"
    owner: int | None = None


class Walk(RuleBasedStateMachine):
    """One town, some people, and a model of who should have what."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="walk-", dir=MEMORY if MEMORY.is_dir() else None))
        self.town = Town(self.folder)
        self.requests: dict[int, Request] = {}
        self.staff: list[Staff] = []
        self.count = 0
        self.whose: dict[int, int] = {}  # case -> contact
        self.looked_at = 0
        self.log: list[tuple[str, int, int]] = []

    def do(self, work: Coroutine[object, object, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.do(self.town.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        self.do(self.town.open())
        self.staff = [self.do(self.town.hire(profile)) for profile in PEOPLE]
        for address in CONTACTS:
            self.do(self.town.settle_in(address))
        code = self.do(self.town.store.desk.link_code("madrid"))
        assert self.do(self.town.store.desk.link_group(GROUP, code)) == "madrid"

    def mark(self, kind: str, who: int, to: int | None = None) -> str:
        self.count += 1
        return f"mark-{kind}{who}-{f'to{to}-' if to is not None else ''}{self.count}"

    @rule(seed=st.integers(0, 2**32))
    def step(self, seed: int) -> None:
        """Do one thing: what needs a request is more often done where there is one."""
        chance = Random(seed)
        name = chance.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        who = chance.choice([*self.requests, *self.requests, *self.requests, *range(len(CONTACTS))])
        by, other = chance.randrange(len(PEOPLE)), chance.randrange(len(PEOPLE))
        owner = self.requests[who].owner if who in self.requests else None
        if owner is not None and chance.random() < 0.6:
            by = owner
        self.log.append((name, who, by))
        match name:
            case "ask" | "write" | "end" | "reopen" | "erase" | "topic_deleted":
                getattr(self, name)(who)
            case "claim" | "reply" | "note" | "close":
                getattr(self, name)(who, by)
            case "race":
                self.race(who, by, other)
            case "pass_on":
                self.pass_on(who, by, chance.choice(["support", "housing"]))
            case "duty":
                self.duty(by, chance.random() < 0.3)
            case "time_passes":
                self.time_passes(chance.choice([1, 6, 20, 45]))
            case "read_the_board":
                self.read_the_board(by)
            case _:
                getattr(self, name)()

    # ------------------------------------------------------------ contacts

    def ask(self, who: int) -> None:
        address = CONTACTS[who]
        self.do(self.town.write(address, f"{self.mark('c', who)} qwertz"))
        self._may_have_reopened(who)
        if who in self.requests:
            return
        self.do(self.town.write(address, "/human"))
        assert self.do(self.town.press(address, "pass:all:advice"))
        while self.do(self.town.case_of(address)) is None:  # what the desk wants to know first
            assert self.do(self.town.press(address, "fact:"))
        self._opened(who)

    def _opened(self, who: int) -> None:
        case = self.do(self.town.case_of(CONTACTS[who]))
        assert case is not None, "a request was lost"
        self.requests[who] = Request(case.number)
        self.whose[case.number] = who

    def write(self, who: int) -> None:
        self.do(self.town.write(CONTACTS[who], self.mark("c", who)))
        self._may_have_reopened(who)

    def _may_have_reopened(self, who: int) -> None:
        """A further word after the end takes the request up again."""
        case = self.do(self.town.case_of(CONTACTS[who]))
        if case is not None and who not in self.requests:
            owner = next((i for i, staff in enumerate(self.staff) if staff.id == case.advisor), None)
            self.requests[who] = Request(case.number, case.state, owner)

    def end(self, who: int) -> None:
        if who in self.requests:
            self.do(self.town.write(CONTACTS[who], "/end"))
            if self.do(self.town.case_of(CONTACTS[who])) is not None:  # it asks first where several are open
                self.do(self.town.press(CONTACTS[who], "end:"))
            assert self.do(self.town.case_of(CONTACTS[who])) is None
            del self.requests[who]

    def reopen(self, who: int) -> None:
        if who not in self.requests and self.do(self.town.press(CONTACTS[who], "reopen:")):
            self._may_have_reopened(who)

    def erase(self, who: int) -> None:
        address = CONTACTS[who]
        self.do(self.town.write(address, "/delete"))
        self.requests.pop(who, None)
        self.town.forget(address)
        self.do(self.town.settle_in(address))

    # ------------------------------------------------------------ staff

    def claim(self, who: int, by: int) -> None:
        request = self.requests.get(who)
        if request is None:
            return
        result = self.do(self.town.act(self.staff[by], request.number, Claim()))
        if isinstance(result, Done):
            assert request.state == "waiting" or request.owner == by, "somebody took what was taken"
            assert by != SCHOOL or result.case.topic == "education", "the school advisor was given another topic's case"
            request.state, request.owner = "claimed", by
        elif request.state == "claimed":
            assert result.reason in ("taken", "gone", "not-allowed")

    def race(self, who: int, first: int, second: int) -> None:
        request = self.requests.get(who)
        if request is None or request.state != "waiting" or first == second:
            return

        async def both() -> list[Done | Refused]:
            one, two = self.staff[first], self.staff[second]
            return list(await asyncio.gather(self.town.act(one, request.number, Claim()), self.town.act(two, request.number, Claim())))

        results = self.do(both())
        winners = [by for by, result in zip((first, second), results, strict=True) if isinstance(result, Done)]
        assert len(winners) <= 1, "two advisors own one request"
        if winners:
            request.state, request.owner = "claimed", winners[0]

    def reply(self, who: int, by: int) -> None:
        request = self.requests.get(who)
        if request is None:
            return
        said = self.mark("s", by, who)
        result = self.do(self.town.act(self.staff[by], request.number, Reply(said)))
        assert isinstance(result, Done) == (request.owner == by and request.state == "claimed")
        shown = any(said in text for text in self.town.shown(CONTACTS[who]))
        assert shown == isinstance(result, Done), "a reply went astray"
        if isinstance(result, Done) and self.count % 4 == 0:
            assert isinstance(self.do(self.town.act(self.staff[by], request.number, Withdraw(result.line))), Done)

    def note(self, who: int, by: int) -> None:
        request = self.requests.get(who)
        if request is not None:
            said = self.mark("s", by, who)
            self.do(self.town.act(self.staff[by], request.number, AddNote(said)))
            assert not any(said in text for text in self.town.shown(CONTACTS[who])), "a note reached a contact"

    def pass_on(self, who: int, by: int, to: str) -> None:
        request = self.requests.get(who)
        if request is None:
            return
        result = self.do(self.town.act(self.staff[by], request.number, PassOn("for you", topic=to)))
        if isinstance(result, Done):
            assert request.owner == by or PEOPLE[by].role == "lead"
            request.state, request.owner = "waiting", None

    def close(self, who: int, by: int) -> None:
        request = self.requests.get(who)
        if request is None:
            return
        result = self.do(self.town.act(self.staff[by], request.number, Close("solved")))
        if isinstance(result, Done):
            assert request.owner == by or PEOPLE[by].role == "lead"
            del self.requests[who]

    def duty(self, by: int, away: bool) -> None:
        self.do(self.town.store.desk.set_duty(self.staff[by].id, is_available=not away))

    # ------------------------------------------------------------ the world

    def time_passes(self, minutes: int) -> None:
        self.town.clock.turn(minutes=minutes)
        self.do(self.town.desk.sweep())
        self.do(self.town.settle())
        for request in self.requests.values():  # the sweep may have given cases back
            case = self.do(self.town.store.desk.case(request.number))
            assert case is not None
            if case.state == "waiting":
                request.state, request.owner = "waiting", None

    def relay(self) -> None:
        self.do(self.town.desk.relay())
        self.do(self.town.settle())
        self.do(self.town.send_due())

    def topic_deleted(self, who: int) -> None:
        request = self.requests.get(who)
        if request is not None:
            self.do(self.town.store.desk.set_topic(GROUP, request.number, None))

    def restart(self) -> None:
        self.do(self.town.close())
        self.do(self.town.open())
        self.do(self.town.settle())

    # ------------------------------------------------------------ what must always hold

    @invariant()
    def nobody_reads_what_is_not_theirs(self) -> None:
        for who, address in enumerate(CONTACTS):
            for message in self.town.given(address):
                for kind, whose, to, _number in MARK.findall(text_of(message)):
                    assert (int(to) if kind == "s" else int(whose)) == who, "a text reached a foreign person"
                    SEEN[address] += 1

    @invariant()
    def every_topic_of_the_group_is_about_its_contact(self) -> None:
        posts = self.town.posts["telegram-desk"].given[GROUP.address]
        for message in posts[self.looked_at :]:
            for kind, whose, to, _number in MARK.findall(text_of(message)):
                assert message.thread, "a contact's words are in the topic everybody reads"
                assert self.whose[message.thread] == (int(to) if kind == "s" else int(whose)), "a topic shows another contact's words"
                SEEN["topic"] += 1
        self.looked_at = len(posts)

    @invariant()
    def everybody_has_an_owner(self) -> None:
        for who, address in enumerate(CONTACTS if self.staff else ()):
            request = self.requests.get(who)
            expected = "bot" if request is None else "advisor" if request.state == "claimed" else "queue"
            assert self.do(self.town.owner_of(address)) == expected, self.log[-12:]

    @invariant()
    def no_request_is_lost(self) -> None:
        if self.staff:
            open_now = {case.number: case for case in self.do(self.town.store.desk.open_cases())}
            assert set(open_now) == {request.number for request in self.requests.values()}
            for request in self.requests.values():
                case = open_now[request.number]
                owner = self.staff[request.owner].id if request.owner is not None else None
                assert (case.state, case.advisor) == (request.state, owner)

    def read_the_board(self, by: int) -> None:
        staff = self.do(self.town.store.desk.staff_member(self.staff[by].id))
        assert staff is not None
        board = self.do(self.town.desk.board(staff))
        for case in (*board.waiting, *board.mine, *board.others):
            lines = self.do(self.town.desk.lines(staff, case.number))
            assert lines is not None
            whose = next(who for who, request in self.requests.items() if request.number == case.number)
            for line in lines:
                for kind, mark, to, _number in MARK.findall(text_of(line.message) if line.message else ""):
                    assert (int(to) if kind == "s" else int(mark)) == whose, "one case shows another contact's words"


TestWalk = Walk.TestCase
TestWalk.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


def test_the_walk_came_by_everybody() -> None:
    if not SEEN:
        pytest.skip("nobody has walked")
    assert {*CONTACTS, "topic"} <= SEEN.keys()
