"""The webhook: takes an update only with the right secret."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.requests import Request
from starlette.routing import Route

from bot.channels.hook import hook_route

PATH: Final = "/telegram/webhook"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
MAX_BODY: Final = 1024 * 1024

Keep = Callable[[Sequence[object]], Awaitable[None]]


def webhook_route(secret: str, keep: Keep, is_receiving: Callable[[], bool]) -> Route:
    """Make the route Telegram calls; `keep` returns when the updates are safe."""

    def is_authentic(request: Request) -> bool:
        """Compare the one secret header in constant time; twice given is as bad as wrong."""
        given = request.headers.getlist(SECRET_HEADER)
        return len(given) == 1 and hmac.compare_digest(given[0].encode(), secret.encode())

    return hook_route(
        PATH,
        lambda update: keep([update]),
        platform="telegram",
        most=MAX_BODY,
        admits=is_authentic,
        is_signed=lambda _request, _body: True,
        is_receiving=is_receiving,
    )
