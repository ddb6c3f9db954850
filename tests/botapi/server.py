"""The loopback Bot API server: real HTTP on 127.0.0.1, the real offset rules, faults on demand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal, Self

from aiohttp import web

from tests.botapi.call import Call, Refused
from tests.botapi.faults import AFTER, Fault, Faults
from tests.botapi.methods import METHODS
from tests.botapi.people import People
from tests.botapi.webhooks import Deliverer, Webhook
from tests.botapi.world import TOKEN, Json, Sent

LONGEST_POLL_S = 50


class BotApi(People):
    """A Bot API server for one bot. `async with BotApi() as api:` serves at `api.url` until the block ends."""

    def __init__(self, faults: Faults | None = None, *, token: str = TOKEN, port: int = 0) -> None:
        super().__init__(faults)
        self.token, self.url = token, ""
        self.deliverer = Deliverer(self)
        self.port = port
        self.latency_s = 0.0  # what every call takes at least, questions for updates apart
        self.refused: Counter[int] = Counter()
        self._poll: asyncio.Future[None] | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        app.router.add_post("/control/{action}", self._act)
        app.router.add_get("/control/{action}", self._tell)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.deliverer.close()
        if self._poll is not None and not self._poll.done():
            self._poll.cancel()
        if self._runner is not None:
            await self._runner.cleanup()

    # ------------------------------------------------------------ the Bot API

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _refusal(Refused(401, "Unauthorized"))
        self.calls[method] += 1
        fault = self.faults.draw(method)
        if self.latency_s and method != "getUpdates":
            await asyncio.sleep(self.latency_s)
        try:
            call = await _read(request)
            if fault is not None and fault.kind not in AFTER:
                return await self._fail_before(request, fault, call)
            result = await self._result(method, call)
        except Refused as refused:
            return _refusal(refused)
        body = json.dumps({"ok": True, "result": result}).encode()
        return await self._fail_after(request, fault, body, call) if fault is not None else _json(body)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Give a file; faults of it go by the name "file"."""
        if request.match_info["token"] != self.token:
            return _refusal(Refused(401, "Unauthorized"))
        self.calls["file"] += 1
        fault = self.faults.draw("file")
        try:
            if fault is not None:
                return await self._fail_before(request, fault, Call({}, {}))
        except Refused as refused:
            return _refusal(refused)
        found = next((file for file in self.files.values() if file.path == request.match_info["path"]), None)
        return web.Response(body=found.content) if found is not None else _refusal(Refused(404, "Not Found"))

    async def _result(self, method: str, call: Call) -> object:
        match method:
            case "getUpdates":
                return await self._get_updates(call)
            case "setWebhook":
                return self._set_webhook(call)
            case "deleteWebhook":
                self.deliverer.set(Webhook())
                return True
            case "getWebhookInfo":
                hook = self.deliverer.webhook
                return {"url": hook.url, "has_custom_certificate": False, "pending_update_count": len(self.pending)}
        if method not in METHODS:
            raise Refused(404, "Not Found: method not found")
        return METHODS[method](self, call)

    def _set_webhook(self, call: Call) -> bool:
        url, secret = call.text("url"), call.text("secret_token")
        if url and not url.startswith(("https://", "http://127.0.0.1")):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        allowed = call.json("allowed_updates")
        self.deliverer.set(Webhook(url, secret, tuple(allowed) if isinstance(allowed, list) else ()))
        return True

    async def _get_updates(self, call: Call) -> list[Json]:
        if self.deliverer.webhook.url:
            raise Refused(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        self._poll = mine = asyncio.get_running_loop().create_future()
        offset, limit = call.number("offset", 0), min(max(call.number("limit", 100), 1), 100)
        self.acknowledge(offset)
        if not self.pending:
            await self._wait_for_update(mine, min(call.number("timeout", 0), LONGEST_POLL_S))
        if mine.done():
            raise Refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
        mine.set_result(None)
        return [*self._repeats(), *list(self.pending.values())[:limit]]

    async def _wait_for_update(self, mine: asyncio.Future[None], timeout_s: float) -> None:
        self.arrived.clear()
        arrival = asyncio.create_task(self.arrived.wait())
        either: list[asyncio.Future[None] | asyncio.Future[Literal[True]]] = [arrival, mine]
        try:
            await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            arrival.cancel()

    def _repeats(self) -> list[Json]:
        """Return updates acknowledged before that come once more."""
        return [self.recent[-1 - nth] for nth in range(min(len(self.recent), 10)) if self.faults.draw_repeat()]

    # ------------------------------------------------------------ faults

    async def _fail_before(self, request: web.Request, fault: Fault, call: Call) -> web.StreamResponse:
        if fault.kind in ("bad_request", "forbidden"):
            self._note_refused(call)
        match fault.kind:
            case "throttle" | "long_throttle":
                with contextlib.suppress(Refused):
                    self.throttled_until[call.number("chat_id")] = time.monotonic() + fault.retry_after
                raise Refused(429, f"Too Many Requests: retry after {fault.retry_after}", retry_after=fault.retry_after)
            case "bad_gateway":
                raise Refused(502, "Bad Gateway")
            case "server_error":
                return web.Response(status=500, text="<html>oops</html>")
            case "bad_request":
                raise Refused(400, "Bad Request: wrong something: and a quote of the message")
            case "unparseable":
                raise Refused(400, 'Bad Request: can\'t parse entities: unsupported start tag "x" at byte offset 3')
            case "unusable_file":
                raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
            case "not_found":
                raise Refused(404, "Not Found")
            case "forbidden":
                raise Refused(403, "Forbidden: bot was blocked by the user")
        return _cut(request)

    def _note_refused(self, call: Call) -> None:
        """Note whom a message was refused to that is no fault of the bot, so that nobody looks for it."""
        with contextlib.suppress(Refused):
            self.refused[call.number("chat_id")] += 1

    async def _fail_after(self, request: web.Request, fault: Fault, body: bytes, call: Call) -> web.StreamResponse:
        with contextlib.suppress(Refused, IndexError):
            self.messages.get(call.number("chat_id"), [])[-1].answered = False
        match fault.kind:
            case "hang":
                await asyncio.sleep(fault.hang_s)
            case "bad_json":
                return _json(body[:-2])
            case "odd_json":
                return _json(b'{"ok": true, "result": {"message_id": "?"}}')
            case "half_body":
                response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
                await response.prepare(request)
                await response.write(body[: len(body) // 2])
        return _cut(request)

    # ------------------------------------------------------------ control from another process

    async def _act(self, request: web.Request) -> web.Response:
        """Let a person act, or change the faults: POST /control/<action> with the arguments as a JSON object, or a list of such."""
        action, body = request.match_info["action"], await request.json()
        acts = {"say", "edit", "share_location", "send_media", "press", "press_data", "block", "unblock"}
        acts |= {"add_to_group", "say_in_group", "edit_in_group", "promote", "remove_from_group", "migrate"}
        if action == "faults":
            self.faults = Faults(**body)
            return web.json_response({})
        if action == "fail_next":
            self.faults.next(**body)
            return web.json_response({})
        if action == "spread":
            self.deliverer.ports = tuple(body["ports"])
            return web.json_response({})
        if action == "slow":
            self.latency_s = float(body["seconds"])
            return web.json_response({})
        if action in ("make_forum", "delete_topic"):
            getattr(self, action)(**body)
            return web.json_response({})
        if action == "inject":
            self.inject(body)
            return web.json_response({})
        if action not in acts:
            raise web.HTTPNotFound
        bodies = body if isinstance(body, list) else [body]
        return web.json_response({"update_ids": [getattr(self, action)(**arguments) for arguments in bodies]})

    async def _tell(self, request: web.Request) -> web.Response:
        """Tell what happened: GET /control/sent?user=1&after=0, topics?group=-1, all, deliveries, figures."""
        match request.match_info["action"]:
            case "sent":
                messages = self.sent(int(request.query["user"]))
                return web.json_response(_after(messages, int(request.query.get("after", "0"))))
            case "topics":
                topics = self.groups[int(request.query["group"])].topics.values()
                return web.json_response([asdict(topic) for topic in topics])
            case "all":
                return web.json_response({str(chat): _after(messages, 0) for chat, messages in self.messages.items()})
            case "deliveries":
                return web.json_response([[chat, text, count] for (chat, text), count in self.deliveries.items()])
            case "figures":
                return web.json_response(self.figures())
        raise web.HTTPNotFound

    def figures(self) -> Mapping[str, object]:
        """Return counters: updates pending and acknowledged, calls, faults that happened, messages sent too early after a 429."""
        return {
            "pending": len(self.pending),
            "acknowledged": self.acknowledged,
            "sent": sum(len(messages) for messages in self.messages.values()),
            "calls": dict(self.calls),
            "faults": dict(self.faults.happened),
            "too_early": self.too_early,
            "refused": dict(self.refused),
            "repeats": self.faults.repeated,
            "webhook": self.deliverer.webhook.url,
            "webhook_attempts": self.deliverer.attempts,
        }


def _after(messages: list[Sent], message_id: int) -> list[Json]:
    return [sent.as_json() for sent in messages if sent.message_id > message_id]


async def _read(request: web.Request) -> Call:
    """Read parameters from the query, a form, a multipart form or JSON."""
    values: dict[str, object] = dict(request.query)
    files: dict[str, tuple[str, bytes]] = {}
    if request.content_type == "application/json":
        values |= json.loads(await request.read() or b"{}")
    elif request.content_type == "multipart/form-data" or request.can_read_body:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = (value.filename, value.file.read())
            else:
                values[name] = value
    return Call(values, files)


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json")


def _refusal(refused: Refused) -> web.Response:
    answer: Json = {"ok": False, "error_code": refused.status, "description": refused.description}
    if refused.parameters:
        answer["parameters"] = refused.parameters
    return _json(json.dumps(answer).encode(), refused.status)


def _cut(request: web.Request) -> web.Response:
    """Cut the connection; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
