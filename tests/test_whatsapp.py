"""The whole bot on WhatsApp, from the first word to an advisor's answer, against a server on loopback that keeps the platform's rules."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import app
from bot.cases import Profile
from bot.dialogue.home import city_name
from bot.i18n import language_name
from tests.channels.desk_server import Seat
from tests.cloudapi import CloudApi
from tests.handoff.test_scenario import OGG, PNG, Office
from tests.whole import Shown, TelegramPerson, WhatsAppPerson, Whole, madrid, onboard, question, running, sentence, title, topic

NIE = "egov.nie"
LUCIA = Profile("Lucía", "advisor", "madrid", languages=("es", "ar"))


@pytest.fixture
async def cloud() -> AsyncIterator[CloudApi]:
    async with CloudApi() as cloud:
        yield cloud


@pytest.fixture
async def whole(tmp_path: Path, cloud: CloudApi) -> AsyncIterator[Whole]:
    async with running(tmp_path, cloud=cloud, whatsapp_template="answer_waits") as whole:
        yield whole
    assert cloud.refused == []


def text(shown: list[Shown]) -> str:
    return "\n\n".join(message.text for message in shown)


async def settled(person: WhatsAppPerson, locale: str, first: str) -> list[Shown]:
    """Go from the first word to the menu."""
    await person.write(first)
    await person.press(language_name(locale))
    return await person.press(city_name(madrid(), locale))


@pytest.mark.parametrize(("locale", "hello"), [("es", "hola buenas"), ("ar", "السلام عليكم"), ("en", "good morning")])
async def test_from_the_first_word_to_an_answer(whole: Whole, locale: str, hello: str) -> None:
    person = WhatsAppPerson(whole)
    first = await person.write(hello)
    assert first[-1].buttons[0] == language_name(locale), "who writes in a language is offered that one first"
    notice_and_menu = await onboard(person, locale)
    assert sentence(locale, "WhatsApp's company, Meta, can read what we write here.") in text(notice_and_menu)
    await person.press(topic("egov", locale))
    shown = await person.press(title(NIE, locale))
    assert title(NIE, locale) in text(shown)
    assert sentence(locale, "From a page we read as a copy; phone, price and hours may have changed: ask the office.") in text(shown)
    asked = await person.write(question(NIE, locale, "nie"))
    assert title(NIE, locale) in text(asked)
    assert await person.write("2"), "a typed number is a choice"


async def test_a_cry_comes_first_and_before_everything_else(whole: Whole) -> None:
    person = WhatsAppPerson(whole)
    shown = await person.write("mi marido me pega, tengo miedo")
    assert text(shown).startswith("🚨 *112*")
    assert city_name(madrid(), "es") in shown[-1].buttons


async def test_a_procedure_is_followed_and_taken_along_to_telegram(whole: Whole) -> None:
    person = WhatsAppPerson(whole)
    await settled(person, "es", "hola")
    await person.write("/start e_madrid_egov_clave")
    await person.press(next(button for button in person.seen[-1].buttons if "(" in button))
    await person.press(sentence("es", "Start"))
    third = await person.press(sentence("es", "✓ Done"))
    await person.write("/continue")
    made = text(await person.press(sentence("es", "Go on on another device")))
    found = re.search(r"/continue ([\w-]+)", made)
    assert found is not None
    phone = TelegramPerson(whole, "en")
    there = await phone.begin(f"m_{found[1]}")
    assert third[0].text.splitlines()[0].replace("*", "") in text(there)


async def test_an_advisor_answers_with_files_both_ways_and_after_a_day_the_answer_waits(
    whole: Whole, cloud: CloudApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, person = Office(whole), WhatsAppPerson(whole)
    async with office.seat(LUCIA) as lucia:
        number = await case_of(person, whole)
        assert (await lucia.act(number, type="claim"))[0] == 200
        seen = len(person.seen)
        assert (await lucia.act(number, type="reply", text="¿Tiene la carta?"))[0] == 200
        assert "Lucía" in person.seen[seen].text
        assert "¿Tiene la carta?" in person.seen[seen].text
        await files(whole, person, lucia, number)
        await late(whole, cloud, person, lucia, number, monkeypatch)


async def case_of(person: WhatsAppPerson, whole: Whole) -> int:
    """Bring somebody to an open case."""
    await settled(person, "es", "hola")
    await person.write("el casero no me devuelve la fianza del piso")
    await person.write("/human")
    await person.press(sentence("es", "Yes, with the last messages"))
    while not (cases := await whole.store.desk.open_cases()):
        await person.press(person.seen[-1].buttons[0])
    return cases[0].number


async def files(whole: Whole, person: WhatsAppPerson, lucia: Seat, number: int) -> None:
    """A photo and a voice note pass both ways, content and all."""
    cloud = person.cloud
    for kind, way, content, media_type in (("photo", "image", PNG, "image/png"), ("voice", "audio", OGG, "audio/ogg")):
        more = {"voice": True} if kind == "voice" else {}
        cloud.send_media(person.number, way, content, media_type, **more)
        await whole.settled()
        _code, thread = await lucia.get(f"/desk/api/case/{number}")
        line = thread["lines"][-1]
        assert line["attachment"]["kind"] == kind
        async with lucia.raw(line["attachment"]["url"]) as answer:
            assert await answer.read() == content
        code, kept = await lucia.upload(number, content, media_type, name=kind)
        assert code == 200, kept
        assert (await lucia.act(number, type="reply", text="", file=kept["file"]))[0] == 200
        sent = cloud.sent(person.number)[-1]
        assert sent.kind == way
        assert cloud.files[sent.body[way]["id"]] == (media_type, content)


async def late(whole: Whole, cloud: CloudApi, person: WhatsAppPerson, lucia: Seat, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is answered after more than a day waits; the template says so once; both come when the person writes."""
    later = timedelta(hours=25)
    cloud.skew_s = later.total_seconds()
    channel = whole.channel("whatsapp")
    monkeypatch.setattr(channel._sender, "_clock", lambda: datetime.now(UTC) + later)  # type: ignore[attr-defined]
    seen = len(person.seen)
    for words in ("La he leído.", "Venga el lunes."):
        assert (await lucia.act(number, type="reply", text=words))[0] == 200
    await whole.service.idle()
    assert [(sent.kind, sent.text) for sent in cloud.sent(person.number)[seen:]] == [("template", "answer_waits")]
    cloud.skew_s = 0.0
    monkeypatch.undo()
    await person.write("¿hay algo nuevo?")
    told = [shown.text for shown in person.seen[seen + 1 :]]
    assert [words for words in ("La he leído.", "Venga el lunes.") if any(words in shown for shown in told)] == [
        "La he leído.",
        "Venga el lunes.",
    ]


async def test_data_are_shown_and_forgotten(whole: Whole, cloud: CloudApi) -> None:
    person = WhatsAppPerson(whole)
    await settled(person, "es", "hola")
    await person.write("/mydata")
    assert any(sent.kind == "document" for sent in cloud.sent(person.number))
    await person.write("/delete")
    address = cloud.users[str(person.number)]
    assert address is not None
    assert await whole.store.find(app.ContactRef("whatsapp", address)) is None


async def test_what_comes_while_nobody_is_there_is_answered_after(whole: Whole, cloud: CloudApi) -> None:
    person = WhatsAppPerson(whole)
    await settled(person, "es", "hola")
    await whole.stop()
    seen = len(person.seen)
    cloud.say(person.number, "como me empadrono")
    await whole.start()
    await whole.settled()
    assert len(person.seen) > seen


async def test_a_flood_is_refused_and_comes_again(tmp_path: Path, cloud: CloudApi) -> None:
    async with running(tmp_path, burst=8, cloud=cloud, contact_per_s=4.0) as whole:
        person = WhatsAppPerson(whole)
        for number in range(14):
            cloud.say(person.number, f"hola {number}")
        await whole.settled()
        assert cloud.attempts > 14
        assert await person.write("gracias")
