"""The webhook: WhatsApp asks once whether it is ours, and signs whatever it posts with the app's secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels.hook import Keep, hook_route

PATH: Final = "/whatsapp/webhook"
SIGNATURE_HEADER: Final = "X-Hub-Signature-256"
MAX_BODY: Final = 3 * 1024 * 1024  # what one post may have (research: a provider's page on webhooks, read November 2026)
_BEGIN: Final = "sha256="
_LENGTH: Final = len(_BEGIN) + 64
_LONGEST_CHALLENGE: Final = 200


def signature_of(app_secret: str, body: bytes) -> str:
    """Sign a body as WhatsApp does."""
    return _BEGIN + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def webhook_routes(app_secret: str, verify_token: str, keep: Keep, is_receiving: Callable[[], bool]) -> Sequence[Route]:
    """Make the routes WhatsApp calls; `keep` returns when a post is safe."""

    async def introduce(request: Request) -> Response:
        """Answer the question that comes once, when the address is entered at Meta."""
        asked = request.query_params
        given, challenge = asked.get("hub.verify_token", ""), asked.get("hub.challenge", "")
        is_right = hmac.compare_digest(given.encode("utf-8", "replace"), verify_token.encode())
        if asked.get("hub.mode") != "subscribe" or not is_right or len(challenge) > _LONGEST_CHALLENGE:
            return Response(status_code=403)
        return PlainTextResponse(challenge)

    def admits(request: Request) -> bool:
        given = request.headers.getlist(SIGNATURE_HEADER)
        return len(given) == 1 and len(given[0]) == _LENGTH and given[0].startswith(_BEGIN)

    def is_signed(request: Request, body: bytes) -> bool:
        given = request.headers[SIGNATURE_HEADER]
        return hmac.compare_digest(given.encode("utf-8", "replace"), signature_of(app_secret, body).encode())

    taking = hook_route(PATH, keep, platform="whatsapp", most=MAX_BODY, admits=admits, is_signed=is_signed, is_receiving=is_receiving)
    return [Route(PATH, introduce, methods=["GET"]), taking]
