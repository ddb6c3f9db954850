"""A small real server behind the chat page: WebChannel on uvicorn, and a host in memory that answers like a simple bot."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import aiohttp
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from bot.channels import Parcel
from bot.channels.web import WebChannel
from bot.model import (
    CommandReceived,
    ContactRef,
    Event,
    Incoming,
    LocationShared,
    Message,
    Option,
    Paragraph,
    Run,
    StoredMessage,
    TextReceived,
)
from bot.server import create_app
from tests.running import free_port

Json = dict[str, Any]
Answer = Callable[[Event], Sequence[Message]]
KEY = b"k" * 32
NAMES = {"en": "English", "es": "Español", "ar": "العربية"}


def say(text: str, *, locale: str = "en", options: Sequence[str] = ()) -> Message:
    """Make a plain message of the bot."""
    return Message(locale=locale, blocks=(Paragraph((Run(text),)),), options=tuple(Option(f"o{i}", o) for i, o in enumerate(options)))


def echo(event: Event) -> Sequence[Message]:
    """Answer an event with what it was."""
    if isinstance(event, TextReceived):
        return (say(f"echo: {event.text}"),)
    if isinstance(event, CommandReceived):
        return (say(f"command: {event.name} {event.argument}".strip(), options=("One", "Two")),)
    return (say(f"event: {event.kind}"),)


class EchoHost:
    """Keeps everything in memory across restarts of the server; a repeated external id is dropped."""

    def __init__(self, answer: Answer = echo) -> None:
        self.answer = answer
        self.channel: WebChannel | None = None
        self.accepted: list[Incoming] = []
        self.refusals: list[Exception] = []
        self.histories: dict[ContactRef, list[StoredMessage]] = {}
        self._known: set[str] = set()
        self._next = 1

    async def accept(self, incoming: Sequence[Incoming]) -> None:
        """Keep events and answer them, unless a refusal is due."""
        if self.refusals:
            raise self.refusals.pop(0)
        for item in incoming:
            if item.external_id not in self._known:
                self._known.add(item.external_id)
                self.accepted.append(item)
                self._handle(item)

    async def history(self, contact: ContactRef, after: int = 0) -> Sequence[StoredMessage]:
        """Return what was said."""
        return [stored for stored in self.histories.get(contact, []) if stored.id > after]

    def texts(self) -> list[str]:
        """Return the texts that were accepted, in order."""
        return [item.event.text for item in self.accepted if isinstance(item.event, TextReceived)]

    def erase(self, contact: ContactRef) -> None:
        """Forget a contact."""
        self.histories.pop(contact, None)

    async def tell(self, contact: ContactRef, message: Message) -> int:
        """Say something without being asked; returns the id of the message."""
        stored = self._keep(contact, message)
        await self._send(contact, stored)
        return stored.id

    def _handle(self, item: Incoming) -> None:
        if isinstance(item.event, TextReceived):
            self._keep(item.contact, Message(locale="en", author="contact", blocks=(Paragraph((Run(item.event.text),)),)))
        for message in self.answer(item.event):
            stored = self._keep(item.contact, message)
            task = asyncio.get_running_loop().create_task(self._send(item.contact, stored))
            task.add_done_callback(lambda done: done.result())

    def _keep(self, contact: ContactRef, message: Message) -> StoredMessage:
        stored = StoredMessage(self._next, f"t{self._next}", datetime.now(UTC), message)
        self._next += 1
        self.histories.setdefault(contact, []).append(stored)
        return stored

    async def _send(self, contact: ContactRef, stored: StoredMessage) -> None:
        if self.channel is not None:
            await self.channel.send(Parcel(contact, stored.id, stored.token, stored.message, uncertain=False))


class Served:
    """A running server. It can stop and start again on the same port, as after an upgrade."""

    def __init__(
        self, host: EchoHost, *, https: bool = False, sockets: bool = True, translate: Callable[[str, str], str] | None = None
    ) -> None:
        self.host, self._https, self._translate = host, https, translate or (lambda locale, text: text)
        self._ws: Literal["auto", "none"] = "auto" if sockets else "none"
        self.port, self.ready = free_port(), True
        self.url = f"http://127.0.0.1:{self.port}"
        self.leave_url = f"{self.url}/health"

    async def start(self) -> None:
        """Serve until `stop`."""
        self.channel = WebChannel(
            translate=self._translate,
            locales=tuple(NAMES),
            language_names=NAMES,
            clock=lambda: datetime.now(UTC),
            session_key=KEY,
            public_https=self._https,
            leave_url=self.leave_url,
        )
        app = create_app([self.channel], ready=self._is_ready, https=self._https)
        config = uvicorn.Config(
            app, "127.0.0.1", self.port, log_level="error", lifespan="off", access_log=False, ws=self._ws, ws_max_size=1 << 20
        )
        self._server = uvicorn.Server(config)
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.005)
        await self.channel.start(self.host)
        self.host.channel = self.channel

    async def _is_ready(self) -> bool:
        return self.ready

    async def stop(self) -> None:
        """Stop as the program does: take nothing new, let pages go, end."""
        self.host.channel = None
        await self.channel.stop_receiving()
        await self.channel.close()
        self._server.should_exit = True
        await self._task


@contextlib.asynccontextmanager
async def served(host: EchoHost | None = None, *, https: bool = False, sockets: bool = True) -> AsyncIterator[Served]:
    """Serve the chat for the length of the block; without `sockets` as behind a proxy that lets none through."""
    server = Served(host or EchoHost(), https=https, sockets=sockets)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Page:
    """What a browser does, without one: a cookie, a socket, plain requests."""

    def __init__(self, server: Served, session: aiohttp.ClientSession) -> None:
        self.server, self.session, self.cookie = server, session, ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.server.url, "Cookie": self.cookie}

    @property
    def contact(self) -> ContactRef:
        """Return who we are to the host, once it has accepted something from us alone."""
        return self.server.host.accepted[-1].contact

    async def load(self) -> str:
        """Fetch the page and take its cookie."""
        async with self.session.get(f"{self.server.url}/", headers={"Cookie": self.cookie}) as answer:
            if "Set-Cookie" in answer.headers:
                self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
            return await answer.text()

    @contextlib.asynccontextmanager
    async def socket(self, after: int = 0) -> AsyncIterator[Socket]:
        """Connect."""
        url = f"{self.server.url.replace('http', 'ws', 1)}/chat/socket?after={after}"
        headers = {"Cookie": self.cookie}
        async with connect(url, origin=self.server.url, additional_headers=headers, max_size=None) as connection:  # type: ignore[arg-type]
            yield Socket(connection)

    def post(self, path: str, body: object, **headers: str) -> Any:
        """Send JSON as our page does; headers given replace the usual ones (underscores stand for dashes)."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        whole = {"Content-Type": "application/json", **self.headers, **changed}
        return self.session.post(f"{self.server.url}{path}", data=data, headers=whole)

    def get(self, path: str, **headers: str) -> Any:
        """Ask for something with our cookie."""
        return self.session.get(f"{self.server.url}{path}", headers={"Cookie": self.cookie, **headers})

    async def asked(self, path: str) -> tuple[int, Any]:
        """Ask for JSON; returns status and body."""
        async with self.get(path) as answer:
            return answer.status, await answer.json()


class Socket:
    """A connected page."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def next(self, kind: str | None = None) -> Json:
        """Return the next frame, or the next of a kind."""
        async with asyncio.timeout(30):
            while True:
                frame: Json = json.loads(await self.connection.recv())
                if kind is None or frame["type"] == kind:
                    return frame

    async def until(self, kind: str) -> list[Json]:
        """Return the frames up to the next one of a kind."""
        frames = [await self.next()]
        while frames[-1]["type"] != kind:
            frames.append(await self.next())
        return frames

    async def send(self, **frame: object) -> str:
        """Send a frame under a fresh id, or the one given."""
        whole = {"id": str(uuid.uuid4()), **frame}
        await self.connection.send(json.dumps(whole, ensure_ascii=False))
        return str(whole["id"])

    async def say(self, text: str) -> str:
        """Send a text."""
        return await self.send(type="text", text=text)


@contextlib.asynccontextmanager
async def page_of(server: Served) -> AsyncIterator[Page]:
    """Open a page that has its cookie."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        page = Page(server, session)
        await page.load()
        yield page


def said(frame: Json) -> str:
    """Return the text of a message frame."""
    return "".join(run["text"] for block in frame["blocks"] for run in block.get("runs", ()))


__all__ = ["CommandReceived", "EchoHost", "LocationShared", "Page", "Served", "Socket", "echo", "page_of", "said", "say", "served"]
