"""A desk on the real store with a clock to turn: who joins, who asks, and what comes out of the lanes."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.cases import Attachment, Case, CaseKind, Deed, Done, Profile, Refused, Staff
from bot.desk import DeskRules, DeskService, DeskWords
from bot.dialogue.deskwords import plain_text
from bot.errors import ChannelRejected
from bot.model import CaseEffect, CaseNews, City, ContactRef, Event, Message, OpenCase, PersonWrote
from bot.store import Delivery, Store
from tests.dialogue.desk import STAFFED, desk_context
from tests.store.cases import Clock, open_folder
from tests.store.desks import claim_all, events, member, turn

MORNING = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)  # a Wednesday, half past ten in Madrid: every desk is open
NIGHT = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)  # nine in the evening: the housing desk is closed until nine the next morning
CANARY = "canario"  # in every text a contact writes here; no wake-up may hold it

LUCIA = Profile("Lucía", "advisor", "madrid", languages=("es", "ar"), topics=("housing",))
SCHOOL = Profile("Pilar", "advisor", "madrid", languages=("es",), topics=("education",))
LEAD = Profile("Marta", "lead", "madrid")
ADMIN = Profile("Root", "admin", "")
INTERPRETER = Profile("Omar", "interpreter", "madrid", languages=("ar", "es"))

_numbers = itertools.count(1)


@dataclass
class World:
    """`woken`: contacts the desk wanted handled. `texts`: what a translator would answer; `names`: files on platforms."""

    store: Store
    clock: Clock
    desk: DeskService
    woken: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    translations: dict[tuple[str, str], str] = field(default_factory=dict)
    cities: Mapping[str, City] = field(default_factory=dict)

    # ------------------------------------------------------------ people

    async def hire(self, profile: Profile = LUCIA, *, by: str = "web", email: str = "") -> Staff:
        """Let somebody join by the web; `by`: how they are woken."""
        code, staff_id = await self.store.desk.invite(profile)
        await self.store.desk.redeem(code)
        if by == "email":
            await self.store.desk.set_wake(staff_id, "email", email or f"{profile.name.lower()}@example.org")
        self.desk.noticed([0])
        return await member(self.store, staff_id)

    async def away(self, staff: Staff, **changes: object) -> None:
        """Let somebody go off duty."""
        await self.store.desk.set_duty(staff.id, **({"is_available": False} | changes))  # type: ignore[arg-type]
        self.desk.noticed([0])

    # ------------------------------------------------------------ contacts

    async def ask(self, address: str = "amina", kind: CaseKind = "advice", topic: str = "housing", **wish: object) -> Case:
        """Let a contact ask for a person in Arabic; returns the case."""
        contact = ContactRef("telegram", address)
        desk = {"housing": "housing", "egov": "papers"}.get(topic, "") if kind == "advice" else ""
        contact_id = await turn(self.store, contact, OpenCase(kind, topic, desk=desk, **wish), text=f"{CANARY} {address}")  # type: ignore[arg-type]
        news = [event for event in await events(self.store, contact_id) if isinstance(event, CaseNews)]
        await turn(self.store, contact, text=f"{CANARY} {address}")
        self.desk.noticed([news[-1].case.number])
        return news[-1].case

    async def say(self, address: str, *casework: CaseEffect) -> None:
        """Let a contact do something with their case."""
        await turn(self.store, ContactRef("telegram", address), *casework, text=f"{CANARY} {address}")
        self.desk.noticed([0])

    async def heard(self, address: str) -> list[Event]:
        """Return what a contact hears next, once."""
        contact = ContactRef("telegram", address)
        contact_id = await self.store.find(contact)
        assert contact_id is not None
        found = await events(self.store, contact_id)
        await turn(self.store, contact)
        return found

    async def steps(self, address: str) -> list[str]:
        """Return the news a contact hears next, once."""
        return [event.step if isinstance(event, CaseNews) else event.kind for event in await self.heard(address)]

    # ------------------------------------------------------------ what happens

    async def act(self, staff: Staff, number: int, deed: Deed, key: str = "") -> Done | Refused:
        """Let a staff member do something."""
        return await self.desk.act(await member(self.store, staff.id), number, deed, key or f"key-{next(_numbers)}")

    async def sweep(self, **later: float) -> list[Delivery]:
        """Let time pass and sweep; returns what goes out."""
        self.clock.forward(**later)
        await self.desk.look()
        await self.desk.sweep()
        return await claim_all(self.store)

    async def case(self, number: int) -> Case:
        """Return a case that must be there."""
        case = await self.store.desk.case(number)
        assert case is not None
        return case


def told(deliveries: Sequence[Delivery], channel: str = "email") -> list[str]:
    """Return whom messages went to."""
    return [delivery.contact.address for delivery in deliveries if delivery.contact.channel == channel]


def text_of(message: Message) -> str:
    """Return all a message says, its subject and buttons too."""
    return "\n".join((message.subject, plain_text(message.blocks), message.original, *(option.label for option in message.options)))


def wrote(found: Sequence[Event]) -> list[str]:
    """Return what people of the desk wrote."""
    return [event.text for event in found if isinstance(event, PersonWrote)]


@contextlib.asynccontextmanager
async def desk_world(folder: Path, now: datetime = MORNING, rules: DeskRules | None = None) -> AsyncIterator[World]:
    """Open a desk for the length of the block."""
    clock = Clock()
    clock.now = now
    store = await open_folder(folder, clock)
    world: World

    async def fetch(attachment: Attachment) -> bytes:
        place, _, key = attachment.ref.partition(":")
        found = await store.desk.file(key) if place == "store" else None
        if place == "store" and found is None:
            raise ChannelRejected("gone")
        return found[1] if found else world.files[attachment.ref]

    async def translate(text: str, source: str, target: str) -> str | None:
        return world.translations.get((text, target))

    async def bot_name() -> str:
        return "desk_bot"

    desk = DeskService(
        store.desk,
        DeskWords(lambda: desk_context(now=clock()), rules or DeskRules(public_url="https://chat.example.org")),
        clock,
        rules or DeskRules(public_url="https://chat.example.org"),
        wake=lambda contact_ids: world.woken.extend(contact_ids),
        fetch=fetch,
        translate=translate,
        bot_name=bot_name,
        split=lambda message: (message,),
    )
    world = World(store, clock, desk, cities=STAFFED.cities)
    try:
        yield world
    finally:
        await desk.stop()
        await store.close()


def profile(base: Profile, **changes: object) -> Profile:
    """Return a profile like another."""
    return replace(base, **changes)  # type: ignore[arg-type]
