"""The master key of a PostgreSQL is changed beneath any number of processes, and no key is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import psycopg
import pytest

from bot.errors import StoreError, WrongKey
from bot.model import ContactRef
from bot.store import Store, masters, open_store
from bot.store.postgres import PostgresStore
from bot.store.postgres import keys as postgres_keys
from tests.store.cases import AMINA, BORIS, SECRET, Clock, meet, text_of, told
from tests.store.desks import join

NEW, NEXT = bytes(range(1, 33)), bytes(range(2, 34))


async def opened(url: str, secret: bytes, *previous: bytes, clock: Clock | None = None, exclusive: bool = True) -> Store:
    clock = clock or Clock()
    return await open_store(url, data_dir=Path("unused"), secret=secret, clock=clock, previous=previous, exclusive=exclusive)


def meta(url: str) -> Mapping[str, bytes]:
    with psycopg.connect(url) as raw:
        return {name: bytes(value) for name, value in raw.execute("SELECT name, value FROM dragoman_keys.meta")}


def look_soon(store: Store) -> None:
    """Have the store look at the wrapping key again, as it does by itself after LOOK_S."""
    cast(PostgresStore, store)._worker.keys.look_soon()


async def test_it_changes_beneath_all_that_serve(url: str) -> None:
    clock = Clock()
    one, two = await opened(url, SECRET, clock=clock), await opened(url, SECRET, clock=clock)
    amina, _ = await told(one, AMINA, "for Amina", external_id="1")
    beside = await opened(url, NEW, SECRET, exclusive=False)
    assert await beside.change_master(NEW) == 1
    with pytest.raises(StoreError, match="five minutes"):
        await beside.change_master(NEXT)
    await beside.close()
    for number, store in enumerate((one, two)):  # one adds a key with what it holds, and is refused; the other reads first
        assert [text_of(kept.message) for kept in await store.history(amina)] == ["for Amina"]
        await told(store, ContactRef("web", str(number)), "after", external_id=f"after {number}")
    assert (await one.look_through()).is_well
    await one.sweep()
    assert masters.HANDOVER in meta(url)  # others may not have looked yet
    clock.forward(seconds=postgres_keys.HANDOVER_S)
    await one.sweep()
    assert not {masters.HANDOVER, postgres_keys.HANDOVER_AT} & meta(url).keys()
    for store in (one, two):
        assert (await store.look_through()).is_well
        await store.close()
    with pytest.raises(WrongKey):
        await opened(url, SECRET)
    again = await opened(url, NEW)
    assert (await again.look_through()).is_well
    await again.close()


async def test_replicas_restarted_one_after_the_other_change_it(url: str) -> None:
    one, two = await opened(url, SECRET), await opened(url, SECRET)
    amina = await meet(one, AMINA)
    await one.close()
    one = await opened(url, NEW, SECRET)
    assert await two.find(AMINA) == amina
    await meet(two, BORIS, "2")
    await two.close()
    before = meta(url)
    two = await opened(url, NEW, SECRET)
    assert meta(url) == before, "it is changed once"
    for store in (one, two):
        assert (await store.look_through()).is_well
        await store.close()


async def test_no_key_is_left_behind_by_those_who_add_at_the_same_time(url: str) -> None:
    one, two = await opened(url, SECRET), await opened(url, SECRET)

    async def add(store: Store, number: int) -> None:
        await meet(store, ContactRef("web", str(number)), str(number))

    adding = [asyncio.create_task(add(store, 100 * at + number)) for at, store in enumerate((one, two)) for number in range(30)]
    await adding[0]
    await two.change_master(NEW)
    await asyncio.gather(*adding)
    for store in (one, two):
        found = await store.look_through()
        assert (found.is_well, found.counts["contacts"]) == (True, 60)
        await store.close()
    again = await opened(url, NEW)
    assert (await again.look_through()).is_well
    await again.close()


async def test_who_slept_through_a_change_writes_nothing(url: str) -> None:
    clock = Clock()
    late, one = await opened(url, SECRET, clock=clock), await opened(url, SECRET, clock=clock)
    await one.change_master(NEW)
    clock.forward(seconds=postgres_keys.HANDOVER_S)
    await one.sweep()
    with pytest.raises(StoreError, match="changed meanwhile"):
        await meet(late, AMINA)
    look_soon(late)
    with pytest.raises(StoreError, match="changed meanwhile"):
        await late.waiting(9)
    assert await one.find(AMINA) is None
    for store in (late, one):
        await store.close()


async def test_a_change_that_fails_leaves_all_as_it_was(url: str) -> None:
    store = await opened(url, SECRET)
    amina, _ = await told(store, AMINA, "for Amina", external_id="1")
    before = meta(url)
    with psycopg.connect(url) as raw:
        raw.execute("INSERT INTO dragoman_keys.keys (contact_id, wrapped) VALUES ('zz', 'no key')")
    with pytest.raises(StoreError, match="do not open"):
        await store.change_master(NEW)
    assert meta(url) == before
    await told(store, BORIS, "goes on", external_id="2")
    assert [text_of(kept.message) for kept in await store.history(amina)] == ["for Amina"]
    await store.close()


async def test_the_audit_is_only_added_to(url: str) -> None:
    store = await opened(url, SECRET)
    for number in range(6):
        await store.desk.note(f"staff-{number}", "closed", number)
    for statement in ("UPDATE audit SET at = at", "DELETE FROM audit WHERE id = 4", "TRUNCATE audit"):
        with psycopg.connect(url, options="-c search_path=dragoman") as raw, pytest.raises(psycopg.Error, match="only added to"):
            raw.execute(statement)
    await store.sweep()
    with psycopg.connect(url, options="-c search_path=dragoman") as raw:
        raw.execute("SET session_replication_role = replica")
        raw.execute("UPDATE audit SET actor = 'else' WHERE id = 4")
    assert await store.desk.verify_audit() == 4
    with psycopg.connect(url, options="-c search_path=dragoman") as raw:
        raw.execute("SET session_replication_role = replica")
        raw.execute("DELETE FROM audit WHERE id > 2")
        raw.execute("DELETE FROM meta WHERE name = 'audit'")
    assert await store.desk.verify_audit() == 3
    await store.close()


async def test_tombstones_are_kept_as_long_as_backups(url: str) -> None:
    clock = Clock()
    store = await open_store(url, data_dir=Path("unused"), secret=SECRET, clock=clock, backup_days=3)
    await store.desk.remove_staff((await join(store)).id)

    def count() -> int:
        with psycopg.connect(url) as raw:
            row = raw.execute("SELECT count(*) FROM dragoman_keys.tombstones").fetchone()
        return int(row[0]) if row else 0

    assert count() == 1
    clock.forward(days=3)
    await store.sweep()
    assert count() == 1
    clock.forward(days=1)
    await store.sweep()
    assert count() == 0
    await store.close()
