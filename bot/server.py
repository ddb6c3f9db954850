"""The web application: health, figures, the routes of the channels, static files, and the security headers of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from hmac import compare_digest
from typing import Final, Protocol

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels import Channel
from bot.errors import BotError
from bot.web import static_files

HSTS_S = 2 * 365 * 86400  # what browsers ask of a site that is always https
STATIC_AGE_S = 365 * 86400  # an address with a fingerprint never changes its content

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), microphone=(), camera=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


SOCKETS: Final[Mapping[str, str]] = {"/chat/socket": "chat", "/desk/socket": "desk"}  # what their open pages are counted as


class Watched(Protocol):
    """What whoever runs us may ask for."""

    async def is_ready(self) -> bool:
        """Say whether people can be served."""

    async def details(self) -> Mapping[str, object]:
        """Say why, or why not."""

    async def text(self) -> bytes:
        """Return all figures as Prometheus reads them."""

    def socket(self, place: str, step: int) -> None:
        """Count a page that opens (1) or closes (-1)."""


class CountedSockets:
    """Counts the pages that are open."""

    def __init__(self, app: ASGIApp, count: Callable[[str, int], None]) -> None:
        self._app, self._count = app, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = SOCKETS.get(scope["path"]) if scope["type"] == "websocket" else None
        if place is None:
            await self._app(scope, receive, send)
            return
        is_open = False

        async def send_counted(message: Message) -> None:
            nonlocal is_open
            if message["type"] == "websocket.accept" and not is_open:
                is_open = True
                self._count(place, 1)
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        finally:
            if is_open:
                self._count(place, -1)


class SecurityHeaders:
    """Adds the security headers to every answer that does not bring its own, and `no-store` where nothing is said about caching."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message), self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def add_headers(headers: MutableHeaders, extra: dict[str, str]) -> None:
    """Put the security headers on an answer; a stricter policy of its own, such as that of a file somebody sent, stays."""
    for name, value in (extra | {"Cache-Control": "no-store"}).items():
        headers.setdefault(name, value)


def create_app(
    channels: Sequence[Channel],
    *,
    ready: Callable[[], Awaitable[bool]],
    https: bool = False,
    pages: Sequence[BaseRoute] = (),
    watched: Watched | None = None,
    token: str | None = None,
) -> Starlette:
    """Make the ASGI application.

    `ready` tells whether people can be served; `https`: people reach us by https only, so browsers may insist on it; `pages`: routes
    beside those of the channels; who sends `token` may read what is `watched`, nobody where there is none."""
    headers = SECURITY_HEADERS | ({"Strict-Transport-Security": f"max-age={HSTS_S}"} if https else {})

    async def failed(request: Request, error: Exception) -> Response:
        answer = PlainTextResponse("Something went wrong here. Please try again.\n", status_code=500)
        add_headers(answer.headers, headers)  # this answer is made outside of the middleware
        return answer

    routes: list[BaseRoute] = [*_health(ready), Route("/static/{fingerprint}/{name}", _static, methods=["GET"])]
    for channel in channels:
        routes += channel.routes()
    routes += pages
    middleware = [Middleware(SecurityHeaders, headers=headers)]
    if watched is not None:
        middleware.append(Middleware(CountedSockets, count=watched.socket))
        routes += _figures(watched, token) if token else ()
    return Starlette(
        routes=routes,
        middleware=middleware,
        exception_handlers={HTTPException: _refused, Exception: failed},
    )


def create_watch_app(watched: Watched) -> Starlette:
    """Make the application of METRICS_PORT, for whoever reaches it."""
    return Starlette(
        routes=[*_health(watched.is_ready), *_figures(watched, None)],
        middleware=[Middleware(SecurityHeaders, headers=SECURITY_HEADERS)],
        exception_handlers={HTTPException: _refused},
    )


def _health(ready: Callable[[], Awaitable[bool]]) -> Sequence[BaseRoute]:
    """Answer that we live, and apart from it whether we are ready."""

    async def live(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def is_ready(request: Request) -> Response:
        try:
            well = await ready()
        except BotError:
            well = False
        return JSONResponse({"status": "ok" if well else "unavailable"}, status_code=200 if well else 503)

    return [
        Route("/health", live, methods=["GET"]),
        Route("/health/live", live, methods=["GET"]),
        Route("/health/ready", is_ready, methods=["GET"]),
    ]


def _figures(watched: Watched, token: str | None) -> Sequence[BaseRoute]:
    """Show the figures, and why we are ready or not; to others than who sends the token there is nothing here."""

    def admit(request: Request) -> None:
        sent = request.headers.get("authorization", "").encode()
        if token is not None and not compare_digest(sent, f"Bearer {token}".encode()):
            raise HTTPException(404)

    async def metrics(request: Request) -> Response:
        admit(request)
        return Response(await watched.text(), media_type="text/plain; version=0.0.4")

    async def details(request: Request) -> Response:
        admit(request)
        return JSONResponse(await watched.details())

    return [Route("/metrics", metrics, methods=["GET"]), Route("/health/details", details, methods=["GET"])]


async def _static(request: Request) -> Response:
    """Send a static file; an address of another version gets today's file, which nobody may keep."""
    static = static_files()
    file = static.files.get(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    headers = {"Vary": "Accept-Encoding"}
    if request.path_params["fingerprint"] == static.fingerprint:
        headers["Cache-Control"] = f"public, max-age={STATIC_AGE_S}, immutable"
    packed = "gzip" in request.headers.get("accept-encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(file.packed if packed else file.content, media_type=file.media_type, headers=headers)


async def _refused(request: Request, error: Exception) -> Response:
    """Say in one line what is wrong with a request."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
    if error.status_code in {204, 304}:
        return Response(status_code=error.status_code, headers=error.headers)
    return PlainTextResponse(f"{error.detail}\n", status_code=error.status_code, headers=error.headers)
