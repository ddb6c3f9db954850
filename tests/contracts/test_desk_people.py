"""Every promise of the DeskStore contract about people, on every engine: codes, logins, waking, files, groups, reports, figures."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cases import Claim, Close, Profile, Reply
from bot.errors import StoreError
from bot.model import CaseNews, ContactRef, GroupMoved, Message, OpenCase, ReportAnswer
from bot.store import HISTORY_MESSAGES, Blocked, Delivery, Retry, Said, Sent, Store
from bot.store.desk import INVITE_HOURS, LOGIN_MINUTES, MAX_FILE, SESSION_DAYS, SESSION_IDLE_HOURS, GroupTopic
from bot.store.files import MAX_FILES
from tests.contracts.conftest import Engine
from tests.store.cases import AMINA, BORIS, START, Clock, happened, message, saying, snapshot_of, text_of
from tests.store.desks import (
    ADVISOR,
    GROUP,
    LEAD,
    LUCIA,
    claim_all,
    do,
    events,
    join,
    join_by_telegram,
    member,
    open_case,
    send_all,
    turn,
    use,
)

# ---------------------------------------------------------------- codes


async def test_an_invite_makes_staff_at_its_first_use(store: Store) -> None:
    code, staff_id = await store.desk.invite(ADVISOR)
    assert (await store.desk.team(), await store.desk.staff_member(staff_id)) == ((), None)
    staff = await store.desk.redeem(code)
    assert staff is not None
    assert (staff.id, staff.profile, staff.wake_by, staff.is_reachable()) == (staff_id, ADVISOR, "web", False)
    assert await store.desk.team() == (staff,)
    assert await store.desk.redeem(code) is None


async def test_a_code_can_be_typed_and_put_into_a_link(store: Store) -> None:
    codes = [(await store.desk.invite(ADVISOR))[0] for _ in range(50)]
    assert len(set(codes)) == 50
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){6}", code) for code in codes)
    typed = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l") + " "
    assert await store.desk.redeem(typed) is not None


@pytest.mark.parametrize("forged", ["", " ", "-", "0" * 28, "A" * 5000, "\u0660" * 28, "\ud800", "' OR 1=1 --"])
async def test_a_forged_code_opens_nothing(store: Store, forged: str) -> None:
    code, _ = await store.desk.invite(ADVISOR)
    assert await store.desk.redeem(forged) is None
    assert await store.desk.redeem(code[:-1]) is None
    assert await store.desk.link_group(GROUP, forged) is None
    assert await store.desk.redeem(code) is not None


async def test_codes_end(store: Store, clock: Clock) -> None:
    early, _ = await store.desk.invite(ADVISOR)
    late, _ = await store.desk.invite(LEAD)
    clock.forward(hours=INVITE_HOURS, microseconds=-1)
    staff = await store.desk.redeem(early)
    assert staff is not None
    login = await store.desk.renew(staff.id)
    assert login is not None
    clock.forward(microseconds=1)
    assert await store.desk.redeem(late) is None
    clock.forward(minutes=LOGIN_MINUTES, microseconds=-2)
    again = await store.desk.renew(staff.id, minutes=1)
    assert await store.desk.redeem(login) == staff
    clock.forward(minutes=1)
    assert again is not None
    assert await store.desk.redeem(again) is None


async def test_only_staff_get_a_login(store: Store) -> None:
    _, staff_id = await store.desk.invite(ADVISOR)
    assert await store.desk.renew(staff_id) is None
    assert await store.desk.renew("0" * 32) is None
    staff = await join(store)
    await store.desk.remove_staff(staff.id)
    assert await store.desk.renew(staff.id) is None


async def test_codes_of_people_and_of_groups_are_not_the_same(store: Store) -> None:
    invite, _ = await store.desk.invite(ADVISOR)
    link = await store.desk.link_code("madrid")
    assert await store.desk.redeem(link) is None
    assert (await use(store, LUCIA, link)).name == ""
    assert await store.desk.link_group(GROUP, invite) is None
    assert await store.desk.link_group(GROUP, link) == "madrid"
    assert await store.desk.redeem(invite) is not None


# ---------------------------------------------------------------- the private chat


async def test_a_code_in_telegram_makes_that_chat_theirs(store: Store) -> None:
    code, staff_id = await store.desk.invite(ADVISOR)
    used = await use(store, LUCIA, code)
    assert (used.name, used.role, used.city) == ("Lucía", "advisor", "madrid")
    staff = await store.desk.staff_of(LUCIA)
    assert staff == await member(store, staff_id)
    assert staff is not None
    assert (staff.has_telegram, staff.wake_by) == (True, "telegram")
    assert await store.desk.redeem(used.login_code) == staff
    assert (await use(store, ContactRef("telegram", "thief"), code)).name == ""
    assert await store.desk.staff_of(ContactRef("telegram", "thief")) is None


async def test_a_web_chat_is_nobodys_private_chat_and_uses_nothing_up(store: Store) -> None:
    code, _ = await store.desk.invite(ADVISOR)
    assert (await use(store, AMINA, code)).name == ""
    assert (await use(store, LUCIA, code)).name == "Lucía"


async def test_without_a_code_staff_get_a_login_and_others_nothing(store: Store) -> None:
    staff = await join_by_telegram(store)
    used = await use(store, LUCIA, "")
    assert used.name == "Lucía"
    assert await store.desk.redeem(used.login_code) == staff
    assert (await use(store, ContactRef("telegram", "somebody"), " ")).login_code == ""


async def test_a_chat_belongs_to_who_joined_last(store: Store) -> None:
    first = await join_by_telegram(store)
    second = await join_by_telegram(store, profile=LEAD)
    found = await store.desk.staff_of(LUCIA)
    assert found is not None
    assert (found.id, (await member(store, first.id)).has_telegram) == (second.id, False)


async def test_a_login_code_in_telegram_adds_the_chat_and_leaves_the_choice(store: Store) -> None:
    staff = await join(store)
    code = await store.desk.renew(staff.id)
    assert code is not None
    await use(store, LUCIA, code)
    found = await member(store, staff.id)
    assert (found.has_telegram, found.wake_by) == (True, "web")


async def test_who_deletes_their_chat_stays_staff_without_it(store: Store) -> None:
    staff = await join_by_telegram(store)
    await turn(store, LUCIA, erase=True)
    assert (await member(store, staff.id)).has_telegram is False
    assert await store.desk.staff_of(LUCIA) is None
    assert await store.desk.write_to(staff.id, message("hello"), once="x") is False
    await turn(store, LUCIA)
    assert await store.desk.staff_of(LUCIA) is None


async def test_who_blocks_the_bot_cannot_be_reached_there(store: Store) -> None:
    staff = await join_by_telegram(store)
    assert await store.desk.write_to(staff.id, message("hello"), once="x")
    (delivery,) = await store.claim(10)
    await store.settle(delivery, Blocked())
    assert (await member(store, staff.id)).is_reachable() is False
    await turn(store, LUCIA)
    assert (await member(store, staff.id)).has_telegram


# ---------------------------------------------------------------- people


async def test_a_team_is_of_a_city_or_of_all(store: Store) -> None:
    lucia, admin = await join(store), await join(store, Profile("Root", "admin", ""))
    await join(store, replace(ADVISOR, name="Zoe", city="berlin"))
    assert len(await store.desk.team()) == 3
    assert {staff.id for staff in await store.desk.team("madrid")} == {lucia.id, admin.id}


async def test_duty_and_profile_are_kept(durable: Engine) -> None:
    staff, other = await join(durable.store), await join(durable.store, LEAD)
    until = START + timedelta(hours=3)
    await durable.store.desk.set_duty(staff.id, is_available=False, away_until=until, substitute=other.id)
    changed = replace(ADVISOR, hours="Mo-Fr 09:00-14:00", areas=("alcorcon",), gender="woman", on_call=True, organisation="red-cross")
    await durable.store.desk.set_profile(staff.id, changed)
    found = await member(await durable.reopen(), staff.id)
    assert found == replace(staff, profile=changed, is_available=False, away_until=until, substitute=other.id)
    await durable.store.desk.set_duty(staff.id, is_available=True)
    assert await member(durable.store, staff.id) == replace(staff, profile=changed)


async def test_an_address_is_found_however_it_is_written_and_forgotten_on_wish(store: Store) -> None:
    staff = await join(store)
    assert await store.desk.staff_of_email("lucia@example.org") is None
    await store.desk.set_wake(staff.id, "email", "Lucia@Example.org ")
    found = await store.desk.staff_of_email(" lucia@example.ORG")
    assert found is not None
    assert (found.id, found.has_email, found.wake_by) == (staff.id, True, "email")
    await store.desk.set_wake(staff.id, "web")
    assert (await member(store, staff.id)).has_email
    await store.desk.set_wake(staff.id, "web", "")
    assert await store.desk.staff_of_email("lucia@example.org") is None
    assert await store.find(ContactRef("email", "lucia@example.org")) is None


async def test_an_address_two_people_share_stays_until_both_let_go(store: Store) -> None:
    one, two = await join(store), await join(store, LEAD)
    for staff in (one, two):
        await store.desk.set_wake(staff.id, "email", "desk@example.org")
    await store.desk.set_wake(one.id, "email", "own@example.org")
    found = await store.desk.staff_of_email("desk@example.org")
    assert found is not None
    assert found.id == two.id
    await store.desk.remove_staff(two.id)
    assert await store.find(ContactRef("email", "desk@example.org")) is None


async def test_a_sign_of_life_is_noted_now_and_then(store: Store, clock: Clock) -> None:
    staff = await join(store)
    await store.desk.seen(staff.id)
    clock.forward(seconds=29)
    await store.desk.seen(staff.id)
    assert (await member(store, staff.id)).seen_at == START
    clock.forward(seconds=1)
    await store.desk.seen(staff.id)
    assert (await member(store, staff.id)).seen_at == clock.now


async def test_who_is_removed_has_nothing_left_and_their_cases_wait_again(store: Store) -> None:
    staff = await join_by_telegram(store)
    token, login = await store.desk.open_session(staff.id, "Firefox"), await store.desk.renew(staff.id)
    case = await open_case(store, AMINA)
    await do(store, staff, case.number, Claim())
    await turn(store, AMINA)
    assert await store.desk.remove_staff(staff.id) == (case.contact_id,)
    found = await store.desk.case(case.number)
    assert found is not None
    assert (found.state, found.advisor) == ("waiting", None)
    assert [event.step for event in await events(store, case.contact_id) if isinstance(event, CaseNews)] == ["returned"]
    assert login is not None
    assert (await store.desk.session(token), await store.desk.redeem(login), await store.desk.staff_of(LUCIA)) == (None, None, None)
    assert (await store.desk.team(), await store.desk.staff_member(staff.id)) == ((), None)
    assert await store.desk.remove_staff(staff.id) == ()


# ---------------------------------------------------------------- logins


async def test_a_login_ends_when_it_is_idle(store: Store, clock: Clock) -> None:
    staff = await join(store)
    token = await store.desk.open_session(staff.id, "Firefox on Linux")
    assert len(token) >= 43
    session = await store.desk.session(token)
    assert session is not None
    assert (session.staff_id, session.device, session.opened_at, session.seen_at) == (staff.id, "Firefox on Linux", START, START)
    assert session.id not in token
    clock.forward(hours=SESSION_IDLE_HOURS, microseconds=-1)
    assert await store.desk.session(token) is not None
    clock.forward(hours=SESSION_IDLE_HOURS, microseconds=-1)
    assert await store.desk.session(token) is not None
    clock.forward(hours=SESSION_IDLE_HOURS)
    assert await store.desk.session(token) is None


async def test_a_login_ends_after_its_days_however_it_is_used(store: Store, clock: Clock) -> None:
    staff = await join(store)
    token = await store.desk.open_session(staff.id, "Firefox")
    for _ in range(SESSION_DAYS * 4 - 1):
        clock.forward(hours=6)
        assert await store.desk.session(token) is not None
    clock.forward(hours=6)
    assert await store.desk.session(token) is None
    assert await store.desk.sessions(staff.id) == ()


async def test_the_use_of_a_login_is_noted_once_a_minute(store: Store, clock: Clock) -> None:
    staff = await join(store)
    token = await store.desk.open_session(staff.id, "Firefox")
    clock.forward(seconds=59)
    await store.desk.session(token)
    assert [session.seen_at for session in await store.desk.sessions(staff.id)] == [START]
    clock.forward(seconds=1)
    await store.desk.session(token)
    assert [session.seen_at for session in await store.desk.sessions(staff.id)] == [clock.now]


async def test_logins_are_listed_and_ended_one_by_one_by_their_owner(store: Store, clock: Clock) -> None:
    staff, other = await join(store), await join(store, LEAD)
    first = await store.desk.open_session(staff.id, "first")
    clock.forward(seconds=1)
    second = await store.desk.open_session(staff.id, "second")
    listed = await store.desk.sessions(staff.id)
    assert [session.device for session in listed] == ["second", "first"]
    await store.desk.end_session(other.id, listed[1].id)
    assert await store.desk.session(first) is not None
    await store.desk.end_session(staff.id, listed[1].id)
    assert await store.desk.session(first) is None
    assert await store.desk.session(second) is not None
    assert await store.desk.session("") is None


# ---------------------------------------------------------------- waking


async def _out(store: Store) -> list[tuple[str, str]]:
    return [(sent.contact.address, text_of(sent.message)) for sent in await claim_all(store)]


async def test_somebody_is_woken_once_in_each_stage_of_each_round(engine: Engine) -> None:
    store = engine.store
    staff = await join_by_telegram(store)
    case = await open_case(store, AMINA)
    assert await store.desk.wake(case.number, staff.id, "first", message("a case waits"))
    assert not await store.desk.wake(case.number, staff.id, "first", message("a case waits"))
    assert await store.desk.wake(case.number, staff.id, "lead", message("it still waits"))
    assert await store.desk.woken(case.number) == {(staff.id, "first"): START, (staff.id, "lead"): START}
    assert await _out(store) == [("lucia-chat", "a case waits"), ("lucia-chat", "it still waits")]
    engine.clock.forward(minutes=1)
    await do(store, staff, case.number, Claim())
    engine.clock.forward(minutes=1)
    await store.desk.give_back(case.number, "no-answer")
    assert await store.desk.woken(case.number) == {}
    assert await store.desk.wake(case.number, staff.id, "first", message("again"))
    assert not await store.desk.wake(case.number, staff.id, "first", message("again"))
    assert await _out(store) == [("lucia-chat", "again")]


async def test_nobody_is_woken_twice_after_a_restart(durable: Engine) -> None:
    staff = await join_by_telegram(durable.store)
    case = await open_case(durable.store, AMINA)
    assert await durable.store.desk.wake(case.number, staff.id, "first", message("a case waits"))
    assert await durable.store.desk.write_to(staff.id, message("an alert"), once="alert:1")
    store = await durable.reopen()
    assert not await store.desk.wake(case.number, staff.id, "first", message("a case waits"))
    assert not await store.desk.write_to(staff.id, message("an alert"), once="alert:1")
    assert await store.desk.woken(case.number) == {(staff.id, "first"): START}
    assert [text for _, text in await _out(store)] == ["a case waits", "an alert"]
    await store.sweep()
    assert not await store.desk.write_to(staff.id, message("an alert"), once="alert:1")


async def test_a_way_that_is_not_there_falls_back_on_one_that_is(store: Store) -> None:
    staff = await join_by_telegram(store)
    case = await open_case(store, AMINA)
    await store.desk.set_wake(staff.id, "email")
    await store.desk.wake(case.number, staff.id, "first", message("by telegram"))
    await store.desk.set_wake(staff.id, "email", "lucia@example.org")
    await store.desk.wake(case.number, staff.id, "second", message("by e-mail"))
    await turn(store, LUCIA, erase=True)
    await store.desk.set_wake(staff.id, "telegram")
    await store.desk.wake(case.number, staff.id, "third", message("by e-mail again"))
    mailbox = "lucia@example.org"
    assert sorted(await _out(store)) == [(mailbox, "by e-mail"), (mailbox, "by e-mail again")]
    await store.desk.set_wake(staff.id, "email", "")
    assert await store.desk.wake(case.number, staff.id, "fourth", message("nowhere"))
    assert await _out(store) == []


async def test_who_chose_the_web_is_noted_and_not_written_to(store: Store) -> None:
    staff = await join_by_telegram(store)
    await store.desk.set_wake(staff.id, "web")
    case = await open_case(store, AMINA)
    assert await store.desk.wake(case.number, staff.id, "first", message("a case waits"))
    assert set(await store.desk.woken(case.number)) == {(staff.id, "first")}
    assert await _out(store) == []
    assert await store.desk.write_to(staff.id, message("an alert"), once="alert")
    assert await _out(store) == [("lucia-chat", "an alert")]


async def test_what_belongs_to_no_case_is_written_once_to_each(store: Store) -> None:
    one, two = await join_by_telegram(store), await join_by_telegram(store, ContactRef("telegram", "marta-chat"), LEAD)
    await store.desk.set_wake(one.id, "telegram", "lucia@example.org")
    for staff in (one, two):
        assert await store.desk.write_to(staff.id, message("alert"), once="alert")
        assert not await store.desk.write_to(staff.id, message("alert"), once="alert")
    assert await store.desk.write_to(one.id, message("login"), by="email", once="login")
    assert not await store.desk.write_to("0" * 32, message("alert"), once="alert")
    assert sorted(await _out(store)) == [("lucia-chat", "alert"), ("lucia@example.org", "login"), ("marta-chat", "alert")]


async def test_a_wake_comes_behind_what_waits_in_the_lane(store: Store, clock: Clock) -> None:
    staff = await join_by_telegram(store)
    await store.desk.write_to(staff.id, message("one"), once="1")
    (delivery,) = await store.claim(10)
    await store.desk.write_to(staff.id, message("two"), once="2")
    assert await store.claim(10) == ()
    await store.settle(delivery, Retry(60))
    await store.desk.write_to(staff.id, message("three"), once="3")
    assert await store.claim(10) == ()
    clock.forward(seconds=60)
    assert [text for _, text in await _out(store)] == ["one", "two", "three"]
    contact_id = await store.find(LUCIA)
    assert contact_id is not None
    assert [text_of(kept.message) for kept in await store.history(contact_id)][-3:] == ["one", "two", "three"]


async def test_an_email_leaves_nothing_behind_once_it_is_out(store: Store) -> None:
    staff = await join(store)
    await store.desk.set_wake(staff.id, "email", "lucia@example.org")
    await store.desk.write_to(staff.id, message("one"), once="1")
    await store.desk.write_to(staff.id, message("two"), once="2")
    contact_id = await store.find(ContactRef("email", "lucia@example.org"))
    assert contact_id is not None
    (delivery,) = await store.claim(10)
    assert [text_of(kept.message) for kept in await store.history(contact_id)] == ["one", "two"]
    assert await send_all(store, delivery)
    assert await store.history(contact_id) == ()


# ---------------------------------------------------------------- files


async def test_a_file_comes_back_as_it_was(store: Store) -> None:
    case = await open_case(store, AMINA)
    content = bytes(range(256)) * 100
    file_id = await store.desk.add_file(case.number, content)
    assert await store.desk.file(file_id) == (case.number, content)
    assert await store.desk.file("0" * 32) is None


async def test_files_have_limits(store: Store) -> None:
    case = await open_case(store, AMINA)
    with pytest.raises(StoreError, match="no such case"):
        await store.desk.add_file(case.number + 1, b"x")
    with pytest.raises(StoreError, match="at most"):
        await store.desk.add_file(case.number, bytes(MAX_FILE + 1))
    for number in range(MAX_FILES):
        await store.desk.add_file(case.number, bytes([number]))
    with pytest.raises(StoreError, match="at most"):
        await store.desk.add_file(case.number, b"one too many")
    other = await open_case(store, BORIS)
    assert await store.desk.add_file(other.number, b"x")


# ---------------------------------------------------------------- groups


async def _link(store: Store, contact: ContactRef = GROUP, city: str = "madrid") -> str:
    assert await store.desk.link_group(contact, await store.desk.link_code(city)) == city
    (found,) = [group for group in await store.desk.groups() if group.contact == contact]
    return found.contact_id


async def test_a_group_is_linked_once_by_its_code(store: Store, clock: Clock) -> None:
    code = await store.desk.link_code("madrid")
    assert await store.desk.link_group(GROUP, code) == "madrid"
    assert await store.desk.link_group(ContactRef("telegram-desk", "-2"), code) is None
    assert [(group.city, group.contact) for group in await store.desk.groups()] == [("madrid", GROUP)]
    late = await store.desk.link_code("madrid")
    clock.forward(hours=INVITE_HOURS)
    assert await store.desk.link_group(GROUP, late) is None


async def test_a_city_has_one_group_and_a_group_one_city(store: Store) -> None:
    old = await _link(store)
    new = await _link(store, ContactRef("telegram-desk", "-2"))
    assert [group.contact_id for group in await store.desk.groups()] == [new]
    assert await store.find(GROUP) is None
    assert await store.desk.waiting_posts(old) == 0
    assert await _link(store, ContactRef("telegram-desk", "-2"), "berlin") == new
    assert [group.city for group in await store.desk.groups()] == ["berlin"]
    await store.desk.unlink_group(ContactRef("telegram-desk", "-2"))
    await store.desk.unlink_group(ContactRef("telegram-desk", "-3"))
    assert await store.desk.groups() == ()
    assert await store.find(ContactRef("telegram-desk", "-2")) is None


async def test_unlinking_leaves_alone_whoever_is_no_group(store: Store) -> None:
    contact_id = await turn(store, AMINA)
    await store.desk.unlink_group(AMINA)
    assert await store.find(AMINA) == contact_id


async def test_a_group_is_followed_to_its_new_address(store: Store) -> None:
    contact_id, to = await _link(store), ContactRef("telegram-desk", "-1002")
    case = await open_case(store, AMINA)
    await store.desk.set_topic(GROUP, case.number, 7)
    await store.desk.set_post(GROUP, "55", case.number, -3)
    await store.desk.post(contact_id, case.number, 5, [message("one")])
    await store.desk.move_group(GROUP, to)
    assert [(group.contact_id, group.contact) for group in await store.desk.groups()] == [(contact_id, to)]
    assert (await store.desk.topic(to, case.number), await store.desk.topic(GROUP, case.number)) == (7, None)
    assert await store.desk.line_of_post(to, "55") == (case.number, -3)
    (delivery,) = await store.claim(10)
    assert delivery.contact == to
    await store.desk.post(contact_id, case.number, 6, [message("two")])
    await store.desk.move_group(to, again := ContactRef("telegram-desk", "-1003"))
    following = await store.settle(delivery, Sent("1"))
    assert following is not None
    assert (text_of(following.message), following.contact) == ("two", again)
    await store.desk.move_group(GROUP, ContactRef("telegram-desk", "-9"))
    assert len(await store.desk.groups()) == 1


async def test_what_was_written_at_the_new_address_before_is_not_lost(store: Store) -> None:
    contact_id, to = await _link(store), ContactRef("telegram-desk", "-1002")
    early = GroupMoved(to=None, at=START)
    await store.accept([happened(to, "early", early)])
    await store.desk.move_group(GROUP, to)
    assert await store.find(to) == contact_id
    assert await events(store, contact_id) == [early]
    assert await store.accept([happened(to, "early", early)]) == ()


async def test_posts_go_out_in_order_and_none_is_trimmed_while_it_waits(store: Store) -> None:
    contact_id = await _link(store)
    case = await open_case(store, AMINA)
    texts = [f"post {number}" for number in range(HISTORY_MESSAGES + 10)]
    for number, text in enumerate(texts):
        await store.desk.post(contact_id, case.number, number + 1, [message(text)])
    await store.desk.post(contact_id, 0, 99, [message("general")])
    assert await store.desk.waiting_posts(contact_id) == len(texts) + 1
    assert await store.desk.group_topics(contact_id) == (GroupTopic(case.number, None, len(texts)),)
    (delivery,) = await store.claim(10)
    out = await send_all(store, delivery)
    assert [(text_of(sent.message), sent.message.thread) for sent in out] == [(text, case.number) for text in texts] + [("general", 0)]
    assert await store.desk.waiting_posts(contact_id) == 0
    assert await store.history(contact_id) == ()


async def test_a_post_to_a_group_that_is_gone_goes_nowhere(store: Store) -> None:
    contact_id = await _link(store)
    await store.desk.unlink_group(GROUP)
    await store.desk.post(contact_id, 0, 0, [message("hello")])
    assert await store.claim(10) == ()


async def test_a_topic_is_noted_and_told_anew_when_it_is_gone(store: Store) -> None:
    contact_id = await _link(store)
    case = await open_case(store, AMINA)
    await store.desk.set_topic(GROUP, case.number, 7)
    await store.desk.post(contact_id, case.number, 500, [])
    assert await store.desk.group_topics(contact_id) == (GroupTopic(case.number, 7, 500),)
    assert (await store.desk.case_of_topic(GROUP, 7), await store.desk.case_of_topic(GROUP, 8)) == (case.number, None)
    await store.desk.set_post(GROUP, "55", case.number, -3)
    await store.desk.set_topic(GROUP, case.number, None)
    assert await store.desk.group_topics(contact_id) == (GroupTopic(case.number, None, 0),)
    assert (await store.desk.topic(GROUP, case.number), await store.desk.posted(contact_id, case.number)) == (None, ())
    assert await store.desk.topic(ContactRef("telegram-desk", "nowhere"), case.number) is None


async def test_a_group_knows_which_lines_it_has(store: Store) -> None:
    contact_id = await _link(store)
    case = await open_case(store, AMINA)
    line = [kept.id for kept in await store.desk.lines(case.number)][-1]
    await store.desk.post(contact_id, case.number, 1, [replace(message("carries a line"), line=line)])
    assert await store.desk.posted(contact_id, case.number) == (line,)
    (delivery,) = await store.claim(10)
    await store.settle(delivery, Sent("100"))
    await store.desk.set_post(GROUP, "101", case.number, -line)
    assert await store.desk.posted(contact_id, case.number) == (-line, line)
    assert await store.desk.line_of_post(GROUP, "100") == (case.number, line)
    assert await store.desk.line_of_post(GROUP, "101") == (case.number, -line)
    assert await store.desk.line_of_post(GROUP, "102") is None


# ---------------------------------------------------------------- edits and taking back


async def _say(store: Store, contact: ContactRef, *messages: Message) -> Delivery:
    contact_id = await store.find(contact)
    assert contact_id is not None
    (delivery,) = (await store.handle(contact_id, saying(said=tuple(Said(each) for each in messages)))).deliveries
    return delivery


async def test_an_edit_knows_what_was_sent_with_its_line(store: Store) -> None:
    staff = await join(store)
    case = await open_case(store, AMINA)
    await do(store, staff, case.number, Claim())
    line = (await do(store, staff, case.number, Reply("come on Monday"))).line
    await turn(store, AMINA)
    other = await open_case(store, BORIS)
    spoken = replace(message("come on Monday", author="person"), line=line)
    first = await _say(store, AMINA, spoken, replace(spoken, blocks=message("at nine").blocks), message("unrelated"))
    assert first.earlier == ()
    second = await store.settle(first, Sent("m1"))
    assert second is not None
    third = await store.settle(second, Sent("m2"))
    assert third is not None
    assert await store.settle(third, Sent("m3")) is None
    assert await store.desk.line_of_post(AMINA, "m1") == (case.number, line)
    assert await store.desk.line_of_post(AMINA, "m3") is None
    edit = await _say(store, AMINA, replace(spoken, edits=True), replace(spoken, withdraws=True))
    assert edit.earlier == ("m1", "m2")
    withdrawal = await store.settle(edit, Sent("m4"))
    assert withdrawal is not None
    assert withdrawal.earlier == ("m1", "m2", "m4")
    assert await store.settle(withdrawal, Sent("m5")) is None
    assert await store.desk.line_of_post(AMINA, "m5") is None
    assert (await _say(store, BORIS, replace(spoken, withdraws=True))).earlier == ()
    assert other.number != case.number


async def test_a_message_without_an_id_of_the_platform_is_not_a_post(store: Store) -> None:
    case = await open_case(store, AMINA)
    line = [kept.id for kept in await store.desk.lines(case.number)][-1]
    delivery = await _say(store, AMINA, replace(message("hi"), line=line))
    await store.settle(delivery, Sent())
    assert (await _say(store, AMINA, replace(message("hi"), line=line, edits=True))).earlier == ()


# ---------------------------------------------------------------- reports, figures, audit


async def test_reports_are_open_until_somebody_looked_at_them(store: Store) -> None:
    staff = await join(store, LEAD)
    for contact in (AMINA, BORIS):
        await turn(store, contact, ReportAnswer("madrid", "egov.nie", "ar"))
    await turn(store, AMINA, ReportAnswer("madrid", "housing.rent", "ar"))
    found = await store.desk.reports()
    assert [(report.entry_id, report.by_whom, report.at) for report in found] == [
        ("egov.nie", "contact", START),
        ("housing.rent", "contact", START),
    ]
    await store.desk.resolve(found[0].id, staff.id)
    await store.desk.resolve(999, staff.id)
    assert [report.entry_id for report in await store.desk.reports()] == ["housing.rent"]
    assert [(line.actor, line.deed) for line in await store.desk.audit() if line.deed == "resolved"] == [(staff.id, "resolved")]
    await turn(store, AMINA, ReportAnswer("madrid", "egov.nie", "ar"))
    assert len(await store.desk.reports()) == 2


async def test_figures_leave_practice_out(store: Store, clock: Clock) -> None:
    staff = await join(store)
    case = await open_case(store, AMINA)
    before = await store.desk.case_figures()
    assert [(figure.city, figure.locale, figure.topic, figure.name, figure.n) for figure in before] == [
        ("madrid", "ar", "housing", "opened", 1)
    ]
    number = await store.desk.start_practice(staff.id, case, [message("practice", author="contact")])
    clock.forward(seconds=90)
    await do(store, staff, number, Claim())
    await do(store, staff, number, Close("solved"))
    assert await store.desk.case_figures() == before
    await do(store, staff, case.number, Claim())
    await do(store, staff, case.number, Reply("hello"))
    answered = [figure for figure in await store.desk.case_figures() if figure.name == "answered"]
    assert [(figure.n, figure.seconds) for figure in answered] == [(1, 90)]


async def test_the_audit_holds_together(durable: Engine) -> None:
    store = durable.store
    assert await store.desk.verify_audit() is None
    await store.desk.note("system", "alerted", detail="madrid")
    staff = await join(store)
    await store.desk.note(staff.id, "exported", 7, "es")
    lines = await (await durable.reopen()).desk.audit()
    assert [(line.id, line.actor, line.deed, line.number, line.detail) for line in lines] == [
        (1, "system", "alerted", 0, "madrid"),
        (2, staff.id, "login", 0, "web"),
        (3, staff.id, "exported", 7, "es"),
    ]
    assert await durable.store.desk.verify_audit() is None


async def test_opening_a_case_of_a_kind_of_pool_wakes_nobody_by_itself(store: Store) -> None:
    await join_by_telegram(store)
    contact_id = await turn(store, AMINA, OpenCase("interpreter", "other", language="ar"))
    assert await _out(store) == []
    assert (await snapshot_of(store, contact_id)).conversation.owner == "bot"
