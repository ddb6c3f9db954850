"""A desk group on Telegram as the desk sees it: events in its inbox, posts in its lane."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.cases import Attachment, Case, Profile, Staff
from bot.model import ContactRef, GroupEvent, GroupLinking, GroupPressed, GroupSaid, Incoming, Message
from bot.store import Delivery, FindButton, Snapshot
from tests.desk.world import LUCIA, World, text_of
from tests.store.desks import GROUP, claim_all, join_by_telegram, send_all

LUCIA_ID = 5001
STRANGER_ID = 6666
_numbers = itertools.count(100)


@dataclass
class GroupRig:
    """A linked group. `posts`: what it was sent, oldest first; `topics`: of cases, by number."""

    world: World
    ref: ContactRef = GROUP
    posts: list[Delivery] = field(default_factory=list)
    topics: dict[int, int] = field(default_factory=dict)

    async def link(self, city: str = "madrid", code: str = "", *, is_forum: bool = True, may_manage: bool = True) -> list[str]:
        """Give a link code in the group; returns what is said."""
        wanted = code or await self.world.store.desk.link_code(city)
        return await self.happens(
            GroupLinking(code=wanted, sender=LUCIA_ID, is_forum=is_forum, may_manage=may_manage, at=self.world.clock())
        )

    async def member(self, user: int = LUCIA_ID, profile: Profile = LUCIA) -> Staff:
        """Let somebody of the group be staff."""
        return await join_by_telegram(self.world.store, ContactRef("telegram", str(user)), profile)

    async def happens(self, *events: GroupEvent, keep: bool = True) -> list[str]:
        """Let something happen in the group; returns what is said there. `keep`: the events are noted as handled (else: a crash before)."""
        accepted = [Incoming(self.ref, f"event-{next(_numbers)}", event) for event in events]
        await self.world.store.accept(accepted)
        return await self.handle(keep=keep)

    async def handle(self, *, keep: bool = True) -> list[str]:
        """Handle what waits."""
        contact_id = await self.world.store.find(self.ref)
        snapshot = await self.world.store.read(contact_id) if contact_id else None
        if contact_id is None or snapshot is None:
            return []
        decision = await self.world.desk.handle_group(snapshot)
        if not keep:
            return []
        assert not decision.failed

        def decide(snapshot: Snapshot, find_button: FindButton) -> object:
            return decision

        handled = await self.world.store.handle(contact_id, decide)  # type: ignore[arg-type]
        assert len(handled.deliveries) <= 1
        for delivery in handled.deliveries:
            self.posts += await send_all(self.world.store, delivery)
        return [text_of(said.message) for said in decision.said]

    async def says(
        self, case: Case, text: str = "", *, sender: int | None = LUCIA_ID, post: int = 0, keep: bool = True, **more: object
    ) -> list[str]:
        """Let a member write in the topic of a case; returns what is said back."""
        topic = await self.topic_of(case)
        event = GroupSaid(topic=topic, sender=sender, post=post or next(_numbers), at=self.world.clock(), text=text, **more)  # type: ignore[arg-type]
        return await self.happens(event, keep=keep)

    async def presses(self, case: Case, action: str, *, sender: int = LUCIA_ID, query: str = "") -> list[str]:
        """Let a member press a button under the card of a case."""
        topic = await self.topic_of(case)
        return await self.happens(
            GroupPressed(topic=topic, sender=sender, action=action, query=query or str(next(_numbers)), at=self.world.clock())
        )

    async def topic_of(self, case: Case) -> int:
        """Return the topic of a case, made at the first post as the channel does."""
        if case.number not in self.topics:
            self.topics[case.number] = 7000 + case.number
            await self.world.store.desk.set_topic(self.ref, case.number, self.topics[case.number])
        return self.topics[case.number]

    async def relay(self, *, send: bool = True) -> list[Message]:
        """Let the desk tell the group what changed; returns the new posts."""
        self.world.desk.noticed([0])
        await self.world.desk.relay()
        if not send:
            return []
        sent = [delivery for delivery in await claim_all(self.world.store) if delivery.contact == self.ref]
        self.posts += sent
        for message in (delivery.message for delivery in sent):
            if message.thread and message.thread not in self.topics and not message.withdraws:
                self.topics[message.thread] = 7000 + message.thread
                await self.world.store.desk.set_topic(self.ref, message.thread, self.topics[message.thread])
        return [delivery.message for delivery in sent]


def texts(messages: Sequence[Message]) -> list[str]:
    """Return what posts say."""
    return [text_of(message) for message in messages]


def photo() -> Attachment:
    """Return a photo that lies on Telegram."""
    return Attachment("photo", "telegram:AgACAgQAAx", "photo.jpg", "image/jpeg", 3)
