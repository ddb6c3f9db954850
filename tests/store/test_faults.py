"""A full disk, a read-only or locked database: nothing is reported done that is not, and work goes on afterwards."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from bot.errors import StoreError
from bot.model import ContactRef
from bot.store import Store, database, inbox
from bot.store.sqlite import SqliteStore
from bot.store.worker import Unit
from tests.store.cases import AMINA, BORIS, Clock, meet, open_folder, saying, told, wrote


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_folder(tmp_path, Clock())
    yield store
    await store.close()


async def in_thread(store: Store, unit: Unit[object]) -> object:
    return await cast(SqliteStore, store)._worker.read(unit)


async def pragma(store: Store, text: str, *, on_keys: bool = False) -> int:
    def unit(db: database.Database) -> int:
        connection = db.keys._connection if on_keys else db.connection
        row = connection.execute(f"PRAGMA {text}").fetchone()
        return 0 if row is None else int(row[0])

    return cast(int, await in_thread(store, unit))


@pytest.mark.parametrize("on_keys", [False, True], ids=["data", "keys"])
async def test_a_full_disk_is_told_and_survived(store: Store, on_keys: bool) -> None:
    contact_id = await meet(store, AMINA)
    pages = await pragma(store, "page_count", on_keys=on_keys)
    await pragma(store, f"max_page_count = {pages + 3}", on_keys=on_keys)
    accepted = 1
    for number in range(500):
        try:
            await store.accept([wrote(ContactRef("web", f"{number}" * 50), str(number), "x" * 500)])
        except StoreError:
            break
        accepted += 1
    else:
        pytest.fail("the disk never got full")
    figures = await store.figures()
    assert (figures["contacts"], figures["inbox_waiting"]) == (accepted, accepted)
    snapshot = await store.read(contact_id)
    assert snapshot is not None
    assert len(snapshot.waiting) == 1
    await pragma(store, f"max_page_count = {1 << 20}", on_keys=on_keys)
    assert len(await store.accept([wrote(BORIS, "now there is room")])) == 1
    assert (await store.figures())["inbox_waiting"] == accepted + 1


async def test_a_full_disk_fails_whoever_is_in_the_group_and_nobody_silently(store: Store) -> None:
    await meet(store, AMINA)
    await pragma(store, f"max_page_count = {await pragma(store, 'page_count') + 20}")
    big = [store.accept([wrote(ContactRef("web", str(n)), str(n), "x" * 3000)]) for n in range(100)]
    results = await asyncio.gather(*big, return_exceptions=True)
    refused = [result for result in results if isinstance(result, StoreError)]
    assert len(refused) > 50
    assert [result for result in results if isinstance(result, BaseException) and not isinstance(result, StoreError)] == []
    await pragma(store, f"max_page_count = {1 << 20}")
    kept = [n for n in range(100) if await store.find(ContactRef("web", str(n))) is not None]
    assert kept == [n for n, result in enumerate(results) if not isinstance(result, BaseException)]


async def test_a_full_disk_in_a_turn_leaves_the_event_waiting(store: Store) -> None:
    contact_id = await meet(store, AMINA)
    await pragma(store, f"max_page_count = {await pragma(store, 'page_count')}")
    with pytest.raises(StoreError, match="full"):
        await store.handle(contact_id, saying("x" * 200_000))
    assert await store.waiting(10) == (contact_id,)
    assert (await store.claim(10), await store.history(contact_id)) == ((), ())
    await pragma(store, f"max_page_count = {1 << 20}")
    assert len((await store.handle(contact_id, saying("x" * 200_000))).deliveries) == 1


async def test_a_read_only_database_refuses_and_still_reads(store: Store) -> None:
    contact_id, _ = await told(store, AMINA, "hi")
    await pragma(store, "query_only = ON")
    with pytest.raises(StoreError, match="readonly"):
        await store.accept([wrote(BORIS, "x")])
    assert len(await store.history(contact_id)) == 1
    await pragma(store, "query_only = OFF")
    assert len(await store.accept([wrote(BORIS, "x")])) == 1


async def test_a_locked_database_is_waited_for_and_then_refused(store: Store, tmp_path: Path) -> None:
    await meet(store, AMINA)
    other = sqlite3.connect(tmp_path / "dragoman.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(store.accept([wrote(AMINA, "patient")]))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    other.execute("ROLLBACK")
    assert len(await waiting) == 1
    await pragma(store, "busy_timeout = 50")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        await store.accept([wrote(AMINA, "late")])
    other.execute("ROLLBACK")
    other.close()
    assert len(await store.accept([wrote(AMINA, "late")])) == 1


async def test_a_transaction_that_ended_early_is_nobodys_success(store: Store) -> None:
    def broken(db: database.Database) -> None:
        db.connection.execute("ROLLBACK")

    results = await asyncio.gather(
        store.accept([wrote(AMINA, "1")]), cast(SqliteStore, store)._worker.write(broken), return_exceptions=True
    )
    assert [type(result) for result in results] == [StoreError, StoreError]
    assert await store.find(AMINA) is None
    assert len(await store.accept([wrote(AMINA, "2")])) == 1


async def test_a_unit_that_fails_after_writing_is_undone_alone(store: Store, tmp_path: Path) -> None:
    def fails_late(db: database.Database) -> None:
        inbox.accept(db, [wrote(AMINA, "1")])
        raise LookupError

    late = [cast(SqliteStore, store)._worker.write(fails_late) for _ in range(3)]
    results = await asyncio.gather(late[0], store.accept([wrote(BORIS, "2")]), *late[1:], return_exceptions=True)
    assert [type(result) for result in results] == [LookupError, tuple, LookupError, LookupError]
    assert (await store.find(AMINA), await store.waiting(10)) == (None, results[1])
    keys = sqlite3.connect(tmp_path / "keys.db")
    assert keys.execute("SELECT contact_id FROM keys").fetchall() == [results[1]]
    keys.close()


async def test_many_wait_for_one_commit(store: Store) -> None:
    commits: list[str] = []
    await in_thread(store, lambda db: db.connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None))
    contacts = [ContactRef("web", str(n)) for n in range(200)]
    await asyncio.gather(*(store.accept([wrote(contact, contact.address)]) for contact in contacts))
    assert (await store.figures())["inbox_waiting"] == 200
    assert len(commits) < 10


async def test_what_comes_in_is_kept_before_others_have_their_turn(store: Store) -> None:
    """The platform waits for that; among themselves, events keep their order."""
    worker, order, held, goes_on = cast(SqliteStore, store)._worker, list[str](), threading.Event(), threading.Event()

    def hold(_: object) -> None:
        held.set()
        goes_on.wait(5)

    def noting(name: str) -> Unit[None]:
        return lambda db: order.append(name)

    first = asyncio.create_task(worker.write(hold))
    await asyncio.to_thread(held.wait, 5)
    waiting = [
        asyncio.create_task(work)
        for work in (worker.write(noting("turn")), worker.write_first(noting("1")), worker.write_first(noting("2")))
    ]
    await asyncio.sleep(0)
    goes_on.set()
    await asyncio.gather(first, *waiting)
    assert order == ["1", "2", "turn"]


async def test_the_driver_logs_nothing_people_wrote(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "aiosqlite"):
        contact_id = await meet(store, ContactRef("web", "canary-address"))
        await store.handle(contact_id, saying("canary-answer"))
        await store.history(contact_id)
        with pytest.raises(LookupError):
            await store.handle(contact_id, lambda snapshot, find: {}["nothing"])  # type: ignore[arg-type,return-value]
    assert caplog.records, "the driver does log at this level"
    assert [record for record in caplog.records if "canary" in record.getMessage()] == []
