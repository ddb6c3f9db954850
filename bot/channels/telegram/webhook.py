"""The webhook: takes an update only with the right secret, and says 200 only after it is kept."""

from __future__ import annotations

import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import Overloaded, StoreError
from bot.pace import Buckets, Pace

PATH: Final = "/telegram/webhook"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
MAX_BODY: Final = 1024 * 1024
STORE_WAIT_S: Final = 5
NOTED: Final = Pace(5, 1 / 60)  # lines in the log about strangers, who must not fill the disk

Keep = Callable[[Sequence[object]], Awaitable[None]]

_log = logging.getLogger(__name__)


def webhook_route(secret: str, keep: Keep, is_receiving: Callable[[], bool]) -> Route:
    """Make the route Telegram calls; `keep` returns when the updates are safe."""

    noted: Buckets[None] = Buckets(NOTED)

    async def receive(request: Request) -> Response:
        if not _is_authentic(request, secret):
            if not noted.take(None, time.monotonic()):
                _log.warning("webhook call refused: wrong secret")
            return Response(status_code=403)
        if not is_receiving():
            return _later(STORE_WAIT_S)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return Response(status_code=413)
        return await _taken(body, keep)

    return Route(PATH, receive, methods=["POST"])


async def _taken(body: bytes, keep: Keep) -> Response:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return Response(status_code=400)
    try:
        await keep([update])
    except Overloaded as error:
        return _later(error.retry_after_s)
    except StoreError as error:
        _log.error("an update waits at Telegram: %s", error)
        return _later(STORE_WAIT_S)
    return Response(status_code=200)


def _is_authentic(request: Request, secret: str) -> bool:
    """Compare the one secret header in constant time; twice given is as bad as wrong."""
    given = request.headers.getlist(SECRET_HEADER)
    return len(given) == 1 and hmac.compare_digest(given[0].encode(), secret.encode())


async def _body(request: Request) -> bytes | None:
    """Read the body, or None as soon as it is longer than MAX_BODY."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > MAX_BODY:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _later(seconds: float) -> Response:
    return Response(status_code=503, headers={"Retry-After": str(max(1, round(seconds)))})
