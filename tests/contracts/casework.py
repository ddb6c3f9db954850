"""People for the tests of hand-off: contacts who have chosen language and city, staff of every role, helpers with a private chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import TypeVar

from bot.cases import Case, Deed, Done, Profile, Refused, Role
from bot.model import (
    CaseEffect,
    CaseNews,
    ContactRef,
    Conversation,
    DeskEvent,
    Event,
    Message,
    OpenCase,
    PersonWithdrew,
    PersonWrote,
    UseInvite,
)
from bot.records import CaseLine
from bot.store import Decision, FindButton, Handled, Said, Snapshot, Store
from bot.store.desk import Acted
from tests.store.cases import Clock, snapshot_of, text_of, wrote

E = TypeVar("E", bound=Event)


class Town:
    """A store with people in it; every act of theirs goes through the contract."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock, self.desk = store, clock, store.desk
        self._ids = count(1)

    # ------------------------------------------------------------ people

    async def hire(self, name: str = "Lucía", role: Role = "advisor", city: str = "madrid", **profile: object) -> str:
        """Make somebody staff on the web; returns their id."""
        code, staff_id = await self.desk.invite(Profile(name, role, city, **profile))  # type: ignore[arg-type]
        assert await self.desk.redeem(code) is not None
        return staff_id

    async def hire_helper(
        self, name: str = "Samira", role: Role = "interpreter", city: str = "madrid", **profile: object
    ) -> tuple[str, str]:
        """Make somebody staff in a private chat on Telegram; returns their staff id and the id of the chat."""
        code, staff_id = await self.desk.invite(Profile(name, role, city, **profile))  # type: ignore[arg-type]
        contact_id = await self.arrive(f"chat-of-{name}", channel="telegram", locale="es")
        await self.turn(contact_id, UseInvite(code))
        await self.heard(contact_id)
        return staff_id, contact_id

    async def arrive(
        self, name: str = "amina", *, channel: str = "web", locale: str = "ar", city: str = "madrid", area: str | None = None
    ) -> str:
        """Let a contact come who has chosen language and city; returns their id."""
        (contact_id,) = await self.store.accept([wrote(ContactRef(channel, name), f"{name}:{next(self._ids)}")])
        await self.turn(contact_id, state="ready", locale=locale, city=city, area=area)
        return contact_id

    # ------------------------------------------------------------ what they do

    async def turn(
        self, contact_id: str, *effects: CaseEffect, said: Sequence[Message] = (), erase: bool = False, **known: object
    ) -> Handled:
        """Handle whatever waits for a contact, with these effects; `known` changes the conversation."""

        def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
            conversation: Conversation = replace(snapshot.conversation, **known)  # type: ignore[arg-type]
            handled = tuple(item.id for item in snapshot.waiting)
            return Decision(conversation, handled, said=tuple(map(Said, said)), erase=erase, casework=effects)

        return await self.store.handle(contact_id, decide)

    async def ask(self, contact_id: str, kind: str = "advice", topic: str = "housing", **wish: object) -> int:
        """Let a contact ask for a person; returns the number of the case."""
        await self.turn(contact_id, OpenCase(kind, topic, **wish))  # type: ignore[arg-type]
        (news,) = await self.news(contact_id)
        return news.case.number

    async def act(self, staff_id: str, number: int, deed: Deed, key: str | None = None) -> Acted:
        """Let somebody do something with a case, by a key of its own if none is given."""
        return await self.desk.do(staff_id, number, deed, key=key or f"key-{next(self._ids)}")

    async def done(self, staff_id: str, number: int, deed: Deed) -> Done:
        """Let somebody do something that must not be refused."""
        return done(await self.act(staff_id, number, deed))

    async def refused(self, staff_id: str, number: int, deed: Deed) -> Refused:
        """Let somebody try something that must be refused, and change nothing."""
        before = await self.seen(number)
        acted = await self.act(staff_id, number, deed)
        assert isinstance(acted.result, Refused), deed
        assert acted.wake == ()
        assert await self.seen(number) == before
        return acted.result

    # ------------------------------------------------------------ what is seen

    async def seen(self, number: int) -> tuple[Case | None, tuple[CaseLine, ...]]:
        return await self.desk.case(number), await self.desk.lines(number)

    async def case(self, number: int) -> Case:
        case = await self.desk.case(number)
        assert case is not None
        return case

    async def conversation(self, contact_id: str) -> Conversation:
        return (await snapshot_of(self.store, contact_id)).conversation

    async def heard(self, contact_id: str) -> list[DeskEvent]:
        """Return the events of the desk that wait for a contact, and handle them."""
        waiting = (await snapshot_of(self.store, contact_id)).waiting
        if waiting:
            await self.turn(contact_id)
        return [item.event for item in waiting if isinstance(item.event, DeskEvent)]

    async def news(self, contact_id: str) -> list[CaseNews]:
        return only(CaseNews, await self.heard(contact_id))

    async def steps(self, contact_id: str) -> list[str]:
        return [news.step for news in await self.news(contact_id)]

    async def written(self, contact_id: str) -> list[PersonWrote]:
        return only(PersonWrote, await self.heard(contact_id))

    async def withdrawn(self, contact_id: str) -> list[PersonWithdrew]:
        return only(PersonWithdrew, await self.heard(contact_id))

    async def texts(self, number: int) -> list[tuple[str, str]]:
        """Return a case's lines as (author, text), those of the system by what happened."""
        return [(line.author, shown(line)) for line in await self.desk.lines(number)]

    async def events(self, number: int) -> list[str]:
        return [line.event for line in await self.desk.lines(number) if line.author == "system"]

    async def figures(self) -> dict[str, tuple[int, int]]:
        return {figure.name: (figure.n, figure.seconds) for figure in await self.desk.case_figures()}

    async def audited(self, number: int) -> list[tuple[str, str]]:
        return [(line.actor, line.deed) for line in await self.desk.audit() if line.number == number]


def only(kind: type[E], events: Sequence[Event]) -> list[E]:
    """Return the events, all of which must be of one kind."""
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == len(events), events
    return found


def shown(line: CaseLine) -> str:
    if line.author == "system":
        return line.event
    return "" if line.message is None or not line.message.blocks else text_of(line.message)


def done(acted: Acted) -> Done:
    assert isinstance(acted.result, Done), acted.result
    return acted.result


def refusal(acted: Acted) -> Refused:
    assert isinstance(acted.result, Refused), acted.result
    return acted.result
