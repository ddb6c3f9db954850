"""What every test of the desk's store needs: people who join, contacts who ask for a person, and what comes out of a lane."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import cast

from bot.cases import Case, Done, Profile, Staff
from bot.model import CaseEffect, CaseNews, ContactRef, Event, InviteUsed, OpenCase, UseInvite
from bot.store import Decision, Delivery, FindButton, Said, Sent, Snapshot, Store
from tests.store.cases import message, snapshot_of, wrote

ADVISOR = Profile("Lucía", "advisor", "madrid", languages=("es", "ar"), topics=("housing",))
LEAD = Profile("Marta", "lead", "madrid")
GROUP = ContactRef("telegram-desk", "-1001")
LUCIA = ContactRef("telegram", "lucia-chat")

_numbers = itertools.count(1)


async def join(store: Store, profile: Profile = ADVISOR) -> Staff:
    """Invite somebody who uses the code on the web."""
    code, _staff_id = await store.desk.invite(profile)
    staff = await store.desk.redeem(code)
    assert staff is not None
    return staff


async def use(store: Store, contact: ContactRef, code: str) -> InviteUsed:
    """Let a contact give a code; returns what they are told became of it."""
    contact_id = await turn(store, contact, UseInvite(code))
    (event,) = [item.event for item in (await snapshot_of(store, contact_id)).waiting]
    await turn(store, contact)
    assert isinstance(event, InviteUsed)
    return event


async def join_by_telegram(store: Store, contact: ContactRef = LUCIA, profile: Profile = ADVISOR) -> Staff:
    """Invite somebody who uses the code in their own chat with the bot."""
    code, staff_id = await store.desk.invite(profile)
    assert (await use(store, contact, code)).name == profile.name
    return await member(store, staff_id)


async def member(store: Store, staff_id: str) -> Staff:
    """Return somebody who must be staff."""
    staff = await store.desk.staff_member(staff_id)
    assert staff is not None
    return staff


async def turn(store: Store, contact: ContactRef, *casework: CaseEffect, text: str = "hello", **changes: object) -> str:
    """Let a contact write and handle all that waits; returns their id. What is said goes out at once."""
    await store.accept([wrote(contact, f"turn-{next(_numbers)}", text)])
    contact_id = cast(str, await store.find(contact))

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        conversation = replace(snapshot.conversation, city="madrid", locale="ar", state="menu")
        decision = Decision(conversation, tuple(item.id for item in snapshot.waiting), casework=casework)
        return replace(decision, said=(Said(message(text, author="contact")),), **changes)  # type: ignore[arg-type]

    handled = await store.handle(contact_id, decide)
    for delivery in handled.deliveries:
        await send_all(store, delivery)
    return contact_id


async def open_case(store: Store, contact: ContactRef, text: str = "hello") -> Case:
    """Let a contact ask for a person; returns the case."""
    contact_id = await turn(store, contact, OpenCase("advice", "housing"), text=text)
    news = [event for event in await events(store, contact_id) if isinstance(event, CaseNews)]
    await turn(store, contact, text=text)
    return news[-1].case


async def events(store: Store, contact_id: str) -> list[Event]:
    """Return what waits in an inbox."""
    return [item.event for item in (await snapshot_of(store, contact_id)).waiting]


async def do(store: Store, staff: Staff, number: int, deed: object) -> Done:
    """Let a staff member do something that must succeed."""
    acted = await store.desk.do(staff.id, number, deed, key=f"deed-{next(_numbers)}")  # type: ignore[arg-type]
    assert isinstance(acted.result, Done)
    return acted.result


async def send_all(store: Store, delivery: Delivery | None, prefix: str = "sent") -> list[Delivery]:
    """Send a delivery and all that follow it in its lane, as a platform that numbers messages."""
    out: list[Delivery] = []
    while delivery is not None:
        out.append(delivery)
        delivery = await store.settle(delivery, Sent(f"{prefix}-{delivery.id}"))
    return out


async def claim_all(store: Store) -> list[Delivery]:
    """Send everything that is due."""
    return [sent for delivery in await store.claim(100) for sent in await send_all(store, delivery)]
