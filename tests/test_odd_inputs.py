"""Whatever is sent: an answer or a refusal, no exception, nothing lost, and afterwards the bot still answers.

Every odd input comes from one seed, which is printed; `ODD_SEED=... pytest tests/test_odd_inputs.py` repeats or varies a run."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import logging
import os
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed

from bot.channels.telegram.webhook import MAX_BODY, PATH, SECRET_HEADER
from bot.dialogue.home import city_name
from bot.i18n import language_name
from tests import odd
from tests.channels.web_server import page_of
from tests.test_whole import NIE, is_answer
from tests.whole import Person, TelegramPerson, WebPerson, Whole, madrid, question, ready, running, sentence, web_person

SEED = int(os.environ.get("ODD_SEED", "20261128"))
FEWEST = 1_000  # inputs of both channels together
CROWD = 16  # people of each channel, who stand in different places of the conversation
OF_THE_SERVER = "Invalid UTF-8 sequence received from client."  # uvicorn logs it as an error before it ends the connection
NO_UTF8, TOO_BIG = 1007, 1009  # how a connection ends, by RFC 6455


@pytest.fixture
def chance() -> random.Random:
    print(f"ODD_SEED={SEED}")
    return random.Random(SEED)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No odd input is an error of ours."""
    yield
    loud = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR or record.exc_info]
    assert [record.getMessage() for record in loud if record.getMessage() != OF_THE_SERVER] == []


@pytest_asyncio.fixture
async def whole(tmp_path: Path) -> AsyncIterator[Whole]:
    async with running(tmp_path / "data") as whole:
        yield whole


@pytest_asyncio.fixture
async def hooked(tmp_path: Path) -> AsyncIterator[Whole]:
    async with running(tmp_path / "data", "webhook") as whole:
        async with asyncio.timeout(30):
            while not whole.api.deliverer.webhook.url:
                await asyncio.sleep(0.01)
        yield whole


# ---------------------------------------------------------------- people in every place of the conversation


async def place(person: Person, number: int) -> None:
    """Bring a person to one of eight places, by their number."""
    locale = ("es", "en", "ar")[number % 3]
    match number % 8:
        case 0:
            return
        case 1:
            await person.begin()
        case 2:
            await person.begin()
            await person.press(language_name(locale))
        case 3:
            await person.begin()
            await person.press(language_name(locale))
            await (person.press(sentence(locale, "Yes, only mine")) if person.has_device_question else person.write("/city"))
        case 4:
            await ready(person, locale)
            await person.write("/city")
            await person.press(sentence(locale, "My city is not here"))
        case 5:
            await ready(person, locale)
            await person.write("/language")
        case _:
            await ready(person, locale)


async def still_answers(whole: Whole) -> None:
    """Somebody new asks a normal question on each channel."""
    async with web_person(whole, "ar") as page:
        for person, locale in ((TelegramPerson(whole, "es"), "es"), (page, "ar")):
            await ready(person, locale)
            assert is_answer(await person.write(question(NIE, locale, "nie")), NIE, locale)


def test_there_are_enough_of_them(chance: random.Random) -> None:
    assert len(odd.updates(chance, MESSAGE)) + len(odd.frames(chance)) >= FEWEST


MESSAGE: odd.Json = {
    "message_id": 1,
    "from": {"id": 1, "is_bot": False, "first_name": "\u202e<b>محمد", "language_code": "x\ud800"},
    "chat": {"id": 1, "type": "private"},
    "date": 1_800_000_000,
}


def message_of(user: int) -> odd.Json:
    return {**MESSAGE, "from": {**MESSAGE["from"], "id": user}, "chat": {**MESSAGE["chat"], "id": user}}  # type: ignore[dict-item]


# ---------------------------------------------------------------- Telegram


async def test_telegram_answers_whatever_a_person_sends(whole: Whole, chance: random.Random) -> None:
    people = [TelegramPerson(whole, ("es", "en", "ar", "xx")[number % 4]) for number in range(CROWD)]
    for number, person in enumerate(people):
        await place(person, number)
    shares = [odd.updates(random.Random(SEED), message_of(person.user)) for person in people]
    order = chance.sample(range(len(shares[0])), len(shares[0]))
    for batch in _batched(order, CROWD):
        before = [len(person.seen) for person in people]
        asked = [(person, shares[at][which]) for at, (person, which) in enumerate(zip(people, batch, strict=False))]
        for _, item in asked:
            number = next(NUMBERS)
            whole.api.inject({"update_id": number, **item.update}, number)
        await whole.settled()
        silent = [item for (person, item), had in zip(asked, before, strict=False) if item.answered and len(person.seen) == had]
        assert silent == []
        talkative = [item for (person, item), had in zip(asked, before, strict=False) if item.name == "quiet" and len(person.seen) > had]
        assert talkative == []
    await still_answers(whole)


NUMBERS = itertools.count(80_000_001)


def _batched(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))


async def test_people_with_ids_past_every_limit_are_answered(whole: Whole) -> None:
    for number in odd.HUGE:
        if number > 0:
            whole.api.languages[number] = "es"
            whole.api.inject({"update_id": (update := next(NUMBERS)), "message": {**message_of(number), "text": "hola"}}, update)
            await whole.settled()
            assert len(whole.api.sent(number)) == 1


async def test_updates_without_a_usable_id_hold_nobody_up(whole: Whole) -> None:
    person = TelegramPerson(whole, "es")
    for count, wrong in enumerate((*odd.WRONG, None), 1):
        whole.api.inject({"update_id": wrong, "message": {**message_of(person.user), "text": "hola"}}, number := next(NUMBERS))
        whole.api.say(person.user, "hola")
        await whole.api.wait_sent(person.user, count)
        whole.api.pending.pop(number, None)


# ---------------------------------------------------------------- the webhook, called by anybody

SECRETS: list[dict[str, str]] = [
    {},
    {SECRET_HEADER: ""},
    {SECRET_HEADER: "wrong"},
    {SECRET_HEADER: "x" * 5_000},
    {SECRET_HEADER: "ñ"},
    {"Authorization": "Bearer x"},
]


async def test_the_webhook_refuses_strangers_and_takes_no_nonsense(hooked: Whole, chance: random.Random) -> None:
    right = {SECRET_HEADER: hooked.api.deliverer.webhook.secret}
    person = TelegramPerson(hooked, "es")
    good = json.dumps({"update_id": next(NUMBERS), "message": {**message_of(person.user), "text": "hola"}}).encode()
    deep = b'{"update_id":1,"message":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    async with aiohttp.ClientSession() as session:
        for headers in SECRETS:
            assert await _status(session, hooked.url + PATH, good, headers) == 403
        for body in [*map(_bytes, odd.bodies()), deep, b"x" * 2_000_000, good[:-3]]:
            assert await _status(session, hooked.url + PATH, body, right) in (200, 400, 413)
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            async with session.request(method, hooked.url + PATH, headers=right) as answer:
                assert answer.status == 405
        for item in chance.sample(odd.updates(chance, message_of(person.user)), 150):
            body = json.dumps({"update_id": next(NUMBERS), **item.update}).encode()
            assert await _status(session, hooked.url + PATH, body, right) == (200 if len(body) <= MAX_BODY else 413)
    await hooked.service.idle()
    await still_answers(hooked)


def _bytes(body: str | bytes) -> bytes:
    return body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")


async def _status(session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]) -> int:
    async with session.post(url, data=io.BytesIO(body), headers=headers) as answer:
        await answer.read()
        return answer.status


# ---------------------------------------------------------------- web chat


async def test_the_page_gets_an_answer_or_a_refusal(whole: Whole, chance: random.Random) -> None:
    frames = odd.frames(chance)
    chance.shuffle(frames)
    async with contextlib.AsyncExitStack() as stack:
        people = [await stack.enter_async_context(web_person(whole, "es")) for _ in range(CROWD)]
        for number, person in enumerate(people):
            await place(person, number)
        silent = await asyncio.gather(*(_silences(person, frames[number::CROWD]) for number, person in enumerate(people)))
    assert list(itertools.chain(*silent)) == []
    await still_answers(whole)


async def _silences(person: WebPerson, frames: Sequence[str | bytes]) -> list[str | bytes]:
    """Send frames one by one; return those that got neither an answer nor a refusal."""
    silent = []
    for frame in frames:
        refused = len(person.refusals)
        shown = await person.send_raw(frame)
        if not shown and len(person.refusals) == refused:
            silent.append(frame[:200])
    return silent


@pytest.mark.parametrize(
    ("raw", "code"),
    [(b'{"id":"a","type":"text","text":"' + b"x" * 2_000_000 + b'"}', TOO_BIG), (b'"\xff\xfe"', NO_UTF8)],
    ids=["huge", "bytes"],
)
async def test_a_frame_that_no_page_sends_ends_its_connection_and_nothing_else(raw: bytes, code: int, whole: Whole) -> None:
    async with web_person(whole, "es") as person:
        await person.socket.connection.send(raw, text=True)
        with pytest.raises(ConnectionClosed) as closed:
            await person.answers()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
        cookie = person.page.cookie
    async with web_person(whole, "es", cookie) as person:
        assert await person.write("hola")


async def test_plain_requests_are_answered_or_refused(whole: Whole, chance: random.Random) -> None:
    frames = [_bytes(frame) for frame in chance.sample(odd.frames(chance), 150)] + [_bytes(body) for body in odd.bodies()]
    async with page_of(whole) as page:  # type: ignore[arg-type]  # only the address of the server is used
        for path in ("/chat/events", "/chat/keep", "/chat/leave"):
            for body in frames if path == "/chat/events" else frames[-len(odd.bodies()) :]:
                async with page.post(path, body) as answer:
                    assert answer.status in (200, 204, 400, 413), (path, body[:200])
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://[x"}, {"Content_Type": "text/plain"}):
            async with page.post("/chat/events", {"id": "q", "type": "text", "text": "hola"}, **headers) as answer:
                assert answer.status in (403, 415)
        for cookie in ("dragoman=", "dragoman=x", "dragoman=s.x.y", f"{page.cookie}0", "dragoman=" + "x" * 4_000, "\xff=1"):
            async with page.post("/chat/events", {"id": "q", "type": "text", "text": "hola"}, Cookie=cookie) as answer:
                assert answer.status == 401
        for path in ODD_PATHS:
            async with page.get(path) as answer:
                assert answer.status in (200, 400, 404, 405), path
    await still_answers(whole)


ODD_PATHS = [
    "/chat/messages?after=x",
    "/chat/messages?after=-1",
    "/chat/messages?after=" + "9" * 400,
    "/chat/messages?after=٣&wait=x",
    "/chat/messages?wait=-1",
    "/chat/messages?after=0&after=1",
    "/chat/texts/xx.json",
    "/chat/texts/..%2f..%2fbot.json",
    "/chat/texts/%00.json",
    "/static/x/..%2f..%2fconfig.py",
    "/static/x/%ff",
    "/chat/events",
    "/desk",
    "/" + "x" * 5_000,
    "/%f0%9f%98%80",
]


async def test_no_place_was_left_out(whole: Whole) -> None:
    """The crowd of these tests really stands in different places."""
    people = [TelegramPerson(whole, "es") for _ in range(8)]
    for number, person in enumerate(people):
        await place(person, number)
    last = {person.seen[-1].buttons if person.seen else () for person in people}
    assert len(last) >= 6
    assert any(city_name(madrid(), "ar") in buttons for buttons in last)
