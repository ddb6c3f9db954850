"""What staff do with cases, on every engine: one winner of a claim, every right on every path, and once for every key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cases import (
    REOPEN_DAYS,
    AddNote,
    Attachment,
    Case,
    CaseKind,
    Claim,
    Close,
    Correct,
    Deed,
    Done,
    PassOn,
    Priority,
    Profile,
    Refused,
    Reopen,
    Reply,
    ReportEntry,
    Role,
    SendEntry,
    Withdraw,
)
from bot.model import MAX_TEXT, AddToCase, CaseNews, ConsentToPass, EndCase, Message, Paragraph, PersonWrote, Run, Venue
from tests.contracts.casework import Town, done, only, refusal, shown
from tests.contracts.conftest import Engine
from tests.store.cases import START, Clock, message

PHOTO = Attachment("photo", "store:abc", "letter.jpg", "image/jpeg", 1000)


async def _claimed(town: Town, role: Role = "advisor", **wish: object) -> tuple[str, str, int]:
    """Let an advisor have a case; returns staff id, contact id and number."""
    staff_id, contact_id = await town.hire(role=role), await town.arrive()
    number = await town.ask(contact_id, **wish)  # type: ignore[arg-type]
    await town.done(staff_id, number, Claim())
    await town.heard(contact_id)
    return staff_id, contact_id, number


# ---------------------------------------------------------------- claiming


async def test_a_claim_is_told_to_the_contact(town: Town, clock: Clock) -> None:
    staff_id, contact_id = await town.hire(), await town.arrive()
    number = await town.ask(contact_id)
    clock.forward(minutes=1)
    acted = await town.act(staff_id, number, Claim())
    assert acted.wake == (contact_id,)
    case = await town.case(number)
    assert acted.result == Done(case)
    assert (case.state, case.advisor, case.advisor_name, case.claimed_at) == ("claimed", staff_id, "Lucía", clock.now)
    (news,) = await town.news(contact_id)
    assert (news.step, news.name, news.case) == ("claimed", "Lucía", case)
    (line,) = [line for line in await town.desk.lines(number) if line.event == "claimed"]
    assert (line.author, line.staff_id, line.name) == ("system", staff_id, "Lucía")
    assert (staff_id, "claimed") in await town.audited(number)


async def test_two_claims_at_once_have_one_winner(town: Town, engine: Engine) -> None:
    lucia, omar = await town.hire("Lucía"), await town.hire("Omar")
    names = {lucia: "Lucía", omar: "Omar"}
    for turn in range(engine.rounds(200)):
        contact_id = await town.arrive(f"contact {turn}")
        number = await town.ask(contact_id)
        claimants = (lucia, omar) if turn % 2 else (omar, lucia)
        results = dict(zip(claimants, await asyncio.gather(*(town.act(who, number, Claim()) for who in claimants)), strict=True))
        (winner,) = [who for who, acted in results.items() if isinstance(acted.result, Done)]
        (loser,) = results.keys() - {winner}
        assert refusal(results[loser]) == Refused("taken", names[winner])
        assert results[loser].wake == ()
        assert (await town.case(number)).advisor == winner
        assert [(news.step, news.name) for news in await town.news(contact_id)] == [("claimed", names[winner])]
        await town.done(winner, number, Close("solved"))


async def test_a_claim_needs_a_case_that_waits(town: Town) -> None:
    staff_id, contact_id, number = await _claimed(town)
    other = await town.hire("Omar")
    assert await town.refused(other, number, Claim()) == Refused("taken", "Lucía")
    again = done(await town.act(staff_id, number, Claim()))
    assert again.repeated
    await town.turn(contact_id, EndCase(number))
    assert (await town.refused(other, number, Claim())).reason == "closed"
    assert (await town.refused(staff_id, number, Claim())).reason == "closed"
    assert (await town.refused(staff_id, 99, Claim())).reason == "gone"


async def test_a_claim_needs_the_topic(town: Town) -> None:
    school, housing = await town.hire(topics=("school",)), await town.hire(topics=("housing",))
    number = await town.ask(await town.arrive())
    assert (await town.refused(school, number, Claim())).reason == "not-allowed"
    await town.done(housing, number, Claim())


# ---------------------------------------------------------------- who may do what, on every path

DEEDS: tuple[Deed, ...] = (
    Claim(),
    Reply("hello"),
    SendEntry("housing.eviction"),
    AddNote("a note"),
    PassOn("why", topic="school"),
    PassOn("why", organisation="acnur"),
    Close("solved"),
    Reopen(),
    Correct(2, "other words"),
    Withdraw(2),
    ReportEntry("housing.eviction", "wrong"),
)
STATES = ("waiting", "claimed", "theirs", "closed")


async def _in_state(town: Town, state: str, staff_id: str, number: int) -> None:
    """Bring a case into a state, with `staff_id` as the one who has or had it under "theirs" and "closed"."""
    lead = await town.hire("Marta", "lead")
    await town.turn((await town.case(number)).contact_id, AddToCase(number, "hello"))
    if state == "claimed":
        await town.done(lead, number, Claim())
    elif state in ("theirs", "closed"):
        await town.done(staff_id, number, Claim())
        await town.done(staff_id, number, Reply("said before"))
    if state == "closed":
        await town.done(staff_id, number, Close("solved"))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("case", ["legal", "health", "high"])
async def test_a_peer_may_do_nothing_with_what_is_not_for_peers(town: Town, case: str, state: str) -> None:
    kind: CaseKind = "legal" if case == "legal" else "advice"
    topic = "healthcare" if case == "health" else "housing"
    priority: Priority = "high" if case == "high" else "ordinary"
    staff_id = await town.hire("Pilar", "advisor")
    number = await town.ask(await town.arrive(), kind, topic, priority=priority)
    await _in_state(town, state, staff_id, number)
    await town.desk.set_profile(staff_id, Profile("Pilar", "peer", "madrid"))
    for deed in DEEDS:
        assert (await town.refused(staff_id, number, deed)).reason == "not-allowed", deed


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ["advisor", "lead", "admin"])
@pytest.mark.parametrize("change", [{"city": "alcala"}, {"organisation": "acnur"}], ids=["city", "organisation"])
async def test_a_case_of_another_house_is_not_there(town: Town, change: dict[str, str], role: Role, state: str) -> None:
    staff_id = await town.hire("Omar", organisation="caritas")
    number = await town.ask(await town.arrive(), organisation="caritas")
    await _in_state(town, state, staff_id, number)
    await town.desk.set_profile(staff_id, replace(Profile("Omar", role, "madrid", "caritas"), **change))  # type: ignore[arg-type]
    for deed in DEEDS:
        assert (await town.refused(staff_id, number, deed)).reason == "gone", deed
        assert (await town.refused(staff_id, 99, deed)).reason == "gone", deed


@pytest.mark.parametrize("state", ["waiting", "claimed", "theirs", "closed"])
async def test_who_is_not_staff_may_do_nothing(town: Town, state: str) -> None:
    staff_id = await town.hire("Omar")
    number = await town.ask(await town.arrive())
    await _in_state(town, state, staff_id, number)
    await town.desk.remove_staff(staff_id)
    for who in (staff_id, "nobody"):
        for deed in DEEDS:
            assert (await town.refused(who, number, deed)).reason == "not-allowed", deed


async def test_a_colleague_may_only_look_on(town: Town) -> None:
    """Whoever does not have a case may neither write in it nor move it, and a helper never."""
    _, _, number = await _claimed(town)
    colleague, helper = await town.hire("Omar"), await town.hire("Samira", "interpreter")
    for deed in (*DEEDS[1:3], *DEEDS[4:7]):
        assert await town.refused(colleague, number, deed) == Refused("taken", "Lucía"), deed
    for deed in (AddNote("a note"), Reopen(), Correct(2, "x"), Withdraw(2), ReportEntry("housing.eviction", "wrong")):
        assert (await town.refused(colleague, number, deed)).reason == "not-allowed", deed
    for deed in DEEDS:
        assert (await town.refused(helper, number, deed)).reason == "not-allowed", deed


async def test_a_case_that_waits_is_not_written_in(town: Town) -> None:
    staff_id = await town.hire()
    number = await town.ask(await town.arrive())
    for deed in (Reply("hello"), SendEntry("a.b"), PassOn("why", topic="school"), Close("solved"), Reopen()):
        assert (await town.refused(staff_id, number, deed)).reason == "not-allowed", deed
    await town.done(staff_id, number, AddNote("seen"))


async def test_a_closed_case_is_not_written_in(town: Town) -> None:
    staff_id, _, number = await _claimed(town)
    await town.done(staff_id, number, Close("solved"))
    for deed in (Reply("hello"), SendEntry("a.b"), PassOn("why", topic="school"), Close("solved")):
        assert (await town.refused(staff_id, number, deed)).reason in ("closed", "not-allowed"), deed
    await town.done(staff_id, number, AddNote("looked at it again"))


# ---------------------------------------------------------------- writing


async def test_a_reply_reaches_the_contact_with_a_name(town: Town, clock: Clock) -> None:
    staff_id, contact_id, number = await _claimed(town)
    clock.forward(minutes=3)
    reply = await town.done(staff_id, number, Reply("  good morning ", PHOTO, (40.4, -3.7)))
    assert only(PersonWrote, await town.heard(contact_id)) == [
        PersonWrote(number=number, line=reply.line, name="Lucía", at=clock.now, text="good morning", attachment=PHOTO, place=(40.4, -3.7))
    ]
    line = (await town.desk.lines(number))[-1]
    assert (line.id, line.author, line.staff_id, line.name) == (reply.line, "person", staff_id, "Lucía")
    assert line.message == Message(
        "ar",
        (Paragraph((Run("good morning"),)),),
        venues=(Venue("", "", 40.4, -3.7),),
        author="person",
        author_name="Lucía",
        attachment=PHOTO,
    )
    case = await town.case(number)
    assert (case.advisor_at, case.answered_at, case.waits_for_advisor) == (clock.now, clock.now, False)
    assert await town.figures() == {"opened": (1, 0), "answered": (1, 180)}
    clock.forward(minutes=1)
    await town.done(staff_id, number, Reply("and more"))
    assert await town.figures() == {"opened": (1, 0), "answered": (1, 180)}
    assert (await town.case(number)).answered_at == START + timedelta(minutes=3)


async def test_a_translated_reply_keeps_both(town: Town) -> None:
    staff_id, contact_id, number = await _claimed(town)
    await town.done(staff_id, number, Reply("buenos días", translated="صباح الخير", locale="es"))
    (event,) = await town.written(contact_id)
    assert (event.text, event.translated, event.locale) == ("buenos días", "صباح الخير", "es")
    said = (await town.desk.lines(number))[-1].message
    assert said == Message(
        "ar",
        (Paragraph((Run("صباح الخير"),)),),
        author="translation",
        author_name="Lucía",
        original="buenos días",
        original_locale="es",
    )


async def test_what_cannot_be_sent_is_refused(town: Town) -> None:
    staff_id, contact_id, number = await _claimed(town)
    line = (await town.done(staff_id, number, Reply("hello"))).line
    await town.heard(contact_id)
    for text, reason in (("", "empty"), (" \n", "empty"), ("x" * (MAX_TEXT + 1), "too-long")):
        for deed in (Reply(text), AddNote(text), PassOn(text, topic="school"), Correct(line, text)):
            assert (await town.refused(staff_id, number, deed)).reason == reason, deed
    assert (await town.refused(staff_id, number, SendEntry(""))).reason == "empty"
    assert (await town.refused(staff_id, number, ReportEntry("", "wrong"))).reason == "empty"
    assert await town.heard(contact_id) == []
    await town.done(staff_id, number, Reply("x" * MAX_TEXT))
    await town.done(staff_id, number, Reply("", PHOTO))
    await town.done(staff_id, number, Reply("", place=(1.0, 2.0)))


async def test_an_entry_is_sent_by_its_id(town: Town, clock: Clock) -> None:
    staff_id, contact_id, number = await _claimed(town)
    sent = await town.done(staff_id, number, SendEntry("housing.eviction"))
    assert await town.written(contact_id) == [
        PersonWrote(number=number, line=sent.line, name="Lucía", at=clock.now, entry_id="housing.eviction")
    ]
    line = (await town.desk.lines(number))[-1]
    assert (line.author, line.event, shown(line)) == ("person", "entry:housing.eviction", "housing.eviction")
    assert (await town.case(number)).answered_at == clock.now


async def test_a_note_is_for_colleagues(town: Town) -> None:
    staff_id, contact_id, number = await _claimed(town)
    acted = await town.act(staff_id, number, AddNote("call the office"))
    assert acted.wake == ()
    assert await town.heard(contact_id) == []
    line = (await town.desk.lines(number))[-1]
    assert (line.id, line.author, line.name, shown(line)) == (done(acted).line, "note", "Lucía", "call the office")
    assert (await town.case(number)).advisor_at is None


# ---------------------------------------------------------------- once


async def test_the_same_key_does_nothing_twice(town: Town) -> None:
    staff_id, contact_id, number = await _claimed(town)
    first = done(await town.act(staff_id, number, Reply("hello"), "k"))
    assert not first.repeated
    await town.heard(contact_id)
    before = await town.seen(number)
    for _ in range(2):
        again = await town.act(staff_id, number, Reply("hello"), "k")
        assert (again.result, again.wake) == (replace(first, repeated=True), ())
    assert await town.seen(number) == before
    assert await town.heard(contact_id) == []
    both = await asyncio.gather(*(town.act(staff_id, number, Reply("once"), "once") for _ in range(5)))
    assert len({done(acted).line for acted in both}) == 1
    assert sorted(done(acted).repeated for acted in both) == [False, True, True, True, True]
    assert [event.text for event in await town.written(contact_id)] == ["once"]


async def test_a_key_is_one_persons_own_and_of_one_case(town: Town) -> None:
    staff_id, _, number = await _claimed(town)
    lead = await town.hire("Marta", "lead")
    other = await town.ask(await town.arrive("other"))
    await town.done(lead, other, Claim())
    first = done(await town.act(staff_id, number, AddNote("mine"), "k"))
    second = done(await town.act(lead, number, AddNote("hers"), "k"))
    third = done(await town.act(lead, other, AddNote("elsewhere"), "k"))
    assert len({first.line, second.line, third.line}) == 3
    assert (second.repeated, third.repeated) == (False, False)


async def test_a_refused_key_may_be_used_again(town: Town) -> None:
    _, _, number = await _claimed(town)
    other = await town.hire("Omar")
    assert refusal(await town.act(other, number, Claim(), "k")).reason == "taken"
    await town.desk.give_back(number, "no-answer")
    assert not done(await town.act(other, number, Claim(), "k")).repeated


async def test_a_key_shows_nothing_of_a_case_that_went_elsewhere(town: Town) -> None:
    staff_id = await town.hire(organisation="caritas")
    contact_id = await town.arrive()
    number = await town.ask(contact_id, organisation="caritas")
    await town.done(staff_id, number, Claim())
    await town.act(staff_id, number, PassOn("why", organisation="acnur"), "k")
    await town.turn(contact_id, ConsentToPass(number, agrees=True))
    again = done(await town.act(staff_id, number, PassOn("why", organisation="acnur"), "k"))
    assert again.repeated
    assert (again.case.number, again.case.contact_id, again.case.organisation, again.case.facts) == (number, "", None, ())


# ---------------------------------------------------------------- changing what was written


async def test_ones_own_words_are_changed_and_taken_back_on_the_other_side(town: Town, clock: Clock) -> None:
    staff_id, contact_id, number = await _claimed(town)
    first = await town.done(staff_id, number, Reply("Monday", PHOTO))
    second = await town.done(staff_id, number, Reply("other"))
    await town.heard(contact_id)
    clock.forward(seconds=1)
    corrected = await town.done(staff_id, number, Correct(first.line, "Tuesday", "الثلاثاء", "es"))
    (event,) = await town.written(contact_id)
    assert (event.line, event.edits, event.text, event.translated, event.attachment) == (first.line, True, "Tuesday", "الثلاثاء", PHOTO)
    line = next(line for line in await town.desk.lines(number) if line.id == first.line)
    assert (corrected.line, line.is_edited, line.changed_at > line.at) == (first.line, True, True)
    assert line.message is not None
    assert (shown(line), line.message.original, line.message.attachment) == ("الثلاثاء", "Tuesday", PHOTO)
    await town.done(staff_id, number, Withdraw(second.line))
    (withdrew,) = await town.withdrawn(contact_id)
    assert (withdrew.number, withdrew.line) == (number, second.line)
    line = (await town.desk.lines(number))[-1]
    assert (line.id, line.message, line.is_withdrawn) == (second.line, None, True)
    assert done(await town.act(staff_id, number, Withdraw(second.line))).repeated
    assert (await town.refused(staff_id, number, Correct(second.line, "again"))).reason == "not-allowed"
    assert await town.heard(contact_id) == []


async def test_only_ones_own_words_in_this_case_are_changed(town: Town) -> None:
    staff_id, contact_id, number = await _claimed(town)
    await town.turn(contact_id, AddToCase(number, "mine"))
    mine = await town.done(staff_id, number, Reply("hello"))
    note = await town.done(staff_id, number, AddNote("a note"))
    entry = await town.done(staff_id, number, SendEntry("a.b"))
    contact_line = next(line.id for line in await town.desk.lines(number) if line.author == "contact")
    lead = await town.hire("Marta", "lead")
    other = await town.ask(await town.arrive("other"))
    await town.done(staff_id, other, Claim())
    for who, which, line in (
        (lead, number, mine.line),
        (staff_id, number, note.line),
        (staff_id, number, contact_line),
        (staff_id, number, 1),
        (staff_id, number, 999),
        (staff_id, other, mine.line),
    ):
        assert (await town.refused(who, which, Correct(line, "x"))).reason == "not-allowed"
        assert (await town.refused(who, which, Withdraw(line))).reason == "not-allowed"
    assert (await town.refused(staff_id, number, Correct(entry.line, "x"))).reason == "not-allowed"
    await town.done(staff_id, number, Withdraw(entry.line))


async def test_words_can_be_put_right_after_the_end(town: Town) -> None:
    staff_id, contact_id, number = await _claimed(town)
    line = (await town.done(staff_id, number, Reply("the wrong day"))).line
    await town.done(staff_id, number, Close("solved"))
    await town.heard(contact_id)
    await town.done(staff_id, number, Correct(line, "the right day"))
    await town.done(staff_id, number, Withdraw(line))
    assert [type(event).__name__ for event in await town.heard(contact_id)] == ["PersonWrote", "PersonWithdrew"]
    assert (await town.conversation(contact_id)).owner == "bot"


# ---------------------------------------------------------------- passing on


async def test_passed_to_another_topic_it_waits_again(town: Town, clock: Clock) -> None:
    staff_id, contact_id, number = await _claimed(town, desk="homes")
    clock.forward(minutes=1)
    passed = await town.done(staff_id, number, PassOn("about papers", topic="egov"))
    case = passed.case
    assert (case.state, case.advisor, case.topic, case.desk, case.place, case.waiting_since) == ("waiting", None, "egov", "", 1, clock.now)
    assert case.opened_at == START
    assert await town.steps(contact_id) == ["passed"]
    line = (await town.desk.lines(number))[-1]
    assert (line.event, line.name) == ("passed", "Lucía")
    assert line.message is not None
    assert line.message.blocks == (Paragraph((Run("about papers"),)),)
    assert (await town.conversation(contact_id)).owner == "queue"


async def test_passed_to_a_colleague_they_have_it(town: Town) -> None:
    staff_id, contact_id, number = await _claimed(town)
    colleague, school = await town.hire("Omar"), await town.hire("Ana", topics=("school",))
    await town.done(staff_id, number, PassOn("he knows them", staff=colleague))
    (news,) = await town.news(contact_id)
    assert (news.step, news.name, news.case.advisor) == ("passed", "Omar", colleague)
    assert await town.refused(staff_id, number, Reply("one more thing")) == Refused("taken", "Omar")
    await town.done(colleague, number, PassOn("her field", staff=school, topic="school"))
    assert ((await town.case(number)).advisor, (await town.case(number)).topic) == (school, "school")


async def test_nothing_is_passed_to_somebody_who_may_not_have_it(town: Town) -> None:
    staff_id, _, number = await _claimed(town, kind="legal")
    for other in (
        await town.hire("Pilar", "peer"),
        await town.hire("Samira", "interpreter"),
        await town.hire("Ana", city="alcala"),
        "nobody",
    ):
        assert (await town.refused(staff_id, number, PassOn("why", staff=other))).reason == "not-allowed"


async def test_a_lead_gives_out_what_waits_and_what_others_have(town: Town) -> None:
    _, _, number = await _claimed(town)
    lead, colleague = await town.hire("Marta", "lead"), await town.hire("Omar")
    await town.done(lead, number, PassOn("she is ill", staff=colleague))
    assert (await town.case(number)).advisor == colleague
    await town.done(lead, number, PassOn("back to all", topic="housing"))
    await town.done(lead, number, PassOn("to him", staff=colleague))
    assert (await town.case(number)).advisor == colleague
    await town.done(lead, number, Close("referred"))
    case = await town.case(number)
    assert (case.advisor, case.outcome) == (colleague, "referred")
    waiting = await town.ask(await town.arrive("other"))
    await town.done(lead, waiting, Close("other"))
    assert (await town.case(waiting)).advisor == lead


# ---------------------------------------------------------------- the end, and after it


async def test_a_case_is_closed_with_its_outcome(town: Town, clock: Clock) -> None:
    staff_id, contact_id, number = await _claimed(town)
    clock.forward(minutes=10)
    acted = await town.act(staff_id, number, Close("unreachable"))
    assert acted.wake == (contact_id,)
    (news,) = only(CaseNews, await town.heard(contact_id))
    assert (news.step, news.name, news.text, news.case.outcome) == ("closed", "Lucía", "unreachable", "unreachable")
    case = await town.case(number)
    assert (case.state, case.closed_at, case.advisor, case.place) == ("closed", clock.now, staff_id, 0)
    assert (await town.figures())["closed"] == (1, 600)
    assert (await town.conversation(contact_id)).owner == "bot"
    assert await town.desk.open_cases() == ()


async def test_closed_cases_are_listed_newest_first(town: Town, clock: Clock) -> None:
    staff_id = await town.hire()
    numbers = []
    for name in "abc":
        number = await town.ask(await town.arrive(name))
        await town.done(staff_id, number, Claim())
        clock.forward(seconds=1)
        await town.done(staff_id, number, Close("solved"))
        numbers.append(number)
    assert [case.number for case in await town.desk.closed_cases(staff_id)] == numbers[::-1]
    assert [case.number for case in await town.desk.closed_cases(staff_id, limit=1)] == numbers[-1:]
    assert await town.desk.closed_cases(await town.hire("Omar")) == ()


async def test_a_closed_case_is_taken_up_by_whoever_had_it(town: Town, clock: Clock) -> None:
    staff_id, contact_id, number = await _claimed(town)
    await town.done(staff_id, number, Close("solved"))
    await town.heard(contact_id)
    other = await town.hire("Omar")
    assert (await town.refused(other, number, Reopen())).reason == "not-allowed"
    clock.forward(days=REOPEN_DAYS)
    again = await town.done(staff_id, number, Reopen())
    assert (again.case.state, again.case.advisor, again.case.reopened) == ("claimed", staff_id, 1)
    assert [(news.step, news.name) for news in await town.news(contact_id)] == [("reopened", "Lucía")]
    assert done(await town.act(staff_id, number, Reopen())).repeated
    assert (await town.conversation(contact_id)).owner == "advisor"


async def test_a_closed_case_is_not_taken_up_too_late_or_beside_another(town: Town, clock: Clock) -> None:
    staff_id, contact_id, number = await _claimed(town)
    await town.done(staff_id, number, Close("solved"))
    newer = await town.ask(contact_id)
    assert (await town.refused(staff_id, number, Reopen())).reason == "taken"
    await town.turn(contact_id, EndCase(newer))
    clock.forward(days=REOPEN_DAYS, seconds=1)
    assert (await town.refused(staff_id, number, Reopen())).reason == "too-late"


# ---------------------------------------------------------------- reports


@pytest.mark.parametrize(("role", "by_whom"), [("advisor", "advisor"), ("peer", "advisor"), ("lead", "lead"), ("admin", "lead")])
async def test_an_answer_is_reported_with_and_without_a_case(town: Town, role: Role, by_whom: str) -> None:
    staff_id = await town.hire(role=role, languages=("es", "ar"))
    number = await town.ask(await town.arrive())
    reported = await town.done(staff_id, number, ReportEntry("housing.eviction", "the number is old"))
    assert reported.case.number == number
    alone = done(await town.act(staff_id, 0, ReportEntry("egov.nie", "closed since May"), "k"))
    assert done(await town.act(staff_id, 0, ReportEntry("egov.nie", "closed since May"), "k")).repeated
    assert (alone.case.number, alone.case.contact_id) == (0, "")
    assert [(r.city, r.entry_id, r.locale, r.by_whom, r.why) for r in await town.desk.reports()] == [
        ("madrid", "housing.eviction", "ar", by_whom, "the number is old"),
        ("madrid", "egov.nie", "es", by_whom, "closed since May"),
    ]


# ---------------------------------------------------------------- what the desk does by itself


@pytest.mark.parametrize("why", ["no-answer", "away"])
async def test_a_case_goes_back_to_the_queue(town: Town, clock: Clock, why: str) -> None:
    staff_id, contact_id, number = await _claimed(town)
    clock.forward(minutes=30)
    assert await town.desk.give_back(number, why) == (contact_id,)  # type: ignore[arg-type]
    case = await town.case(number)
    assert (case.state, case.advisor, case.claimed_at, case.waiting_since, case.place) == ("waiting", None, None, clock.now, 1)
    assert await town.steps(contact_id) == ["returned"]
    assert (await town.figures())["returned"] == (1, 0)
    assert ("system", "returned") in await town.audited(number)
    assert await town.desk.give_back(number, why) == ()  # type: ignore[arg-type]
    assert (await town.refused(staff_id, number, Reply("here I am"))).reason == "not-allowed"
    assert await town.desk.give_back(99, "away") == ()


async def test_what_is_announced_is_announced_once_a_round(town: Town, clock: Clock) -> None:
    staff_id, contact_id = await town.hire(), await town.arrive()
    number = await town.ask(contact_id)
    assert await town.desk.announce(number, "no-answer", once="no-answer") == (contact_id,)
    assert await town.desk.announce(number, "no-answer", once="no-answer") == ()
    assert await town.steps(contact_id) == ["no-answer"]
    clock.forward(minutes=1)
    await town.done(staff_id, number, Claim())
    await town.desk.give_back(number, "away")
    assert await town.desk.announce(number, "no-answer", once="no-answer") == (contact_id,)
    assert await town.events(number) == ["opened", "no-answer", "claimed", "returned", "no-answer"]
    await town.turn(contact_id, EndCase(number))
    assert await town.desk.announce(number, "no-answer", once="other") == ()
    assert await town.desk.announce(99, "no-answer", once="other") == ()


# ---------------------------------------------------------------- reading


async def test_lines_are_read_from_where_one_was(town: Town) -> None:
    _, contact_id, number = await _claimed(town)
    await town.turn(contact_id, AddToCase(number, "one", source_id="1"), AddToCase(number, "two"))
    lines = await town.desk.lines(number)
    assert [shown(line) for line in lines] == ["opened", "claimed", "one", "two"]
    assert await town.desk.lines(number, lines[1].id) == lines[2:]
    since = lines[-1].changed_at
    assert await town.desk.lines(number, since=since) == ()
    await town.turn(contact_id, AddToCase(number, "uno", source_id="1", edited=True), AddToCase(number, "three"))
    assert [shown(line) for line in await town.desk.lines(number, since=since)] == ["uno", "three"]
    assert [shown(line) for line in await town.desk.lines(number, lines[-1].id, since=since)] == ["uno", "three"]
    assert [shown(line) for line in await town.desk.lines(number, lines[-1].id)] == ["three"]
    assert await town.desk.lines(99) == ()


async def test_the_audit_knows_who_read_and_exported(town: Town, clock: Clock) -> None:
    staff_id, _, number = await _claimed(town)
    other = await town.hire("Omar")
    for reader in (staff_id, staff_id, other):
        await town.desk.lines(number, reader=reader)
    await town.desk.lines(number)
    assert [entry for entry in await town.audited(number) if entry[1] == "read"] == [(staff_id, "read"), (other, "read")]
    clock.forward(hours=1)
    await asyncio.gather(*(town.desk.lines(number, reader=staff_id) for _ in range(5)))
    assert [actor for actor, deed in await town.audited(number) if deed == "read"] == [staff_id, other, staff_id]
    assert await town.desk.export(number, staff_id) == await town.desk.lines(number)
    assert (await town.audited(number))[-1] == (staff_id, "exported")
    assert await town.desk.verify_audit() is None


async def test_every_deed_is_in_the_audit_without_a_word_of_it(town: Town) -> None:
    staff_id, contact_id, number = await _claimed(town)
    line = (await town.done(staff_id, number, Reply("canary"))).line
    for deed in (
        AddNote("canary"),
        Correct(line, "canary"),
        Withdraw(line),
        SendEntry("a.b"),
        ReportEntry("a.b", "canary"),
        PassOn("canary", organisation="acnur"),
    ):
        await town.done(staff_id, number, deed)
    await town.turn(contact_id, ConsentToPass(number, agrees=False), AddToCase(number, "canary"))
    await town.done(staff_id, number, Close("solved"))
    await town.done(staff_id, number, Reopen())
    await town.done(staff_id, number, PassOn("canary", topic="school"))
    assert [deed for _, deed in await town.audited(number)] == [
        "opened",
        "claimed",
        "answered",
        "noted",
        "corrected",
        "withdrew",
        "answered",
        "reported",
        "asked to pass",
        "refused",
        "closed",
        "reopened",
        "passed",
    ]
    assert all("canary" not in line.detail for line in await town.desk.audit())


async def test_the_mark_tells_of_every_change_and_of_nothing_else(town: Town) -> None:
    seen = {await town.desk.mark()}

    async def is_new() -> bool:
        mark = await town.desk.mark()
        fresh = mark not in seen
        seen.add(mark)
        return fresh

    assert not await is_new()
    contact_id = await town.arrive()
    await town.turn(contact_id, said=(message("hello"),))
    assert not await is_new(), "talk with the bot alone"
    staff_id = await town.hire()
    assert await is_new()
    number = await town.ask(contact_id)
    assert await is_new()
    for deed in (Claim(), Reply("hello"), AddNote("x")):
        await town.done(staff_id, number, deed)
        assert await is_new(), deed
    await town.turn(contact_id, AddToCase(number, "thanks"))
    assert await is_new()
    await town.desk.seen(staff_id)
    await town.desk.lines(number, reader=staff_id)
    assert not await is_new(), "looking changes nothing"
    await town.desk.set_duty(staff_id, is_available=False)
    assert await is_new()
    pool = await town.ask(contact_id, "mentor")
    assert await is_new()
    await town.desk.offer(pool, [await town.hire("Samira", "mentor")])
    assert await is_new()
    await town.done(staff_id, 0, ReportEntry("a.b", "wrong"))
    assert await is_new()
    await town.desk.resolve((await town.desk.reports())[0].id, staff_id)
    assert await is_new()


async def test_another_process_is_noticed(durable: Engine) -> None:
    town = Town(durable.store, durable.clock)
    contact_id = await town.arrive()
    mark = await town.desk.mark()
    assert not (await town.conversation(contact_id)).staffed
    beside = Town(await durable.beside(), durable.clock)
    await beside.hire()
    await beside.store.close()
    assert await town.desk.mark() != mark
    assert (await town.conversation(contact_id)).staffed


# ---------------------------------------------------------------- practice


async def _practice(town: Town, staff_id: str, kind: CaseKind = "advice") -> int:
    wanted = Case(0, "", kind, "waiting", "madrid", "ar", "housing", START, priority="high", facts=(("letter", "yes"),))
    return await town.desk.start_practice(staff_id, wanted, [message("hello", author="contact"), message("help", author="contact")])


async def test_practice_is_seen_by_nobody_else(town: Town, clock: Clock) -> None:
    staff_id = await town.hire()
    real = await town.ask(await town.arrive())
    clock.forward(seconds=1)
    number = await _practice(town, staff_id)
    case = await town.case(number)
    assert (case.practice_for, case.state, case.place, case.facts, case.priority) == (staff_id, "waiting", 1, (("letter", "yes"),), "high")
    assert await town.texts(number) == [("contact", "hello"), ("contact", "help"), ("system", "opened")]
    assert (await town.case(real)).place == 1, "it stands in no line"
    for role in ("advisor", "lead", "admin"):
        other = await town.hire(role, role)
        for deed in DEEDS:
            assert (await town.refused(other, number, deed)).reason == "gone"
    figures = await town.figures()
    await town.done(staff_id, number, Claim())
    snapshot = await town.store.read(case.contact_id)
    assert snapshot is not None
    assert (snapshot.contact.channel, snapshot.conversation.owner, snapshot.conversation.locale) == ("practice", "advisor", "ar")
    await town.done(staff_id, number, Reply("how can I help?"))
    assert [type(event).__name__ for event in await town.heard(case.contact_id)] == ["CaseNews", "PersonWrote"]
    clock.forward(minutes=1)
    await town.desk.add_practice_line(number, message("thank you", author="contact"))
    assert (await town.texts(number))[-1] == ("contact", "thank you")
    assert (await town.case(number)).waits_for_advisor
    await town.done(staff_id, number, Close("solved"))
    await town.desk.add_practice_line(number, message("late", author="contact"))
    await town.desk.add_practice_line(real, message("never", author="contact"))
    assert (await town.texts(number))[-1] == ("system", "closed")
    assert await town.figures() == figures
    assert await town.texts(real) == [("system", "opened")]
    assert [case.number for case in await town.desk.closed_cases(staff_id)] == [number]


async def test_practice_with_a_helpers_request_agrees_by_itself(town: Town) -> None:
    staff_id, chat = await town.hire_helper()
    number = await _practice(town, staff_id, "interpreter")
    assert await town.desk.offer(number, [staff_id]) == ()
    taken = await town.done(staff_id, number, Claim())
    assert (taken.case.state, taken.case.agreed) == ("claimed", True)
    await town.done(staff_id, number, Reply("I can come"))
    await town.done(staff_id, number, Close("solved"))
    assert await town.heard(chat) == []
    assert await town.figures() == {}
