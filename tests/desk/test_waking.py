"""Who is woken for a case, when, and by what words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.cases import Claim, Done, PassOn, Refused, Reply, WakeBy
from bot.desk.notices import SENTENCES
from bot.store import Delivery
from tests.desk.world import ADMIN, CANARY, LEAD, LUCIA, MORNING, NIGHT, SCHOOL, World, profile, text_of, told
from tests.store.desks import join_by_telegram


async def test_an_urgent_case_wakes_at_once_whom_it_is_offered_to_and_nobody_else(world: World) -> None:
    await world.hire(LUCIA, by="email")
    await world.hire(SCHOOL, by="email")
    await world.hire(LEAD, by="email")
    await world.ask(priority="high")
    assert told(await world.sweep()) == ["lucía@example.org"]
    assert told(await world.sweep(seconds=10)) == []


async def test_an_ordinary_case_wakes_after_five_minutes_and_the_lead_after_fifteen(world: World) -> None:
    await world.hire(LUCIA, by="email")
    await world.hire(LEAD, by="email")
    await world.ask()
    assert told(await world.sweep(seconds=299)) == []
    assert told(await world.sweep(seconds=1)) == ["lucía@example.org"]
    assert told(await world.sweep(seconds=599)) == []
    assert told(await world.sweep(seconds=1)) == ["marta@example.org"]
    assert told(await world.sweep(hours=1)) == []


async def test_who_took_a_case_in_time_wakes_nobody(world: World) -> None:
    lucia = await world.hire(LUCIA, by="email")
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    assert told(await world.sweep(minutes=20)) == []


async def test_a_case_that_comes_back_wakes_anew(world: World) -> None:
    lucia = await world.hire(LUCIA, by="email")
    case = await world.ask()
    assert told(await world.sweep(minutes=5)) == ["lucía@example.org"]
    world.clock.forward(seconds=20)
    await world.act(lucia, case.number, Claim())
    await world.act(lucia, case.number, PassOn("no es mío"))
    assert told(await world.sweep(seconds=10)) == []
    assert told(await world.sweep(minutes=5)) == ["lucía@example.org"]


async def reached(world: World, by: WakeBy) -> list[Delivery]:
    """Let an advisor with every page closed be woken by one way; returns what goes to them."""
    if by == "telegram":
        lucia = await join_by_telegram(world.store, profile=LUCIA)
    else:
        lucia = await world.hire(LUCIA)
    await world.store.desk.set_wake(lucia.id, by, "lucia@example.org" if by == "email" else None)
    await world.ask(priority="high", entry_id="housing.eviction", facts=(("letter", "yes"),))
    return await world.sweep()


@pytest.mark.parametrize(("by", "address"), [("telegram", "lucia-chat"), ("email", "lucia@example.org")])
async def test_an_advisor_with_every_page_closed_is_reached_without_a_word_of_the_contact(world: World, by: WakeBy, address: str) -> None:
    (delivery,) = await reached(world, by)
    assert (delivery.contact.channel, delivery.contact.address) == (by, address)
    text = text_of(delivery.message)
    assert "árabe" in text
    assert "Vivienda" in text
    case = (await world.store.desk.open_cases())[0]
    for hidden in (CANARY, "amina", case.pseudonym, *case.pseudonym.split(":"), "Desahucio", "letter", str(case.number)):
        assert hidden not in text


async def test_who_is_told_on_the_web_sees_it_on_the_board(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    assert (await world.desk.board(lucia)).woken == frozenset()
    version = await world.desk.changed(0)
    assert await world.sweep(minutes=5) == []
    board = await world.desk.board(lucia)
    assert (board.woken, board.offered) == (frozenset({case.number}), frozenset({case.number}))
    assert await world.desk.changed(version) != version


async def test_out_of_hours_an_ordinary_case_waits_for_the_opening(world: World) -> None:
    world.clock.now = NIGHT
    await world.hire(LUCIA, by="email")
    await world.hire(LEAD, by="email")
    await world.ask()
    assert told(await world.sweep(hours=11)) == []  # eight in the morning in Madrid
    assert told(await world.sweep(minutes=61)) == ["lucía@example.org"]  # the lead has still the time of an open desk to wait
    assert told(await world.sweep(minutes=14)) == ["marta@example.org"]


async def test_out_of_hours_an_urgent_case_wakes_who_is_on_call_though_off_duty(world: World) -> None:
    world.clock.now = NIGHT
    await world.hire(LUCIA, by="email")
    on_call = await world.hire(profile(LUCIA, name="Nora", on_call=True), by="email")
    await world.away(on_call)
    case = await world.ask(priority="high")
    assert told(await world.sweep()) == ["nora@example.org"]
    await world.act(on_call, case.number, Claim())
    await world.sweep(minutes=5)
    assert (await world.case(case.number)).advisor == on_call.id  # who takes a case is there


async def test_who_is_away_until_a_day_is_not_called(world: World) -> None:
    world.clock.now = NIGHT
    on_call = await world.hire(profile(LUCIA, on_call=True), by="email")
    await world.away(on_call, is_available=True, away_until=NIGHT + timedelta(days=3))
    await world.ask(priority="high")
    assert told(await world.sweep()) == []


async def test_the_substitute_is_woken_for_who_is_away(world: World) -> None:
    lucia = await world.hire(LUCIA, by="email")
    nora = await world.hire(profile(SCHOOL, name="Nora"), by="email")
    await world.away(lucia, substitute=nora.id)
    case = await world.ask(priority="high")
    assert told(await world.sweep()) == ["nora@example.org"]
    assert isinstance(await world.act(nora, case.number, Claim()), Done), "who is called must be able to take the case"


async def test_the_substitute_has_only_their_own_cases_once_the_other_is_back(world: World) -> None:
    lucia = await world.hire(LUCIA, by="email")
    nora = await world.hire(profile(SCHOOL, name="Nora"), by="email")
    await world.away(lucia, substitute=nora.id)
    await world.away(lucia, is_available=True, substitute=nora.id)
    case = await world.ask(priority="high")
    assert isinstance(await world.act(nora, case.number, Claim()), Refused)


async def test_a_public_holiday_is_out_of_hours(world: World) -> None:
    world.clock.now = datetime(2026, 12, 8, 9, 30, tzinfo=UTC)  # a Tuesday, Immaculate Conception
    await world.hire(LUCIA, by="email")
    await world.ask()
    assert told(await world.sweep(hours=1)) == []


async def test_practice_wakes_nobody(world: World) -> None:
    lucia = await world.hire(LUCIA, by="email")
    await world.hire(LEAD, by="email")
    await world.desk.practise(lucia, "advice", "ar")
    assert await world.sweep(hours=2) == []


async def test_after_a_restart_nobody_is_woken_twice(world: World) -> None:
    await world.hire(LUCIA, by="email")
    await world.ask()
    assert len(await world.sweep(minutes=5)) == 1
    world.desk._sweeper._rounds.clear()  # what a new process knows
    assert await world.sweep(seconds=30) == []


# ---------------------------------------------------------------- nobody there


async def test_a_city_whose_desk_nobody_reaches_is_an_alert_to_its_admins_once_an_hour(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.hire(ADMIN, by="email")
    root = (await world.store.desk.team())[0]
    await world.store.desk.set_wake(root.id, "web")  # with the page closed nobody is told there
    await world.hire(LUCIA)
    await world.ask()
    (delivery,) = await world.sweep()
    assert delivery.contact.address == "root@example.org"
    assert "Madrid" in text_of(delivery.message)
    assert "1 cases wait" in caplog.text
    assert await world.sweep(minutes=10) == []
    assert len(await world.sweep(minutes=60)) == 1


async def test_an_open_page_is_somebody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    lucia = await world.hire(LUCIA)
    await world.ask()
    await world.desk.seen(lucia)
    await world.sweep()
    assert "can be reached" not in caplog.text


async def test_a_closed_desk_is_no_alert(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.clock.now = NIGHT
    await world.hire(LUCIA)
    await world.ask()
    await world.sweep()
    assert "can be reached" not in caplog.text


# ---------------------------------------------------------------- going back to the queue


async def test_a_case_of_who_goes_away_returns_at_once(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    assert await world.steps("amina") == ["claimed"]
    await world.away(lucia)
    world.woken.clear()
    await world.sweep()
    assert (await world.case(case.number)).state == "waiting"
    assert world.woken == [case.contact_id]
    assert await world.steps("amina") == ["returned"]


async def test_a_contact_who_waits_too_long_goes_back_and_the_lead_is_told(world: World) -> None:
    lucia = await world.hire(LUCIA)
    await world.hire(LEAD, by="email")
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    await world.sweep(minutes=29)
    assert (await world.case(case.number)).state == "claimed"
    (delivery,) = await world.sweep(minutes=1)
    assert (await world.case(case.number)).state == "waiting"
    assert delivery.contact.address == "marta@example.org"
    assert CANARY not in text_of(delivery.message)


async def test_who_has_answered_keeps_the_case(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    world.clock.forward(minutes=1)
    await world.act(lucia, case.number, Reply("ya lo miro"))
    await world.sweep(hours=3)
    assert (await world.case(case.number)).advisor == lucia.id


async def test_the_night_does_not_count_as_waiting(world: World) -> None:
    world.clock.now = NIGHT - timedelta(hours=7, minutes=10)  # ten minutes before the desk closes at two
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    for _ in range(19):
        await world.sweep(hours=1)
    assert world.clock.now < datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    assert (await world.case(case.number)).state == "claimed"
    await world.sweep(minutes=20)
    assert (await world.case(case.number)).state == "claimed"
    await world.sweep(minutes=30)
    assert (await world.case(case.number)).state == "waiting"


async def test_nobody_taking_it_is_told_to_the_contact_once(world: World) -> None:
    await world.hire(LUCIA)
    await world.ask()
    await world.sweep(minutes=30)
    assert await world.steps("amina") == ["no-answer"]
    await world.sweep(minutes=30)
    assert await world.steps("amina") == []


def test_every_stage_has_words() -> None:
    assert all("{about}" in sentence for sentence in SENTENCES.values())
    assert MORNING.weekday() == 2
