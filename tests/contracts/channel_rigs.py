"""The channels of the contract suite: how a person writes, presses and looks on each of them, and what a channel cannot have."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from websockets.exceptions import ConnectionClosed

from bot.channels import Channel
from bot.channels.console import ConsoleChannel
from tests.botapi import BotApi
from tests.channels.hosts import MemoryHost, served
from tests.channels.telegram_rig import SECRET, make_channel
from tests.channels.web_server import Json, Page, Served, Socket, page_of
from tests.channels.whatsapp_rig import make_channel as make_whatsapp
from tests.cloudapi import CloudApi
from tests.running import free_port

# What a platform may lack by its nature: buttons to press, texts of several lines, a client that tries again, ids of what is sent.
Feature = Literal["buttons", "lines", "repeats", "ids"]


class Rig(Protocol):
    """A channel that has started, its host, and one person on it."""

    channel: Channel
    host: MemoryHost

    async def write(self, text: str) -> None:
        """Let the person write a text, as the platform would deliver it; returns without waiting for the host."""

    async def press(self, label: str) -> None:
        """Let the person press the button with this label under the latest message that has it."""

    async def seen(self, count: int) -> list[str]:
        """Wait until the person has so many messages; return their texts as people read them."""


# ---------------------------------------------------------------- Telegram


class TelegramRig:
    """Telegram over a loopback Bot API server."""

    def __init__(self, api: BotApi, channel: Channel, host: MemoryHost) -> None:
        self.api, self.channel, self.host = api, channel, host
        self.person = 5550001

    async def write(self, text: str) -> None:
        self.api.say(self.person, text)

    async def press(self, label: str) -> None:
        shown = [sent for sent in self.api.sent(self.person) if label in sent.labels]
        self.api.press(self.person, label, shown[-1])

    async def seen(self, count: int) -> list[str]:
        return [sent.text for sent in await self.api.wait_sent(self.person, count)]


@contextlib.asynccontextmanager
async def telegram_polling() -> AsyncIterator[Rig]:
    async with BotApi() as api:
        rig = TelegramRig(api, make_channel(api), MemoryHost())
        await rig.channel.start(rig.host)
        yield rig
        await rig.channel.close()


@contextlib.asynccontextmanager
async def telegram_webhook() -> AsyncIterator[Rig]:
    port = free_port()
    async with BotApi() as api:
        channel = make_channel(api, mode="webhook", public_url=f"http://127.0.0.1:{port}", webhook_secret=SECRET)
        async with served(channel.routes(), port):
            rig = TelegramRig(api, channel, MemoryHost())
            await channel.start(rig.host)
            yield rig
            await channel.close()


# ---------------------------------------------------------------- WhatsApp


class WhatsAppRig:
    """WhatsApp over a loopback Cloud API server."""

    def __init__(self, api: CloudApi, channel: Channel, host: MemoryHost) -> None:
        self.api, self.channel, self.host = api, channel, host
        self.person = 34600111222

    async def write(self, text: str) -> None:
        self.api.say(self.person, text)

    async def press(self, label: str) -> None:
        self.api.press(self.person, label)

    async def seen(self, count: int) -> list[str]:
        return [sent.text for sent in await self.api.wait_sent(self.person, count)]


@contextlib.asynccontextmanager
async def whatsapp() -> AsyncIterator[Rig]:
    async with CloudApi() as api:
        channel = make_whatsapp(api)
        async with served(channel.routes()) as url:
            api.hook = f"{url}/whatsapp/webhook"
            rig = WhatsAppRig(api, channel, MemoryHost())
            await channel.start(rig.host)
            yield rig
            await channel.close()


# ---------------------------------------------------------------- web chat


class WebRig:
    """An open chat page without a browser: a socket whose frames are kept as they come; what was refused as busy is sent again."""

    def __init__(self, server: Served, socket: Socket, host: MemoryHost) -> None:
        self.server, self.channel, self.host, self._socket = server, server.channel, host, socket
        self._frames: list[Json] = []
        self._waiting: dict[str, Json] = {}
        self._came = asyncio.Event()

    async def write(self, text: str) -> None:
        await self._send(type="text", text=text)

    async def press(self, label: str) -> None:
        shown = [frame for frame in self._frames if any(option["label"] == label for option in frame["options"])][-1]
        index = [option["label"] for option in shown["options"]].index(label)
        await self._send(type="button", token=shown["token"], index=index)

    async def seen(self, count: int) -> list[str]:
        async with asyncio.timeout(30):
            while len(self._frames) < count:
                self._came.clear()
                await self._came.wait()
        return [read(frame) for frame in self._frames]

    async def listen(self) -> None:
        """Keep what comes until the connection ends."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._take(await self._socket.next())

    async def _take(self, frame: Json) -> None:
        if frame["type"] == "ack":
            del self._waiting[frame["id"]]
        elif frame["type"] == "error":
            await asyncio.sleep(0.05)  # a page waits the seconds it is told
            await self._socket.send(**self._waiting[frame["id"]])
        elif frame["type"] == "message":
            self._frames.append(frame)
            self._came.set()

    async def _send(self, **frame: object) -> None:
        with contextlib.suppress(ConnectionClosed):
            frame_id = await self._socket.send(**frame)
            self._waiting[frame_id] = {**frame, "id": frame_id}


def read(frame: Json) -> str:
    """Return a message frame as people read it: blocks, places, the file's name; not the buttons."""
    lines: list[str] = []
    for block in frame["blocks"]:
        if block["kind"] == "list":
            lines += ["".join(run["text"] for run in item) for item in block["items"]]
        elif block["kind"] == "facts":
            lines += [f"{label}: {''.join(run['text'] for run in runs)}" for label, runs in block["rows"]]
        else:
            lines.append("".join(run["text"] for run in block["runs"]))
    lines += [f"{venue['name']}, {venue['address']}" for venue in frame["venues"]]
    return "\n".join([*lines, *([frame["document"]["name"]] if "document" in frame else [])])


@contextlib.asynccontextmanager
async def web() -> AsyncIterator[Rig]:
    host = MemoryHost()
    server = Served(host)  # type: ignore[arg-type]  # only its `accept` and `history` are used here
    await server.start()
    async with page_of(server) as page, _connected(page) as socket:
        rig = WebRig(server, socket, host)
        listening = asyncio.create_task(rig.listen())
        yield rig
        await server.stop()
        await listening


@contextlib.asynccontextmanager
async def _connected(page: Page) -> AsyncIterator[Socket]:
    async with page.socket() as socket:
        await socket.next("ready")
        yield socket


# ---------------------------------------------------------------- the terminal


class Paper(io.StringIO):
    """An output that keeps each message as it was written."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def write(self, text: str) -> int:
        self.messages.append(text)
        return len(text)


class ConsoleRig:
    """The terminal over lines in memory."""

    def __init__(self) -> None:
        self.paper, self.host = Paper(), MemoryHost()
        self.channel = ConsoleChannel(self.paper, lambda: datetime.now(UTC))

    async def write(self, text: str) -> None:
        await self.channel.feed(text + "\n")

    async def press(self, label: str) -> None:
        raise NotImplementedError("a terminal has no buttons: people type the number")

    async def seen(self, count: int) -> list[str]:
        assert len(self.paper.messages) >= count
        return ["\n".join(line for line in text.splitlines() if not line.startswith("  [")).strip() for text in self.paper.messages]


@contextlib.asynccontextmanager
async def terminal() -> AsyncIterator[Rig]:
    rig = ConsoleRig()
    await rig.channel.start(rig.host)
    yield rig
    await rig.channel.close()


# ---------------------------------------------------------------- all of them


@dataclass(frozen=True, slots=True)
class Joined:
    """A channel in the suite, with what its platform cannot have."""

    open: Callable[[], AbstractAsyncContextManager[Rig]]
    lacks: frozenset[Feature] = frozenset()


RIGS = {
    "telegram-polling": Joined(telegram_polling),
    "telegram-webhook": Joined(telegram_webhook),
    "whatsapp": Joined(whatsapp, frozenset(("ids",))),
    "web": Joined(web, frozenset(("ids",))),
    "terminal": Joined(terminal, frozenset(("buttons", "lines", "repeats", "ids"))),
}


def having(feature: Feature) -> list[str]:
    """Return the channels whose platform has a feature."""
    return [name for name, joined in RIGS.items() if feature not in joined.lacks]
