"""Nothing of a case is left once its time is over or its contact asks for it: in no file, with no key, in no group, after no restore."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cases import Claim, Close, Profile, Reply
from bot.errors import StoreError
from bot.model import AddToCase, AgreeToHelper, AnswerOffer, CaseNews, ContactRef, OpenCase
from bot.store import RETENTION_DAYS, Retry, Said, Sent, Store, open_store
from bot.store.desk import INVITE_HOURS, SESSION_DAYS, GroupTopic
from tests.store.cases import AMINA, BORIS, SECRET, Clock, message, open_folder, saying, snapshot_of, text_of
from tests.store.desks import ADVISOR, GROUP, LUCIA, claim_all, do, events, join, join_by_telegram, open_case, turn, use

CANARY = "canary-4711-text"
NEEDLE = CANARY.encode()


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _rows(folder: Path, query: str, *values: object, name: str = "dragoman.db") -> list[tuple[object, ...]]:
    raw = sqlite3.connect(folder / name)
    rows = raw.execute(query, values).fetchall()
    raw.close()
    return rows


def _traces(folder: Path, number: int) -> list[bytes]:
    """Return every sealed value of a case, its wrapped key and the key's id."""
    ((key_id, facts),) = _rows(folder, "SELECT key_id, facts FROM cases WHERE number = ?", number)
    lines = [row[0] for row in _rows(folder, "SELECT payload FROM case_lines WHERE number = ?", number)]
    files = [row[0] for row in _rows(folder, "SELECT payload FROM files WHERE number = ?", number)]
    ((wrapped,),) = _rows(folder, "SELECT wrapped FROM keys WHERE contact_id = ?", key_id, name="keys.db")
    found = [value for value in (facts, *lines, *files, wrapped) if isinstance(value, bytes)]
    return [*found, str(key_id).encode()]


def _found(folder: Path, needles: list[bytes]) -> set[tuple[str, bytes]]:
    return {(name, needle) for name, content in _bytes_of(folder).items() for needle in needles if needle in content}


async def _busy_case(store: Store) -> int:
    """Leave every kind of trace: facts, lines of both sides, a file."""
    staff = await join(store)
    contact_id = await turn(store, AMINA, OpenCase("advice", "housing", facts=(("letter", CANARY),)), text=CANARY)
    await turn(store, AMINA)
    (case,) = (await snapshot_of(store, contact_id)).conversation.cases
    await do(store, staff, case.number, Claim())
    await turn(store, AMINA, AddToCase(case.number, text=CANARY))
    await do(store, staff, case.number, Reply(f"answer to {CANARY}"))
    await turn(store, AMINA)
    await store.desk.add_file(case.number, NEEDLE * 100)
    return case.number


async def _closed_case(store: Store) -> int:
    number = await _busy_case(store)
    (staff,) = await store.desk.team()
    await do(store, staff, number, Close("solved"))
    await turn(store, AMINA)
    return number


@pytest.mark.parametrize("days", [RETENTION_DAYS, 3])
async def test_a_closed_case_is_gone_after_its_days(tmp_path: Path, days: int) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'dragoman.db'}"
    store = await open_store(url, data_dir=tmp_path, secret=SECRET, clock=clock, retention_days=days)
    number = await _closed_case(store)
    traces = _traces(tmp_path, number)
    assert len(traces) >= 6
    assert {needle for _, needle in _found(tmp_path, traces)} == set(traces)
    clock.forward(days=days, microseconds=-1)
    assert (await store.sweep()).cases == 0
    assert {needle for _, needle in _found(tmp_path, traces)} == set(traces)
    clock.forward(microseconds=1)
    assert (await store.sweep()).cases == 1
    assert _found(tmp_path, [*traces, NEEDLE]) == set()
    assert (await store.desk.case(number), await store.desk.lines(number)) == (None, ())
    assert _rows(tmp_path, "SELECT count(*) FROM case_lines UNION ALL SELECT count(*) FROM files") == [(0,), (0,)]
    assert {figure.name: figure.n for figure in await store.desk.case_figures()}["closed"] == 1
    assert [(line.deed, line.number) for line in await store.desk.audit()][-1] == ("erased", number)
    assert (await store.figures())["cases_erased"] == 1
    assert await store.find(AMINA) is not None
    assert (await store.sweep()).cases == 0
    await store.close()
    assert _found(tmp_path, [*traces, NEEDLE]) == set()


async def test_an_open_case_stays_however_old(tmp_path: Path) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    number = await _busy_case(store)
    clock.forward(days=RETENTION_DAYS * 10)
    assert (await store.sweep()).cases == 0
    assert await store.desk.case(number) is not None
    await store.close()


async def test_who_asks_to_be_forgotten_is_forgotten_with_their_cases_at_once(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    other = await open_case(store, BORIS, text="neighbour")
    number = await _busy_case(store)
    traces = _traces(tmp_path, number)
    assert {needle for _, needle in _found(tmp_path, traces)} == set(traces)
    await turn(store, AMINA, erase=True)
    assert _found(tmp_path, [*traces, NEEDLE]) == set()
    assert await store.desk.case(number) is None
    assert [case.number for case in await store.desk.open_cases()] == [other.number]
    await store.close()
    assert _found(tmp_path, [*traces, NEEDLE]) == set()


async def test_cases_do_not_wait_for_the_last_words(tmp_path: Path) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    number = await _busy_case(store)
    traces = _traces(tmp_path, number)
    contact_id = await store.find(AMINA)
    assert contact_id is not None
    staff = await join_by_telegram(store)
    assert await store.desk.write_to(staff.id, message("stuck"), once="x")
    (stuck,) = await store.claim(1)
    await store.settle(stuck, Retry(3600))

    (goodbye,) = (await store.handle(contact_id, saying("goodbye", erase=True))).deliveries
    assert (await store.figures())["contacts"] == 2
    assert (await store.desk.case(number), _found(tmp_path, traces)) == (None, set())
    assert text_of(goodbye.message) == "goodbye"
    assert await store.settle(goodbye, Sent()) is None
    assert (await store.figures())["contacts"] == 1
    await store.close()


async def test_a_crash_between_wish_and_deed_is_made_good_by_the_sweep(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    number = await _busy_case(store)
    traces = _traces(tmp_path, number)
    await store.close()
    with sqlite3.connect(tmp_path / "dragoman.db") as raw:
        raw.execute("UPDATE contacts SET erase_at = 1, address_hash = NULL WHERE id = (SELECT contact_id FROM cases)")
    raw.close()
    store = await open_folder(tmp_path, Clock())
    await store.sweep()
    assert (await store.desk.case(number), _found(tmp_path, traces)) == (None, set())
    await store.close()


@pytest.mark.parametrize("way", ["retention", "delete"])
async def test_an_older_copy_does_not_bring_it_back(tmp_path: Path, way: str) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    number = await _closed_case(store)
    other = await open_case(store, BORIS, text="neighbour")
    await store.close()
    backup = (tmp_path / "dragoman.db").read_bytes()
    store = await open_folder(tmp_path, clock)
    if way == "delete":
        await turn(store, AMINA, erase=True)
    clock.forward(days=RETENTION_DAYS)
    await store.sweep()
    await store.close()
    (tmp_path / "dragoman.db").write_bytes(backup)
    assert _rows(tmp_path, "SELECT count(*) FROM cases WHERE number = ?", number) == [(1,)]
    store = await open_folder(tmp_path, clock)
    assert (await store.desk.case(number), await store.desk.lines(number)) == (None, ())
    assert _rows(tmp_path, "SELECT count(*) FROM case_lines WHERE number = ?", number) == [(0,)]
    assert await store.desk.case(other.number) is not None
    assert [kept.number for kept in await store.desk.lines(other.number)]
    assert (await store.find(AMINA) is None) is (way == "delete")
    await store.close()


async def test_a_restore_keeps_every_key_that_is_still_needed(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    number = await _busy_case(store)
    _, invited = await store.desk.invite(ADVISOR)
    before = _rows(tmp_path, "SELECT count(*) FROM keys", name="keys.db")
    await store.close()
    store = await open_folder(tmp_path, Clock())
    assert _rows(tmp_path, "SELECT count(*) FROM keys", name="keys.db") == before
    assert [CANARY in str(line.message) for line in await store.desk.lines(number)].count(True) >= 2
    assert [staff.profile for staff in await store.desk.team()] == [ADVISOR]
    assert _rows(tmp_path, "SELECT count(*) FROM staff WHERE id = ?", invited) == [(1,)]
    await store.close()


async def test_staff_removed_after_the_copy_stay_removed(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    staff = await join(store)
    token = await store.desk.open_session(staff.id, "Firefox")
    await store.close()
    backup = (tmp_path / "dragoman.db").read_bytes()
    store = await open_folder(tmp_path, Clock())
    await store.desk.remove_staff(staff.id)
    await store.close()
    (tmp_path / "dragoman.db").write_bytes(backup)
    store = await open_folder(tmp_path, Clock())
    assert (await store.desk.team(), await store.desk.session(token)) == ((), None)
    await store.close()


# ---------------------------------------------------------------- what others hold of it


async def test_what_waits_for_a_group_goes_and_the_topic_stays_to_be_deleted(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    await store.desk.link_group(GROUP, await store.desk.link_code("madrid"))
    (group,) = await store.desk.groups()
    shown, unmade = await open_case(store, AMINA), await open_case(store, BORIS)
    line = [kept.id for kept in await store.desk.lines(shown.number)][-1]
    await store.desk.post(group.contact_id, 0, 0, [message("general")])
    for case in (shown, unmade):
        await store.desk.post(group.contact_id, case.number, 5, [message(f"about {case.number}")])
    await store.desk.set_topic(GROUP, shown.number, 7)
    await store.desk.set_post(GROUP, "55", shown.number, line)
    for contact in (AMINA, BORIS):
        await turn(store, contact, erase=True)
    assert await store.desk.group_topics(group.contact_id) == (GroupTopic(shown.number, 7, 5),)
    assert await store.desk.line_of_post(GROUP, "55") is None
    assert await store.desk.waiting_posts(group.contact_id) == 1
    assert [text_of(sent.message) for sent in await claim_all(store)] == ["general"]
    await store.desk.set_topic(GROUP, shown.number, None)
    assert await store.desk.group_topics(group.contact_id) == ()
    await store.close()


async def test_a_topic_made_while_the_case_was_erased_is_still_found(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    await store.desk.link_group(GROUP, await store.desk.link_code("madrid"))
    (group,) = await store.desk.groups()
    case = await open_case(store, AMINA)
    await store.desk.post(group.contact_id, case.number, 5, [message("card")])
    (delivery,) = await store.claim(1)
    await turn(store, AMINA, erase=True)
    await store.desk.set_topic(GROUP, case.number, 9)
    assert await store.settle(delivery, Sent("77")) is None
    assert await store.desk.group_topics(group.contact_id) == (GroupTopic(case.number, 9, 0),)
    assert await store.desk.line_of_post(GROUP, "77") is None
    await store.desk.post(group.contact_id, case.number, 1 << 62, [message("delete")])
    assert await store.desk.group_topics(group.contact_id) == (GroupTopic(case.number, 9, 1 << 62),)
    await store.close()


async def test_a_helper_keeps_nothing_of_it_in_their_chat(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    helper = await join_by_telegram(store, LUCIA, Profile("Samir", "interpreter", "madrid", languages=("ar",)))
    contact_id = await turn(store, AMINA, OpenCase("interpreter", "other", language="ar"))
    await turn(store, AMINA)
    (case,) = (await snapshot_of(store, contact_id)).conversation.cases
    await store.desk.offer(case.number, [helper.id])
    await turn(store, LUCIA, AnswerOffer(case.number, accepts=True))
    await turn(store, AMINA, AgreeToHelper(case.number, agrees=True))
    line = [kept.id for kept in await store.desk.lines(case.number)][-1]
    chat = await store.find(LUCIA)
    assert chat is not None
    await _told(store, chat, case.number, line)
    assert [CANARY in str(kept.message) for kept in await store.history(chat)].count(True) == 2
    await turn(store, AMINA, erase=True)
    assert [kept for kept in await store.history(chat) if CANARY in str(kept.message)] == []
    assert await store.history(chat)
    assert (await claim_all(store), (await store.figures())["outbox_waiting"]) == ([], 0)
    await store.close()


async def test_a_helper_is_not_brought_what_was_said_before(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    helper = await join_by_telegram(store, LUCIA, Profile("Samir", "interpreter", "madrid", languages=("ar",)))
    contact_id = await turn(store, AMINA, OpenCase("interpreter", "other", language="ar", facts=(("where", CANARY),)))
    await turn(store, AMINA)
    (case,) = (await snapshot_of(store, contact_id)).conversation.cases
    await store.desk.offer(case.number, [helper.id])
    await store.desk.answer_offer(helper.id, case.number, accepts=True)
    await turn(store, AMINA, AgreeToHelper(case.number, agrees=True))
    await turn(store, AMINA, AddToCase(case.number, text=CANARY))
    chat = await store.find(LUCIA)
    assert chat is not None
    assert sum(CANARY in str(event) for event in await events(store, chat)) >= 3
    await turn(store, AMINA, erase=True)
    assert [event.step for event in await events(store, chat) if isinstance(event, CaseNews)] == ["closed"]
    assert CANARY not in str(await events(store, chat))
    await store.close()


async def _told(store: Store, chat: str, number: int, line: int) -> None:
    """Let a helper be told two things with the line of a case: one is out, one waits."""
    told = replace(message(CANARY, author="person"), line=line)
    (first,) = (await store.handle(chat, saying(said=(Said(told), Said(told))))).deliveries
    second = await store.settle(first, Sent("m1"))
    assert second is not None
    await store.settle(second, Retry(60))


# ---------------------------------------------------------------- people


async def test_invites_nobody_used_go_with_their_profile(tmp_path: Path) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    _, forgotten = await store.desk.invite(ADVISOR)
    staff = await join(store)
    clock.forward(hours=INVITE_HOURS)
    await store.sweep()
    assert _rows(tmp_path, "SELECT id FROM staff") == [(staff.id,)]
    assert _rows(tmp_path, "SELECT count(*) FROM keys WHERE contact_id = ?", forgotten, name="keys.db") == [(0,)]
    assert _rows(tmp_path, "SELECT count(*) FROM codes") == [(0,)]
    assert forgotten.encode() not in b"".join(_bytes_of(tmp_path).values())
    await store.close()


async def test_logins_and_keys_of_deeds_go_after_their_days(tmp_path: Path) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    staff = await join_by_telegram(store)
    await store.desk.open_session(staff.id, "Firefox")
    assert await store.desk.write_to(staff.id, message("alert"), once="alert")
    clock.forward(days=SESSION_DAYS)
    await store.sweep()
    assert _rows(tmp_path, "SELECT count(*) FROM sessions") == [(0,)]
    assert not await store.desk.write_to(staff.id, message("alert"), once="alert")
    clock.forward(days=30)
    await store.sweep()
    assert _rows(tmp_path, "SELECT count(*) FROM deeds") == [(0,)]
    await store.close()


async def test_who_is_removed_leaves_no_name(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    staff = await join_by_telegram(store)
    await store.desk.set_wake(staff.id, "email", "lucia@example.org")
    case = await open_case(store, AMINA)
    await do(store, staff, case.number, Claim())
    ((sealed,),) = _rows(tmp_path, "SELECT profile FROM staff")
    ((wrapped,),) = _rows(tmp_path, "SELECT wrapped FROM keys WHERE contact_id = ?", staff.id, name="keys.db")
    assert isinstance(sealed, bytes)
    assert isinstance(wrapped, bytes)
    assert _found(tmp_path, [sealed, wrapped])
    await store.desk.remove_staff(staff.id)
    assert _found(tmp_path, [sealed, wrapped]) == set()
    assert await store.find(ContactRef("email", "lucia@example.org")) is None
    await store.sweep()
    assert _rows(tmp_path, "SELECT count(*) FROM staff") == [(0,)]
    await store.close()


async def test_who_is_removed_takes_what_they_practised_on_along(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    staff = await join(store)
    case = await open_case(store, AMINA)
    number = await store.desk.start_practice(staff.id, case, [message("practice", author="contact")])
    await store.desk.remove_staff(staff.id)
    assert await store.desk.case(number) is None
    assert await store.desk.case(case.number) is not None
    await store.close()


async def test_codes_tokens_and_addresses_of_staff_are_in_no_file(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    staff = await join_by_telegram(store)
    await store.desk.set_wake(staff.id, "email", "lucia@example.org")
    invite, _ = await store.desk.invite(ADVISOR)
    link = await store.desk.link_code("madrid")
    token = await store.desk.open_session(staff.id, "Firefox-4711")
    needles = [invite, invite.replace("-", ""), link, token, "lucia@example.org", "lucia-chat", "Lucía", "Luc\\u00eda"]
    assert _found(tmp_path, [needle.encode() for needle in needles]) == set()
    assert _found(tmp_path, [b"Firefox-4711"]), "the search itself must be able to find something"
    assert (await use(store, ContactRef("telegram", "late"), invite)).name == "Lucía"
    await store.close()


async def test_a_group_that_was_never_linked_is_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    store = await open_folder(tmp_path, clock)
    await store.desk.link_group(GROUP, await store.desk.link_code("madrid"))
    stranger = ContactRef("telegram-desk", "-666")
    await turn(store, stranger)
    await store.sweep()
    assert await store.find(stranger) is not None
    clock.forward(days=1)
    await store.sweep()
    assert (await store.find(stranger), await store.find(GROUP) is not None) == (None, True)
    await store.close()


async def test_the_file_of_an_erased_case_is_none(tmp_path: Path) -> None:
    store = await open_folder(tmp_path, Clock())
    case = await open_case(store, AMINA)
    file_id = await store.desk.add_file(case.number, NEEDLE)
    await turn(store, AMINA, erase=True)
    assert await store.desk.file(file_id) is None
    with pytest.raises(StoreError):
        await store.desk.add_file(case.number, NEEDLE)
    await store.close()
