"""What contacts do with cases, on every engine: asking, being passed on, ending, taking up again, and whose the conversation is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cases import REOPEN_DAYS, AddNote, Attachment, Claim, Close, PassOn, Profile, Reply, Role
from bot.model import (
    AddToCase,
    AgreeToHelper,
    CaseEffect,
    CaseNews,
    ConsentToPass,
    Document,
    EndCase,
    InviteUsed,
    Message,
    OpenCase,
    Option,
    Paragraph,
    RaiseCase,
    RateCase,
    ReopenCase,
    ReportAnswer,
    Run,
    UseInvite,
    Venue,
    WithdrawFromCase,
)
from bot.store import Handled, snapshots
from bot.store.database import Database
from tests.contracts.casework import Town, done, only, shown
from tests.contracts.conftest import Engine
from tests.store.cases import START, Clock, message, saying, snapshot_of, text_of

PHOTO = Attachment("photo", "telegram:abc", size=1000)


def mine(text: str) -> Message:
    return message(text, author="contact")


# ---------------------------------------------------------------- asking


async def test_asking_opens_a_case_and_the_contact_hears_number_and_place(town: Town) -> None:
    contact_id = await town.arrive(area="alcorcon")
    facts = (("letter", "yes"), ("date", "2030-05-06"))
    wish = OpenCase("advice", "housing", "homes", "caritas", "high", facts, "housing.eviction")
    handled = await town.turn(contact_id, wish)
    (news,) = only(CaseNews, await town.heard(contact_id))
    case = await town.case(news.case.number)
    assert handled == Handled((), (contact_id,), (case.number,))
    assert (news.step, news.case, news.at, news.reachable) == ("opened", case, START, False)
    assert (case.contact_id, case.kind, case.state, case.place, case.version) == (contact_id, "advice", "waiting", 1, 1)
    assert (case.city, case.area, case.locale, case.topic, case.desk, case.organisation) == (
        "madrid",
        "alcorcon",
        "ar",
        "housing",
        "homes",
        "caritas",
    )
    assert (case.priority, case.facts, case.entry_id) == ("high", facts, "housing.eviction")
    assert (case.opened_at, case.waiting_since, case.contact_at, case.waits_for_advisor) == (START, START, START, True)
    assert case.pseudonym.count(":") == 1
    assert await town.events(case.number) == ["opened"]
    assert await town.audited(case.number) == [("contact", "opened")]
    assert await town.figures() == {"opened": (1, 0)}


async def test_who_is_offered_the_case_is_reachable_while_they_hear_of_it(town: Town) -> None:
    staff_id = await town.hire(topics=("housing",))
    contact_id = await town.arrive()
    await town.turn(contact_id, OpenCase("advice", "housing"))
    assert [news.reachable for news in await town.news(contact_id)] == [False], "nobody looks at a page, and no wake-up finds them"
    await town.desk.seen(staff_id)
    await town.turn(contact_id, OpenCase("advice", "housing"), OpenCase("legal", "rights"))
    assert [news.reachable for news in await town.news(contact_id)] == [True, False]
    await town.desk.set_duty(staff_id, is_available=False)
    await town.turn(contact_id, OpenCase("advice", "housing"))
    assert [news.reachable for news in await town.news(contact_id)] == [False]


async def test_a_second_request_of_a_kind_only_tells_of_the_first(town: Town) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    before = await town.seen(number)
    await town.turn(contact_id, OpenCase("advice", "school", priority="high"))
    (news,) = await town.news(contact_id)
    assert (news.step, news.case) == ("opened", before[0])
    assert await town.seen(number) == before
    assert len(await town.desk.open_cases()) == 1
    assert await town.figures() == {"opened": (1, 0)}


async def test_without_a_city_nothing_is_opened(town: Town) -> None:
    contact_id = await town.arrive()
    assert await town.turn(contact_id, OpenCase("advice", "housing"), city=None) == Handled()
    assert await town.desk.open_cases() == ()


async def test_the_made_up_name_stays_as_long_as_a_case_is_kept(town: Town) -> None:
    amina = await town.arrive("amina")
    first = await town.case(await town.ask(amina))
    second = await town.case(await town.ask(amina, "legal"))
    await town.turn(amina, EndCase(first.number), EndCase(second.number))
    third = await town.case(await town.ask(amina, "mentor"))
    assert first.pseudonym == second.pseudonym == third.pseudonym
    others = {(await town.case(await town.ask(await town.arrive(str(n))))).pseudonym for n in range(40)}
    assert len(others - {first.pseudonym}) == 40, "open cases of a city have different names"


OFFER = message("I will pass this on", "pass:all:advice", "pass:last:advice")
QUESTION = message("Is there a date?", "fact:date:today", "fact:date:skip")


async def _told_before(town: Town) -> str:
    contact_id = await town.arrive()
    await town.turn(contact_id, said=(mine("my landlord"), message("which topic?", "topic:housing")))
    await town.turn(contact_id, said=(mine("wants me out"), OFFER))
    await town.turn(contact_id, said=(mine("label of pass:all:advice"), QUESTION))
    await town.turn(contact_id, said=(mine("on Monday"),))
    return contact_id


async def test_the_last_messages_of_both_sides_go_along(town: Town, clock: Clock) -> None:
    contact_id = await _told_before(town)
    clock.forward(minutes=5)
    data = Message("en", (Paragraph((Run("your data"),)),), document=Document("data.json", "application/json", "{}"), files=True)
    await town.turn(contact_id, said=(data,))
    number = await town.ask(contact_id, share="all")
    assert await town.texts(number) == [
        ("contact", "my landlord"),
        ("bot", "which topic?"),
        ("contact", "wants me out"),
        ("bot", "I will pass this on"),
        ("contact", "label of pass:all:advice"),
        ("bot", "Is there a date?"),
        ("contact", "on Monday"),
        ("bot", "your data"),
        ("system", "opened"),
    ]
    lines = await town.desk.lines(number)
    assert all(line.message is None or not (line.message.options or line.message.document) for line in lines)
    assert [line.at for line in lines] == [*[START] * 7, clock.now, lines[-1].changed_at]
    assert len({line.changed_at for line in lines}) == len(lines)
    assert [line.changed_at for line in lines] == sorted(line.changed_at for line in lines)


async def test_only_the_last_own_words_go_along(town: Town) -> None:
    """What a button said for the contact, and what answers a question of the desk, is not what they wrote."""
    contact_id = await _told_before(town)
    assert await town.texts(await town.ask(contact_id, share="last")) == [("contact", "wants me out"), ("system", "opened")]


async def test_nothing_goes_along(town: Town) -> None:
    contact_id = await _told_before(town)
    assert await town.texts(await town.ask(contact_id, share="none")) == [("system", "opened")]


async def test_a_history_that_is_over_does_not_go_along(town: Town, clock: Clock) -> None:
    contact_id = await _told_before(town)
    clock.forward(hours=24)
    assert await town.texts(await town.ask(contact_id, share="all")) == [("system", "opened")]


# ---------------------------------------------------------------- the place in line


async def test_the_place_in_line_is_that_of_city_and_kind(town: Town, clock: Clock) -> None:
    numbers: dict[str, int] = {}
    for name, kind, city, priority in (
        ("a", "advice", "madrid", "ordinary"),
        ("b", "legal", "madrid", "ordinary"),
        ("c", "interpreter", "madrid", "ordinary"),
        ("d", "advice", "alcala", "ordinary"),
        ("e", "advice", "madrid", "high"),
        ("f", "interpreter", "madrid", "ordinary"),
        ("g", "companion", "madrid", "ordinary"),
    ):
        numbers[name] = await town.ask(await town.arrive(name, city=city), kind, priority=priority)
        clock.forward(seconds=1)
    places = {"e": 1, "a": 2, "b": 3, "c": 1, "f": 2, "g": 1, "d": 1}
    assert {name: (await town.case(number)).place for name, number in numbers.items()} == places
    ordered = await town.desk.open_cases()
    assert [case.number for case in ordered] == [numbers[name] for name in "eabcdfg"]
    assert {case.number: case.place for case in ordered} == {numbers[name]: place for name, place in places.items()}
    staff_id = await town.hire()
    taken = await town.done(staff_id, numbers["a"], Claim())
    assert taken.case.place == 0
    assert (await town.case(numbers["b"])).place == 2
    await town.turn((await town.case(numbers["e"])).contact_id, EndCase(numbers["e"]))
    assert [(case.number, case.place) for case in await town.desk.open_cases() if case.kind in ("advice", "legal")] == [
        (numbers["a"], 0),
        (numbers["b"], 1),
        (numbers["d"], 1),
    ]


# ---------------------------------------------------------------- whose the conversation is


async def test_the_owner_follows_from_the_cases_alone(town: Town) -> None:
    staff_id = await town.hire()
    contact_id = await town.arrive()

    async def owner() -> str:
        known = await town.conversation(contact_id)
        await town.turn(contact_id, owner="advisor", cases=(), staffed=False)  # whatever a turn says
        assert (await town.conversation(contact_id)).owner == known.owner
        return known.owner

    assert await owner() == "bot"
    helped = await town.ask(contact_id, "interpreter")
    assert await owner() == "bot", "the bot goes on talking beside a helper"
    first = await town.ask(contact_id)
    assert await owner() == "queue"
    second = await town.ask(contact_id, "legal")
    await town.done(staff_id, second, Claim())
    assert await owner() == "advisor"
    await town.done(staff_id, second, Close("solved"))
    assert await owner() == "queue"
    await town.turn(contact_id, EndCase(first))
    assert await owner() == "bot"
    assert [case.number for case in (await town.conversation(contact_id)).cases] == [second, first, helped]


async def test_closed_cases_are_remembered_for_some_days(town: Town, clock: Clock) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    await town.turn(contact_id, EndCase(number))
    clock.forward(days=REOPEN_DAYS)
    assert [case.number for case in (await town.conversation(contact_id)).cases] == [number]
    clock.forward(microseconds=1)
    assert (await town.conversation(contact_id)).cases == ()
    assert (await town.conversation(await town.arrive("other"))).cases == ()


async def test_a_city_is_staffed_by_people_of_its_desk(town: Town) -> None:
    contact_id = await town.arrive()

    async def staffed() -> bool:
        return (await town.conversation(contact_id)).staffed

    assert not await staffed()
    await town.hire(city="alcala")
    await town.hire(role="admin", city="")
    await town.hire(role="interpreter")
    await town.desk.invite(_profile("advisor", city="madrid"))
    assert not await staffed(), "nobody of them is of this city's desk, or has come yet"
    staff_id = await town.hire(role="lead")
    assert await staffed()
    await town.desk.set_duty(staff_id, is_available=False)
    assert await staffed(), "away is not gone"
    await town.desk.remove_staff(staff_id)
    assert not await staffed()


# ---------------------------------------------------------------- what the contact says


async def test_what_the_contact_says_becomes_lines(town: Town, clock: Clock) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    clock.forward(minutes=1)
    handled = await town.turn(
        contact_id,
        AddToCase(number, "hola"),
        AddToCase(number, "مرحبا", "buenas", "es"),
        AddToCase(number, "a letter", attachment=PHOTO),
        AddToCase(number, place=(40.4, -3.7)),
    )
    assert handled == Handled((), (), (number,))
    plain, translated, photo, place = [line.message for line in await town.desk.lines(number)][1:]
    assert plain == Message("ar", (Paragraph((Run("hola"),)),), author="contact")
    assert translated == Message("es", (Paragraph((Run("buenas"),)),), author="contact", original="مرحبا", original_locale="ar")
    assert photo == Message("ar", (Paragraph((Run("a letter"),)),), author="contact", attachment=PHOTO)
    assert place == Message("ar", venues=(Venue("", "", 40.4, -3.7),), author="contact")
    case = await town.case(number)
    assert (case.contact_at, case.version, case.waits_for_advisor) == (clock.now, 5, True)


async def test_an_edit_changes_the_line_it_came_from(town: Town) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    await town.turn(contact_id, AddToCase(number, "tomorow", source_id="7"), AddToCase(number, "other", source_id="8"))
    first = (await town.desk.lines(number))[1]
    await town.turn(contact_id, AddToCase(number, "tomorrow", source_id="7", edited=True))
    lines = await town.desk.lines(number)
    assert [(line.id == first.id, shown(line), line.is_edited) for line in lines[1:]] == [
        (True, "tomorrow", True),
        (False, "other", False),
    ]
    assert lines[1].changed_at > lines[2].changed_at
    assert lines[1].at == first.at
    await town.turn(contact_id, AddToCase(number, "said before it was opened", source_id="3", edited=True))
    assert (await town.texts(number))[-1] == ("contact", "said before it was opened")


async def test_taking_back_empties_the_line(town: Town) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    await town.turn(contact_id, *(AddToCase(number, text, source_id=text) for text in ("one", "two", "three")))
    await town.turn(contact_id, WithdrawFromCase(number))
    await town.turn(contact_id, WithdrawFromCase(number, "one"))
    await town.turn(contact_id, WithdrawFromCase(number, "unknown"))
    lines = (await town.desk.lines(number))[1:]
    assert [(line.message is None, line.is_withdrawn) for line in lines] == [(True, True), (False, False), (True, True)]
    await town.turn(contact_id, AddToCase(number, "one again", source_id="one", edited=True))
    assert (await town.texts(number))[1:] == [("contact", ""), ("contact", "two"), ("contact", ""), ("contact", "one again")]


async def test_a_file_that_is_taken_back_is_not_kept(town: Town) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    file_id = await town.desk.add_file(number, b"a letter")
    await town.turn(contact_id, AddToCase(number, attachment=Attachment("photo", f"store:{file_id}")))
    assert await town.desk.file(file_id) == (number, b"a letter")
    await town.turn(contact_id, WithdrawFromCase(number))
    assert await town.desk.file(file_id) is None


async def test_a_cry_for_help_makes_a_case_urgent_once(town: Town, clock: Clock) -> None:
    other = await town.ask(await town.arrive("other"))
    clock.forward(seconds=1)
    contact_id = await town.arrive()
    number = await town.ask(contact_id, facts=(("letter", "no"), ("children", "yes")))
    assert (await town.case(number)).place == 2
    await town.turn(contact_id, RaiseCase(number, (("letter", "yes"), ("date", "2030-05-02"))))
    case = await town.case(number)
    assert (case.priority, case.place) == ("high", 1)
    assert case.facts == (("letter", "yes"), ("children", "yes"), ("date", "2030-05-02"))
    await town.turn(contact_id, RaiseCase(number))
    assert await town.case(number) == case
    assert await town.events(number) == ["opened", "raised"]
    assert (await town.case(other)).place == 2


async def test_a_peer_who_has_a_case_that_becomes_urgent_has_it_no_more(town: Town) -> None:
    peer = await town.hire("Pilar", "peer")
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    await town.done(peer, number, Claim())
    await town.heard(contact_id)
    await town.turn(contact_id, RaiseCase(number))
    assert (await town.case(number)).state == "waiting"
    assert await town.steps(contact_id) == ["passed"]
    assert await town.events(number) == ["opened", "claimed", "raised", "passed"]
    advisor = await town.hire()
    await town.done(advisor, number, Claim())
    await town.turn(contact_id, RaiseCase(number, (("date", "today"),)))
    assert (await town.case(number)).advisor == advisor


# ---------------------------------------------------------------- the end, and after it


async def test_the_contact_ends_a_case(town: Town, clock: Clock) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    staff_id = await town.hire()
    await town.done(staff_id, number, Claim())
    await town.heard(contact_id)
    clock.forward(minutes=2)
    await town.turn(contact_id, EndCase(number))
    case = await town.case(number)
    assert (case.state, case.outcome, case.closed_at, case.advisor) == ("closed", "ended", clock.now, staff_id)
    assert await town.heard(contact_id) == []
    assert await town.figures() == {"opened": (1, 0), "closed": (1, 120)}
    before = await town.seen(number)
    await town.turn(contact_id, EndCase(number), AddToCase(number, "late"), WithdrawFromCase(number), RaiseCase(number))
    assert await town.seen(number) == before
    assert [case.number for case in await town.desk.closed_cases(staff_id)] == [number]


@pytest.mark.parametrize(("helped", "figure"), [("yes", "helped-yes"), ("not-yet", "helped-not-yet")])
async def test_the_contact_says_whether_it_helped(town: Town, helped: str, figure: str) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    await town.turn(contact_id, RateCase(number, "yes"))
    assert (await town.case(number)).helped is None, "not before the end"
    await town.turn(contact_id, EndCase(number), RateCase(number, helped), RateCase(number, helped))  # type: ignore[arg-type]
    assert (await town.case(number)).helped == helped
    await town.turn(contact_id, RateCase(number, "yes"))
    assert (await town.case(number)).helped == "yes"
    assert {name: n for name, (n, _) in (await town.figures()).items()} == {"opened": 1, "closed": 1, figure: 1}


async def _closed(town: Town, staff_id: str, contact_id: str) -> int:
    number = await town.ask(contact_id)
    await town.done(staff_id, number, Claim())
    await town.done(staff_id, number, Close("solved"))
    await town.heard(contact_id)
    return number


async def test_taken_up_again_a_case_is_back_with_its_advisor(town: Town, clock: Clock) -> None:
    staff_id, contact_id = await town.hire(), await town.arrive()
    number = await _closed(town, staff_id, contact_id)
    await town.turn(contact_id, RateCase(number, "not-yet"))
    clock.forward(days=REOPEN_DAYS)
    await town.turn(contact_id, ReopenCase(number), AddToCase(number, "there is more"))
    (news,) = await town.news(contact_id)
    case = await town.case(number)
    assert (news.step, news.name) == ("reopened", "Lucía")
    assert (case.state, case.advisor, case.advisor_name, case.claimed_at) == ("claimed", staff_id, "Lucía", clock.now)
    assert (case.reopened, case.closed_at, case.outcome, case.helped, case.waits_for_advisor) == (1, None, None, None, True)
    assert (await town.conversation(contact_id)).owner == "advisor"
    assert await town.events(number) == ["opened", "claimed", "closed", "reopened"]
    await town.turn(contact_id, ReopenCase(number))
    assert await town.heard(contact_id) == []


@pytest.mark.parametrize("why", ["away", "until", "gone", "unfit"])
async def test_without_its_advisor_it_waits_for_anybody(town: Town, clock: Clock, why: str) -> None:
    staff_id, contact_id = await town.hire(role="peer"), await town.arrive()
    number = await _closed(town, staff_id, contact_id)
    if why == "gone":
        await town.desk.remove_staff(staff_id)
    elif why == "unfit":
        await town.desk.set_profile(staff_id, _profile("advisor", city="alcala"))
    else:
        until = clock.now + timedelta(days=1) if why == "until" else None
        await town.desk.set_duty(staff_id, is_available=why == "until", away_until=until)
    await town.turn(contact_id, ReopenCase(number))
    (news,) = await town.news(contact_id)
    assert (news.step, news.name, news.case.state, news.case.place > 0) == ("reopened", "", "waiting", True)
    assert (await town.conversation(contact_id)).owner == "queue"


def _profile(role: Role, city: str) -> Profile:
    return Profile("Lucía", role, city)


async def test_too_late_to_take_it_up_again(town: Town, clock: Clock) -> None:
    staff_id, contact_id = await town.hire(), await town.arrive()
    number = await _closed(town, staff_id, contact_id)
    newer = await town.ask(contact_id)
    await town.turn(contact_id, ReopenCase(number))
    assert [(news.step, news.text, news.case.number) for news in await town.news(contact_id)] == [("closed", "too-late", number)]
    await town.turn(contact_id, EndCase(newer))
    clock.forward(days=REOPEN_DAYS, seconds=1)
    await town.turn(contact_id, ReopenCase(number))
    assert [(news.step, news.text) for news in await town.news(contact_id)] == [("closed", "too-late")]
    assert (await town.case(number)).state == "closed"


# ---------------------------------------------------------------- to another organisation


async def _asked_to_pass(town: Town) -> tuple[str, str, int]:
    staff_id = await town.hire(organisation="caritas")
    contact_id = await town.arrive()
    number = await town.ask(contact_id, organisation="caritas", desk="homes")
    await town.done(staff_id, number, Claim())
    await town.heard(contact_id)
    await town.done(staff_id, number, PassOn("they know the law", organisation="acnur"))
    (news,) = await town.news(contact_id)
    assert (news.step, news.name, news.text) == ("consent", "acnur", "they know the law")
    assert (news.case.passing_to, news.case.passing_why, news.case.state) == ("acnur", "they know the law", "claimed")
    return staff_id, contact_id, number


async def test_nothing_goes_to_another_organisation_before_the_contact_agrees(town: Town) -> None:
    staff_id, contact_id, number = await _asked_to_pass(town)
    theirs = await town.hire("Omar", organisation="acnur")
    assert (await town.refused(theirs, number, Claim())).reason == "gone"
    assert (await town.refused(staff_id, number, PassOn("again", organisation="acnur"))).reason == "needs-consent"
    await town.done(staff_id, number, Reply("meanwhile"))
    await town.heard(contact_id)
    await town.turn(contact_id, ConsentToPass(number, agrees=True))
    (news,) = await town.news(contact_id)
    case = await town.case(number)
    assert (news.step, case.state, case.organisation, case.passing_to, case.desk) == ("passed", "waiting", "acnur", None, "")
    assert (await town.refused(staff_id, number, Reply("hello?"))).reason == "gone"
    await town.done(theirs, number, Claim())
    await town.turn(contact_id, ConsentToPass(number, agrees=True))
    assert (await town.case(number)).advisor == theirs


async def test_a_no_leaves_the_case_where_it_is(town: Town) -> None:
    staff_id, contact_id, number = await _asked_to_pass(town)
    await town.turn(contact_id, ConsentToPass(number, agrees=False))
    case = await town.case(number)
    assert (case.state, case.advisor, case.organisation, case.passing_to, case.passing_why) == ("claimed", staff_id, "caritas", None, "")
    assert (await town.events(number))[-1] == "refused"
    assert await town.heard(contact_id) == []
    await town.done(staff_id, number, PassOn("please", organisation="acnur"))


# ---------------------------------------------------------------- whose case it is


EFFECTS: list[CaseEffect] = [
    AddToCase(1, "hello"),
    WithdrawFromCase(1),
    RaiseCase(1),
    EndCase(1),
    ReopenCase(1),
    RateCase(1, "yes"),
    ConsentToPass(1, agrees=True),
    AgreeToHelper(1, agrees=True),
]


@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: type(effect).__name__)
async def test_nobody_reaches_the_case_of_another(town: Town, effect: CaseEffect, is_closed: bool) -> None:
    amina, boris = await town.arrive("amina"), await town.arrive("boris")
    number = await town.ask(amina)
    assert number == 1
    await town.turn(amina, AddToCase(number, "mine", source_id="1"))
    if is_closed:
        await town.turn(amina, EndCase(number))
    before = await town.seen(number)
    assert await town.turn(boris, effect) == Handled()
    assert await town.turn(boris, *(type(effect)(**{**_fields(effect), "number": 99}) for effect in EFFECTS)) == Handled()
    assert await town.seen(number) == before


def _fields(effect: CaseEffect) -> dict[str, object]:
    return {name: getattr(effect, name) for name in effect.__slots__}  # type: ignore[union-attr]


# ---------------------------------------------------------------- invites and reports


async def test_an_invite_is_used_by_a_turn(town: Town) -> None:
    code, staff_id = await town.desk.invite(_profile("advisor", city="madrid"))
    contact_id = await town.arrive(channel="telegram")
    await town.turn(contact_id, UseInvite("wrong"))
    assert [(event.name, event.role) for event in only(InviteUsed, await town.heard(contact_id))] == [("", "")]
    handled = await town.turn(contact_id, UseInvite(code))
    assert handled.wake == (contact_id,)
    (used,) = only(InviteUsed, await town.heard(contact_id))
    assert (used.name, used.role, used.city) == ("Lucía", "advisor", "madrid")
    staff = await town.desk.redeem(used.login_code)
    assert staff is not None
    assert (staff.id, staff.has_telegram) == (staff_id, True)


async def test_a_contact_reports_an_answer(town: Town) -> None:
    contact_id = await town.arrive()
    await town.turn(contact_id, ReportAnswer("madrid", "egov.nie", "ar"))
    (report,) = await town.desk.reports()
    assert (report.city, report.entry_id, report.locale, report.by_whom) == ("madrid", "egov.nie", "ar", "contact")


# ---------------------------------------------------------------- the transaction


async def test_a_turn_that_fails_changes_no_case(town: Town) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id)
    before = await town.seen(number)

    class Broken(AddToCase):
        __slots__ = ()

        def __getattribute__(self, name: str) -> object:
            raise LookupError

    with pytest.raises(LookupError):
        await town.turn(contact_id, AddToCase(number, "first"), Broken(number, "second"))
    assert await town.seen(number) == before


async def test_a_restart_keeps_cases_lines_and_owner(durable: Engine) -> None:
    town = Town(durable.store, durable.clock)
    staff_id, contact_id = await town.hire(), await town.arrive()
    number = await town.ask(contact_id, facts=(("letter", "yes"),))
    await town.done(staff_id, number, Claim())
    await town.turn(contact_id, AddToCase(number, "hello"))
    reply = done(await town.act(staff_id, number, Reply("good morning"), "one key"))
    before, known = await town.seen(number), await town.conversation(contact_id)
    town = Town(await durable.reopen(), durable.clock)
    assert await town.seen(number) == before
    kept = await town.conversation(contact_id)
    assert (kept.owner, kept.cases, kept.staffed, kept.version) == ("advisor", known.cases, True, known.version)
    (written,) = [event for event in await town.heard(contact_id) if not isinstance(event, CaseNews)]
    again = await town.act(staff_id, number, Reply("good morning"), "one key")
    assert (again.result, again.wake) == (replace(reply, repeated=True), ())
    assert await town.heard(contact_id) == []
    assert written.number == number


async def test_nothing_of_a_case_is_readable_in_the_files(durable: Engine) -> None:
    town = Town(durable.store, durable.clock)
    staff_id = await town.hire("canary-name", organisation="caritas")
    contact_id = await town.arrive()
    await town.turn(contact_id, said=(mine("canary-history"),))
    number = await town.ask(contact_id, facts=(("canary-key", "canary-fact"),))
    await town.done(staff_id, number, Claim())
    await town.turn(contact_id, AddToCase(number, "canary-said", "canary-translated", "es", source_id="canary-source"))
    await town.act(staff_id, number, Reply("canary-reply", translated="canary-answer"), "canary-deed")
    await town.done(staff_id, number, AddNote("canary-note"))
    await town.done(staff_id, number, PassOn("canary-reason", organisation="acnur"))
    assert len(await town.heard(contact_id)) == 2
    await town.done(staff_id, number, Reply("canary-waiting"))
    assert found(durable.files, b"canary") == []
    assert found(durable.files, b"acnur") != [], "the search itself must be able to find something"
    await durable.store.close()
    assert found(durable.files, b"canary") == []


def found(folder: Path, needle: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]


# ---------------------------------------------------------------- being forgotten


async def test_whoever_is_forgotten_has_no_case_any_more(town: Town) -> None:
    staff_id, contact_id = await town.hire(), await town.arrive()
    number = await town.ask(contact_id)
    await town.done(staff_id, number, Claim())
    await town.turn(contact_id, AddToCase(number, "hello"))
    mark = await town.desk.mark()
    handled = await town.turn(contact_id, said=(message("goodbye"),), erase=True)
    assert (len(handled.deliveries), handled.cases) == (1, (number,)), "the goodbye is still on its way"
    assert await town.seen(number) == (None, ())
    assert await town.desk.open_cases() == ()
    assert await town.desk.mark() != mark
    assert (await town.refused(staff_id, number, Reply("hello?"))).reason == "gone"
    assert await town.store.waiting(10) == ()


async def test_what_the_desk_tells_does_not_bring_a_forgotten_contact_back(town: Town) -> None:
    staff_id, contact_id = await town.hire(), await town.arrive()
    number = await town.ask(contact_id)
    await town.done(staff_id, number, Claim())
    assert len((await snapshot_of(town.store, contact_id)).waiting) == 1
    await town.store.handle(contact_id, saying(handled=(), erase=True))
    assert await town.store.waiting(10) == ()
    assert await town.store.read(contact_id) is None
    assert (await town.store.figures())["contacts"] == 0


# ---------------------------------------------------------------- cheap for everybody else


async def test_a_contact_without_cases_costs_no_query_more(engine: Engine) -> None:
    town = Town(engine.store, engine.clock)
    await town.hire()
    contact_id = await town.arrive()
    await town.conversation(contact_id)
    asked: list[str] = []
    worker = engine.store._worker  # type: ignore[attr-defined]

    def noting(db: Database) -> object:
        found = snapshots.load(db, contact_id)
        row, rows = db.row, db.rows
        db.row = lambda name, *values: asked.append(name) or row(name, *values)  # type: ignore[method-assign, assignment, func-returns-value]
        db.rows = lambda name, *values: asked.append(name) or rows(name, *values)  # type: ignore[method-assign, assignment, func-returns-value]
        assert snapshots.load(db, contact_id) == found
        del db.row, db.rows
        return found

    assert await worker.read(noting)
    assert asked == ["snapshot", "waiting_events"]


async def test_options_of_a_message_are_told_from_its_text(town: Town) -> None:
    """A label that was offered once is a press; the same words before that were the contact's own."""
    contact_id = await town.arrive()
    await town.turn(contact_id, said=(mine("Housing"), Message("en", options=(Option("topic:housing", "Housing"),)), mine("Housing")))
    number = await town.ask(contact_id, share="last")
    assert await town.texts(number) == [("contact", "Housing"), ("system", "opened")]
    assert text_of((await town.desk.lines(number))[0].message or mine("")) == "Housing"
