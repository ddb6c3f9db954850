"""Requests for helpers: who is asked, in what hours, what the contact hears, and the reminders of an appointment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.cases import Done, Refused
from bot.model import AgreeToHelper, CaseNews, ContactRef
from tests.desk.world import CANARY, INTERPRETER, LEAD, LUCIA, MORNING, World, profile, text_of, told
from tests.store.desks import join_by_telegram

OMAR = ContactRef("telegram", "omar-chat")


async def offers_to(world: World, address: str = "omar-chat") -> list[str]:
    """Return the news a helper's private chat has got, once."""
    return await world.steps(address)


async def test_those_who_fit_are_asked_in_their_private_chat_once(world: World) -> None:
    omar = await join_by_telegram(world.store, OMAR, INTERPRETER)
    other = ContactRef("telegram", "chen-chat")
    await join_by_telegram(world.store, other, profile(INTERPRETER, name="Chen", languages=("zh",)))
    case = await world.ask(kind="interpreter", language="ar")
    await world.sweep()
    assert await offers_to(world) == ["offered"]
    assert await world.steps("chen-chat") == []
    await world.sweep(minutes=1)
    assert await offers_to(world) == []
    board = await world.desk.board(omar)
    assert [asked.number for asked in board.asked] == [case.number]
    assert board.mine == ()


async def test_who_was_asked_and_accepts_has_it_and_the_contact_is_asked(world: World) -> None:
    omar = await world.hire(INTERPRETER)
    other = await world.hire(profile(INTERPRETER, name="Chen"))
    case = await world.ask(kind="interpreter", language="ar")
    await world.sweep()
    world.woken.clear()
    accepted = await world.desk.answer_offer(omar, case.number, accepts=True)
    assert isinstance(accepted, Done)
    assert case.contact_id in world.woken
    assert isinstance(await world.desk.answer_offer(other, case.number, accepts=True), Refused)
    (news,) = await world.heard("amina")
    assert isinstance(news, CaseNews)
    assert (news.step, news.name, news.case.advisor_name) == ("found", "", "")  # no name before both agree


async def test_a_helper_reads_nothing_before_both_have_agreed(world: World) -> None:
    omar = await world.hire(INTERPRETER)
    case = await world.ask(kind="interpreter", language="ar")
    await world.sweep()
    assert await world.desk.lines(omar, case.number) == ()
    await world.desk.answer_offer(omar, case.number, accepts=True)
    assert await world.desk.lines(omar, case.number) == ()
    await world.heard("amina")
    await world.say("amina", AgreeToHelper(case.number, True))
    lines = await world.desk.lines(omar, case.number)
    assert lines
    assert any(CANARY in text_of(line.message) for line in lines if line.message)


async def test_out_of_their_hours_nobody_is_asked(world: World) -> None:
    await join_by_telegram(world.store, OMAR, profile(INTERPRETER, hours="Mo-Fr 16:00-20:00"))
    await world.ask(kind="interpreter", language="ar")
    await world.sweep()
    assert await offers_to(world) == []
    await world.sweep(hours=6)  # half past four in Madrid
    assert await offers_to(world) == ["offered"]


async def test_the_hours_that_count_are_those_of_the_appointment(world: World) -> None:
    await join_by_telegram(world.store, OMAR, profile(INTERPRETER, hours="Mo-Fr 16:00-20:00"))
    await world.ask("amina", kind="interpreter", language="ar", when=datetime(2026, 11, 27, 16, 30, tzinfo=UTC))
    await world.ask("boris", kind="interpreter", language="ar", when=datetime(2026, 11, 27, 9, 30, tzinfo=UTC))
    await world.sweep()
    assert await offers_to(world) == ["offered"]


async def test_a_wish_for_a_woman_is_kept(world: World) -> None:
    await join_by_telegram(world.store, OMAR, profile(INTERPRETER, gender="man"))
    nadia = ContactRef("telegram", "nadia-chat")
    await join_by_telegram(world.store, nadia, profile(INTERPRETER, name="Nadia", gender="woman"))
    await world.ask(kind="companion", facts=(("gender", "woman"),))
    await world.sweep()
    assert (await offers_to(world), await world.steps("nadia-chat")) == ([], [])  # they are interpreters
    await world.ask("boris", kind="interpreter", language="ar", facts=(("gender", "woman"),))
    await world.sweep()
    assert (await offers_to(world), await world.steps("nadia-chat")) == ([], ["offered"])


async def test_a_helper_without_telegram_is_told_by_mail(world: World) -> None:
    await world.hire(INTERPRETER, by="email")
    await world.ask(kind="interpreter", language="ar")
    (delivery,) = await world.sweep()
    assert delivery.contact.address == "omar@example.org"
    assert CANARY not in text_of(delivery.message)


async def test_nobody_free_is_told_after_ten_minutes_and_the_request_stays(world: World) -> None:
    lead = await world.hire(LEAD, by="email")
    case = await world.ask(kind="interpreter", language="ti")
    assert told(await world.sweep(minutes=9)) == []
    assert await world.steps("amina") == []
    assert told(await world.sweep(minutes=1)) == ["marta@example.org"]
    assert await world.steps("amina") == ["not-found"]
    await world.sweep(hours=1)
    assert await world.steps("amina") == []
    assert [waiting.number for waiting in (await world.desk.board(lead)).waiting] == [case.number]


async def test_advisors_are_not_asked_to_interpret(world: World) -> None:
    lucia = await join_by_telegram(world.store, profile=LUCIA)
    await world.ask(kind="interpreter", language="ar")
    await world.sweep(minutes=20)
    assert await world.steps("lucia-chat") == []
    assert (await world.desk.board(lucia)).asked == ()


async def agreed(world: World, when: datetime) -> int:
    """Let an appointment be agreed on; returns the number of the case."""
    omar = await join_by_telegram(world.store, OMAR, INTERPRETER)
    case = await world.ask(kind="interpreter", language="ar", when=when)
    await world.sweep()
    await world.desk.answer_offer(omar, case.number, accepts=True)
    await world.say("amina", AgreeToHelper(case.number, True))
    await world.heard("amina")
    await world.heard("omar-chat")
    return case.number


async def test_both_are_reminded_the_evening_before_and_an_hour_before(world: World) -> None:
    when = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)  # Friday, eleven in Madrid
    await agreed(world, when)
    world.clock.now = datetime(2026, 11, 26, 16, 59, tzinfo=UTC)
    await world.sweep()
    assert (await world.steps("amina"), await world.steps("omar-chat")) == ([], [])
    await world.sweep(minutes=1)  # six in the evening in Madrid
    assert (await world.steps("amina"), await world.steps("omar-chat")) == (["tomorrow"], ["tomorrow"])
    world.clock.now = when - timedelta(minutes=61)
    await world.sweep()
    assert await world.steps("amina") == []
    await world.sweep(minutes=1)
    assert (await world.steps("amina"), await world.steps("omar-chat")) == (["soon"], ["soon"])
    await world.sweep(minutes=30)
    await world.sweep(hours=3)
    assert (await world.steps("amina"), await world.steps("omar-chat")) == ([], [])


async def test_nobody_is_reminded_of_what_is_over(world: World) -> None:
    await agreed(world, MORNING + timedelta(hours=6))
    await world.sweep(hours=6)
    assert await world.steps("amina") == []
