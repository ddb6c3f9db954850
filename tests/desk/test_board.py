"""The queue as everybody sees it: one version, read once, with what is offered to whom; and who may see and read which case."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.cases import AddNote, Attachment, Case, Claim, Close, Done, PassOn, Profile, Refused, Reply, ReportEntry, Staff
from bot.desk.board import Watch
from bot.desk.notices import Stage
from bot.errors import ChannelRejected, StoreError
from bot.model import MAX_TEXT, AddToCase, Message
from tests.desk.world import ADMIN, CANARY, LEAD, LUCIA, SCHOOL, World, profile, text_of

PEER = Profile("Ana", "peer", "madrid")
OTHER_CITY = Profile("Greta", "lead", "graz")
OTHER_HOUSE = Profile("Inés", "lead", "madrid", organisation="icam")
OF_HOUSE = Profile("Rosa", "advisor", "madrid", organisation="provivienda")


def numbers(cases: Sequence[Case]) -> list[int]:
    return [case.number for case in cases]


# ---------------------------------------------------------------- the queue


async def test_the_queue_shows_what_lies_in_it_for_each(world: World) -> None:
    lucia, school, lead = [await world.hire(each) for each in (LUCIA, SCHOOL, LEAD)]
    ordinary, urgent = await world.ask("amina"), await world.ask("boris", priority="high")
    board = await world.desk.board(lucia)
    assert numbers(board.waiting) == [urgent.number, ordinary.number]
    assert board.offered == frozenset({urgent.number, ordinary.number})
    assert numbers((await world.desk.board(school)).waiting) == []
    await world.act(lucia, urgent.number, Claim())
    assert numbers((await world.desk.board(lucia)).mine) == [urgent.number]
    seen = await world.desk.board(lead)
    assert (numbers(seen.waiting), numbers(seen.others), seen.offered) == ([ordinary.number], [urgent.number], frozenset())


async def test_cases_are_read_once_per_version(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lucia, lead = await world.hire(LUCIA), await world.hire(LEAD)
    case = await world.ask()
    reads = 0
    read = world.store.desk.open_cases

    async def counted() -> tuple[Case, ...]:
        nonlocal reads
        reads += 1
        return await read()

    monkeypatch.setattr(world.store.desk, "open_cases", counted)
    await asyncio.gather(*(world.desk.board(staff) for staff in (lucia, lead) for _ in range(10)))
    assert reads == 1
    await world.act(lucia, case.number, Claim())
    await asyncio.gather(*(world.desk.board(staff) for staff in (lucia, lead) for _ in range(10)))
    assert reads == 2


async def test_a_page_hears_of_a_change_at_once(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.desk.board(lucia)
    version = await world.desk.changed(0)
    waiting = asyncio.create_task(world.desk.changed(version))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    begin = time.monotonic()
    await world.act(lucia, case.number, Claim())
    assert await waiting != version
    assert time.monotonic() - begin < 1


async def test_a_page_of_an_earlier_process_sees_a_change_at_once() -> None:
    assert Watch().version != Watch().version
    watch = Watch()
    assert await watch.wait(watch.version + 1, 5) == watch.version
    assert await watch.wait(watch.version, 0.01) == watch.version


async def test_what_another_process_does_is_seen(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.desk.board(lucia)
    await world.desk.look()
    version = await world.desk.changed(0)
    await world.desk.look()
    assert await world.desk.changed(0) == version  # nothing happened
    await world.store.desk.do(lucia.id, case.number, Claim(), key="elsewhere")  # as if by an admin command
    await world.desk.look()
    assert await world.desk.changed(0) != version
    assert numbers((await world.desk.board(lucia)).mine) == [case.number]


async def test_two_claims_in_the_same_instant_have_one_winner(world: World) -> None:
    lucia, nora = await world.hire(LUCIA), await world.hire(profile(LUCIA, name="Nora"))
    for turn in range(10):
        case = await world.ask(f"contact-{turn}")
        results = await asyncio.gather(*(world.act(staff, case.number, Claim()) for staff in (lucia, nora)))
        (winner,) = [result for result in results if isinstance(result, Done)]
        (loser,) = [result for result in results if isinstance(result, Refused)]
        assert loser == Refused("taken", winner.case.advisor_name)


# ---------------------------------------------------------------- who may what


@pytest.mark.parametrize("stranger", [SCHOOL, OTHER_CITY, OTHER_HOUSE], ids=["topic", "city", "organisation"])
async def test_a_case_that_is_not_theirs_is_not_there(world: World, stranger: Profile) -> None:
    rosa, other = await world.hire(OF_HOUSE), await world.hire(stranger)
    case = await world.ask(organisation="provivienda")
    await world.act(rosa, case.number, Claim())
    assert await world.desk.case(other, case.number) is None
    assert await world.desk.lines(other, case.number) is None
    assert await world.desk.file(other, case.number, 1) is None
    assert await world.desk.export(other, case.number, "es") is None
    assert await world.desk.answers(other, case.number, "", "es") == ()
    assert await world.desk.places(other, case.number, "es") == ()
    assert isinstance(await world.desk.add_file(other, case.number, "document", "a.pdf", "application/pdf", b"%PDF-"), Refused)
    for deed in (Claim(), Reply("hola"), AddNote("nota"), Close("solved"), PassOn("para mí", staff=other.id)):
        assert isinstance(await world.act(other, case.number, deed), Refused)
    board = await world.desk.board(other)
    assert case.number not in numbers((*board.waiting, *board.mine, *board.others))


async def test_a_case_that_never_was_is_not_there(world: World) -> None:
    lucia = await world.hire(LUCIA)
    assert await world.desk.case(lucia, 999) is None
    assert await world.desk.lines(lucia, 999) is None
    assert await world.act(lucia, 999, Reply("hola")) == Refused("gone")


async def test_a_peer_has_no_part_in_legal_and_urgent_cases(world: World) -> None:
    ana = await world.hire(PEER)
    legal, urgent, health = (
        await world.ask("a", kind="legal"),
        await world.ask("b", priority="high"),
        await world.ask("c", topic="healthcare"),
    )
    plain = await world.ask("d", topic="education")
    for case in (legal, urgent, health):
        assert await world.desk.lines(ana, case.number) is None
        assert isinstance(await world.act(ana, case.number, Claim()), Refused)
    assert isinstance(await world.act(ana, plain.number, Claim()), Done)


async def test_who_reads_is_noted(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.desk.lines(lucia, case.number)
    assert ("read", case.number) in [(line.deed, line.number) for line in await world.store.desk.audit() if line.actor == lucia.id]


async def test_a_deed_done_twice_is_done_once(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    first = await world.act(lucia, case.number, Reply("hola"), key="once")
    again = await world.act(lucia, case.number, Reply("hola"), key="once")
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert (again.line, again.repeated) == (first.line, True)
    lines = await world.desk.lines(lucia, case.number)
    assert lines is not None
    assert len([line for line in lines if line.author == "person"]) == 1


async def test_too_long_a_text_is_refused(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    assert await world.act(lucia, case.number, Reply("я" * (MAX_TEXT + 1))) == Refused("too-long")
    assert isinstance(await world.act(lucia, case.number, Reply("я" * MAX_TEXT)), Done)


# ---------------------------------------------------------------- files


async def test_a_file_passes_both_ways(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    sent = await world.desk.add_file(lucia, case.number, "document", "carta.pdf", "application/pdf", b"%PDF-1")
    assert isinstance(sent, Attachment)
    assert (sent.kind, sent.name, sent.size) == ("document", "carta.pdf", 6)
    done = await world.act(lucia, case.number, Reply(attachment=sent))
    assert isinstance(done, Done)
    assert await world.desk.file(lucia, case.number, done.line) == (sent, b"%PDF-1")
    photo = Attachment("photo", "telegram:AgACAg", "photo.jpg", "image/jpeg", 3)
    world.files[photo.ref] = b"\xff\xd8\xff"
    await world.say("amina", AddToCase(case.number, attachment=photo))
    lines = await world.desk.lines(lucia, case.number)
    assert lines is not None
    line = next(line for line in lines if line.message and line.message.attachment == photo)
    assert await world.desk.file(lucia, case.number, line.id) == (photo, b"\xff\xd8\xff")
    assert await world.desk.file(lucia, case.number, line.id + 99) is None


async def test_nobody_sends_the_file_of_another_case(world: World) -> None:
    lucia, nora = await world.hire(LUCIA), await world.hire(profile(LUCIA, name="Nora"))
    hers, his = await world.ask("amina"), await world.ask("boris")
    await world.act(lucia, hers.number, Claim())
    await world.act(nora, his.number, Claim())
    kept = await world.desk.add_file(lucia, hers.number, "document", "carta.pdf", "application/pdf", b"%PDF-1")
    assert isinstance(kept, Attachment)
    assert await world.act(nora, his.number, Reply(attachment=kept)) == Refused("not-allowed")
    forged = Attachment("document", "store:0000", "x.pdf", "application/pdf", 1)
    assert await world.act(nora, his.number, Reply(attachment=forged)) == Refused("not-allowed")


async def test_a_file_that_is_gone_says_so(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    await world.say("amina", AddToCase(case.number, attachment=Attachment("photo", "store:gone", "x.jpg", "image/jpeg", 1)))
    lines = await world.desk.lines(lucia, case.number)
    assert lines is not None
    with pytest.raises(ChannelRejected):
        await world.desk.file(lucia, case.number, lines[-1].id)


async def test_a_transcript_is_for_who_has_the_case_and_for_leads(world: World) -> None:
    lucia, nora, lead = await world.hire(LUCIA), await world.hire(profile(LUCIA, name="Nora")), await world.hire(LEAD)
    case = await world.ask()
    assert await world.desk.export(nora, case.number, "es") is None
    await world.act(lucia, case.number, Claim())
    await world.act(lucia, case.number, Reply("mándeme la carta"))
    for staff in (lucia, lead):
        text = await world.desk.export(staff, case.number, "es")
        assert text is not None
        assert CANARY in text
        assert "mándeme la carta" in text
    assert [line.actor for line in await world.store.desk.audit() if line.deed == "exported"] == [lucia.id, lead.id]


# ---------------------------------------------------------------- ready answers and places


async def test_answers_are_found_in_the_advisors_language_and_sent_in_the_contacts(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask(entry_id="housing.eviction")
    (nearest, *_others) = await world.desk.answers(lucia, case.number, "", "es")
    assert (nearest.entry_id, nearest.title) == ("housing.eviction", "Desahucio")
    assert "Desahucio" in text_of(nearest.mine)
    assert nearest.theirs is not None
    assert "الإخلاء" in text_of(nearest.theirs)
    assert nearest.is_machine
    for query in ("desah", "Me echan de casa", "DESAHUCIO", "desahucio ya"):
        assert (await world.desk.answers(lucia, case.number, query, "es"))[0].entry_id == "housing.eviction"
    assert (await world.desk.answers(lucia, case.number, "evic", "en"))[0].entry_id == "housing.eviction"


async def test_an_answer_a_lead_called_wrong_is_hidden_and_one_an_advisor_did_warns(world: World) -> None:
    lucia, lead = await world.hire(LUCIA), await world.hire(LEAD)
    case = await world.ask(entry_id="housing.eviction")
    await world.act(lucia, case.number, ReportEntry("housing.eviction", "la ley cambió"))
    assert world.desk.flags() == {("madrid", "housing.eviction"): "warning"}
    assert [report.why for report in await world.desk.reports(lead)] == ["la ley cambió"]
    await world.act(lead, case.number, ReportEntry("housing.eviction", "sí"))
    assert world.desk.flags() == {("madrid", "housing.eviction"): "hidden"}
    assert "housing.eviction" not in [answer.entry_id for answer in await world.desk.answers(lucia, case.number, "desahucio", "es")]
    assert await world.desk.reports(lucia) == []
    assert not await world.desk.resolve(lucia, (await world.desk.reports(lead))[0].id)
    for report in await world.desk.reports(lead):
        assert await world.desk.resolve(lead, report.id)
        break
    assert world.desk.flags() == {}


async def test_a_report_of_another_city_is_not_theirs(world: World) -> None:
    lucia, greta = await world.hire(LUCIA), await world.hire(OTHER_CITY)
    case = await world.ask(entry_id="housing.eviction")
    await world.act(lucia, case.number, ReportEntry("housing.eviction", "no"))
    (report,) = await world.store.desk.reports()
    assert await world.desk.reports(greta) == []
    assert not await world.desk.resolve(greta, report.id)
    assert world.desk.flags()


# ---------------------------------------------------------------- translation


async def test_a_reply_goes_in_both_languages_and_a_failing_translator_holds_nothing_up(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    await world.heard("amina")
    world.translations[("mándeme la carta", "ar")] = "أرسل لي الرسالة"
    await world.act(lucia, case.number, Reply("mándeme la carta"))
    await world.act(lucia, case.number, Reply("sin traducir"))
    first, second = await world.heard("amina")
    assert (first.text, first.locale, first.translated) == ("mándeme la carta", "es", "أرسل لي الرسالة")  # type: ignore[union-attr]
    assert (second.text, second.translated) == ("sin traducir", None)  # type: ignore[union-attr]


async def test_who_writes_the_contacts_language_is_not_translated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    await world.heard("amina")
    world.translations[("يطردونني من البيت", "ar")] = "never"
    await world.act(lucia, case.number, Reply("يطردونني من البيت"))
    (heard,) = await world.heard("amina")
    assert (heard.locale, heard.translated) == ("ar", None)  # type: ignore[union-attr]


async def test_a_slow_translator_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(text: str, source: str, target: str) -> str | None:
        await asyncio.sleep(30)
        return "never"

    monkeypatch.setattr("bot.desk.deskservice.TRANSLATE_S", 0.05)
    monkeypatch.setattr("bot.desk.reading.READ_S", 0.05)
    monkeypatch.setattr(world.desk, "_translate", slow)
    monkeypatch.setattr(world.desk._translations, "_translate", slow)
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    await world.heard("amina")
    begin = time.monotonic()
    await world.act(lucia, case.number, Reply("hola"))
    assert await world.desk.lines(lucia, case.number)
    assert time.monotonic() - begin < 2
    (heard,) = await world.heard("amina")
    assert (heard.text, heard.translated) == ("hola", None)  # type: ignore[union-attr]


async def test_what_came_along_untranslated_is_translated_for_the_reader(world: World) -> None:
    lucia = await world.hire(LUCIA)
    case = await world.ask()
    world.translations[(f"{CANARY} amina", "es")] = "traducido"
    lines = await world.desk.lines(lucia, case.number)
    assert lines is not None
    said = next(line.message for line in lines if line.author == "contact")
    assert said is not None
    assert (text_of(said).split("\n")[1:3], said.original_locale, said.locale) == (["traducido", f"{CANARY} amina"], "en", "es")
    await world.act(lucia, case.number, Claim())
    world.translations[("يطردونني من البيت", "es")] = "never: an advisor knows what they wrote"
    await world.act(lucia, case.number, Reply("يطردونني من البيت"))
    lines = await world.desk.lines(lucia, case.number)
    assert lines is not None
    assert [line.message.original for line in lines if line.author == "person" and line.message] == [""]
    world.translations.clear()  # kept in memory, asked once
    again = await world.desk.lines(lucia, case.number)
    assert again == lines


# ---------------------------------------------------------------- people


async def test_leads_invite_into_their_own_house(world: World) -> None:
    lead, lucia, admin, house = [await world.hire(each) for each in (LEAD, LUCIA, ADMIN, OTHER_HOUSE)]
    found = await world.desk.invite(lead, LUCIA)
    assert not isinstance(found, Refused)
    assert found["web"] == f"https://chat.example.org/desk/join#{found['code']}"
    assert found["telegram"] == f"https://t.me/desk_bot?start=i_{found['code']}"
    joined = await world.desk.redeem(found["code"], "browser")
    assert joined is not None
    assert joined[0].profile == LUCIA
    assert await world.desk.redeem(found["code"], "browser") is None
    refused: list[tuple[Staff, Profile]] = [
        (lucia, SCHOOL),
        (lead, profile(LUCIA, city="graz")),
        (lead, ADMIN),
        (lead, profile(ADMIN, city="madrid")),
        (admin, profile(LUCIA, city="atlantis")),
        (admin, profile(LUCIA, topics=("astrology",))),
    ]
    for staff, wanted in refused:
        assert await world.desk.invite(staff, wanted) == Refused("not-allowed")
    of_house = await world.desk.invite(house, LUCIA)
    assert not isinstance(of_house, Refused)
    taken = await world.desk.redeem(of_house["code"], "browser")
    assert taken is not None
    assert taken[0].profile.organisation == "icam"


async def test_leads_remove_whom_they_may(world: World) -> None:
    lead, lucia, admin, greta = [await world.hire(each) for each in (LEAD, LUCIA, ADMIN, OTHER_CITY)]
    case = await world.ask()
    await world.act(lucia, case.number, Claim())
    for staff, other in ((lucia, lead), (lead, lead), (lead, admin), (greta, lucia)):
        assert not await world.desk.remove_staff(staff, other.id)
    world.woken.clear()
    assert await world.desk.remove_staff(lead, lucia.id)
    assert world.woken == [case.contact_id]
    assert (await world.case(case.number)).state == "waiting"
    assert await world.act(lead, case.number, Claim())
    assert not await world.desk.remove_staff(lead, lucia.id)


async def test_the_team_is_who_a_case_can_go_to(world: World) -> None:
    lead, lucia, greta, icam, rosa = [await world.hire(each) for each in (LEAD, LUCIA, OTHER_CITY, OTHER_HOUSE, OF_HOUSE)]
    omar = await world.hire(Profile("Omar", "interpreter", "madrid"))
    assert {staff.id for staff in await world.desk.team(lucia)} == {lead.id, lucia.id, icam.id, rosa.id}
    assert {staff.id for staff in await world.desk.team(lead)} == {lead.id, lucia.id, icam.id, rosa.id, omar.id}
    assert rosa.id not in {staff.id for staff in await world.desk.team(icam)}
    assert await world.desk.team(omar) == []
    assert {staff.id for staff in await world.desk.team(greta)} == {greta.id}


async def test_figures_are_for_leads_of_the_city_and_the_audit_for_admins(world: World) -> None:
    lead, lucia, admin, greta = [await world.hire(each) for each in (LEAD, LUCIA, ADMIN, OTHER_CITY)]
    await world.ask()
    assert [(figure.name, figure.n) for figure in await world.desk.figures(admin)] == [("opened", 1)]
    assert (await world.desk.figures(lucia), await world.desk.figures(greta)) == ([], [])
    assert (await world.desk.audit(lead), await world.desk.audit(lucia)) == ((), ())
    assert await world.desk.audit(admin)


async def test_figures_of_fewer_than_five_are_for_the_admins_of_the_city_alone(world: World) -> None:
    lead, admin, far = [await world.hire(each) for each in (LEAD, ADMIN, replace(ADMIN, city="florence"))]
    for number in range(1, 7):
        await world.ask(f"person {number}", topic="housing" if number < 6 else "egov")
        seen = [(figure.topic, figure.n) for figure in await world.desk.figures(lead)]
        assert seen == ([("housing", 5)] if number >= 5 else [])
        assert sum(figure.n for figure in await world.desk.figures(admin)) == number
    assert await world.desk.figures(far) == []


# ---------------------------------------------------------------- logging in


async def test_a_login_lasts_until_it_is_ended(world: World) -> None:
    lucia = await world.hire(LUCIA)
    code = await world.store.desk.renew(lucia.id)
    assert code is not None
    found = await world.desk.redeem(code, "Firefox")
    assert found is not None
    login = await world.desk.login_of(found[1])
    assert login is not None
    assert (login.staff.id, login.session.device) == (lucia.id, "Firefox")
    await world.desk.end_session(login, login.session.id)
    assert await world.desk.login_of(found[1]) is None
    assert await world.desk.login_of("forged") is None


async def test_a_login_link_goes_to_who_is_staff_by_mail_alone(world: World) -> None:
    await world.hire(LUCIA, by="email", email="lucia@example.org")
    await world.desk.ask_login("nobody@example.org")
    await world.desk.ask_login("lucia@example.org")
    await world.desk.ask_login("lucia@example.org")  # once a minute
    (delivery,) = await world.sweep()
    assert (delivery.contact.channel, delivery.contact.address) == ("email", "lucia@example.org")
    url = next(option.url for option in delivery.message.options if option.url)
    assert url.startswith("https://chat.example.org/desk/join#")
    assert await world.desk.redeem(url.partition("#")[2], "browser") is not None


async def test_duty_and_waking_are_ones_own(world: World) -> None:
    lucia = await world.hire(LUCIA)
    away = await world.desk.set_duty(lucia, is_available=False, away_until=None, substitute=None)
    assert not away.is_available
    woken = await world.desk.set_wake(away, "email", "lucia@example.org")
    assert (woken.wake_by, woken.has_email) == ("email", True)


# ---------------------------------------------------------------- practice


async def test_practice_plays_and_stays_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.desk.deskservice.PRACTICE_S", 0.01)
    lucia, lead = await world.hire(LUCIA), await world.hire(LEAD)
    number = await world.desk.practise(lucia, "advice", "ar")
    assert numbers((await world.desk.board(lucia)).waiting) == [number]
    assert numbers((await world.desk.board(lead)).waiting) == []
    assert isinstance(await world.act(lead, number, Claim()), Refused)
    await world.act(lucia, number, Claim())
    before = await world.desk.lines(lucia, number)
    assert before is not None
    await world.act(lucia, number, Reply("¿De quién es la carta?"))
    await asyncio.gather(*world.desk._later)
    after = await world.desk.lines(lucia, number)
    assert after is not None
    assert [line.author for line in after[len(before) :]] == ["person", "contact"]
    await world.act(lucia, number, Close("solved"))
    done = await world.desk.lines(lucia, number)
    assert done is not None
    assert done[-1].author == "note"
    assert await world.desk.figures(lead) == []


async def test_titles_and_names_are_in_the_readers_language(world: World) -> None:
    case = await world.ask(entry_id="housing.eviction", facts=(("letter", "yes"),))
    desk = world.desk
    assert (desk.topic("housing", "es"), desk.entry_title("madrid", "housing.eviction", "ar")) == ("Vivienda", "الإخلاء")
    assert (desk.language("ar", "es"), desk.language("es", "ar")) == ("árabe", "الإسبانية")
    assert desk.city("madrid") is not None
    assert desk.city("atlantis") is None
    assert desk.pseudonym(case, "en") != case.pseudonym
    assert "Eviction" in desk.summary(case, "en")
    assert len(desk.facts(case, "en")) == 1


# ---------------------------------------------------------------- the loops


async def test_the_loops_go_on_whatever_fails(world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("LOOK_S", "SWEEP_S", "RELAY_S"):
        monkeypatch.setattr(f"bot.desk.deskservice.{name}", 0.01)
    lucia = await world.hire(LUCIA)
    case = await world.ask(priority="high")
    troubles: list[Exception] = [StoreError("disk full"), ValueError(f"{CANARY} that no log may hold")]
    mark = world.store.desk.mark

    async def failing() -> int:
        if troubles:
            raise troubles.pop()
        return await mark()

    monkeypatch.setattr(world.store.desk, "mark", failing)
    await world.desk.start()
    async with asyncio.timeout(30):
        while troubles:
            await asyncio.sleep(0.01)
        while case.number not in (await world.desk.board(lucia)).woken:
            await asyncio.sleep(0.01)
    await world.desk.stop()
    assert CANARY not in caplog.text


async def test_one_case_that_cannot_be_looked_at_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lucia = await world.hire(LUCIA)
    broken, other = await world.ask("amina", priority="high"), await world.ask("boris", priority="high")
    wake = world.desk._words.wake

    def failing(case: Case, stage: Stage) -> Message:
        if case.number == broken.number:
            raise ValueError(CANARY)
        return wake(case, stage)

    monkeypatch.setattr(world.desk._words, "wake", failing)
    await world.sweep()
    assert (await world.desk.board(lucia)).woken == frozenset({other.number})
    assert f"case {broken.number}" in caplog.text
    assert CANARY not in caplog.text
