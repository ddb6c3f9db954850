"""Plain HTTP: the way for pages that get no WebSocket, and the small requests about the cookie."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import Literal, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.files import MAX_FILE, MAX_NAME, headers_of, type_of
from bot.channels.web.address import AddressLimit
from bot.channels.web.frames import FRAME_ID, MAX_FRAME_BYTES, stored_frame
from bot.channels.web.hub import TYPING, Hub, first_of
from bot.channels.web.intake import RETRY_S, Answer, Intake, Upload
from bot.channels.web.origin import is_same_origin, languages
from bot.channels.web.session import Session, Sessions
from bot.channels.web.socket import cursor
from bot.errors import ChannelError, ChannelRejected, StoreError

LONGEST_WAIT_S = 20.0  # of a long poll; shorter than the idle limit of common proxies (60 s)
UPLOADS = 8  # files that are read at the same time: they are held in memory
STATUS = {"malformed": 400, "empty": 400, "too_large": 413, "busy": 503}


Body = TypeVar("Body", bound=BaseModel)


class KeepBody(BaseModel):
    """What the contact said about the device."""

    device: Literal["own", "shared"] = "own"


class LeaveBody(BaseModel):
    """`erased`: everything was deleted, so the cookie goes in any case."""

    erased: bool = False


class PlainEndpoints:
    """Serves /chat/events, /chat/messages, /chat/keep and /chat/leave."""

    def __init__(self, sessions: Sessions, hub: Hub, intake: Intake, newcomers: AddressLimit, *, https: bool) -> None:
        self._sessions, self._hub, self._intake, self._newcomers, self._https = sessions, hub, intake, newcomers, https
        self._uploads = 0

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/chat/events", self.events, methods=["POST"]),
            Route("/chat/messages", self.messages, methods=["GET"]),
            Route("/chat/keep", self.keep, methods=["POST"]),
            Route("/chat/leave", self.leave, methods=["POST"]),
            Route("/chat/file", self.upload, methods=["POST"]),
            Route("/chat/file/{message_id}", self.download, methods=["GET"]),
        ]

    async def events(self, request: Request) -> Response:
        """Take one frame, as over the WebSocket."""
        body = await self._body(request)
        session = self._sessions.read(request.cookies)
        if session is None:
            return self._no_session(request)
        answer = await self._intake.take(body, session.address, next(iter(languages(request)), None))
        if answer.kept:
            self._hub.push(session.address, TYPING)
        status = STATUS[answer.refusal.code] if answer.refusal else 200
        return Response(answer.frame, status, _later(answer), "application/json")

    async def messages(self, request: Request) -> Response:
        """Return messages above `after`; where there are none yet, wait for one for up to `wait` seconds."""
        session = self._sessions.read(request.cookies)
        if session is None:
            return self._no_session(request)
        after, wait = cursor(request.query_params.get("after")), min(LONGEST_WAIT_S, float(cursor(request.query_params.get("wait"))))
        try:
            frames = await self._frames(session, after) if wait == 0 else await self._wait_for_frames(session, after, wait)
        except StoreError:
            return _busy(RETRY_S)
        return JSONResponse({"messages": frames, "kept": session.kept})

    async def _frames(self, session: Session, after: int) -> list[JsonValue]:
        return [stored_frame(stored) for stored in await self._intake.history(session.address, after)]

    async def _wait_for_frames(self, session: Session, after: int, wait_s: float) -> list[JsonValue]:
        with self._hub.line(session.address) as line:  # opened first: what comes while the history is read is not missed
            frames = await self._frames(session, after)
            if frames:
                return frames
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await first_of(line.message(), line.dropped())
            return await self._frames(session, after)

    async def keep(self, request: Request) -> Response:
        """Let the cookie outlive the browser window on a device of one's own, or no longer."""
        wish = _parse(KeepBody, await self._body(request))
        session = self._sessions.read(request.cookies)
        if session is None:
            return self._no_session(request)
        answer = Response(status_code=204)
        self._sessions.give(answer, session, kept=wish.device == "own")
        return answer

    async def leave(self, request: Request) -> Response:
        """Forget the browser: always after a deletion, and on a shared device whenever somebody leaves."""
        wish = _parse(LeaveBody, await self._body(request))
        session = self._sessions.read(request.cookies)
        answer = Response(status_code=204)
        if session is None or wish.erased or not session.kept:
            self._sessions.take_back(answer)
        return answer

    async def upload(self, request: Request) -> Response:
        """Take a file for the person who reads along: the raw content, its name in the query."""
        name, wanted = request.query_params.get("name", "")[:MAX_NAME], request.query_params.get("id", "")
        if not is_same_origin(request, https=self._https) or not FRAME_ID.fullmatch(wanted):
            raise HTTPException(403)
        if self._uploads >= UPLOADS:
            return _busy(RETRY_S)
        self._uploads += 1
        try:
            return await self._uploaded(request, name, wanted)
        finally:
            self._uploads -= 1

    async def _uploaded(self, request: Request, name: str, wanted: str) -> Response:
        content = await _content(request, MAX_FILE)
        session = self._sessions.read(request.cookies)
        if session is None:
            return self._no_session(request)
        found = type_of(content)
        if found is None:
            return _refusal("type", 415)
        answer = await self._intake.keep_file(Upload(wanted, name, found, content), session.address, next(iter(languages(request)), None))
        if answer is None:
            return _refusal("nobody", 409)
        return Response(answer.frame, 503 if answer.refusal else 200, _later(answer), "application/json")

    async def download(self, request: Request) -> Response:
        """Send a file that a message of this contact carries."""
        session, message_id = self._sessions.read(request.cookies), cursor(request.path_params["message_id"])
        try:
            found = await self._intake.file(session.address, message_id) if session and message_id else None
        except (ChannelError, StoreError) as error:
            if isinstance(error, ChannelRejected):
                raise HTTPException(404) from None
            raise HTTPException(503, headers={"Retry-After": str(round(RETRY_S))}) from None
        if found is None:
            raise HTTPException(404)
        attachment, content = found
        return Response(content, headers=headers_of(attachment.media_type, attachment.name))

    def _no_session(self, request: Request) -> Response:
        """Refuse, and give the cookie with which the next try will do."""
        if wait_s := self._newcomers.take(request):
            return _busy(wait_s)
        answer = JSONResponse({"type": "error", "code": "session"}, 401)
        self._sessions.give(answer, self._sessions.new())
        return answer

    async def _body(self, request: Request) -> bytes:
        """Read the JSON body of our own page; raises HTTPException 403, 413 or 415."""
        if not is_same_origin(request, https=self._https):
            raise HTTPException(403)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415)
        return await _content(request, MAX_FRAME_BYTES)


async def _content(request: Request, most: int) -> bytes:
    """Read a body of at most so many bytes; raises HTTPException 400 or 413."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(body)


def _busy(wait_s: float) -> Response:
    return JSONResponse({"type": "error", "code": "busy"}, 503, {"Retry-After": str(math.ceil(wait_s))})


def _later(answer: Answer) -> dict[str, str]:
    """Say when to come again, where that helps."""
    wait_s = answer.refusal.retry_after_s if answer.refusal else None
    return {} if wait_s is None else {"Retry-After": str(max(1, math.ceil(wait_s)))}


def _refusal(code: str, status: int) -> Response:
    return JSONResponse({"type": "error", "code": code}, status)


def _parse(kind: type[Body], raw: bytes) -> Body:
    """Read a small body; raises HTTPException 400."""
    try:
        return kind.model_validate_json(raw)
    except ValidationError:
        raise HTTPException(400) from None
