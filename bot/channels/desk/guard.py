"""Who asks, whether one of our own pages asks, whether it is readable, and what becomes of errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import JsonValue
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.cases import Done, Refused
from bot.channels.desk.bodies import HIGHEST, MAX_BODY, Kind, Malformed, read
from bot.channels.desk.desk import Desk
from bot.channels.desk.frames import LEADS
from bot.channels.desk.session import CSRF_HEADER, Visit
from bot.channels.files import MAX_FILE
from bot.errors import ChannelError, StoreError

RETRY_S: Final = 3  # when the database or a platform refuses
DRAINED: Final = 4 * MAX_FILE  # bytes of a body too large that are read all the same, so that the browser gets to see why it was refused
STATUS: Final = {"gone": 404, "not-allowed": 403, "empty": 422, "too-long": 422}  # any other refusal: 409

Endpoint = Callable[[Request, Visit], Awaitable[Response]]


class Wrong(Exception):
    """A request gets no more than this answer."""

    def __init__(self, status: int, error: str, **more: JsonValue) -> None:
        super().__init__(error)
        self.status, self.body = status, {"error": error, **more}

    def answer(self) -> Response:
        """Return the answer."""
        return JSONResponse(self.body, self.status, {"Retry-After": str(RETRY_S)} if self.status in (429, 503) else None)


def number_of(text: str | None) -> int:
    """Read a number of an address; what is none is not there. Raises Wrong."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= 16) or not 0 <= int(text) <= HIGHEST:
        raise Wrong(404, "gone")
    return int(text)


async def content_of(request: Request, most: int) -> bytes:
    """Read a body of at most so many bytes; raises Wrong."""
    body, length = bytearray(), 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length <= most:
                body += chunk
            elif length > DRAINED:
                break
    except ClientDisconnect:
        raise Wrong(400, "malformed") from None
    if length > most:
        raise Wrong(413, "too-large", most=most)
    return bytes(body)


async def body_of(request: Request, kind: type[Kind]) -> Kind:
    """Read a JSON body; raises Wrong."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Wrong(415, "type")
    try:
        return read(kind, await content_of(request, MAX_BODY))
    except Malformed as error:
        raise Wrong(422, error.code) from None


def lead_only(visit: Visit) -> None:
    """Let nobody on but leads and admins; raises Wrong."""
    if visit.staff.profile.role not in LEADS:
        raise Wrong(403, "not-allowed")


def refusal(refused: Refused) -> Wrong:
    """Say why something was not done."""
    return Wrong(STATUS.get(refused.reason, 409), refused.reason, **({"by": refused.by} if refused.by else {}))


def done_of(result: Done | Refused) -> Done:
    """Return what was done; raises Wrong with the reason where it was not."""
    if isinstance(result, Refused):
        raise refusal(result)
    return result


class Guard:
    """Wraps endpoints: who asks, whether our page asks, and what becomes of errors."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get(self, path: str, endpoint: Endpoint) -> Route:
        """Make a route that reads."""
        return Route(path, self._wrapped(endpoint, writes=False), methods=["GET"])

    def post(self, path: str, endpoint: Endpoint) -> Route:
        """Make a route that changes something."""
        return Route(path, self._wrapped(endpoint, writes=True), methods=["POST"])

    def open(self, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
        """Make a route for somebody who is not logged in yet."""

        async def answer(request: Request) -> Response:
            try:
                if not self._desk.logins.is_same_origin(request):
                    raise Wrong(403, "origin")
                return await endpoint(request)
            except Wrong as wrong:
                return wrong.answer()
            except StoreError:
                return Wrong(503, "unavailable").answer()

        return Route(path, answer, methods=["POST"])

    def _wrapped(self, endpoint: Endpoint, *, writes: bool) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request, await self._visit(request, writes=writes))
            except Wrong as wrong:
                return wrong.answer()
            except StoreError:
                return Wrong(503, "unavailable").answer()
            except ChannelError as error:
                return (Wrong(503, "unavailable") if error.retryable else Wrong(404, "gone")).answer()

        return answer

    async def _visit(self, request: Request, *, writes: bool) -> Visit:
        """Return whose request it is; raises Wrong."""
        elsewhere = request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
        if elsewhere or (writes and not self._desk.logins.is_same_origin(request)):
            raise Wrong(403, "origin")
        visit = await self._desk.logins.of(request)
        if visit is None:
            raise Wrong(401, "login")
        if writes and not visit.is_ours(request.headers.get(CSRF_HEADER, "")):
            raise Wrong(403, "csrf")
        return visit
