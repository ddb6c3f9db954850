"""The web desk on uvicorn, over the real service and store, and people in front of it: one browser each, without a browser."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.cases import CaseKind, Priority, Profile, Staff
from bot.channels.desk import DeskPages
from bot.desk.rules import DeskRules
from bot.model import ContactRef, Incoming, Message, OpenCase, Paragraph, Run, TextReceived
from bot.server import create_app
from bot.store import Decision, FindButton, Said, Snapshot
from tests.handoff.town import Town
from tests.running import free_port

Json = dict[str, Any]
NAMES = {"en": "English", "es": "Español", "ar": "العربية"}
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def said(text: str, locale: str = "en") -> Message:
    """Make a plain message of a contact."""
    return Message(locale, (Paragraph((Run(text),)),), author="contact")


class DeskTown:
    """A town whose desk is served over HTTP."""

    def __init__(self, town: Town, port: int, *, https: bool = False) -> None:
        self.town, self.port, self.https = town, port, https
        self.url = f"http://127.0.0.1:{port}"
        self.origin = self.url.replace("http:", "https:") if https else self.url
        self.staff: dict[str, Staff] = {}
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Serve until `stop`."""
        await self.town.service.start()
        self.pages = DeskPages(
            self.town.desk,
            translate=lambda locale, text: f"{locale}:{text}" if locale != "en" else text,
            locales=tuple(NAMES),
            language_names=NAMES,
            clock=self.town.clock,
            https=self.https,
            service_name="Dragoman",
        )
        app = create_app([], ready=self._ready, https=self.https, pages=self.pages.routes())
        config = uvicorn.Config(app, "127.0.0.1", self.port, log_level="error", lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.005)

    async def _ready(self) -> bool:
        return True

    async def stop(self) -> None:
        """Let every page go and end."""
        self._server.should_exit = True
        await self._task

    # ------------------------------------------------------------ people

    async def code(self, profile: Profile) -> str:
        """Invite somebody; returns the code."""
        return (await self.town.store.desk.invite(profile))[0]

    @contextlib.asynccontextmanager
    async def seat(self, profile: Profile, *, lang: str = "en") -> AsyncIterator[Seat]:
        """Let somebody who was just invited log in."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            seat = Seat(self, session, lang)
            assert await seat.join(await self.code(profile)) == 200
            await seat.know()
            await self.noticed()
            yield seat

    @contextlib.asynccontextmanager
    async def stranger(self) -> AsyncIterator[Seat]:
        """Open a browser that is not logged in."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield Seat(self, session, "en")

    # ------------------------------------------------------------ contacts

    async def ask(
        self,
        address: str,
        *texts: str,
        kind: CaseKind = "advice",
        topic: str = "housing",
        locale: str = "ar",
        organisation: str | None = None,
        priority: Priority = "ordinary",
        facts: tuple[tuple[str, str], ...] = (),
        entry_id: str = "",
        language: str = "",
    ) -> int:
        """Let a contact ask for a person; `texts` are their last messages. Returns the number of the case."""
        store, contact = self.town.store, ContactRef("telegram", address)
        event = TextReceived(text="hello", at=self.town.clock(), locale_hint=locale)
        found = await store.accept([Incoming(contact, f"ask:{address}:{next(self._numbers)}", event)])
        before = {case.number for case in await store.desk.open_cases()}
        effect = OpenCase(
            kind, topic, organisation=organisation, priority=priority, facts=facts, entry_id=entry_id, language=language, share="all"
        )

        def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
            known = replace(snapshot.conversation, state="ready", city="madrid", locale=locale)
            handled = tuple(item.id for item in snapshot.waiting)
            return Decision(known, handled, said=tuple(Said(said(text, locale)) for text in texts), casework=(effect,))

        await store.handle(found[0], decide)
        await self.noticed()
        return next(case.number for case in await store.desk.open_cases() if case.number not in before)

    async def noticed(self) -> None:
        """Let the desk see what was done to the store behind it."""
        await self.town.desk.look()

    async def write(self, address: str, text: str) -> None:
        """Let a contact write."""
        await self.town.write(address, text)


class Seat:
    """What the browser of a staff member does: a cookie, what proves that it is our page, and requests."""

    def __init__(self, desk: DeskTown, session: aiohttp.ClientSession, lang: str) -> None:
        self.desk, self.session, self.lang = desk, session, lang
        self.cookie, self.csrf, self.me = "", "", {}
        self.set_cookie = ""
        self._keys = itertools.count(1)

    @property
    def id(self) -> str:
        return str(self.me["id"])

    @property
    def cookie_name(self) -> str:
        return "__Host-dragoman-desk" if self.desk.https else "dragoman-desk"

    async def join(self, code: str, **headers: str) -> int:
        """Use a code up and take the cookie; returns the status."""
        async with self.post("/desk/join", {"code": code}, **headers) as answer:
            self.set_cookie = answer.headers.get("Set-Cookie", "")
            if answer.status == 200:
                self.cookie = self.set_cookie.partition(";")[0]
            return int(answer.status)

    async def know(self) -> None:
        """Learn who we are."""
        status, body = await self.get("/desk/api/me")
        assert status == 200
        self.me, self.csrf = body["me"], body["csrf"]

    def headers(self, **changes: str) -> dict[str, str]:
        """Return the headers of our page; those given replace them, empty ones are left out (underscores stand for dashes)."""
        whole = {"Origin": self.desk.origin, "Cookie": self.cookie, "X-Desk-Csrf": self.csrf, "Accept-Language": self.lang}
        whole |= {name.replace("_", "-"): value for name, value in changes.items()}
        return {name: value for name, value in whole.items() if value}

    def post(self, path: str, body: object, **headers: str) -> Any:
        """Send JSON, or the bytes given, as our page does."""
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        whole = self.headers(**{"Content_Type": "application/json", **headers})
        return self.session.post(f"{self.desk.url}{path}", data=data, headers=whole)

    def raw(self, path: str, **headers: str) -> Any:
        """Ask for something."""
        return self.session.get(f"{self.desk.url}{path}", headers=self.headers(**headers), allow_redirects=False)

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Ask for JSON; returns status and body."""
        async with self.raw(path, **headers) as answer:
            return answer.status, await answer.json()

    async def send(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        """Send JSON; returns status and body."""
        async with self.post(path, body, **headers) as answer:
            return answer.status, await answer.json()

    async def act(self, number: int, key: str | None = None, **deed: object) -> tuple[int, Any]:
        """Do something with a case, and wait until everybody has heard."""
        answer = await self.send("/desk/api/act", {"number": number, "key": key or f"k{next(self._keys)}", "deed": deed})
        await self.desk.town.settle()
        return answer

    async def upload(self, number: int, content: bytes, media_type: str, name: str = "letter", kind: str = "") -> tuple[int, Any]:
        """Upload a file."""
        return await self.send(f"/desk/api/file?case={number}&name={name}&kind={kind}", content, Content_Type=media_type)

    @contextlib.asynccontextmanager
    async def socket(self, **headers: str) -> AsyncIterator[Wire]:
        """Connect."""
        url = f"{self.desk.url.replace('http', 'ws', 1)}/desk/socket?lang={self.lang}"
        whole = {"Cookie": self.cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
        origin = whole.pop("Origin", self.desk.origin)
        async with connect(url, origin=origin, additional_headers=whole, max_size=None) as connection:  # type: ignore[arg-type]
            yield Wire(connection)


class Wire:
    """A connected page, which keeps what it was told as a page does."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.cases: dict[int, Json] = {}
        self.order: Json = {}
        self.lines: dict[int, dict[int, Json]] = {}

    async def next(self, kind: str | None = None, timeout_s: float = 30.0) -> Json:
        """Return the next frame, or the next of a kind."""
        async with asyncio.timeout(timeout_s):
            while True:
                frame: Json = json.loads(await self.connection.recv())
                self._take(frame)
                if kind is None or frame["type"] == kind:
                    return frame

    async def until_pong(self) -> list[Json]:
        """Return what comes until a ping is answered."""
        await self.send(type="ping")
        frames = [await self.next()]
        while frames[-1]["type"] != "pong":
            frames.append(await self.next())
        return frames[:-1]

    async def still(self, quiet_s: float = 0.6) -> list[Json]:
        """Return what comes until nothing has come for a while."""
        frames: list[Json] = []
        while True:
            try:
                frames.append(await self.next(timeout_s=quiet_s))
            except TimeoutError:
                return frames

    async def send(self, **frame: object) -> None:
        """Send a frame."""
        await self.connection.send(json.dumps(frame))

    async def closed(self, timeout_s: float = 30.0) -> int | None:
        """Wait until the server closes; returns the code."""
        async with asyncio.timeout(timeout_s):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        return self.connection.close_code

    def _take(self, frame: Json) -> None:
        if frame["type"] == "board":
            self.cases = {case["number"]: case for case in frame["cases"]}
            self.order = frame["order"]
        elif frame["type"] == "cases":
            self.cases |= {case["number"]: case for case in frame["changed"]}
            for number in frame["gone"]:
                del self.cases[number]
            self.order = frame["order"]
        elif frame["type"] == "lines":
            self.lines.setdefault(frame["number"], {}).update({line["id"]: line for line in frame["lines"]})


def text_in(line: Json) -> str:
    """Return the text of a line."""
    return "".join(run["text"] for block in line["blocks"] for run in block.get("runs", ()))


def texts_in(lines: Sequence[Json]) -> list[str]:
    """Return the texts of lines that have any."""
    return [text_in(line) for line in lines if line["blocks"]]


@contextlib.asynccontextmanager
async def desk_town(folder: Path, *, https: bool = False) -> AsyncIterator[DeskTown]:
    """Serve a town's desk for the length of the block."""
    port = free_port()
    town = Town(folder, rules=DeskRules(public_url=f"http://127.0.0.1:{port}"))
    await town.open()
    served = DeskTown(town, port, https=https)
    await served.start()
    try:
        yield served
    finally:
        await served.stop()
        await town.close()
