"""Requests for interpreters, companions and mentors, on every engine: asked, first come, agreed, written through us, given back."""

from __future__ import annotations

import asyncio

import pytest

from bot.cases import AddNote, Attachment, Claim, Close, PassOn, Refused, Reopen, Reply
from bot.model import (
    AddToCase,
    AgreeToHelper,
    AnswerOffer,
    CaseNews,
    EndCase,
    PersonWithdrew,
    PersonWrote,
    ReopenCase,
    WithdrawFromCase,
    WriteAsHelper,
)
from tests.contracts.casework import Town, done, only, refusal
from tests.contracts.conftest import Engine
from tests.store.cases import Clock, message

PHOTO = Attachment("photo", "telegram:abc")


async def _asked(town: Town, *names: str) -> tuple[str, int, list[tuple[str, str]]]:
    """Let a contact ask for an interpreter and the desk ask helpers; returns contact id, number, and the helpers (staff id, chat)."""
    helpers = [await town.hire_helper(name, languages=("ar", "es")) for name in names or ("Samira",)]
    contact_id = await town.arrive()
    number = await town.ask(contact_id, "interpreter", language="ar", facts=(("gender", "woman"),))
    assert await town.desk.offer(number, [staff_id for staff_id, _ in helpers]) == tuple(chat for _, chat in helpers)
    return contact_id, number, helpers


async def _agreed(town: Town) -> tuple[str, int, str, str]:
    """Bring both sides together; returns contact id, number, staff id and chat of the helper."""
    contact_id, number, ((staff_id, chat),) = await _asked(town)
    await town.turn(chat, AnswerOffer(number, accepts=True))
    await town.turn(contact_id, AgreeToHelper(number, agrees=True))
    await town.heard(contact_id)
    await town.heard(chat)
    return contact_id, number, staff_id, chat


# ---------------------------------------------------------------- asking helpers


async def test_helpers_are_asked_once_and_told_no_name(town: Town) -> None:
    contact_id, number, ((staff_id, chat),) = await _asked(town)
    (news,) = await town.news(chat)
    assert (news.step, news.case.number, news.case.language, news.case.facts) == ("offered", number, "ar", (("gender", "woman"),))
    assert (news.case.contact_id, news.case.pseudonym, news.case.advisor_name, news.name) == ("", "", "", "")
    assert await town.desk.offer(number, [staff_id]) == ()
    assert await town.heard(chat) == []
    assert [case.number for case in await town.desk.offers(staff_id)] == [number]
    assert await town.heard(contact_id) == []


async def test_only_those_who_may_help_are_asked(town: Town) -> None:
    number = await town.ask(await town.arrive(), "interpreter")
    others = [
        await town.hire("Omar"),
        await town.hire("Pilar", "peer"),
        await town.hire("Ana", "companion"),
        (await town.hire_helper("Far", city="alcala"))[0],
        "nobody",
    ]
    assert await town.desk.offer(number, others) == ()
    assert [await town.desk.offers(staff_id) for staff_id in others] == [()] * len(others)
    advice = await town.ask(await town.arrive("other"))
    helper = await town.hire("Samira", "interpreter")
    assert await town.desk.offer(advice, [helper]) == await town.desk.offer(99, [helper]) == ()


# ---------------------------------------------------------------- the first to accept


async def test_the_first_to_accept_has_it_and_the_contact_is_asked(town: Town) -> None:
    contact_id, number, ((samira, chat), (omar, other_chat)) = await _asked(town, "Samira", "Omar")
    await town.heard(chat)
    await town.heard(other_chat)
    handled = await town.turn(chat, AnswerOffer(number, accepts=True))
    assert (set(handled.wake), handled.cases) == ({contact_id, other_chat}, (number,))
    case = await town.case(number)
    assert (case.state, case.advisor, case.agreed, case.advisor_name) == ("claimed", samira, False, "")
    (news,) = await town.news(contact_id)
    assert (news.step, news.name, news.case.advisor_name) == ("found", "", "")
    assert await town.heard(chat) == []
    assert await town.steps(other_chat) == ["lost"]
    assert (await town.desk.offers(samira), await town.desk.offers(omar)) == ((), ())
    assert (await town.conversation(contact_id)).owner == "bot"
    await town.turn(other_chat, AnswerOffer(number, accepts=True))
    (late,) = await town.news(other_chat)
    assert (late.step, late.case.number, late.case.contact_id, late.case.pseudonym, late.case.facts) == ("unavailable", number, "", "", ())
    await town.turn(chat, AnswerOffer(number, accepts=True))
    assert await town.heard(chat) == [], "once more changes nothing"
    assert (await town.case(number)).advisor == samira


async def test_two_acceptances_at_once_have_one_winner(town: Town, engine: Engine) -> None:
    helpers = [await town.hire_helper(name, languages=("ar",)) for name in ("Samira", "Omar")]
    for turn in range(engine.rounds(50)):
        number = await town.ask(await town.arrive(f"contact {turn}"), "interpreter", language="ar")
        await town.desk.offer(number, [staff_id for staff_id, _ in helpers])
        (samira, _), (_, omar_chat) = helpers
        jobs = [town.desk.answer_offer(samira, number, accepts=True), town.turn(omar_chat, AnswerOffer(number, accepts=True))]
        await asyncio.gather(*(jobs if turn % 2 else jobs[::-1]))
        case = await town.case(number)
        assert case.advisor in {staff_id for staff_id, _ in helpers}
        assert (await town.events(number)).count("found") == 1
        assert (await town.steps(case.contact_id)) == ["found"]
        for _, chat in helpers:
            await town.heard(chat)


async def test_both_hear_the_names_once_both_have_agreed(town: Town, clock: Clock) -> None:
    contact_id, number, ((staff_id, chat),) = await _asked(town)
    clock.forward(minutes=5)
    await town.turn(chat, AnswerOffer(number, accepts=True))
    await town.turn(contact_id, AgreeToHelper(number, agrees=True))
    case = await town.case(number)
    assert (case.agreed, case.advisor, case.advisor_name, case.answered_at) == (True, staff_id, "Samira", clock.now)
    (news,) = await town.news(contact_id)
    assert (news.step, news.name, news.case.advisor_name) == ("agreed", "Samira", "Samira")
    (news,) = await town.news(chat)
    assert (news.step, news.name, news.case.pseudonym, news.case.contact_id) == ("agreed", case.pseudonym, case.pseudonym, "")
    assert (await town.figures())["answered"] == (1, 300)
    await town.turn(contact_id, AgreeToHelper(number, agrees=False))
    assert (await town.case(number)).agreed


async def test_a_contact_who_says_no_waits_for_another(town: Town, clock: Clock) -> None:
    contact_id, number, ((samira, chat), (omar, other_chat)) = await _asked(town, "Samira", "Omar")
    await town.turn(chat, AnswerOffer(number, accepts=True))
    await town.heard(chat)
    await town.heard(other_chat)
    clock.forward(minutes=1)
    await town.turn(contact_id, AgreeToHelper(number, agrees=False))
    case = await town.case(number)
    assert (case.state, case.advisor, case.waiting_since) == ("waiting", None, clock.now)
    (lost,) = await town.news(chat)
    assert (lost.step, lost.case.pseudonym, lost.name) == ("lost", "", "")
    assert await town.desk.offer(number, [samira, omar]) == (other_chat,), "who was refused is not asked again"
    await town.turn(other_chat, AnswerOffer(number, accepts=True))
    assert (await town.case(number)).advisor == omar


async def test_a_helper_may_decline_and_give_back(town: Town) -> None:
    contact_id, number, ((samira, chat), (omar, _)) = await _asked(town, "Samira", "Omar")
    await town.turn(chat, AnswerOffer(number, accepts=False))
    assert (await town.case(number)).state == "waiting"
    assert (await town.desk.offers(samira), len(await town.desk.offers(omar))) == ((), 1)
    await town.turn(chat, AnswerOffer(number, accepts=True))
    assert (await town.case(number)).advisor == samira, "who changes their mind in time may"
    await town.turn(contact_id, AgreeToHelper(number, agrees=True))
    await town.heard(contact_id)
    await town.turn(chat, AnswerOffer(number, accepts=False))
    case = await town.case(number)
    assert (case.state, case.advisor, case.agreed) == ("waiting", None, False)
    assert await town.steps(contact_id) == ["returned"]
    assert (await town.figures())["returned"][0] == 1
    assert await town.desk.offer(number, [samira]) == ()


async def test_an_answer_to_what_is_not_there_says_so(town: Town) -> None:
    contact_id, number, ((_, chat),) = await _asked(town)
    await town.heard(chat)
    stranger_id, stranger = await town.hire_helper("Stranger")
    for which in (number, 99):
        await town.turn(stranger, AnswerOffer(which, accepts=True))
        (news,) = await town.news(stranger)
        assert (news.step, news.case.number, news.case.contact_id, news.case.locale) == ("unavailable", which, "", "")
    outsider = await town.arrive("outsider", channel="telegram")
    await town.turn(outsider, AnswerOffer(number, accepts=True), WriteAsHelper(number, "hello"))
    assert await town.heard(outsider) == []
    await town.turn(contact_id, EndCase(number))
    await town.turn(chat, AnswerOffer(number, accepts=True))
    assert await town.steps(chat) == ["unavailable"]
    assert (await town.case(number)).advisor is None
    assert await town.desk.offers(stranger_id) == ()


# ---------------------------------------------------------------- on the web


async def test_the_web_answers_by_the_same_rules(town: Town) -> None:
    contact_id, number, ((samira, chat), (omar, _)) = await _asked(town, "Samira", "Omar")
    unasked = await town.hire("Ana", "interpreter")
    advisor = await town.hire()
    far = await town.hire("Far", "interpreter", "alcala")
    for who, reason in ((unasked, "not-allowed"), (advisor, "not-allowed"), ("nobody", "not-allowed"), (far, "gone")):
        assert refusal(await town.desk.answer_offer(who, number, accepts=True)).reason == reason
        assert refusal(await town.desk.answer_offer(who, number, accepts=False)).reason == reason
    assert refusal(await town.desk.answer_offer(samira, 99, accepts=True)).reason == "gone"
    acted = await town.desk.answer_offer(samira, number, accepts=True)
    assert done(acted).case.advisor == samira
    assert contact_id in acted.wake
    assert done(await town.desk.answer_offer(samira, number, accepts=True)).repeated
    assert refusal(await town.desk.answer_offer(omar, number, accepts=True)) == Refused("taken")
    assert done(await town.desk.answer_offer(samira, number, accepts=False)).case.state == "waiting"
    assert [deed for actor, deed in await town.audited(number) if actor == samira] == ["accepted", "gave back"]
    assert chat


async def test_a_helper_takes_a_request_from_the_queue_as_well(town: Town) -> None:
    contact_id = await town.arrive()
    number = await town.ask(contact_id, "interpreter", language="ar")
    spanish = await town.hire("Pablo", "interpreter", languages=("es",))
    arabic = await town.hire("Samira", "interpreter", languages=("ar",))
    assert (await town.refused(spanish, number, Claim())).reason == "not-allowed"
    assert (await town.refused(await town.hire(), number, Claim())).reason == "not-allowed"
    taken = await town.done(arabic, number, Claim())
    assert (taken.case.advisor, taken.case.agreed) == (arabic, False)
    assert await town.steps(contact_id) == ["found"]
    assert await town.refused(await town.hire("Marta", "lead"), number, Claim()) == Refused("taken"), "no name before both agree"
    assert done(await town.act(arabic, number, Claim())).repeated


async def test_nothing_is_written_before_both_agree(town: Town) -> None:
    contact_id, number, ((staff_id, chat),) = await _asked(town)
    await town.turn(chat, AnswerOffer(number, accepts=True))
    await town.heard(contact_id)
    await town.heard(chat)
    assert (await town.refused(staff_id, number, Reply("hello"))).reason == "needs-consent"
    await town.turn(chat, WriteAsHelper(number, "my number is 600"))
    assert await town.steps(chat) == ["unavailable"]
    await town.turn(contact_id, AddToCase(number, "at ten, please"))
    assert await town.heard(chat) == await town.heard(contact_id) == []
    assert (await town.texts(number))[-1] == ("contact", "at ten, please")


# ---------------------------------------------------------------- both writing through us


async def test_both_write_through_us(town: Town, clock: Clock) -> None:
    contact_id, number, staff_id, chat = await _agreed(town)
    case = await town.case(number)
    said = AddToCase(number, "أين؟", "¿dónde?", "es", attachment=PHOTO, place=(1.0, 2.0), source_id="5")
    handled = await town.turn(contact_id, said)
    assert handled.wake == (chat,)
    (heard,) = only(PersonWrote, await town.heard(chat))
    line = (await town.desk.lines(number))[-1]
    assert heard == PersonWrote(
        number=number,
        line=line.id,
        name=case.pseudonym,
        at=clock.now,
        text="أين؟",
        locale="ar",
        translated="¿dónde?",
        attachment=PHOTO,
        place=(1.0, 2.0),
    )
    await town.turn(chat, WriteAsHelper(number, "en la puerta", "عند الباب"))
    (reply,) = only(PersonWrote, await town.heard(contact_id))
    assert (reply.name, reply.text, reply.translated, reply.locale) == ("Samira", "en la puerta", "عند الباب", "es")
    line = (await town.desk.lines(number))[-1]
    assert (line.author, line.staff_id, line.message and line.message.original) == ("person", staff_id, "en la puerta")
    await town.turn(contact_id, AddToCase(number, "متى؟", source_id="5", edited=True))
    assert [(event.line, event.edits, event.text) for event in await town.written(chat)] == [(heard.line, True, "متى؟")]
    await town.turn(contact_id, WithdrawFromCase(number, "5"))
    assert only(PersonWithdrew, await town.heard(chat)) == [PersonWithdrew(number=number, line=heard.line, at=clock.now)]


async def test_an_empty_word_of_a_helper_goes_nowhere(town: Town) -> None:
    contact_id, number, _, chat = await _agreed(town)
    await town.turn(chat, WriteAsHelper(number, " "))
    assert await town.steps(chat) == ["unavailable"]
    assert await town.heard(contact_id) == []


async def test_both_are_reminded(town: Town) -> None:
    contact_id, number, _, chat = await _agreed(town)
    pseudonym = (await town.case(number)).pseudonym
    assert await town.desk.announce(number, "tomorrow", once="tomorrow:1") == (contact_id, chat)
    assert [(news.step, news.name) for news in await town.news(contact_id)] == [("tomorrow", "Samira")]
    assert [(news.step, news.name) for news in await town.news(chat)] == [("tomorrow", pseudonym)]
    assert await town.desk.announce(number, "tomorrow", once="tomorrow:1") == ()
    assert await town.desk.announce(number, "soon", once="soon:1") == (contact_id, chat)


@pytest.mark.parametrize("how", ["contact", "helper", "lead"])
async def test_the_end_is_told_to_the_other_side(town: Town, how: str) -> None:
    contact_id, number, staff_id, chat = await _agreed(town)
    if how == "contact":
        await town.turn(contact_id, EndCase(number))
    else:
        await town.done(staff_id if how == "helper" else await town.hire("Marta", "lead"), number, Close("solved"))
    assert (await town.case(number)).state == "closed"
    assert (await town.case(number)).advisor == staff_id
    assert await town.steps(contact_id) == ([] if how == "contact" else ["closed"])
    assert await town.steps(chat) == ([] if how == "helper" else ["closed"])
    await town.turn(contact_id, AddToCase(number, "thank you"))
    await town.turn(chat, WriteAsHelper(number, "you are welcome"))
    assert await town.steps(chat) == ["unavailable"]
    assert await town.heard(contact_id) == []


async def test_taken_up_again_both_must_agree_anew(town: Town) -> None:
    contact_id, number, staff_id, chat = await _agreed(town)
    await town.done(staff_id, number, Close("solved"))
    await town.turn(contact_id, ReopenCase(number))
    case = await town.case(number)
    assert (case.state, case.advisor, case.agreed) == ("waiting", None, False)
    assert await town.steps(contact_id) == ["reopened"]
    assert await town.desk.offer(number, [staff_id]) == (chat,)
    await town.done(staff_id, number, Claim())
    await town.turn(contact_id, AgreeToHelper(number, agrees=True))
    await town.done(staff_id, number, Close("solved"))
    await town.done(staff_id, number, Reopen())
    assert (await town.case(number)).state == "waiting"


async def test_a_lead_passes_a_request_to_another_helper(town: Town) -> None:
    contact_id, number, _, chat = await _agreed(town)
    lead, other = await town.hire("Marta", "lead"), await town.hire("Ana", "interpreter")
    await town.done(lead, number, PassOn("she is ill", staff=other))
    case = await town.case(number)
    assert (case.state, case.advisor, case.agreed, case.advisor_name) == ("claimed", other, False, "")
    assert await town.steps(chat) == ["lost"]
    assert [(news.step, news.name) for news in await town.news(contact_id)] == [("found", "")]
    await town.turn(contact_id, AgreeToHelper(number, agrees=True))
    await town.done(other, number, Reply("I come instead"))
    await town.done(lead, number, AddNote("settled"))


async def test_a_helper_who_leaves_gives_back_what_they_had(town: Town) -> None:
    contact_id, number, staff_id, _ = await _agreed(town)
    assert contact_id in await town.desk.remove_staff(staff_id)
    assert ((await town.case(number)).state, await town.steps(contact_id)) == ("waiting", ["returned"])


async def test_a_helper_hears_when_the_contact_is_forgotten(town: Town) -> None:
    contact_id, number, _, chat = await _agreed(town)
    handled = await town.turn(contact_id, said=(message("goodbye"),), erase=True)
    assert (handled.wake, handled.cases) == ((chat,), (number,))
    (news,) = only(CaseNews, await town.heard(chat))
    assert (news.step, news.case.number, news.case.contact_id, news.case.facts) == ("closed", number, "", ())
    assert await town.desk.case(number) is None
    await town.turn(chat, WriteAsHelper(number, "hello?"))
    assert await town.steps(chat) == ["unavailable"]
