"""The pages of the desk as first sent, their texts, and all that the desk serves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from bot.channels.desk.api import CaseEndpoints
from bot.channels.desk.desk import Desk
from bot.channels.desk.frames import Rows
from bot.channels.desk.gaps import GapEndpoints
from bot.channels.desk.host import DeskHost
from bot.channels.desk.login import LoginEndpoints
from bot.channels.desk.own import SelfEndpoints
from bot.channels.desk.session import Doors, Logins
from bot.channels.desk.socket import SocketEndpoint
from bot.channels.desk.team import TeamEndpoints
from bot.channels.desk.texts import DeskTexts
from bot.channels.files import MAX_FILE
from bot.errors import StoreError
from bot.model import MAX_TEXT, direction_of
from bot.web import TEMPLATES, static_files


class DeskPages:
    """The web desk: pages, their socket, and what they ask and do over HTTP."""

    def __init__(
        self,
        host: DeskHost,
        *,
        translate: Callable[[str, str], str],
        locales: Sequence[str],
        language_names: Mapping[str, str],
        clock: Callable[[], datetime],
        https: bool,
        service_name: str = "Dragoman",
    ) -> None:
        """Make the desk.

        `translate(locale, text)` gives a UI text in a locale; `https`: people reach the pages by https only."""
        texts = DeskTexts(translate, locales, language_names, service_name)
        self._desk = Desk(host, texts, clock, Logins(host, https=https), Doors(), Rows(host, clock), service_name)
        self._environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    @property
    def refused_logins(self) -> int:
        """Return how many tries to log in were refused since this process began, because too many from one address had failed."""
        return self._desk.logins.failures.refused

    def routes(self) -> Sequence[BaseRoute]:
        """Return everything under /desk."""
        return [
            Route("/desk", self.page, methods=["GET"]),
            Route("/desk/join", self.join_page, methods=["GET"]),
            Route("/desk/texts/{locale}.json", self.bundle, methods=["GET"]),
            WebSocketRoute("/desk/socket", SocketEndpoint(self._desk).serve),
            *(
                route
                for part in (LoginEndpoints, CaseEndpoints, SelfEndpoints, TeamEndpoints, GapEndpoints)
                for route in part(self._desk).routes()
            ),
        ]

    async def page(self, request: Request) -> Response:
        """Send the desk to who is logged in, and the way in to everybody else."""
        try:
            visit = await self._desk.logins.of(request)
        except StoreError:
            raise HTTPException(503, headers={"Retry-After": "3"}) from None
        if visit is None:
            return self._render(request, "desk_join.html", "login")
        me = self._desk.me(self._desk.reader(visit, self._desk.locale_of(request)))
        own: dict[str, str | int] = {
            "csrf": visit.csrf,
            "me": json.dumps(me, ensure_ascii=False),
            "max_text": MAX_TEXT,
            "max_file": MAX_FILE,
        }
        return self._render(request, "desk.html", "desk", **own)

    async def join_page(self, request: Request) -> Response:
        """Send the page that uses an invite up when its button is pressed; the code behind the "#" does not come here by itself."""
        return self._render(request, "desk_join.html", "join")

    async def bundle(self, request: Request) -> Response:
        """Send the texts of one language."""
        locale = request.path_params["locale"]
        if locale not in self._desk.texts.locales:
            raise HTTPException(404)
        return JSONResponse(self._desk.texts.bundle(locale))

    def _render(self, request: Request, template: str, mode: str, **more: str | int) -> Response:
        texts, locale = self._desk.texts, self._desk.locale_of(request)
        bundle = texts.bundle(locale)
        return HTMLResponse(
            self._environment.get_template(template).render(
                **bundle,
                bundle=json.dumps(bundle, ensure_ascii=False),
                service=self._desk.service_name,
                static=static_files().url,
                languages=[(each, texts.language_names.get(each, each), direction_of(each)) for each in texts.locales],
                version=texts.version(locale),
                mode=mode,
                **more,
            )
        )
