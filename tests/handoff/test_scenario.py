"""One eviction, from the first word in Arabic on Telegram to the bot's next answer, over HTTP on every side."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.cases import Profile
from tests.channels.desk_server import Seat
from tests.whole import TelegramPerson, Whole, catalogues, running

PNG = b"\x89PNG\r\n\x1a\n" + b"letter from the court" * 40
OGG = b"OggS" + b"a voice" * 60
EVICTION = "صاحب البيت يريد أن نخرج الأسبوع القادم ولا نعرف أين نذهب"
LUCIA = Profile("Lucía", "advisor", "madrid", languages=("es", "ar"), topics=("housing",))
MARCO = Profile("Marco", "advisor", "madrid", languages=("es", "ar"), topics=("housing",))
TEACHER = Profile("Tomás", "advisor", "madrid", languages=("es",), topics=("education",))


@dataclass
class _Settling:
    """Waits until everybody has heard, as the town of the desk tests does."""

    whole: Whole

    async def settle(self) -> None:
        await self.whole.settled()


class Office:
    """The web desk of the whole bot, for the seats of the desk tests."""

    https = False

    def __init__(self, whole: Whole) -> None:
        self.whole, self.url, self.origin, self.town = whole, whole.url, whole.url, _Settling(whole)

    @contextlib.asynccontextmanager
    async def seat(self, profile: Profile) -> AsyncIterator[Seat]:
        """Let somebody log in by an invite."""
        code, _staff_id = await self.whole.store.desk.invite(profile)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            seat = Seat(self, session, "es")  # type: ignore[arg-type]  # it has all that a seat asks of its town
            assert await seat.join(code) == 200
            await seat.know()
            yield seat


def said(text: str) -> str:
    """Return one of our sentences in Arabic."""
    return catalogues().translator("ar").gettext(text)


@pytest.fixture
async def whole(tmp_path: Path) -> AsyncIterator[Whole]:
    async with running(tmp_path) as bot:
        yield bot


async def eviction(whole: Whole) -> tuple[TelegramPerson, int]:
    """Bring somebody to an open case about an eviction with a date in five days."""
    person = TelegramPerson(whole, "ar")
    await person.begin()
    await person.press("العربية")
    await person.press("مدريد")
    await person.write("طرد من السكن")
    await person.press(said("☎ Talk to a person"))
    await person.write(EVICTION)
    await person.write("/human")
    await person.press(said("Yes, with the last messages"))
    await person.press(said("Yes"))  # a letter
    await person.write("بعد 5 أيام")
    shown = await person.press(said("Yes"))  # children
    assert shown, "the request was not confirmed"
    (case,) = await whole.store.desk.open_cases()
    return person, case.number


async def row_of(seat: Seat, number: int) -> dict[str, Any] | None:
    """Return a case as it stands in somebody's queue."""
    async with seat.socket() as wire:
        board = await wire.next("board")
        return next((row for row in board["cases"] if row["number"] == number), None)


async def test_an_eviction_from_the_first_word_to_the_next_question(whole: Whole) -> None:
    office = Office(whole)
    async with office.seat(LUCIA) as lucia, office.seat(MARCO) as marco, office.seat(TEACHER) as teacher:
        person, number = await eviction(whole)
        row = await row_of(lucia, number)
        assert row is not None
        assert (row["priority"], row["offered"], row["language"]["tag"], row["topic"]["slug"]) == ("high", True, "ar", "housing")
        assert await row_of(teacher, number) is None, "the school advisor sees a housing case"

        answers = await asyncio.gather(lucia.act(number, type="claim"), marco.act(number, type="claim"))
        assert sorted(code for code, _body in answers) == [200, 409]
        owner, loser = (lucia, marco) if answers[0][0] == 200 else (marco, lucia)
        assert next(body for code, body in answers if code == 409) == {"error": "taken", "by": owner.me["name"]}

        _code, thread = await owner.get(f"/desk/api/case/{number}")
        assert EVICTION in str(thread["lines"]), "what was said before is not there"
        await _talk(person, owner, number)
        await _files(whole, person, owner, number)
        assert (await loser.act(number, type="reply", text="not mine"))[0] in (403, 404, 409)

        assert (await owner.act(number, type="close", outcome="solved"))[0] == 200
        shown = await person.write("كيف أسجل عنواني")
        assert shown, "the bot did not come back"
        assert owner.me["name"] not in shown[-1].text


async def _talk(person: TelegramPerson, owner: Seat, number: int) -> None:
    """Words pass both ways, and the bot keeps out of it."""
    seen = len(person.seen)
    assert (await owner.act(number, type="reply", text="¿Tienen la carta?"))[0] == 200
    shown = person.seen[seen:]
    assert len(shown) == 1
    assert owner.me["name"] in shown[0].text
    assert "¿Tienen la carta?" in shown[0].text
    assert await person.write("نعم، هي عندي") == [], "the bot talked over a person"
    _code, thread = await owner.get(f"/desk/api/case/{number}")
    assert "نعم، هي عندي" in str(thread["lines"][-1]["blocks"])


async def _files(whole: Whole, person: TelegramPerson, owner: Seat, number: int) -> None:
    """A photo and a voice note pass both ways, content and all."""
    for kind, content, media_type in (("photo", PNG, "image/png"), ("voice", OGG, "audio/ogg")):
        whole.api.send_file(person.user, kind, content)
        await whole.settled()
        _code, thread = await owner.get(f"/desk/api/case/{number}")
        line = thread["lines"][-1]
        assert line["attachment"]["kind"] == kind
        async with owner.raw(line["attachment"]["url"]) as answer:
            assert (answer.status, await answer.read()) == (200, content)
        code, kept = await owner.upload(number, content, media_type, name=kind)
        assert code == 200, kept
        assert (await owner.act(number, type="reply", text="", file=kept["file"]))[0] == 200
        sent = whole.api.sent(person.user)[-1]
        assert sent.file is not None
        assert (sent.file.kind, sent.file.content) == (kind, content)
