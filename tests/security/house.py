"""The whole bot in this process, called without a network: thousands of requests take seconds, and an exception cannot hide."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.applications import Starlette

from bot import app
from bot.cases import Profile
from bot.channels.desk import DeskPages
from bot.channels.telegram.webhook import SECRET_HEADER
from bot.channels.web import WebChannel
from bot.config import Settings
from bot.desk import DeskService
from bot.pace import Pace
from bot.server import create_app
from bot.service import ConversationService
from bot.store import Store, open_store
from bot.watch import Watch
from tests.whole import brain, catalogues

HOST = "chat.example.org"
ORIGIN = f"https://{HOST}"
SECRET = bytes(range(32))
NOBODY = "http://127.0.0.1:9"  # a port where nobody listens: Telegram is never reached
Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: list[Header]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header, empty where there is none."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cookie(self) -> str:
        """Return the cookie that was set, as a browser sends it."""
        return self.header("set-cookie").partition(";")[0]


@dataclass
class House:
    """The application, and what is behind it."""

    app: Starlette
    store: Store
    service: ConversationService
    desk: DeskService
    pages: DeskPages
    web: WebChannel
    hook: dict[str, str]
    scheme: str
    origin: str
    watch: Watch
    seen: list[Answer] = field(default_factory=list)

    async def call(
        self,
        target: str,
        body: bytes = b"",
        headers: Sequence[Header] = (),
        method: str = "GET",
        client: str = "127.0.0.1",
    ) -> Answer:
        """Make one request as uvicorn hands it over; raises what the application raises. `headers` may repeat and hold anything latin-1."""
        path, _, query = target.encode("utf-8", "surrogatepass").partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": self.scheme,
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [
                (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
                for name, value in (("host", self.origin.partition("//")[2]), *headers)
            ],
            "client": (client, 50_000),
            "server": (HOST, 443),
        }
        parts = [{"type": "http.request", "body": body, "more_body": False}]
        start: dict[str, Any] = {}
        content = bytearray()

        async def receive() -> dict[str, Any]:
            return parts.pop() if parts else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                content.extend(message.get("body", b""))

        await self.app(scope, receive, send)
        found = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
        return Answer(start["status"], found, bytes(content))

    async def post(self, target: str, body: object, *more: Header, cookie: str = "", **given: Any) -> Answer:
        """Send JSON, or bytes as they are, as our own page does."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = [("origin", self.origin), ("content-type", "application/json"), ("cookie", cookie)]
        return await self.call(target, raw, [header for header in (*own, *more) if header[1]], "POST", **given)

    async def contact(self) -> str:
        """Return the cookie of somebody new in the web chat."""
        return (await self.call("/")).cookie

    async def hire(self, profile: Profile) -> tuple[str, str]:
        """Let somebody log in at the desk; returns the cookie and what proves that our page asks."""
        code, _staff_id = await self.store.desk.invite(profile)
        cookie = (await self.post("/desk/join", {"code": code})).cookie
        return cookie, str((await self.call("/desk/api/me", headers=[("cookie", cookie)])).json["csrf"])

    async def socket(self, path: str, cookie: str, frames: Sequence[str | bytes], headers: Sequence[Header] = ()) -> list[dict[str, Any]]:
        """Open a WebSocket, send frames, and wait for an answer to a last ping; returns all that came."""
        came: list[dict[str, Any]] = []
        end = asyncio.Event()
        waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        waiting.put_nowait({"type": "websocket.connect"})
        for frame in (*frames, '{"type":"ping"}'):
            waiting.put_nowait({"type": "websocket.receive", "bytes" if isinstance(frame, bytes) else "text": frame})

        async def send(message: Any) -> None:
            came.append(dict(message))
            if message["type"] in ("websocket.close", "websocket.http.response.start") or '"pong"' in str(message.get("text")):
                end.set()

        own = [("host", self.origin.partition("//")[2]), ("cookie", cookie)]
        if not any(name == "origin" for name, _value in headers):
            own.append(("origin", self.origin))
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": self.scheme.replace("http", "ws"),
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in (*own, *headers)],
            "client": ("127.0.0.1", 50_000),
            "server": (HOST, 443),
            "subprotocols": [],
        }
        talk = asyncio.ensure_future(self.app(scope, waiting.get, send))
        waits = asyncio.create_task(end.wait())
        async with asyncio.timeout(60):
            await asyncio.wait({talk, waits}, return_when=asyncio.FIRST_COMPLETED)
        waits.cancel()
        waiting.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await talk
        return came


@contextlib.asynccontextmanager
async def house(*, https: bool = True, pace: Pace | None = None) -> AsyncIterator[House]:
    """Run everything on a database in memory for the length of the block."""
    origin = ORIGIN if https else "http://127.0.0.1:8080"
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # a setting of pydantic itself
        public_url=origin,
        telegram_token="123456:" + "t" * 35,  # type: ignore[arg-type]  # pydantic wraps it
        telegram_api_url=NOBODY,
        telegram_mode="webhook",
        telegram_bot_name="dragoman_test_bot",
    )
    channels = app.build_channels(settings, catalogues(), SECRET)
    thinker = app.thinker_of(settings, brain(), catalogues(), channels)
    store = await open_store("sqlite://:memory:", data_dir=settings.data_dir, secret=SECRET, clock=app.utc_now)
    more = {} if pace is None else {"pace": pace}
    desk, service = app.build_services(store, channels, thinker, app.utc_now, app.rules_of(settings), **more)  # type: ignore[arg-type]
    pages = app.desk_pages(desk, settings, catalogues())

    async def ready() -> bool:
        return bool(await store.figures())

    routes = (*pages.routes(), *app.poster_pages(settings, thinker).routes())
    asgi = create_app(channels, ready=ready, https=settings.is_https, pages=routes)
    web = next(channel for channel in channels if isinstance(channel, WebChannel))
    hook = {SECRET_HEADER: app.derived(SECRET, "telegram webhook").hex()}
    for channel in channels:
        await channel.start(service)
    try:
        yield House(
            asgi, store, service, desk, pages, web, hook, "https" if https else "http", origin, app.watch_of(settings, store, thinker)
        )
    finally:
        for channel in channels:
            await channel.stop_receiving()
        await desk.stop()
        await service.stop()
        for channel in channels:
            await channel.close()
        await store.close()
