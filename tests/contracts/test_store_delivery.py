"""Every promise of the Store contract on every engine: lanes and leases, restarts, forgetting, and many at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import StoreError
from bot.model import (
    ContactLeft,
    ContactRef,
    Conversation,
    TextReceived,
)
from bot.store import (
    HISTORY_HOURS,
    INBOX_KEY_DAYS,
    LEASE_S,
    Blocked,
    Dead,
    Decision,
    FindButton,
    Handled,
    Retry,
    Said,
    Sent,
    Snapshot,
    Store,
)
from tests.contracts.conftest import Engine
from tests.store.cases import (
    AMINA,
    BORIS,
    START,
    Clock,
    all_in_order,
    happened,
    keeping,
    meet,
    message,
    raising,
    saying,
    snapshot_of,
    text_of,
    texts_of,
    told,
    wrote,
)

# ---------------------------------------------------------------- where nobody may be written to long after they wrote

ZAYNAB = ContactRef("whatsapp", "ES.1234")


async def test_when_somebody_last_wrote_is_known_where_that_matters(store: Store, clock: Clock) -> None:
    _amina, delivery = await told(store, AMINA, "one")
    assert delivery.heard_at is None
    zaynab, delivery = await told(store, ZAYNAB, "one", external_id="z1")
    assert delivery.heard_at == START
    await store.settle(delivery, Sent("wamid.1"))
    clock.forward(hours=3)
    later = replace(wrote(ZAYNAB, "z2"), event=TextReceived(text="again", at=START + timedelta(hours=2)))
    await store.accept([later])
    (delivery,) = (await store.handle(zaynab, saying("two"))).deliveries
    assert delivery.heard_at == START + timedelta(hours=2)
    ahead = replace(wrote(ZAYNAB, "z3"), event=TextReceived(text="from the future", at=START + timedelta(days=9)))
    await store.settle(delivery, Sent("wamid.2"))
    await store.accept([ahead])
    (delivery,) = (await store.handle(zaynab, saying("three"))).deliveries
    assert delivery.heard_at == START + timedelta(hours=3), "no clock but ours is trusted to be ahead"


async def test_what_waits_for_somebody_to_write_goes_out_when_they_do(store: Store, clock: Clock) -> None:
    zaynab, delivery = await told(store, ZAYNAB, "one", external_id="z1")
    await store.settle(delivery, Retry(6 * 3600))
    clock.forward(hours=1)
    assert await store.claim(10) == ()
    await store.accept([replace(wrote(ZAYNAB, "z2"), event=TextReceived(text="again", at=clock.now))])
    (delivery,) = (await store.handle(zaynab, saying("two"))).deliveries
    assert await all_in_order(store, delivery) == ["one", "two"]


async def test_what_waits_for_somebody_to_write_is_not_late(store: Store, clock: Clock) -> None:
    zaynab, delivery = await told(store, ZAYNAB, "one", external_id="z1")
    await store.settle(delivery, Retry(6 * 3600))
    clock.forward(hours=2)
    assert (await store.vitals()).outbox_age_s == 2 * 3600
    clock.forward(hours=22)
    assert (await store.vitals()).outbox_age_s == 0
    assert zaynab


# ---------------------------------------------------------------- lanes and leases


async def test_a_lane_sends_in_order_one_at_a_time(store: Store) -> None:
    contact_id, delivery = await told(store, AMINA, "one", "two")
    assert await store.claim(10) == ()
    assert await store.handle(contact_id, saying("three")) == Handled()
    assert (delivery.attempts, delivery.uncertain, delivery.contact, delivery.contact_id) == (1, False, AMINA, contact_id)
    assert await all_in_order(store, delivery) == ["one", "two", "three"]
    assert await store.next_due() is None
    assert (await store.figures())["outbox_waiting"] == 0


async def test_a_retry_waits_exactly_and_its_lane_with_it(store: Store, clock: Clock) -> None:
    contact_id, delivery = await told(store, AMINA, "one", "two")
    assert await store.settle(delivery, Retry(7.25)) is None
    assert await store.next_due() == START + timedelta(seconds=7.25)
    assert await store.handle(contact_id, saying("three")) == Handled()
    assert await store.next_due() == START + timedelta(seconds=7.25)
    clock.forward(seconds=7.249999)
    assert await store.claim(10) == ()
    clock.forward(microseconds=1)
    (again,) = await store.claim(10)
    assert (again.id, again.attempts, again.uncertain) == (delivery.id, 2, False)
    assert await all_in_order(store, again) == ["one", "two", "three"]


async def test_a_retry_at_once_comes_back_at_once(store: Store) -> None:
    _, delivery = await told(store, AMINA, "one")
    again = await store.settle(delivery, Retry(0, uncertain=True))
    assert again is not None
    assert (again.id, again.attempts, again.uncertain) == (delivery.id, 2, True)
    assert again.lease != delivery.lease


async def test_a_stuck_lane_holds_up_nobody_else(store: Store) -> None:
    _, stuck = await told(store, AMINA, "one", external_id="1")
    await store.settle(stuck, Retry(3600))
    _, delivery = await told(store, BORIS, "hi", external_id="2")
    assert await store.settle(delivery, Sent()) is None
    assert (await store.figures())["outbox_waiting"] == 1


async def test_a_dead_message_lets_the_next_one_go(store: Store) -> None:
    _, delivery = await told(store, AMINA, "bad", "good")
    following = await store.settle(delivery, Dead("rejected"))
    assert following is not None
    assert text_of(following.message) == "good"
    assert await store.settle(following, Sent()) is None
    figures = await store.figures()
    assert (figures["outbox_dead"], figures["outbox_waiting"]) == (1, 0)


async def test_a_blocked_contact_gets_nothing_more(store: Store) -> None:
    _, delivery = await told(store, AMINA, "one", "two", "three")
    assert await store.settle(delivery, Blocked()) is None
    assert await store.next_due() is None
    figures = await store.figures()
    assert (figures["outbox_dead"], figures["outbox_waiting"]) == (3, 0)
    _, again = await told(store, AMINA, "welcome back", external_id="later")
    assert text_of(again.message) == "welcome back"


async def test_who_left_gets_nothing_more_and_is_welcome_again(store: Store) -> None:
    contact_id, delivery = await told(store, AMINA, "one", "two")
    await store.accept([happened(AMINA, "bye", ContactLeft(at=START))])
    assert await store.handle(contact_id, saying(left=True)) == Handled()
    assert await store.settle(delivery, Sent()) is None
    assert (await store.figures())["outbox_waiting"] == 0
    same, again = await told(store, AMINA, "welcome back", external_id="later")
    assert same == contact_id
    assert await all_in_order(store, again) == ["welcome back"]


async def test_a_lease_ends_and_its_holder_is_fenced_off(store: Store, clock: Clock) -> None:
    _, late = await told(store, AMINA, "one", "two")
    assert await store.next_due() == START + timedelta(seconds=LEASE_S)
    clock.forward(seconds=LEASE_S, microseconds=-1)
    assert await store.claim(10) == ()
    clock.forward(microseconds=1)
    (taken,) = await store.claim(10)
    assert (taken.id, taken.uncertain, taken.attempts) == (late.id, True, 2)
    for result in (Sent(), Dead("x"), Retry(0), Blocked()):
        assert await store.settle(late, result) is None
    figures = await store.figures()
    assert (figures["outbox_waiting"], figures["outbox_dead"], figures["outbox_uncertain"]) == (2, 0, 1)
    assert await all_in_order(store, taken) == ["one", "two"]


async def test_a_late_holder_may_settle_while_nobody_took_over(store: Store, clock: Clock) -> None:
    _, delivery = await told(store, AMINA, "one")
    clock.forward(seconds=LEASE_S * 2)
    assert await store.settle(delivery, Sent()) is None
    assert await store.claim(10) == ()
    assert (await store.figures())["outbox_uncertain"] == 0


async def test_a_delivery_is_settled_once(store: Store) -> None:
    _, delivery = await told(store, AMINA, "one", "two")
    following = await store.settle(delivery, Sent())
    assert following is not None
    assert await store.settle(delivery, Sent()) is None
    assert await store.settle(delivery, Dead("x")) is None
    assert await all_in_order(store, following) == ["two"]


async def test_doubt_is_counted_once_and_outlives_the_row(store: Store, clock: Clock) -> None:
    _, delivery = await told(store, AMINA, "one")
    await store.settle(delivery, Retry(1, uncertain=True))
    clock.forward(seconds=1)
    (again,) = await store.claim(1)
    assert again.uncertain
    await store.settle(again, Retry(1, uncertain=True))
    clock.forward(seconds=1)
    (last,) = await store.claim(1)
    assert last.uncertain
    await store.settle(last, Sent())
    clock.forward(days=INBOX_KEY_DAYS + 1)
    await store.sweep()
    assert (await store.figures())["outbox_uncertain"] == 1


async def test_claiming_is_bounded_and_longest_due_first(store: Store, clock: Clock) -> None:
    for number in range(5):
        _, delivery = await told(store, ContactRef("web", str(number)), str(number), external_id=str(number))
        await store.settle(delivery, Retry(10 - number))
    clock.forward(seconds=60)
    assert texts_of(await store.claim(2)) == ["4", "3"]
    assert texts_of(await store.claim(9)) == ["2", "1", "0"]


# ---------------------------------------------------------------- restart


async def test_what_was_being_sent_at_the_end_comes_back_uncertain(durable: Engine) -> None:
    _, sending = await told(durable.store, AMINA, "one", "two", external_id="1")
    _, waiting = await told(durable.store, BORIS, "three", external_id="2")
    await durable.store.settle(waiting, Retry(30))
    store = await durable.reopen()
    if durable.name == "postgresql":  # others serve on: it comes back when the lease of who was sending it has ended
        assert await store.claim(10) == ()
        durable.clock.forward(seconds=LEASE_S)
    (again,) = await store.claim(10)
    assert (again.id, again.uncertain, again.attempts) == (sending.id, True, 2)
    assert (await store.figures())["outbox_uncertain"] == 1
    assert await store.settle(sending, Sent()) is None
    assert await all_in_order(store, again) == ["one", "two"]
    assert await store.next_due() == START + timedelta(seconds=30)
    durable.clock.forward(seconds=30)
    (later,) = await store.claim(10)
    assert (later.id, later.uncertain) == (waiting.id, False)


async def test_everything_is_there_after_a_restart(durable: Engine) -> None:
    contact_id, delivery = await told(durable.store, AMINA, "one", external_id="1")
    await durable.store.settle(delivery, Sent())
    await durable.store.accept([wrote(AMINA, "2", "and now?")])
    before = await snapshot_of(durable.store, contact_id), await durable.store.history(contact_id), await durable.store.figures()
    store = await durable.reopen()
    assert (await snapshot_of(store, contact_id), await store.history(contact_id), await store.figures()) == before
    assert await store.accept([wrote(AMINA, "1")]) == ()
    assert await store.waiting(10) == (contact_id,)


# ---------------------------------------------------------------- forgetting


async def test_erasing_waits_for_the_last_words(store: Store) -> None:
    contact_id, delivery = await told(store, AMINA, "one")
    assert await store.handle(contact_id, saying("goodbye", erase=True)) == Handled()
    assert (await store.read(contact_id), await store.find(AMINA)) == (None, None)
    assert await store.handle(contact_id, raising(AssertionError("asked"))) == Handled()
    assert (await store.figures())["contacts"] == 1
    assert await all_in_order(store, delivery) == ["one", "goodbye"]
    assert (await store.figures())["contacts"] == 0
    assert await store.history(contact_id) == ()


async def test_erasing_without_last_words_is_immediate(store: Store) -> None:
    contact_id, delivery = await told(store, AMINA, "one")
    await store.settle(delivery, Sent())
    await store.handle(contact_id, saying(erase=True))
    assert (await store.figures())["contacts"] == 0


@pytest.mark.parametrize("end", [Dead("rejected"), Blocked()], ids=["dead", "blocked"])
async def test_erasing_does_not_depend_on_delivery(store: Store, end: Dead | Blocked) -> None:
    contact_id = await meet(store, AMINA)
    (delivery,) = (await store.handle(contact_id, saying("goodbye", erase=True))).deliveries
    assert await store.settle(delivery, end) is None
    assert (await store.figures())["contacts"] == 0


async def test_erasing_does_not_wait_for_ever(store: Store, clock: Clock) -> None:
    contact_id = await meet(store, AMINA)
    (delivery,) = (await store.handle(contact_id, saying("goodbye", erase=True))).deliveries
    await store.settle(delivery, Retry(7 * 24 * 3600))
    clock.forward(hours=HISTORY_HOURS - 1)
    assert (await store.sweep()).contacts_erased == 0
    clock.forward(hours=1)
    assert (await store.sweep()).contacts_erased == 1
    assert await store.next_due() is None


async def test_who_writes_again_is_somebody_new_and_nothing_is_lost(store: Store) -> None:
    old = await meet(store, AMINA, "1")
    await store.accept([wrote(AMINA, "2", "one more thing")])
    first_only = keeping(lambda s: Decision(s.conversation, (s.waiting[0].id,), said=(Said(message("goodbye")),), erase=True))
    (delivery,) = (await store.handle(old, first_only)).deliveries
    (new,) = await store.accept([wrote(AMINA, "3", "hello again")])
    assert new == await store.find(AMINA) != old
    await store.settle(delivery, Sent())
    snapshot = await snapshot_of(store, new)
    assert [item.event.text for item in snapshot.waiting if isinstance(item.event, TextReceived)] == ["one more thing", "hello again"]
    assert snapshot.conversation == Conversation(new, "web")
    assert texts_of((await store.handle(new, saying("welcome"))).deliveries) == ["welcome"]


async def test_a_repetition_does_not_bring_back_who_was_erased(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    await store.handle(contact_id, saying(erase=True))
    assert await store.accept([wrote(AMINA, "first")]) == ()
    assert (await store.figures())["contacts"] == 0


async def test_event_keys_go_after_their_days(store: Store, clock: Clock) -> None:
    amina = await meet(store, AMINA, "1")
    await store.handle(amina, saying())
    boris = await meet(store, BORIS, "2")
    clock.forward(days=INBOX_KEY_DAYS, seconds=-1)
    assert (await store.sweep()).inbox_keys == 0
    assert await store.accept([wrote(AMINA, "1")]) == ()
    clock.forward(seconds=1)
    assert (await store.sweep()).inbox_keys == 1
    assert await store.accept([wrote(AMINA, "1")]) == (amina,)
    assert await store.waiting(10) == (boris, amina)


async def test_sweeping_keeps_counters_and_open_messages(store: Store, clock: Clock) -> None:
    contact_id = await meet(store, AMINA)
    count = ("madrid", "egov.nie", "en", "answer")
    (delivery,) = (await store.handle(contact_id, saying("one", "two", counts=(count,)))).deliveries
    await store.settle(delivery, Sent())
    clock.forward(days=365)
    await store.sweep()
    assert await store.counters() == {count: 1}
    (last,) = await store.claim(10)
    assert text_of(last.message) == "two"


# ---------------------------------------------------------------- many at once


async def test_figures_count_what_stands_where(store: Store) -> None:
    names = ("contacts", "inbox_waiting", "inbox_failed", "inbox_dropped", "outbox_waiting", "outbox_dead", "outbox_uncertain")
    nothing = dict.fromkeys(names, 0)
    assert await store.figures() == nothing
    await told(store, AMINA, "one", "two", external_id="1")
    await store.accept([wrote(AMINA, "2"), wrote(BORIS, "3")])
    assert await store.figures() == {**nothing, "contacts": 2, "inbox_waiting": 2, "outbox_waiting": 2}


async def test_what_was_dropped_is_counted_with_the_turn_that_says_so(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    for _ in range(2):
        await store.handle(contact_id, lambda snapshot, find_button: Decision(snapshot.conversation, (), dropped=7))
    await store.handle(contact_id, saying("one"))
    assert (await store.figures())["inbox_dropped"] == 14


async def test_many_contacts_at_once(store: Store) -> None:
    async def chat(number: int) -> list[str]:
        contact = ContactRef("web", str(number))
        (contact_id,) = await store.accept([wrote(contact, str(number))])
        (delivery,) = (await store.handle(contact_id, saying(f"{number} one", f"{number} two"))).deliveries
        return await all_in_order(store, delivery)

    assert await asyncio.gather(*map(chat, range(200))) == [[f"{number} one", f"{number} two"] for number in range(200)]
    figures = await store.figures()
    assert (figures["contacts"], figures["inbox_waiting"], figures["outbox_waiting"]) == (200, 0, 0)


async def test_each_event_is_handled_once_whoever_asks(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    count = ("madrid", "x", "en", "handled")

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        done = tuple(item.id for item in snapshot.waiting)
        return Decision(snapshot.conversation, done, said=tuple(Said(message("hi")) for _ in done), counts=tuple(count for _ in done))

    results = await asyncio.gather(*(store.handle(contact_id, decide) for _ in range(20)))
    assert sum(len(handled.deliveries) for handled in results) == 1
    assert await store.counters() == {count: 1}
    assert len(await store.history(contact_id)) == 1


async def test_one_failing_unit_leaves_its_neighbours_alone(store: Store) -> None:
    ids = [await meet(store, ContactRef("web", str(number)), str(number)) for number in range(20)]
    jobs = [store.handle(contact_id, raising(LookupError()) if number % 3 else saying("hi")) for number, contact_id in enumerate(ids)]
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert [isinstance(result, LookupError) for result in results] == [bool(number % 3) for number in range(20)]
    assert await store.waiting(50) == tuple(contact_id for number, contact_id in enumerate(ids) if number % 3)


async def test_a_caller_who_gives_up_disturbs_nobody(store: Store) -> None:
    ids = [await meet(store, ContactRef("web", str(number)), str(number)) for number in range(40)]

    def greet(snapshot: Snapshot, find_button: FindButton) -> Decision:  # nobody who did not write: what was given up may be done first
        return saying(*("hi" for _ in snapshot.waiting))(snapshot, find_button)

    tasks = [asyncio.create_task(store.handle(contact_id, greet)) for contact_id in ids]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [len(result.deliveries) for result in results[1::2] if isinstance(result, Handled)] == [1] * 20
    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    late = [await store.handle(contact_id, greet) for contact_id in await store.waiting(50)]
    figures = await store.figures()
    assert (figures["inbox_waiting"], figures["outbox_waiting"]) == (0, 40), late


async def test_closing_finishes_what_was_begun_and_refuses_the_rest(durable: Engine) -> None:
    accepted = [asyncio.create_task(durable.store.accept([wrote(ContactRef("web", str(n)), str(n))])) for n in range(50)]
    await asyncio.sleep(0)
    await durable.store.close()
    assert len({contact_id for task in accepted for contact_id in await task}) == 50
    with pytest.raises(StoreError, match="closed"):
        await durable.store.figures()
    await durable.store.close()
    durable.store = await durable.open()
    assert (await durable.store.figures())["inbox_waiting"] == 50
