"""What a platform calls when somebody has written: taken only when it is really the platform, and answered 200 only after it is kept."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.discretion import Word
from bot.errors import Overloaded, StoreError
from bot.pace import Buckets, Pace

STORE_WAIT_S: Final = 5
NOTED: Final = Pace(5, 1 / 60)  # lines in the log about strangers, who must not fill the disk

_log = logging.getLogger("bot.channels.hook")

Keep = Callable[[object], Awaitable[None]]


def hook_route(
    path: str,
    keep: Keep,
    *,
    platform: str,
    most: int,
    admits: Callable[[Request], bool],
    is_signed: Callable[[Request, bytes], bool],
    is_receiving: Callable[[], bool],
) -> Route:
    """Make the route a platform posts JSON to. `keep` returns when it is safe; raises Overloaded or StoreError.

    `admits` looks at the headers alone, before anything is read; `is_signed` at the body of at most `most` bytes."""
    noted: Buckets[None] = Buckets(NOTED)

    def refused() -> Response:
        if not noted.take(None, time.monotonic()):
            _log.warning("webhook call refused: not from %s", Word(platform))
        return Response(status_code=403)

    async def receive(request: Request) -> Response:
        if not admits(request):
            return refused()
        if not is_receiving():
            return _later(STORE_WAIT_S)
        try:
            body = await _body(request, most)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return Response(status_code=413)
        return await _taken(body, keep, platform) if is_signed(request, body) else refused()

    return Route(path, receive, methods=["POST"])


async def _taken(body: bytes, keep: Keep, platform: str) -> Response:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return Response(status_code=400)
    try:
        await keep(update)
    except Overloaded as error:
        return _later(error.retry_after_s)
    except StoreError as error:
        _log.error("an update waits at %s: %s", Word(platform), error)
        return _later(STORE_WAIT_S)
    return Response(status_code=200)


async def _body(request: Request, most: int) -> bytes | None:
    """Read the body, or None as soon as it is longer than that."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _later(seconds: float) -> Response:
    return Response(status_code=503, headers={"Retry-After": str(max(1, round(seconds)))})
