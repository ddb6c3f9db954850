"""Going on where one stopped, over the real wires: after kill -9 in another language, and from the web chat to Telegram by a code."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import links
from bot.i18n import language_name
from bot.store.codes import letters_of
from tests.running import Bot, knowledge_of, running_bot
from tests.test_process import dragoman
from tests.whole import Shown, TelegramPerson, WebPerson, brain, madrid, onboard, running, sentence, title, web_person

CLAVE = "egov.clave"
LINK = re.compile(r"\?start=(m_[0-9A-Z-]+)")


def step_title(number: int, locale: str, entry_id: str = CLAVE) -> str:
    """Return the title of a step, counted from 1."""
    entry = madrid().entries[entry_id]
    return entry.words[locale].steps[entry.steps[number - 1]].title


def place(number: int, locale: str) -> str:
    """Return how a step is counted."""
    return sentence(locale, "Step {n} of {count}").format(n=number, count=len(madrid().entries[CLAVE].steps))


# ---------------------------------------------------------------- a process that is killed


class Browser:
    """A cookie and a socket at a real process; what is asked returns the message that answers it."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url
        self.last: dict[str, Any] = {}

    async def open(self, cursor: int = 0) -> None:
        """Fetch the page and connect; waits until the history is there."""
        async with self._session.get(f"{self._url}/") as page:
            page.raise_for_status()
        url = f"{self._url.replace('http', 'ws', 1)}/chat/socket?after={cursor}"
        self._socket = await self._session.ws_connect(url, headers={"Origin": self._url})
        while (await self._next())["type"] != "ready":
            pass

    async def _next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads((await self._socket.receive(timeout=30)).data)
        return frame

    async def ask(self, **frame: object) -> str:
        """Send a frame; returns the text of the next message with buttons."""
        await self._socket.send_str(json.dumps({"id": str(uuid.uuid4()), **frame}))
        while True:
            received = await self._next()
            if received["type"] == "message" and received["options"]:
                self.last = received
                return json.dumps(received["blocks"], ensure_ascii=False)

    async def press(self, label: str) -> str:
        """Press a button of the last message by the beginning of its label."""
        index = next(number for number, option in enumerate(self.last["options"]) if option["label"].startswith(label))
        return await self.ask(type="button", token=self.last["token"], index=index)


@contextlib.asynccontextmanager
async def browser(bot: Bot) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        visitor = Browser(session, bot.url)
        await visitor.open()
        yield visitor
        await visitor._socket.close()


async def test_after_a_power_cut_it_goes_on_at_the_same_step_in_another_language(tmp_path: Path) -> None:
    bot = Bot(tmp_path / "data")
    bot.start(60)
    try:
        async with browser(bot) as visitor:
            await visitor.ask(type="command", name="start", argument=f"e_madrid_{CLAVE.replace('.', '_')}")
            await visitor.press(language_name("es"))
            assert title(CLAVE, "es") in await visitor.press(sentence("es", "Yes, only mine"))
            await visitor.press(sentence("es", "Step by step ({n})").partition(" (")[0])
            assert place(1, "es") in await visitor.press(sentence("es", "Start"))
            await visitor.press(sentence("es", "✓ Done"))
            assert place(3, "es") in await visitor.press(sentence("es", "✓ Done"))
            bot.kill()
            bot.start(60)
            await visitor.open()
            await visitor.ask(type="text", text=f"/language {language_name('ar')}")
            assert visitor.last["options"][0]["label"] == sentence("ar", "Go on with: {title}").format(title=title(CLAVE, "ar"))
            back = await visitor.ask(type="command", name="continue")
            assert visitor.last["locale"] == "ar"
            assert place(3, "ar") in back
            assert step_title(3, "ar") in back
    finally:
        bot.stop()


async def test_what_is_written_while_the_bot_still_learns_is_answered_afterwards(tmp_path: Path) -> None:
    bot = Bot(tmp_path / "data", CACHE_DIR=str(tmp_path / "cache"), KNOWLEDGE_DIR=str(knowledge_of("madrid", tmp_path)))
    bot.start()
    try:
        async with browser(bot) as visitor:
            assert "knowledge replaced" not in bot.log.read_text(), "nothing is known yet"
            assert sentence("en", "Which language do you prefer?") in await visitor.ask(type="command", name="start")
    finally:
        bot.stop()


# ---------------------------------------------------------------- from the web to Telegram


async def to_step_three(person: WebPerson, locale: str) -> list[Shown]:
    await person.begin(f"e_madrid_{CLAVE.replace('.', '_')}")
    await person.press(language_name(locale))
    await person.press(sentence(locale, "Yes, only mine"))
    await person.press(sentence(locale, "Step by step ({n})").format(n=len(madrid().entries[CLAVE].steps)))
    for label in ("Start", "✓ Done", "✓ Done"):
        shown = await person.press(sentence(locale, label))
    return shown


@pytest.mark.parametrize("locale", ["es", "ar"])
async def test_from_the_web_to_telegram_by_a_code(tmp_path: Path, locale: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(tmp_path / "data") as whole, web_person(whole, locale) as ana:
        assert step_title(3, locale) in (await to_step_three(ana, locale))[-1].text
        await ana.write("/continue")
        (made,) = await ana.press(sentence(locale, "Go on on another device"))
        found = LINK.search(made.text)
        assert found is not None
        code = found[1].removeprefix("m_")
        phone = TelegramPerson(whole, "en")
        there = await phone.begin(found[1])
        assert step_title(3, locale) in there[-1].text
        assert place(3, locale) in there[-1].text
        assert sentence(locale, "I know you again: your language, your city and what you have begun.") in there[-1].text
        thief = TelegramPerson(whole, "en")
        assert (
            sentence("en", "This link was used or is too old. Make a new one there with /continue.")
            in (await thief.begin(found[1]))[0].text
        )
        async with web_person(whole, locale, ana.page.cookie) as again:
            assert again.seen
            assert not any(code in shown.text for shown in again.seen)
        assert letters_of(code) not in letters_of(caplog.text.replace("\n", ""))
        assert code not in caplog.text


async def test_ones_own_link_is_left_for_the_other_device(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as whole, web_person(whole, "en") as ana:
        await ana.begin()
        await onboard(ana, "en")
        await ana.write("/continue")
        (made,) = await ana.press(sentence("en", "Go on on another device"))
        found = LINK.search(made.text)
        assert found is not None
        (own,) = await ana.begin(found[1])
        assert own.text == sentence("en", "This link is for your other device: open it there.")
        phone = TelegramPerson(whole, "en")
        assert sentence("en", "You have not begun anything step by step.") in (await phone.write(f"/continue {found[1]}"))[-1].text


# ---------------------------------------------------------------- posters


async def get(url: str) -> tuple[int, str, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


async def test_a_poster_opens_the_answer_in_its_language(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as whole:
        status, page, headers = await get(f"{whole.url}/poster/madrid/egov/nie?lang=ar")
        url = links.web_link(whole.url, "e_madrid_egov_nie")
        assert status == 200
        assert '<html lang="ar" dir="rtl">' in page
        assert title("egov.nie", "ar") in page
        assert links.svg_inline(url) in page
        assert f'href="{url}"' in page
        assert "t.me" not in page  # no name of a bot is known here
        assert all(language_name(each) in page for each in madrid().languages)
        assert "style=" not in page
        assert "<script" not in page
        assert "style-src 'self'" in headers["Content-Security-Policy"]
        assert (await get(f"{whole.url}/poster/madrid/egov/nie?size=a6"))[1].count("<article") == 4
        assert '<html lang="es"' in (await get(f"{whole.url}/poster/madrid/egov/nie?lang=xx"))[1]
        for path in ("madrid/egov/nothing", "atlantis/egov/nie", "madrid/x/nie", "madrid/egov/%3Cscript%3E"):
            assert (await get(f"{whole.url}/poster/{path}"))[0] == 404


async def test_every_answer_has_a_poster_whose_link_is_short_enough(tmp_path: Path) -> None:
    for city in brain().knowledge.cities.values():
        for entry_id in city.entries:
            assert len(links.payload_of(city.slug, entry_id)) <= 64


async def test_without_an_address_the_page_says_so() -> None:
    with running_bot() as bot:
        async with asyncio.timeout(90):
            while (found := await get(f"{bot.url}/poster/madrid/egov/nie?lang=en"))[0] == 503:  # it learns what it knows first
                await asyncio.sleep(0.1)
    status, page, _headers = found
    assert status == 200
    assert "DRAGOMAN_PUBLIC_URL" in page
    assert "<path" not in page


def test_links_on_the_command_line(tmp_path: Path) -> None:
    told = dragoman("link", "--city", "madrid", "egov.nie", "--lang", "ar", "--json", PUBLIC_URL="https://chat.example.org/")
    found = json.loads(told.stdout)
    assert found["web"] == "https://chat.example.org/?start=e_madrid_egov_nie"
    assert found["poster"] == "https://chat.example.org/poster/madrid/egov/nie?lang=ar"
    assert found["title"] == title("egov.nie", "ar")
    files = tmp_path / "code.svg", tmp_path / "code.png"
    for option, file in zip(("--svg", "--png"), files, strict=True):
        told = dragoman("link", "--city", "madrid", "egov.nie", option, str(file), PUBLIC_URL="https://chat.example.org")
        assert told.returncode == 0, told.stderr
    assert files[0].read_bytes() == links.svg_file(found["web"])
    assert files[1].read_bytes().startswith(b"\x89PNG")


def test_without_an_address_only_telegram_is_linked_to_and_that_is_said() -> None:
    telegram = {"TELEGRAM_TOKEN": "123:abc", "TELEGRAM_BOT_NAME": "@city_bot"}
    told = dragoman("link", "--city", "madrid", "egov.nie", **telegram)
    assert told.returncode == 0
    assert "https://t.me/city_bot?start=e_madrid_egov_nie" in told.stdout
    assert "DRAGOMAN_PUBLIC_URL is not set" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--city", "madrid", "egov.nie"), "DRAGOMAN_PUBLIC_URL is not set"),
        (("--city", "madrid", "egov.nothing"), "no published entry"),
        (("--city", "atlantis", "egov.nie"), "no published entry"),
        (("--city", "madrid", "egov.nie", "--lang", "xx"), "not there in 'xx'"),
    ],
)
def test_a_wrong_link_is_told_in_one_line(arguments: tuple[str, ...], says: str) -> None:
    told = dragoman("link", *arguments)
    assert told.returncode == 1
    assert says in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
