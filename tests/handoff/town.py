"""A town in one process: contacts and staff over the real service, desk and store, with channels in memory and a clock to turn."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import app
from bot.brain import Brain
from bot.cases import Case, Deed, Done, Profile, Refused, Staff
from bot.config import Settings
from bot.desk import DeskRules, DeskService
from bot.model import ButtonPressed, CommandReceived, ContactRef, Event, Incoming, Message, TextReceived
from bot.service import ConversationService
from bot.store import Store, open_store
from tests.handoff.post import Post
from tests.running import ROOT

SECRET = bytes(range(32))
START = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)  # a Monday morning


@functools.cache
def brain() -> Brain:
    """Load the real knowledge, once for all tests of a run."""
    return app.load_brain(Settings(_env_file=None, knowledge_dir=ROOT / "knowledge"))  # type: ignore[call-arg]  # a setting of pydantic itself


def ref_of(address: str) -> ContactRef:
    """Return the contact at an address; with a "w" before it, it is that of somebody on the web."""
    return ContactRef("web", address[1:]) if address.startswith("w") else ContactRef("telegram", address)


@dataclass
class Clock:
    """Time that stands still until it is turned."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **parts: float) -> None:
        """Let time pass."""
        self.now += timedelta(**parts)


@dataclass
class Town:
    """Everything that runs, and what people have been given."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    rules: DeskRules = field(default_factory=DeskRules)
    posts: dict[str, Post] = field(
        default_factory=lambda: {name: Post(name) for name in ("telegram", "email", "telegram-desk", "practice", "web")}
    )
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    store: Store = field(init=False)
    service: ConversationService = field(init=False)
    desk: DeskService = field(init=False)

    async def open(self) -> None:
        """Start, or start again after `close` or a crash."""
        self.store = await open_store(
            f"sqlite:///{self.folder / 'dragoman.db'}", data_dir=self.folder, secret=SECRET, clock=self.clock, exclusive=True
        )
        channels = list(self.posts.values())
        settings = Settings(_env_file=None, data_dir=self.folder)  # type: ignore[call-arg]  # a setting of pydantic itself
        thinker = app.Thinker(brain(), app.load_catalogues(settings), channels, require_checked=False)
        self.desk, self.service = app.build_services(self.store, channels, thinker, self.clock, self.rules)
        for channel in channels:
            await channel.start(self.service)

    async def close(self) -> None:
        """End as a process would that has nothing in hand."""
        await self.service.stop()
        await self.store.close()

    # ------------------------------------------------------------ contacts

    async def accept(self, address: str, event: Event) -> None:
        """Let something happen at an address and wait until it is answered."""
        await self.service.accept([Incoming(ref_of(address), f"{address}:{next(self.numbers)}", event)])
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is being handled or sent."""
        await self.service.idle()

    async def send_due(self) -> None:
        """Send what waits in lanes, as the loop of a running service does."""
        while due := await self.store.claim(64):
            for delivery in due:
                await self.service._deliver(delivery)

    async def write(self, address: str, text: str) -> None:
        """Let a contact write."""
        name, _, argument = text[1:].partition(" ")
        if text.startswith("/"):
            await self.accept(address, CommandReceived(name=name, argument=argument, at=self.clock(), locale_hint="en"))
        else:
            await self.accept(address, TextReceived(text=text, at=self.clock(), locale_hint="en", source_id=str(next(self.numbers))))

    async def press(self, address: str, option_id: str) -> bool:
        """Let a contact press the newest button whose id begins so; False where there is none."""
        found = self.post_of(address).button(ref_of(address).address, option_id)
        if found is None:
            return False
        token, index = found
        await self.accept(address, ButtonPressed(token=token, index=index, at=self.clock(), locale_hint="en"))
        return True

    async def settle_in(self, address: str, locale: str = "en", city: str = "madrid") -> None:
        """Bring a contact through the first questions."""
        await self.write(address, "/start")
        await self.press(address, f"language:{locale}")
        await self.press(address, f"city:{city}")

    def given(self, address: str) -> Sequence[Message]:
        """Return what a contact was given, oldest first."""
        return self.post_of(address).given[ref_of(address).address]

    def shown(self, address: str) -> list[str]:
        """Return the texts a contact was given, oldest first."""
        return self.post_of(address).shown(ref_of(address).address)

    def forget(self, address: str) -> None:
        """Forget what a contact was given."""
        for kept in (self.post_of(address).given, self.post_of(address).tokens):
            kept.pop(ref_of(address).address, None)  # type: ignore[attr-defined]

    def post_of(self, address: str) -> Post:
        """Return the channel of a contact."""
        return self.posts[ref_of(address).channel]

    async def case_of(self, address: str) -> Case | None:
        """Return the open case of a contact that a person talks in."""
        contact_id = await self.store.find(ref_of(address))
        snapshot = await self.store.read(contact_id) if contact_id else None
        cases = snapshot.conversation.cases if snapshot else ()
        return next((case for case in cases if case.is_open and case.kind in ("advice", "legal")), None)

    async def owner_of(self, address: str) -> str | None:
        """Return who owns a contact's conversation."""
        contact_id = await self.store.find(ref_of(address))
        snapshot = await self.store.read(contact_id) if contact_id else None
        return snapshot.conversation.owner if snapshot else None

    # ------------------------------------------------------------ staff

    async def hire(self, profile: Profile) -> Staff:
        """Invite somebody who uses the code up at once."""
        code, _staff_id = await self.store.desk.invite(profile)
        staff = await self.store.desk.redeem(code)
        assert staff is not None
        return staff

    async def act(self, staff: Staff, number: int, deed: Deed, key: str | None = None) -> Done | Refused:
        """Let a staff member do something and wait until everybody has heard."""
        fresh = await self.store.desk.staff_member(staff.id)
        assert fresh is not None
        result = await self.desk.act(fresh, number, deed, key or f"{staff.id}:{next(self.numbers)}")
        await self.settle()
        return result


@contextlib.asynccontextmanager
async def town(folder: Path, rules: DeskRules | None = None) -> AsyncIterator[Town]:
    """Run a town for the length of the block."""
    running = Town(folder, rules=rules or DeskRules())
    await running.open()
    try:
        yield running
    finally:
        await running.close()
