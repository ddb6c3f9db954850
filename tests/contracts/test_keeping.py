"""Every promise about keys, a look through everything, and restored copies, on every engine."""

from __future__ import annotations

from bot.cases import Claim, Reply
from bot.model import ContactRef, OpenCase
from bot.store import BACKUP_DAYS, Retry, Store
from tests.contracts.conftest import Engine
from tests.store.cases import AMINA, BORIS, Clock, text_of, told
from tests.store.desks import do, join, open_case, turn

NEW = bytes(range(1, 33))


async def _filled(store: Store) -> str:
    """Leave something of every kind; returns the id of a contact to whom a message waits."""
    staff = await join(store)
    case = await open_case(store, BORIS, text="a question")
    await do(store, staff, case.number, Claim())
    await do(store, staff, case.number, Reply("an answer"))
    await turn(store, BORIS)
    await store.desk.add_file(case.number, b"a file")
    await turn(store, ContactRef("web", "facts"), OpenCase("advice", "housing", facts=(("letter", "yes"),)))
    contact_id, delivery = await told(store, AMINA, "waits", external_id="waits")
    await store.settle(delivery, Retry(60))
    return contact_id


async def test_a_look_through_opens_everything_once(store: Store) -> None:
    await _filled(store)
    found = await store.look_through()
    assert (found.is_well, found.unreadable, found.broken_audit) == (True, 0, None)
    assert {name: n for name, n in found.counts.items() if name in ("contacts", "files", "staff", "facts")} == {
        "contacts": 3,
        "files": 1,
        "staff": 1,
        "facts": 1,
    }
    assert all(found.counts[name] > 0 for name in ("messages", "case_lines", "inbox"))
    assert await store.look_through() == found  # it changes nothing


async def test_what_waits_after_a_restore_may_have_gone_out(store: Store, clock: Clock) -> None:
    await _filled(store)
    before = await store.figures()
    await store.restored("data-20300501T120000Z.db")
    after = await store.figures()
    assert after["outbox_uncertain"] == before["outbox_uncertain"] + after["outbox_waiting"]
    clock.forward(seconds=60)
    assert [text_of(sent.message) for sent in await store.claim(9) if sent.uncertain and text_of(sent.message) == "waits"] == ["waits"]
    line = (await store.desk.audit())[-1]
    assert (line.actor, line.deed, line.detail) == ("system", "restored", "data-20300501T120000Z.db")
    await store.restored("again")
    assert (await store.figures())["outbox_uncertain"] == after["outbox_uncertain"]


async def test_another_master_key_changes_nothing_that_can_be_read(store: Store) -> None:
    contact_id = await _filled(store)
    found, root = await store.look_through(), store.root
    assert await store.change_master(NEW) == 3 + 2 + 1  # contacts, cases, staff
    assert await store.look_through() == found
    assert [text_of(kept.message) for kept in await store.history(contact_id)] == ["waits"]
    await told(store, ContactRef("web", "later"), "hi", external_id="later")
    assert (await store.look_through()).unreadable == 0
    assert store.root == root


async def test_the_root_of_other_keys_stays(durable: Engine) -> None:
    root = durable.store.root
    assert len(root) == 32
    assert (await durable.reopen()).root == root


async def test_what_was_erased_is_remembered_and_forgotten_in_time(store: Store, clock: Clock) -> None:
    """The sweep must not fail for it; what it remembers is tried in tests/store/test_backup.py."""
    await turn(store, AMINA, erase=True)
    for _ in range(2):
        clock.forward(days=BACKUP_DAYS)
        await store.sweep()
    assert await store.find(AMINA) is None
