"""What whoever watches asks of a store, on every engine."""

from __future__ import annotations

from bot.model import ContactRef, OpenCase
from bot.records import CasesWaiting
from bot.store import Dead, Store
from tests.contracts.casework import Town
from tests.store.cases import AMINA, BORIS, Clock, meet, saying, wrote


async def test_what_waits_and_for_how_long(store: Store, clock: Clock) -> None:
    assert (await store.vitals()).inbox_waiting == 0
    assert (await store.vitals()).inbox_age_s == 0
    contact_id = await meet(store, AMINA, "1")
    clock.forward(seconds=40)
    await store.accept([wrote(BORIS, "2")])
    clock.forward(seconds=5)
    before = await store.vitals()
    assert (before.inbox_waiting, before.inbox_age_s, before.outbox_waiting) == (2, 45, 0)
    (delivery,) = (await store.handle(contact_id, saying("one", "two"))).deliveries
    clock.forward(seconds=8)
    after = await store.vitals()
    assert (after.inbox_waiting, after.inbox_age_s) == (1, 13)
    assert (after.outbox_waiting, after.outbox_age_s, after.dead) == (2, 8, 0)
    await store.settle(delivery, Dead("rejected"))
    last = await store.vitals()
    assert (last.outbox_waiting, last.dead, last.failed) == (1, 1, 0)


async def test_cases_nobody_has_taken_by_city(town: Town) -> None:
    for name, city in (("amina", "madrid"), ("boris", "madrid"), ("chen", "graz")):
        contact_id = await town.arrive(name, city=city)
        await town.turn(contact_id, OpenCase("advice", "housing"))
        town.clock.forward(seconds=30)
    found = (await town.store.vitals()).cases
    assert found == {"graz": CasesWaiting(1, 30), "madrid": CasesWaiting(2, 90)}


async def test_a_probe_changes_nothing_anybody_sees(store: Store) -> None:
    before = await store.figures()
    for _ in range(3):
        await store.probe()
    assert await store.figures() == before
    assert await store.find(ContactRef("web", "nobody")) is None
