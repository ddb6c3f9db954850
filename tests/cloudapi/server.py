"""The server: what the bot sends is checked and kept; what people do is posted to the bot, signed, until it answers 200."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import io
import itertools
import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.cloudapi.rules import LARGEST, MEDIA_TYPES, Json, Refused, check

PHONE_ID, TOKEN = "106540352242922", "EAAtest0token"
APP_SECRET, VERIFY_TOKEN = "app-secret-of-a-test", "verify-me-please"
DAY_S = 24 * 3600
VERSION = "v25.0"


@dataclass(slots=True)
class Sent:
    """A message as its reader has it. `labels`: what can be pressed, whole where a row shows the whole; `ids` belong to them."""

    id: str
    kind: str
    text: str
    body: Json
    labels: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    at: float = field(default_factory=time.time)


class CloudApi:
    """One business number. `async with CloudApi() as api:` serves at `api.url`; tell it where the bot is with `api.hook`.

    People are named by a number; `users` gives them the id that stands for them before this business (None: an old client without one).
    `faults`: (status, body) answers given next instead of taking a message, or "drop", "hang", "after" (taken, the answer lost)."""

    def __init__(self, port: int = 0) -> None:
        self.port, self.url, self.hook = port, "", ""
        self.people: dict[str, list[Sent]] = defaultdict(list)
        self.users: dict[str, str | None] = {}
        self.faults: list[object] = []
        self.calls: Counter[str] = Counter()
        self.refused: list[str] = []
        self.heard: dict[str, float] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.attempts = 0
        self.skew_s = 0.0  # how much later it is here than the clock says
        self._ids = itertools.count(1)
        self._came = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._queue: asyncio.Queue[Json] = asyncio.Queue()
        self._posting: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post(f"/{VERSION}/{PHONE_ID}/messages", self._messages)
        app.router.add_post(f"/{VERSION}/{PHONE_ID}/media", self._upload)
        app.router.add_get(f"/{VERSION}/{{name}}", self._get)
        app.router.add_get("/lookaside/{name}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/{VERSION}"
        self._session = aiohttp.ClientSession()
        self._posting = asyncio.create_task(self._post_all())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._posting:
            self._posting.cancel()
            await asyncio.wait({self._posting})
        if self._session:
            await self._session.close()
        if self._runner:
            await self._runner.cleanup()

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the settings of a bot that is to work with this server."""
        return {
            "whatsapp_token": TOKEN,
            "whatsapp_phone_id": PHONE_ID,
            "whatsapp_app_secret": APP_SECRET,
            "whatsapp_verify_token": VERIFY_TOKEN,
            "whatsapp_api_url": self.url,
        }

    async def all_taken(self) -> None:
        """Wait until the bot has taken everything that was posted."""
        async with asyncio.timeout(180):  # on a machine that is busy with other things
            await self._queue.join()

    # ------------------------------------------------------------ what the bot does

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        self.calls["messages"] += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault == "drop":
            return _cut(request)
        if fault == "hang":
            await asyncio.sleep(60)
        if isinstance(fault, tuple):
            return web.Response(status=fault[0], text=fault[1], content_type="application/json")
        try:
            self._authorise(request)
            body = await request.json()
            check(body)
            answer = self._take(body)
        except Refused as refused:
            self.refused.append(f"{refused.code} {refused.details}")
            return _error(refused)
        return _cut(request) if fault == "after" else web.json_response(answer)

    def _take(self, body: Json) -> Json:
        to = str(body.get("to") or body.get("recipient")).lstrip("+")
        person = next((number for number, user in self.users.items() if user == to), to)
        late = self.now() - self.heard.get(person, float("-inf")) > DAY_S
        if late and body["type"] != "template":
            raise Refused(131047, details="Re-engagement message")
        sent = self._as_seen(body)
        self.people[person].append(sent)
        self._came.set()
        return {"messaging_product": "whatsapp", "contacts": [{"input": to}], "messages": [{"id": sent.id}]}

    def _as_seen(self, body: Json) -> Sent:
        kind, name = body["type"], f"wamid.OUT{next(self._ids)}"
        match kind:
            case "text":
                return Sent(name, kind, body["text"]["body"], body)
            case "interactive":
                text, action = body["interactive"]["body"]["text"], body["interactive"]["action"]
                replies = [(button["reply"]["title"], button["reply"]["id"]) for button in action.get("buttons", ())]
                rows = [row for section in action.get("sections", ()) for row in section["rows"]]
                replies += [(row.get("description") or row["title"], row["id"]) for row in rows]
                return Sent(name, kind, text, body, tuple(label for label, _ in replies), tuple(reply for _, reply in replies))
            case "location":
                place = body["location"]
                return Sent(name, kind, f"{place.get('name', '')}, {place.get('address', '')}", body)
            case "template":
                return Sent(name, kind, body["template"]["name"], body)
            case _:
                part = body[kind]
                media_type, content = self._file(part["id"])
                if media_type not in MEDIA_TYPES[kind] or len(content) > LARGEST[kind]:
                    raise Refused(131053, details="media")
                return Sent(name, kind, "\n".join(filter(None, (part.get("caption", ""), part.get("filename", "")))), body)

    def _file(self, name: str) -> tuple[str, bytes]:
        if name not in self.files:
            raise Refused(131052, details="no such media")
        return self.files[name]

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        self.calls["media"] += 1
        try:
            self._authorise(request)
            form = await request.post()
            file = form["file"]
            assert isinstance(file, web.FileField)
            known = set().union(*MEDIA_TYPES.values())
            if form.get("messaging_product") != "whatsapp" or form.get("type") not in known:
                raise Refused(100, details="type")
            name = str(700000000000000 + next(self._ids))
            self.files[name] = (str(form["type"]), file.file.read())
        except Refused as refused:
            self.refused.append(f"{refused.code} {refused.details}")
            return _error(refused)
        return web.json_response({"id": name})

    async def _get(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        try:
            self._authorise(request)
            if name == PHONE_ID:
                return web.json_response({"display_phone_number": "+34 600 000 123", "id": name})
            media_type, content = self._file(name)
        except Refused as refused:
            return _error(refused)
        url = f"http://127.0.0.1:{self.port}/lookaside/{name}"
        return web.json_response({"url": url, "mime_type": media_type, "file_size": len(content), "id": name})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._authorise(request)
            return web.Response(body=self._file(request.match_info["name"])[1])
        except Refused as refused:
            return web.Response(status=refused.status)

    def _authorise(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(190, 401, "Invalid OAuth access token")

    # ------------------------------------------------------------ what people do

    def now(self) -> float:
        """Return the time here."""
        return time.time() + self.skew_s

    def say(self, number: int | str, text: str) -> str:
        """Let a person write."""
        return self.act(number, {"type": "text", "text": {"body": text}})

    def press(self, number: int | str, label: str, sent: Sent | None = None) -> str:
        """Let a person press what is labelled so under the latest message that has it."""
        sent = sent or next(one for one in reversed(self.people[str(number)]) if label in one.labels)
        name = sent.ids[sent.labels.index(label)]
        kind = "button_reply" if sent.body["interactive"]["type"] == "button" else "list_reply"
        return self.act(number, {"type": "interactive", "interactive": {"type": kind, kind: {"id": name, "title": label[:24]}}})

    def share_location(self, number: int | str, latitude: float, longitude: float) -> str:
        """Let a person share where they are."""
        return self.act(number, {"type": "location", "location": {"latitude": latitude, "longitude": longitude}})

    def send_media(self, number: int | str, kind: str, content: bytes, media_type: str, **more: object) -> str:
        """Let a person send a file."""
        name = str(800000000000000 + next(self._ids))
        self.files[name] = (media_type, content)
        return self.act(number, {"type": kind, kind: {"id": name, "mime_type": media_type, "sha256": "x", **more}})

    def act(self, number: int | str, message: Json) -> str:
        """Let a person do something; returns the id of the message."""
        post, name = self.post_of(number, message)
        self._queue.put_nowait(post)
        return name

    def post_of(self, number: int | str, *messages: Json) -> tuple[Json, str]:
        """Make a post with messages of one person; returns it with the id of the last."""
        person = str(number)
        self.heard[person] = self.now()
        user = self.users.setdefault(person, f"ES.{person}0")
        named = {"from": person, **({"from_user_id": user} if user else {})}
        contact = {"profile": {"name": "Somebody"}, "wa_id": person, **({"user_id": user} if user else {})}
        whole = [{"id": f"wamid.IN{next(self._ids)}", "timestamp": str(int(self.now())), **named, **message} for message in messages]
        value = {"messaging_product": "whatsapp", "metadata": METADATA, "contacts": [contact], "messages": whole}
        return posted(value), str(whole[-1]["id"])

    def report_failed(self, sent: Sent, code: int) -> None:
        """Tell the bot that a message could not be delivered after all."""
        status = {"id": sent.id, "status": "failed", "timestamp": "1", "errors": [{"code": code, "title": "x"}]}
        self._queue.put_nowait(posted({"messaging_product": "whatsapp", "metadata": METADATA, "statuses": [status]}))

    async def deliver(self, post: Json | bytes, signature: str | None = None) -> int:
        """Post once; returns the status of the answer."""
        body = post if isinstance(post, bytes) else json.dumps(post).encode()
        headers = {"X-Hub-Signature-256": sign(body) if signature is None else signature, "Content-Type": "application/json"}
        assert self._session is not None
        async with self._session.post(self.hook, data=io.BytesIO(body), headers=headers) as answer:
            return answer.status

    async def _post_all(self) -> None:
        """Post in order, each until it is taken: the real one retries for days."""
        while True:
            post = await self._queue.get()
            for attempt in itertools.count():
                self.attempts += 1
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    if await self.deliver(post) == 200:
                        break
                await asyncio.sleep(min(0.5, 0.02 * 2**attempt))
            self._queue.task_done()

    # ------------------------------------------------------------ what people see

    def sent(self, number: int | str) -> Sequence[Sent]:
        """Return what a person has got, oldest first."""
        return tuple(self.people[str(number)])

    async def wait_sent(self, number: int | str, count: int, timeout_s: float = 30) -> Sequence[Sent]:
        """Wait until a person has got so many messages."""
        async with asyncio.timeout(timeout_s):
            while len(self.people[str(number)]) < count:
                self._came.clear()
                await self._came.wait()
        return self.sent(number)


METADATA = {"display_phone_number": "34600000123", "phone_number_id": PHONE_ID}


def posted(value: Json) -> Json:
    """Make a post of one change."""
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}


def sign(body: bytes) -> str:
    """Sign a body as Meta does."""
    return "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()


def _error(refused: Refused) -> web.Response:
    error: dict[str, Any] = {"message": f"(#{refused.code})", "type": "OAuthException", "code": refused.code}
    error["error_data"] = {"messaging_product": "whatsapp", "details": refused.details}
    return web.json_response({"error": error}, status=refused.status)


def _cut(request: web.Request) -> web.Response:
    """Cut the connection; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
