"""`/mydata` and `/delete` on every channel, at once: in the chat, at the desk, and in the desk's group on Telegram."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot import app
from bot.cases import Case, Profile, Staff
from bot.config import Settings
from bot.model import ContactRef
from tests.running import knowledge_of
from tests.test_whole import address
from tests.whole import Person, TelegramPerson, Whole, ready, running, sentence, web_person

GROUP, ADVISOR = -1001, 7_700_002
CANARY = "canary about the landlord"


@pytest.fixture
async def whole(tmp_path: Path) -> AsyncIterator[Whole]:
    """A bot with a linked group, in which an advisor answers."""
    async with running(tmp_path) as whole:
        whole.api.make_forum(GROUP)
        code = await whole.store.desk.link_code("madrid")
        whole.api.add_to_group(GROUP, ADVISOR)
        await whole.api.wait_sent(GROUP)
        whole.api.say_in_group(GROUP, ADVISOR, f"/link {code}")
        await whole.api.wait_sent(GROUP, 2)
        invite, _staff_id = await whole.store.desk.invite(Profile("Lucía", "advisor", "madrid"))
        whole.api.say(ADVISOR, f"/start i_{invite}", "es")
        await until(lambda: whole.store.desk.staff_of(ContactRef("telegram", str(ADVISOR))))
        yield whole


async def until(found: Callable[[], object], seconds: float = 30) -> object:
    """Wait for something that comes by itself; returns it."""
    end = time.monotonic() + seconds
    while True:
        value = found()
        value = await value if asyncio.iscoroutine(value) else value
        if value:
            return value
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def person_on(way: str, whole: Whole) -> AsyncIterator[Person]:
    if way == "telegram":
        yield TelegramPerson(whole, "en")
    else:
        async with web_person(whole, "en") as person:
            yield person


async def talk_with_an_advisor(whole: Whole, person: Person) -> tuple[Case, int]:
    """Ask for a person, be answered in the group, and answer; returns the case and its topic."""
    await ready(person, "en")
    await person.write(CANARY)
    await person.write("/human")
    await person.press(sentence("en", "Yes, with the last messages"))
    while not (cases := await whole.store.desk.open_cases()):
        await person.press(sentence("en", "Skip"))
    (case,) = cases
    group = ContactRef("telegram-desk", str(GROUP))
    await whole.desk.relay()  # by itself it comes every few seconds
    topic = await until(lambda: whole.store.desk.topic(group, case.number))
    assert isinstance(topic, int)
    for words in ("/claim", f"answer to {CANARY}"):
        whole.api.say_in_group(GROUP, ADVISOR, words, topic)
    await until(lambda: _is_told(whole, case, f"answer to {CANARY}"))
    await person.write(f"thank you, {CANARY}")
    await whole.desk.relay()
    await until(lambda: "thank you" in str(whole.api.in_topic(GROUP, topic)))
    return case, topic


async def _is_told(whole: Whole, case: Case, text: str) -> bool:
    return text in str(await whole.store.desk.lines(case.number))


@pytest.mark.parametrize(("way", "is_closed"), [("telegram", True), ("web", False)])
async def test_who_asks_to_be_forgotten_is_gone_everywhere_at_once(way: str, is_closed: bool, whole: Whole) -> None:
    async with person_on(way, whole) as person:
        case, topic = await talk_with_an_advisor(whole, person)
        (lucia,) = await whole.store.desk.team()
        if is_closed:
            whole.api.say_in_group(GROUP, ADVISOR, "/close solved", topic)
            await until(lambda: _is_closed(whole, case))
        held = json.loads(next(shown.document for shown in await person.write("/mydata") if shown.document))
        (request,) = held["requests"]
        said = [(each["by"], json.dumps(each["message"])) for each in request["said"]]
        assert sum(CANARY in message for _, message in said) >= 3
        assert ("Lucía", True) in [(by, f"answer to {CANARY}" in message) for by, message in said]
        where = address(person)

        begun = time.monotonic()
        await person.write("/delete")
        await until(lambda: _is_unknown(whole, where), 5)
        assert await whole.store.desk.case(case.number) is None
        assert await whole.store.desk.lines(case.number) == ()
        assert await _reads(whole, lucia, case) is None
        await until(lambda: whole.api.groups[GROUP].topics[topic].is_deleted, 20)
        assert time.monotonic() - begun < 20
        assert not whole.api.in_topic(GROUP, topic)
        assert CANARY not in str(whole.api.in_topic(GROUP, None))
        again = json.loads(next(shown.document for shown in await person.write("/mydata") if shown.document))
        assert (again["contact"] == held["contact"], again["requests"], CANARY in json.dumps(again)) == (False, [], False)
        assert await whole.store.desk.verify_audit() is None


async def _is_closed(whole: Whole, case: Case) -> bool:
    now = await whole.store.desk.case(case.number)
    return now is not None and not now.is_open


async def _is_unknown(whole: Whole, where: ContactRef) -> bool:
    return await whole.store.find(where) is None


async def _reads(whole: Whole, staff: Staff, case: Case) -> object:
    return await whole.desk.lines(staff, case.number)


async def test_in_the_terminal_too(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # a setting of pydantic itself
        data_dir=tmp_path,
        knowledge_dir=knowledge_of("graz", tmp_path),
    )
    out = io.StringIO()
    lines = ("English", "1", CANARY, "/mydata", "/delete", "/mydata", "English", "/mydata")
    await app.chat(settings, io.StringIO("".join(f"{line}\n" for line in lines)), out, "en")
    first, second, third = re.findall(r"^• a random code that stands for you: (\w+)$", out.getvalue(), re.MULTILINE)
    assert first != second == third
    assert sentence("en", "To begin again, write anything.") in out.getvalue()
    before, _, after = out.getvalue().partition(sentence("en", "To begin again, write anything."))
    assert CANARY not in after
    assert "the last messages of this chat" in before
