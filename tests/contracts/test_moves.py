"""Every promise of the Store contract about going on on another device: a code of one's own, once, and within ten minutes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.model import CommandReceived, ContactRef, Conversation, MakeMove, Message, Moved, MoveMade, Paragraph, Run, UseMove
from bot.store import Decision, FindButton, Said, Sent, Snapshot, Store
from bot.store.transfer import MOVE_MINUTES
from tests.contracts.conftest import Engine
from tests.store.cases import AMINA, BORIS, START, Clock, happened, saying, snapshot_of
from tests.store.desks import turn

PHONE = ContactRef("telegram", "amina-phone")
DATA = {"doing/madrid/egov.nie": '{"step":"office"}', "noticed": True}


async def stands(store: Store, contact: ContactRef = AMINA) -> str:
    """Let somebody have come some way; returns their id."""
    contact_id = await turn(store, contact)

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        known = replace(snapshot.conversation, state="ready", locale="ar", city="madrid", area="alcorcon", data=DATA, recent={"entry": "x"})
        return Decision(known, tuple(item.id for item in snapshot.waiting))

    await store.handle(contact_id, decide)
    return contact_id


async def make(store: Store, contact: ContactRef = AMINA) -> str:
    """Make a code, and show it to who wants it as the dialogue does."""
    contact_id = await turn(store, contact, MakeMove())
    (event,) = [item.event for item in (await snapshot_of(store, contact_id)).waiting]
    assert isinstance(event, MoveMade)
    assert event.minutes == MOVE_MINUTES
    shown = Message("en", blocks=(Paragraph((Run(f"/continue {event.code}"),)),))
    said = await store.handle(contact_id, saying(said=(Said(shown),)))
    for delivery in said.deliveries:
        await store.settle(delivery, Sent())
    return event.code


async def use(store: Store, code: str, contact: ContactRef = PHONE) -> Moved:
    contact_id = await turn(store, contact, UseMove(code))
    (event,) = [item.event for item in (await snapshot_of(store, contact_id)).waiting]
    assert isinstance(event, Moved)
    await turn(store, contact)
    return event


async def test_a_code_takes_language_city_and_what_lasts_along(store: Store) -> None:
    await stands(store)
    moved = await use(store, await make(store))
    assert moved == Moved(at=START, outcome="moved", locale="ar", city="madrid", area="alcorcon", data=DATA)


async def test_it_works_once(store: Store) -> None:
    await stands(store)
    code = await make(store)
    assert (await use(store, code)).outcome == "moved"
    assert await use(store, code, BORIS) == Moved(at=START, outcome="refused")


async def test_it_works_for_ten_minutes(store: Store, clock: Clock) -> None:
    await stands(store)
    code, late = await make(store), await make(store, BORIS)
    clock.forward(minutes=MOVE_MINUTES, seconds=-1)
    assert (await use(store, code)).outcome == "moved"
    clock.forward(seconds=2)
    assert (await use(store, late)).outcome == "refused"


async def test_a_new_code_ends_the_one_before(store: Store) -> None:
    await stands(store)
    first, second = await make(store), await make(store)
    assert (await use(store, first)).outcome == "refused"
    assert (await use(store, second)).outcome == "moved"


async def test_ones_own_code_is_not_used_up(store: Store) -> None:
    await stands(store)
    code = await make(store)
    assert await use(store, code, AMINA) == Moved(at=START, outcome="own")
    assert (await use(store, code)).outcome == "moved"


async def test_a_code_can_be_typed_and_put_into_a_link(store: Store) -> None:
    await stands(store)
    code = await make(store)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){6}", code)  # 28 letters of 5 bits: 140
    assert (await use(store, code.lower().replace("-", " ").replace("0", "o").replace("1", "l"))).outcome == "moved"


@pytest.mark.parametrize("forged", ["", " ", "-", "0" * 28, "A" * 5000, "\u0660" * 28, "\ud800", "' OR 1=1 --"])
async def test_a_forged_code_opens_nothing(store: Store, forged: str) -> None:
    await stands(store)
    code = await make(store)
    assert (await use(store, forged)).outcome == "refused"
    assert (await use(store, code[:-1], BORIS)).outcome == "refused"
    assert (await use(store, code)).outcome == "moved"


async def test_an_invitation_is_no_way_to_another_device(store: Store) -> None:
    await stands(store)
    link = await store.desk.link_code("madrid")
    assert (await use(store, link)).outcome == "refused"


async def test_a_code_that_was_used_stands_nowhere_any_more(store: Store) -> None:
    contact_id = await stands(store)
    code = await make(store)
    assert any(code in str(kept.message) for kept in await store.history(contact_id))
    await use(store, code.lower())
    assert not any(code in str(kept.message) for kept in await store.history(contact_id))


async def test_a_code_of_who_was_erased_is_no_good(store: Store) -> None:
    contact_id = await stands(store)
    code = await make(store)
    await store.accept([happened(AMINA, "delete", CommandReceived(name="delete", at=START))])

    def erase(snapshot: Snapshot, find_button: FindButton) -> Decision:
        return Decision(Conversation(contact_id, "web"), tuple(item.id for item in snapshot.waiting), erase=True)

    await store.handle(contact_id, erase)
    assert (await use(store, code)).outcome == "refused"


async def test_a_code_outlives_a_restart(durable: Engine) -> None:
    store = durable.store
    await stands(store)
    code = await make(store)
    store = await durable.reopen()
    assert (await use(store, code)).outcome == "moved"


async def test_old_codes_are_swept(store: Store, clock: Clock) -> None:
    await stands(store)
    code = await make(store)
    clock.forward(minutes=MOVE_MINUTES + 1)
    await store.sweep()
    assert (await use(store, code)).outcome == "refused"
