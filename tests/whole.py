"""The whole bot in this process, wired as the program wires itself, and people who use it by Telegram and by web chat."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import aiohttp

from bot import app
from bot.brain import Brain
from bot.channels import Channel
from bot.config import Settings
from bot.dialogue.home import city_name, topic_name
from bot.i18n import Catalogues, language_name
from bot.model import City
from bot.pace import Pace
from bot.store import Store
from tests.botapi import BotApi, Sent
from tests.channels.web_server import Json, Page, Socket
from tests.cloudapi import CloudApi
from tests.cloudapi import Sent as SentByWhatsApp
from tests.contracts.channel_rigs import read
from tests.running import ROOT, free_port

Mode = Literal["polling", "webhook"]


@functools.cache
def brain() -> Brain:
    """Load the real knowledge, once for all tests of a run."""
    return app.load_brain(Settings(_env_file=None, knowledge_dir=ROOT / "knowledge"))  # type: ignore[call-arg]  # a setting of pydantic itself


@functools.cache
def catalogues() -> Catalogues:
    """Load the real translations, once."""
    return Catalogues.load(ROOT / "locales")


class Whole:
    """One running bot: store in a folder, web chat on a port, Telegram against a Bot API server. It can stop and start again."""

    def __init__(
        self, folder: Path, api: BotApi, mode: Mode = "polling", burst: int = 1_000_000, cloud: CloudApi | None = None, **more: object
    ) -> None:
        self.api, self.mode, self.port, self.cloud = api, mode, free_port(), cloud
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # a setting of pydantic itself
            data_dir=folder,
            database_url=None,  # named, so that no setting of whoever runs the tests counts
            secret_key=None,
            port=self.port,
            public_url=self.url,
            telegram_token=api.token,  # type: ignore[arg-type]  # pydantic wraps it
            telegram_api_url=api.url,
            telegram_mode=mode,
            contact_burst=burst,  # people of tests write faster than anybody can
            **(cloud.settings if cloud else {}),
            **more,
        )
        self.secret = app.secret_of(self.settings)
        self.dropped = 0  # messages that a test wants to see given up, since their reader has blocked us

    async def start(self) -> None:
        """Open everything in the order `dragoman serve` does."""
        self.channels = app.build_channels(self.settings, catalogues(), self.secret)
        thinker = app.thinker_of(self.settings, brain(), catalogues(), self.channels)
        self._resources = contextlib.AsyncExitStack()
        self.store: Store = await self._resources.enter_async_context(app.opened_store(self.settings, self.secret))
        rules, pace = app.rules_of(self.settings), Pace(self.settings.contact_burst, self.settings.contact_per_s)
        self.desk, self.service = app.build_services(self.store, self.channels, thinker, app.utc_now, rules, pace=pace)
        pages = (*app.desk_pages(self.desk, self.settings, catalogues()).routes(), *app.poster_pages(self.settings, thinker).routes())
        watch = app.watch_of(self.settings, self.store, thinker)
        self._server = app._Server(app._uvicorn_config(self.settings, watch, self.channels, pages))
        await self.service.start()
        await self.desk.start()
        if self.cloud:
            self.cloud.hook = f"{self.url}/whatsapp/webhook"
        self._serving = asyncio.create_task(self._server.serve(sockets=[app._listener(self.settings)]))
        await app._listening(self._server, self._serving)
        for channel in self.channels:
            await channel.start(self.service)

    async def stop(self) -> None:
        """End everything in the order `dragoman serve` does."""
        for channel in self.channels:
            await channel.stop_receiving()
        await self.desk.stop()
        await self.service.stop()
        for channel in self.channels:
            await channel.close()
        self._server.should_exit = True
        await self._serving
        await self._resources.aclose()

    def channel(self, name: str) -> Channel:
        """Return a channel by its name."""
        return next(channel for channel in self.channels if channel.name == name)

    async def settled(self) -> None:
        """Wait until Telegram has nothing more for us, and all that was taken in is answered."""
        await self.api.wait_acknowledged(20)
        if self.cloud:
            await self.cloud.all_taken()
        await self.service.idle()

    async def check(self) -> None:
        """Fail where anything was lost, broke a turn or could not be sent."""
        await self.settled()
        figures = await self.store.figures()
        found = {name: figures[name] for name in ("inbox_waiting", "inbox_failed", "outbox_waiting", "outbox_dead")}
        assert found == {"inbox_waiting": 0, "inbox_failed": 0, "outbox_waiting": 0, "outbox_dead": self.dropped}


@contextlib.asynccontextmanager
async def running(
    folder: Path, mode: Mode = "polling", burst: int = 1_000_000, cloud: CloudApi | None = None, **more: object
) -> AsyncIterator[Whole]:
    """Run the whole bot for the length of the block; at its end nothing may be lost. `burst`: messages of one person at once."""
    async with BotApi() as api:
        whole = Whole(folder, api, mode, burst, cloud, **more)
        await whole.start()
        try:
            yield whole
            await whole.check()
        finally:
            await whole.stop()


# ---------------------------------------------------------------- people


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as a person sees it."""

    text: str
    buttons: tuple[str, ...]
    document: str | None = None


class Person(Protocol):
    """Somebody on a channel. What they do returns the messages that answer it."""

    whole: Whole
    has_device_question: bool

    async def begin(self, payload: str = "") -> list[Shown]:
        """Open the chat, by a link that carries a payload or without."""

    async def write(self, text: str) -> list[Shown]:
        """Write a text."""

    async def press(self, label: str) -> list[Shown]:
        """Press the button with this label, or one whose shortened label begins it, under the latest message that has it."""

    async def press_data(self, token: str, index: int) -> list[Shown]:
        """Press a button that may be forged."""

    async def share(self, latitude: float, longitude: float) -> list[Shown]:
        """Share a place."""

    def token(self) -> str:
        """Return the token of the buttons last shown."""

    @property
    def seen(self) -> Sequence[Shown]:
        """Return everything they were shown."""


def fits(button: str, label: str) -> bool:
    """Tell whether a button carries a label, which it may have shortened."""
    return button == label or (button.endswith("…") and label.startswith(button[:-1].rstrip()))


class PhonePerson:
    """What people on a messenger have in common: they write, and see what came of it."""

    has_device_question = False
    whole: Whole

    async def begin(self, payload: str = "") -> list[Shown]:
        return await self.write(f"/start {payload}".strip())

    async def write(self, text: str) -> list[Shown]:
        raise NotImplementedError

    async def after(self, act: Callable[[], object]) -> list[Shown]:
        """Let something happen; return what came of it."""
        before = len(self.seen)
        act()
        await self.whole.settled()
        return list(self.seen[before:])

    @property
    def seen(self) -> Sequence[Shown]:
        raise NotImplementedError


class TelegramPerson(PhonePerson):
    """A person in a private chat on Telegram."""

    _numbers = iter(range(6_000_000, 7_000_000))

    def __init__(self, whole: Whole, language: str) -> None:
        self.whole, self.api = whole, whole.api
        self.user = next(self._numbers)
        self.api.languages[self.user] = language

    async def write(self, text: str) -> list[Shown]:
        return await self.after(lambda: self.api.say(self.user, text))

    async def press(self, label: str) -> list[Shown]:
        sent = [sent for sent in self.api.sent(self.user) if any(fits(button, label) for button in sent.labels)][-1]
        button = next(button for button in sent.labels if fits(button, label))
        return await self.after(lambda: self.api.press(self.user, button, sent))

    async def press_data(self, token: str, index: int) -> list[Shown]:
        return await self.after(lambda: self.api.press_data(self.user, f"{token}:{index}"))

    async def share(self, latitude: float, longitude: float) -> list[Shown]:
        return await self.after(lambda: self.api.share_location(self.user, latitude, longitude))

    def token(self) -> str:
        buttons = [sent for sent in self.api.sent(self.user) if sent.buttons][-1].buttons
        return str(next(button["callback_data"] for row in buttons for button in row if "callback_data" in button)).partition(":")[0]

    @property
    def seen(self) -> Sequence[Shown]:
        return [_sent(sent) for sent in self.api.sent(self.user)]


def _sent(sent: Sent) -> Shown:
    document = sent.document[1].decode() if sent.document else None
    return Shown(sent.text, tuple(sent.labels), document)


class WhatsAppPerson(PhonePerson):
    """A person on WhatsApp, who knows our number."""

    _numbers = iter(range(34_600_000_000, 34_700_000_000))

    def __init__(self, whole: Whole) -> None:
        assert whole.cloud is not None
        self.whole, self.cloud = whole, whole.cloud
        self.number = next(self._numbers)

    async def write(self, text: str) -> list[Shown]:
        return await self.after(lambda: self.cloud.say(self.number, text))

    async def press(self, label: str) -> list[Shown]:
        sent = [sent for sent in self.cloud.sent(self.number) if any(fits(button, label) for button in sent.labels)][-1]
        button = next(button for button in sent.labels if fits(button, label))
        return await self.after(lambda: self.cloud.press(self.number, button, sent))

    async def press_data(self, token: str, index: int) -> list[Shown]:
        reply = {"id": f"{token}:{index}", "title": "x"}
        return await self.after(
            lambda: self.cloud.act(self.number, {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": reply}})
        )

    async def share(self, latitude: float, longitude: float) -> list[Shown]:
        return await self.after(lambda: self.cloud.share_location(self.number, latitude, longitude))

    def token(self) -> str:
        return [sent for sent in self.cloud.sent(self.number) if sent.ids][-1].ids[0].partition(":")[0]

    @property
    def seen(self) -> Sequence[Shown]:
        return [_by_whatsapp(sent) for sent in self.cloud.sent(self.number)]


def _by_whatsapp(sent: SentByWhatsApp) -> Shown:
    return Shown(sent.text, sent.labels)


class WebPerson:
    """A person on the chat page: a cookie and a socket."""

    has_device_question = True

    def __init__(self, whole: Whole, language: str, page: Page, socket: Socket) -> None:
        self.whole, self.language, self.page, self.socket = whole, language, page, socket
        self.frames: list[Json] = []
        self.refusals: list[str] = []

    async def begin(self, payload: str = "") -> list[Shown]:
        return await self.send(type="command", name="start", argument=payload)

    async def write(self, text: str) -> list[Shown]:
        return await self.send(type="text", text=text)

    async def press(self, label: str) -> list[Shown]:
        frame = [frame for frame in self.frames if any(fits(button, label) for button in _labels(frame))][-1]
        index = next(index for index, button in enumerate(_labels(frame)) if fits(button, label))
        return await self.press_data(frame["token"], index)

    async def press_data(self, token: str, index: int) -> list[Shown]:
        return await self.send(type="button", token=token, index=index)

    async def share(self, latitude: float, longitude: float) -> list[Shown]:
        return await self.send(type="location", latitude=latitude, longitude=longitude)

    async def send(self, **frame: object) -> list[Shown]:
        """Send a frame; return what came of it."""
        await self.socket.send(**({"locale": self.language} | frame))
        return await self.answers()

    async def send_raw(self, raw: str | bytes) -> list[Shown]:
        """Send whatever there is."""
        await self.socket.connection.send(raw)
        return await self.answers()

    async def answers(self) -> list[Shown]:
        """Wait for acknowledgement or refusal, then for all that follows: the answer to a ping comes behind it."""
        while (frame := await self.socket.next())["type"] not in ("ack", "error"):
            self._note(frame)
        if frame["type"] == "error":
            self.refusals.append(frame["code"])
        await self.whole.service.idle()
        before = len(self.frames)
        await self.socket.send(type="ping")
        for frame in await self.socket.until("pong"):
            self._note(frame)
        return [_frame(frame) for frame in self.frames[before:]]

    def _note(self, frame: Json) -> None:
        if frame["type"] == "message":
            self.frames.append(frame)

    def token(self) -> str:
        return str([frame for frame in self.frames if frame["options"]][-1]["token"])

    @property
    def seen(self) -> Sequence[Shown]:
        return [_frame(frame) for frame in self.frames]


def _labels(frame: Json) -> list[str]:
    return [option["label"] for option in frame["options"]]


def _frame(frame: Json) -> Shown:
    document = frame["document"]["text"] if "document" in frame else None
    return Shown(read(frame), tuple(_labels(frame)), document)


@contextlib.asynccontextmanager
async def web_person(whole: Whole, language: str, cookie: str = "") -> AsyncIterator[WebPerson]:
    """Open the chat page as a new person, or as the one whose cookie it is."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        page = Page(whole, session)  # type: ignore[arg-type]  # only the address of the server is used here
        page.cookie = cookie
        await page.load()
        async with page.socket() as socket:
            person = WebPerson(whole, language, page, socket)
            person.frames = [frame for frame in await socket.until("ready") if frame["type"] == "message"]
            yield person


# ---------------------------------------------------------------- the way in


def madrid() -> City:
    """Return all that is known about Madrid."""
    return brain().knowledge.cities["madrid"]


def sentence(locale: str, text: str) -> str:
    """Return a sentence of the bot in a language."""
    return catalogues().translator(locale).gettext(text)


def title(entry_id: str, locale: str) -> str:
    """Return the title of an entry."""
    return madrid().entries[entry_id].words[locale].title


def question(entry_id: str, locale: str, word: str) -> str:
    """Return one of the questions people ask about an entry: the first of more than three words with a word in it."""
    questions = madrid().entries[entry_id].words[locale].questions
    return next(text for text in questions if len(text.split()) > 3 and word in text.casefold())


def topic(slug: str, locale: str) -> str:
    """Return the label of a topic."""
    return topic_name(brain().knowledge.topics[slug], locale)


async def onboard(person: Person, locale: str, *, by_typing: bool = False) -> list[Shown]:
    """Answer the first questions, by buttons or by typed words; returns the last answer."""
    act = person.write if by_typing else person.press
    await act(language_name(locale))
    if person.has_device_question:
        await act(sentence(locale, "Yes, only mine"))
    return await act(city_name(madrid(), locale))


async def ready(person: Person, locale: str) -> list[Shown]:
    """Go from the first contact to the menu."""
    await person.begin()
    return await onboard(person, locale)
