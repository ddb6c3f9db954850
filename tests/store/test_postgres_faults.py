"""A lost connection, a restarted server, transactions in each other's way: nothing is reported done that is not, and work goes on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import psycopg
import pytest

from bot.errors import StoreError
from bot.model import ContactRef, TextReceived
from bot.store import LEASE_S, Decision, FindButton, Said, Sent, Snapshot, Store, open_store
from bot.store.crypto import Sealer
from bot.store.database import Database
from bot.store.postgres import PostgresStore, keys
from bot.store.replicas import Kind, Notice
from tests.postgres import PROGRAMS, Server
from tests.store.cases import AMINA, BORIS, SECRET, Clock, all_in_order, meet, message, snapshot_of, text_of, told, wrote
from tests.store.desks import ADVISOR

END_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
async def two(url: str, tmp_path: Path) -> AsyncIterator[tuple[PostgresStore, PostgresStore]]:
    """Two processes' stores on one database, on the database's clock."""
    opened = [cast(PostgresStore, await open_store(url, data_dir=tmp_path, secret=SECRET, clock=None)) for _ in range(2)]
    yield opened[0], opened[1]
    for store in opened:
        await store.close()


async def test_lost_connections_are_made_anew(two: tuple[PostgresStore, PostgresStore], url: str) -> None:
    contact_id = await meet(two[0], AMINA)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(END_OTHERS)
    assert (await snapshot_of(two[0], contact_id)).waiting
    assert await two[0].accept([wrote(AMINA, "2")]) == (contact_id,)


async def test_a_unit_cut_off_before_its_commit_is_done_again_and_once(two: tuple[PostgresStore, PostgresStore], url: str) -> None:
    contact_id, turns = await meet(two[0], AMINA), [0]

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        turns[0] += 1
        if turns[0] == 1:
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(END_OTHERS)
        return Decision(snapshot.conversation, tuple(item.id for item in snapshot.waiting), said=(Said(message("once")),))

    (delivery,) = (await two[0].handle(contact_id, decide)).deliveries
    assert turns == [2]
    assert await all_in_order(two[0], delivery) == ["once"]


async def test_a_server_that_is_gone_is_told_and_its_return_is_noticed(tmp_path: Path) -> None:
    if not PROGRAMS:
        pytest.skip("PostgreSQL's programs are not installed")
    own = Server(PROGRAMS[-1])
    try:
        store = await open_store(own.url("dragoman_template"), data_dir=tmp_path, secret=SECRET, clock=None)
        contact_id = await meet(store, AMINA)
        heard: list[Kind] = []
        store.replicas.listen(lambda notice: heard.append(notice.kind))
        own.process.kill()
        own.process.wait()
        with pytest.raises(StoreError, match="refused"):
            await store.accept([wrote(BORIS, "1")])
        async with asyncio.timeout(30):
            await store.replicas.changes(True)
        (own.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        await asyncio.to_thread(own.start)
        async with asyncio.timeout(30):
            await store.replicas.changes(False)
        assert heard == ["anew"]
        assert (await snapshot_of(store, contact_id)).waiting
        assert len(await store.accept([wrote(BORIS, "1")])) == 1
        await store.close()
    finally:
        own.remove()


async def test_units_that_lock_in_opposite_order_are_both_done(two: tuple[PostgresStore, PostgresStore]) -> None:
    amina, boris = await meet(two[0], AMINA), await meet(two[0], BORIS, "second")
    tries: list[str] = []

    def unit(first: str, second: str) -> object:
        def run(db: Database) -> None:
            tries.append(first)
            db.hold(first)
            db.row("address", first)
            db.rows("waiting_contacts", 10)
            db.row("live_contact", first)
            db.hold(second)
            db.run("set_left", 1, second)

        return run

    works = [store._worker.write(unit(*pair)) for store, pair in zip(two, ((amina, boris), (boris, amina)), strict=True) for _ in range(4)]  # type: ignore[arg-type, func-returns-value]
    await asyncio.gather(*works)
    assert len(tries) >= 8


async def test_a_repetition_at_two_processes_is_kept_once(two: tuple[PostgresStore, PostgresStore]) -> None:
    for number in range(20):
        contact = ContactRef("web", f"new {number}")
        told_of = await asyncio.gather(*(store.accept([wrote(contact, f"same {number}")]) for store in (*two, *two)))
        assert sorted(map(len, told_of)) == [0, 0, 0, 1]
        (contact_id,) = next(found for found in told_of if found)
        assert len((await snapshot_of(two[0], contact_id)).waiting) == 1


async def test_order_holds_whoever_takes_in_handles_and_sends(two: tuple[PostgresStore, PostgresStore]) -> None:
    """Contacts write one event after the other, each taken in by either process, while both handle and send what they find."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice, people, each = random.Random(seed), 6, 25
    sent: dict[str, list[str]] = {}
    over = asyncio.Event()

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        texts = [item.event.text for item in snapshot.waiting if isinstance(item.event, TextReceived)]
        said = tuple(Said(message(text)) for text in texts)
        return Decision(snapshot.conversation, tuple(item.id for item in snapshot.waiting), said=said)

    async def deliver(store: Store, contact_id: str) -> None:
        for delivery in (await store.handle(contact_id, decide)).deliveries:
            following = delivery
            while following is not None:
                sent.setdefault(following.contact.address, []).append(text_of(following.message))
                following = await store.settle(following, Sent())  # type: ignore[assignment]

    async def serve(store: Store) -> None:
        while not over.is_set() or await store.waiting(1):
            await asyncio.gather(*(deliver(store, contact_id) for contact_id in await store.waiting(50)))
            for delivery in await store.claim(50):
                following = delivery
                while following is not None:
                    sent.setdefault(following.contact.address, []).append(text_of(following.message))
                    following = await store.settle(following, Sent())  # type: ignore[assignment]

    async def write(name: str) -> None:
        for number in range(each):
            await two[dice.randrange(2)].accept([wrote(ContactRef("web", name), f"{name} {number}", str(number))])

    serving = [asyncio.create_task(serve(store)) for store in two]
    await asyncio.gather(*(write(f"person {number}") for number in range(people)))
    over.set()
    await asyncio.gather(*serving)
    for delivery in await two[0].claim(50):
        sent.setdefault(delivery.contact.address, []).extend(await all_in_order(two[0], delivery))
    assert sent == {f"person {number}": [str(n) for n in range(each)] for number in range(people)}
    assert (await two[0].figures())["outbox_uncertain"] == 0


async def test_a_lane_is_leased_by_one_of_two(two: tuple[PostgresStore, PostgresStore]) -> None:
    await told(two[0], AMINA, "sending")
    await two[0].accept([wrote(BORIS, "b")])
    assert [*await two[0].claim(10), *await two[1].claim(10)] == []


async def test_the_lease_ends_on_the_clock_of_the_database(url: str, tmp_path: Path) -> None:
    clock = Clock()
    first, second = [await open_store(url, data_dir=tmp_path, secret=SECRET, clock=clock) for _ in range(2)]
    _, lost = await told(first, AMINA, "one")
    assert await second.claim(10) == ()
    clock.forward(seconds=LEASE_S)
    (again,) = await second.claim(10)
    assert (again.id, again.uncertain) == (lost.id, True)
    assert await first.settle(lost, Sent()) is None
    assert await second.settle(again, Sent()) is None
    await first.close()
    await second.close()


async def test_one_leads_and_another_when_it_resigns_or_ends(two: tuple[PostgresStore, PostgresStore]) -> None:
    leader, other = two if two[0].replicas.leads else (two[1], two[0])
    assert (leader.replicas.leads, other.replicas.leads) == (True, False)
    leader.replicas.resign()
    assert not leader.replicas.leads
    async with asyncio.timeout(30):
        await other.replicas.changes(False)
    assert other.replicas.leads


async def test_notices_reach_others_and_a_change_of_the_desk_everybody(two: tuple[PostgresStore, PostgresStore]) -> None:
    heard: list[list[Notice]] = [[], []]
    for store, notices in zip(two, heard, strict=True):
        store.replicas.listen(notices.append)
    for number in range(200):
        two[0].replicas.tell(Notice("message", "mark", number))
    await two[0].desk.link_code("madrid")
    async with asyncio.timeout(30):
        while len(heard[1]) < 200:
            await asyncio.sleep(0.01)
    assert heard[1] == [Notice("message", "mark", number) for number in range(200)]
    assert heard[0] == []
    code, _ = await two[1].desk.invite(ADVISOR)
    assert await two[0].desk.redeem(code) is not None
    async with asyncio.timeout(30):
        while not (Notice("desk") in heard[0] and Notice("desk") in heard[1]):
            await asyncio.sleep(0.01)


async def test_a_code_is_used_once_by_whoever_is_first(two: tuple[PostgresStore, PostgresStore]) -> None:
    for _ in range(10):
        code, _staff_id = await two[0].desk.invite(ADVISOR)
        used = await asyncio.gather(*(store.desk.redeem(code) for store in (*two, *two)))
        assert sum(staff is not None for staff in used) == 1
    assert await two[0].desk.verify_audit() is None


async def test_the_audit_of_two_processes_is_one_chain(two: tuple[PostgresStore, PostgresStore]) -> None:
    await asyncio.gather(*(store.desk.note("system", "noted", number) for number in range(30) for store in two))
    lines = await two[0].desk.audit()
    assert [line.id for line in lines] == [*range(1, 61)]
    assert await two[1].desk.verify_audit() is None


async def test_what_a_contact_wrote_is_not_in_the_log(two: tuple[PostgresStore, PostgresStore], caplog: pytest.LogCaptureFixture) -> None:
    def fails(db: Database) -> None:
        db.run("add_message", "canary-token", "canary-nobody", "neither", b"canary", 0)
        db.row("totals")

    with pytest.raises(StoreError) as caught:
        await two[0]._worker.write(fails)
    assert "canary" not in str(caught.value) + caplog.text


async def test_next_due_is_on_the_clock_of_this_machine(two: tuple[PostgresStore, PostgresStore]) -> None:
    await told(two[0], AMINA, "one")
    due = await two[0].next_due()
    assert due is not None
    assert abs(due.timestamp() - time.time() - LEASE_S) < 2


def test_a_key_is_kept_at_hand_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(keys, "monotonic", lambda: now[0])
    cache, sealer = keys.KeyCache(bytes(32)), Sealer(bytes(32))
    for number in range(3):
        cache.remember(str(number), sealer)
        now[0] += keys.KEPT_S / 3
    assert [cache.get(str(number)) for number in range(3)] == [None, sealer, sealer]
    cache.forget("1")
    assert cache.get("1") is None
