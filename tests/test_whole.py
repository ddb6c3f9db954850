"""The whole bot, from the first contact to an answer and to forgetting: by Telegram (polling and webhook) and by web chat."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.dialogue.home import city_name
from bot.i18n import language_name
from bot.model import ContactRef
from tests.matching.test_safety import written_out
from tests.whole import (
    Mode,
    Person,
    Shown,
    TelegramPerson,
    WebPerson,
    Whole,
    brain,
    catalogues,
    madrid,
    onboard,
    question,
    ready,
    running,
    sentence,
    title,
    topic,
    web_person,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCALES = ("es", "en", "ar")
WAYS = ("telegram-polling", "telegram-webhook", "web")
NIE = "egov.nie"

Meet = Callable[..., Awaitable[Person]]
Running = Callable[[Mode], Awaitable[Whole]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One bot for each mode, started when first asked for; at the end nothing may be lost or broken."""
    bots: dict[str, Whole] = {}
    async with contextlib.AsyncExitStack() as stack:

        async def run(mode: Mode) -> Whole:
            if mode not in bots:
                bots[mode] = await stack.enter_async_context(running(tmp_path_factory.mktemp(mode), mode))
            return bots[mode]

        yield run


@pytest_asyncio.fixture(loop_scope="module")
async def meet(run: Running) -> AsyncIterator[Meet]:
    """Bring in a new person: `await meet(way, language)`."""
    async with contextlib.AsyncExitStack() as stack:

        async def meet(way: str, language: str = "es") -> Person:
            whole = await run("webhook" if way == "telegram-webhook" else "polling")
            if way == "web":
                return await stack.enter_async_context(web_person(whole, language))
            return TelegramPerson(whole, language)

        yield meet


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing here is an error, except where a test says so."""
    yield
    if "loud" not in request.fixturenames:
        assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


@pytest.fixture
def loud() -> None:
    """Let a test expect errors in the log."""


def text(shown: list[Shown]) -> str:
    return "\n\n".join(message.text for message in shown)


def buttons(shown: list[Shown]) -> list[str]:
    return [button for message in shown for button in message.buttons]


def is_answer(shown: list[Shown], entry_id: str, locale: str) -> bool:
    """Tell whether an entry was shown in a language, with where it comes from and how sure it is."""
    copied = sentence(locale, "From a page we read as a copy; phone, price and hours may have changed: ask the office.")
    return title(entry_id, locale) in text(shown) and copied in text(shown)


# ---------------------------------------------------------------- from the first contact to an answer


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("way", WAYS)
async def test_to_an_answer_by_buttons_alone(way: str, locale: str, meet: Meet) -> None:
    person = await meet(way, locale)
    first = await person.begin()
    assert buttons(first)[0] == language_name(locale)
    assert set(buttons(first)) == {language_name(each) for each in catalogues().locales}
    notice_and_menu = await onboard(person, locale)
    assert sentence(locale, "I give information, not legal advice.") in text(notice_and_menu)
    assert title(NIE, locale) in "".join(buttons(await person.press(topic("egov", locale))))
    assert is_answer(await person.press(title(NIE, locale)), NIE, locale)
    steps = await person.press(next(label for label in person.seen[-1].buttons if "(" in label))
    assert title(NIE, locale) in text(steps)
    assert sentence(locale, "Good to hear. Write again whenever you need something.") in text(
        await person.press(sentence(locale, "👍 It helped"))
    )


@pytest.mark.parametrize(
    ("locale", "language", "city"), [("es", "español", "alcorcon"), ("en", "english", "Madrid"), ("ar", "العربية", "ألكوركون")]
)
@pytest.mark.parametrize("way", WAYS)
async def test_names_can_be_typed(way: str, locale: str, language: str, city: str, meet: Meet) -> None:
    person = await meet(way, "fr")
    await person.begin()
    await person.write(language)
    if person.has_device_question:
        await person.write("1")
    assert sentence(locale, "I give information, not legal advice.") in text(await person.write(city))
    held = await person.write("/mydata")
    area = madrid().areas["alcorcon"].names[locale]
    assert (area in text(held)) == (locale != "en")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("way", WAYS)
async def test_a_question_that_comes_first_is_answered_after_the_first_steps(way: str, locale: str, meet: Meet) -> None:
    person = await meet(way, locale)
    first = await person.write(question(NIE, locale, "nie"))
    assert sentence(locale, "I will answer your question right after this.") in text(first)
    assert is_answer(await onboard(person, locale), NIE, locale)


@pytest.mark.parametrize("way", WAYS)
async def test_a_link_opens_its_entry_after_the_first_steps(way: str, meet: Meet) -> None:
    person = await meet(way)
    await person.begin("e_madrid_egov_nie")
    shown = await person.press("Español")
    if person.has_device_question:
        shown = await person.press(sentence("es", "Yes, only mine"))
    assert is_answer(shown, NIE, "es")
    assert is_answer(await person.begin("e_madrid_housing_no-such-entry") or [], NIE, "es") is False
    assert is_answer(await person.begin("e_madrid_egov_nie"), NIE, "es")


# ---------------------------------------------------------------- a crisis


async def test_every_crisis_in_every_language_is_helped_before_anything_is_asked(meet: Meet) -> None:
    firsts = [of[0] for kind in brain().knowledge.safety.values() for of in kind.phrases.values()]
    assert len(firsts) >= 8 * 26
    phrases = [next(filter(brain().matcher.sounds_like_crisis, written_out(first))) for first in firsts]
    people = [await meet("telegram-polling", "en") for _ in phrases]
    for person, phrase in zip(people, phrases, strict=True):
        assert isinstance(person, TelegramPerson)
        person.api.say(person.user, phrase)
    await people[0].whole.settled()
    unanswered = [phrase for person, phrase in zip(people, phrases, strict=True) if "112" not in text(list(person.seen)).split("\n")[0]]
    assert unanswered == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("way", WAYS)
async def test_a_crisis_comes_first_and_locks_nothing(way: str, locale: str, meet: Meet) -> None:
    person = await meet(way, locale)
    (help_,) = await person.write(brain().knowledge.safety["violence-home"].phrases[locale][0])
    assert "112" in help_.text.split("\n")[0]
    local = await person.press(city_name(madrid(), locale))
    assert "016" in text(local)
    assert "112" in text(await person.write(f"/human {brain().knowledge.safety['medical'].phrases[locale][0]}")).split("\n")[0]
    assert language_name("es") in buttons(await person.press(sentence(locale, "I had another question")))
    await person.press(language_name(locale))
    assert person.seen[-1].buttons


# ---------------------------------------------------------------- a person, my data, forgetting


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("way", WAYS)
async def test_a_person_is_not_promised_where_there_is_none(way: str, locale: str, meet: Meet) -> None:
    person = await meet(way, locale)
    asked_early = await person.write("/human")
    assert sentence(locale, "No person can answer in this chat yet.").rstrip(".") in text(asked_early) or "112" in text(asked_early)
    offices = await onboard(person, locale)
    for shown in (offices, await person.write("/human")):
        assert sentence(locale, "No person can answer in this chat yet.") in text(shown)
        assert sum(place.name in text(shown) for place in madrid().places.values() if place.speaks_to_people) >= 3


@pytest.mark.parametrize("way", WAYS)
async def test_people_see_all_we_hold_and_erase_it(way: str, meet: Meet) -> None:
    person = await meet(way, "en")
    await ready(person, "en")
    await person.write("a sentence nobody else writes 7319")
    held = await person.write("/mydata")
    data = json.loads(next(shown.document for shown in held if shown.document))
    assert (data["language"], data["city"]) == ("en", "madrid")
    assert "7319" in json.dumps(data["messages"])
    assert "Amina" not in json.dumps(data)
    gone = await person.press(sentence("en", "Erase everything now"))
    assert sentence("en", "To begin again, write anything.") in text(gone)
    assert await person.whole.store.find(address(person)) is None
    assert language_name("ar") in buttons(await person.write("hello"))
    again = json.loads(next(shown.document for shown in await person.write("/mydata") if shown.document))
    assert again["contact"] != data["contact"]
    assert "7319" not in json.dumps(again)
    await person.write("/delete")
    assert await person.whole.store.find(address(person)) is None


def address(person: Person) -> ContactRef:
    if isinstance(person, TelegramPerson):
        return ContactRef("telegram", str(person.user))
    assert isinstance(person, WebPerson)
    session = person.whole.channel("web")._page._sessions.read({"dragoman": person.page.cookie.partition("=")[2]})  # type: ignore[attr-defined]
    return ContactRef("web", session.address)


# ---------------------------------------------------------------- another language


@pytest.mark.parametrize("way", WAYS)
async def test_the_language_can_change_at_any_time(way: str, meet: Meet) -> None:
    person = await meet(way)
    await ready(person, "es")
    await person.write("/language")
    assert sentence("ar", "What do you need?") in text(await person.press(language_name("ar")))
    await person.write(f"/language {language_name('en')}")
    assert is_answer(await person.write(question(NIE, "en", "nie")), NIE, "en")


async def test_who_speaks_a_language_we_lack_finds_the_nearest_and_an_interpreter(meet: Meet) -> None:
    """From the first word to the card that asks for an interpreter, with a question in between that only names a language."""
    person = await meet("web", "en")
    await person.begin()
    first = await person.write("tigrinya")
    assert "I do not speak Tigrinya (ትግርኛ) yet." in text(first)
    assert buttons(first)[:2] == [language_name("en"), language_name("ar")]
    await onboard(person, "en")
    again = await person.write("do you speak tigrinya?")
    assert "I do not speak Tigrinya (ትግርኛ) yet." in text(again)
    assert language_name("ar") in buttons(again)
    written = await person.write("ኣብ ሰማይ ብዙሓት ከዋኽብቲ ኣለዉ")
    assert "I see that you write Tigrinya (ትግርኛ)." in text(written)
    assert "112" in text(written)
    assert "Tigrinya" in text(await person.press("I need an interpreter"))
    understood = await person.write("ሓኪም ኣበይ ክረክብ ይኽእል")
    assert "Do you mean one of these?" in text(understood)
    assert "I see that you write Tigrinya (ትግርኛ)." in text(understood)
    assert "I do not speak" not in text(await person.write("where can I find free spanish classes"))
    assert text(await person.write("darija")).startswith(
        sentence("ar", "I answer in {language}; write as you speak.").format(language="العربية")
    )


@pytest.mark.parametrize("way", WAYS)
async def test_a_question_in_another_language_offers_to_change_once(way: str, meet: Meet) -> None:
    person = await meet(way)
    await ready(person, "es")
    asked = question(NIE, "ar", "nie")
    offer = sentence("ar", "Go on in {language}").format(language=language_name("ar"))
    assert offer in buttons(await person.write(asked))
    assert is_answer(await person.press(offer), NIE, "ar")
    await person.write("/language español")
    assert offer not in buttons(await person.write(asked))


# ---------------------------------------------------------------- buttons that are old, foreign or forged


@pytest.mark.parametrize("way", WAYS)
async def test_a_forged_button_opens_nothing(way: str, meet: Meet) -> None:
    ana, eve = await meet(way, "en"), await meet(way, "en")
    await ready(ana, "en")
    await ready(eve, "en")
    expired = sentence("en", "This button is from an earlier message. We are here now:")
    for token, index in ((ana.token(), 0), ("garbage", 0), ("no-token", 999), (eve.token(), 998)):
        assert expired in text(await eve.press_data(token, index))
    for token, index in (("x" * 200, 0), (eve.token(), -1), ("<b>'; DROP TABLE inbox", 0), ("", 0), (eve.token(), 10**9)):
        shown = await eve.press_data(token, index)
        assert expired in text(shown) if way != "web" else not shown
    if isinstance(eve, WebPerson):
        assert eve.refusals == ["malformed"] * 5
    assert expired not in text(await ana.press_data(ana.token(), 0))


@pytest.mark.parametrize("way", WAYS)
async def test_an_old_button_is_answered(way: str, meet: Meet) -> None:
    person = await meet(way)
    await ready(person, "es")
    await person.press(topic("egov", "es"))
    assert await person.press("Español")
    assert sentence("es", "What do you need?") in text(await person.press(city_name(madrid(), "es")))


# ---------------------------------------------------------------- edits, repeats, places


@pytest.mark.parametrize("way", WAYS[:2])
async def test_an_edited_message_is_answered(way: str, meet: Meet) -> None:
    person = await meet(way)
    assert isinstance(person, TelegramPerson)
    await ready(person, "es")
    await person.write("zzz qqq xxx")
    assert is_answer(await person.after(lambda: person.api.edit(person.user, 5, question(NIE, "es", "nie"))), NIE, "es")


@pytest.mark.parametrize("way", WAYS)
async def test_what_comes_twice_counts_once(way: str, meet: Meet) -> None:
    person = await meet(way)
    await ready(person, "es")
    if isinstance(person, WebPerson):
        for answers in (1, 0, 0):
            assert len(await person.send(type="text", text="hola", id="the-same")) == answers
        return
    assert isinstance(person, TelegramPerson)
    update = {"update_id": 99_000_000 + person.user, "message": {**person.api.message(person.user), "text": "hola"}}
    for answers in (1, 0, 0):
        assert len(await person.after(lambda: person.api.inject(update))) == answers


@pytest.mark.parametrize("way", WAYS)
async def test_a_shared_place_names_the_city(way: str, meet: Meet) -> None:
    person = await meet(way, "en")
    await person.begin()
    await person.press("English")
    if person.has_device_question:
        await person.press(sentence("en", "No, other people use it too"))
    assert sentence("en", "I do not know a city near this place.") in text(await person.share(52.52, 13.40))
    assert sentence("en", "What do you need?") in text(await person.share(40.35, -3.82))
    assert await person.share(40.35, -3.82)
    assert "40.35" not in json.dumps([shown.document for shown in await person.write("/mydata")])


# ---------------------------------------------------------------- two people at once


@pytest.mark.parametrize("way", WAYS)
async def test_nobody_ever_sees_the_words_of_another_and_no_log_does(way: str, meet: Meet, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "bot")
    people = [await meet(way, "en") for _ in range(4)]
    canaries = [f"canary{number}bird" for number in range(len(people))]

    async def talk(person: Person, canary: str) -> str:
        await ready(person, "en")
        for number in range(3):
            await person.write(f"{canary} says {number}")
        await person.write("/mydata")
        return "\n".join(f"{shown.text} {shown.buttons} {shown.document}" for shown in person.seen)

    seen = await asyncio.gather(*(talk(person, canary) for person, canary in zip(people, canaries, strict=True)))
    for own, everything in zip(canaries, seen, strict=True):
        assert [canary for canary in canaries if canary in everything] == [own]
        assert own not in caplog.text


# ---------------------------------------------------------------- what platforms do to us


@pytest.mark.parametrize("way", WAYS[:2])
async def test_who_blocks_the_bot_may_come_back(way: str, meet: Meet) -> None:
    person = await meet(way)
    assert isinstance(person, TelegramPerson)
    await ready(person, "es")
    assert await person.after(lambda: person.api.block(person.user)) == []
    person.api.unblock(person.user)
    assert is_answer(await person.write(question(NIE, "es", "nie")), NIE, "es")
    person.api.blocked.add(person.user)  # this time nobody tells us but the refusal
    assert await person.write("hola") == []
    person.whole.dropped += 1
    person.api.blocked.discard(person.user)
    assert len(await person.write("hola")) == 1


@pytest.mark.usefixtures("loud")
async def test_where_markup_is_refused_plain_text_arrives(meet: Meet, caplog: pytest.LogCaptureFixture) -> None:
    person = await meet("telegram-polling")
    await ready(person, "es")
    assert isinstance(person, TelegramPerson)
    person.api.faults.next("sendMessage", "unparseable")
    assert title(NIE, "es") in text(await person.write(question(NIE, "es", "nie")))
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == ["Telegram refused our markup; sent as plain text instead"]


# ---------------------------------------------------------------- the restart


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_after_a_restart_everybody_goes_on_where_they_were(mode: Mode, tmp_path: Path) -> None:
    async with running(tmp_path / "data", mode) as whole:
        ana = TelegramPerson(whole, "es")
        async with web_person(whole, "ar") as ali:
            for person, locale in ((ana, "es"), (ali, "ar")):
                await person.write(question(NIE, locale, "nie"))
                await person.press(language_name(locale))
            cookie, before = ali.page.cookie, [shown.text for shown in ali.seen]
        await whole.stop()
        whole.api.say(ana.user, "Madrid")
        await whole.start()
        await whole.settled()
        assert is_answer(list(ana.seen[-2:]), NIE, "es")
        async with web_person(whole, "ar", cookie) as ali:
            assert [text for text in before if text in [shown.text for shown in ali.seen]] == before
            await ali.press(sentence("ar", "Yes, only mine"))
            assert is_answer(await ali.press(city_name(madrid(), "ar")), NIE, "ar")
