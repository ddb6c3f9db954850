"""The chat page as first sent, the texts it changes to with the language, and what makes it installable."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web.address import AddressLimit
from bot.channels.web.origin import languages
from bot.channels.web.session import Sessions
from bot.channels.web.texts import UI_TEXTS
from bot.model import MAX_TEXT, Direction, direction_of
from bot.web import TEMPLATES, static_files

FALLBACK = "en"
PAPER, BRAND = "#f7f3ea", "#0b5c5e"  # as in tokens.css; a manifest cannot read a style sheet


@dataclass(frozen=True, slots=True)
class PageTexts:
    """What a page needs to speak a language."""

    translate: Callable[[str, str], str]
    locales: Sequence[str]
    language_names: Mapping[str, str]
    service_name: str

    def choose(self, wanted: Sequence[str]) -> str:
        """Return the first of our locales that somebody reads, by exact tag and then by language."""
        for tag in wanted:
            for locale in self.locales:
                if locale.lower() == tag.lower():
                    return locale
            for locale in self.locales:
                if locale.partition("-")[0].lower() == tag.partition("-")[0].lower():
                    return locale
        return FALLBACK if FALLBACK in self.locales or not self.locales else self.locales[0]

    def of(self, locale: str) -> dict[str, str]:
        """Return every text of the page in a locale."""
        return {key: self.translate(locale, text) for key, text in UI_TEXTS.items()}

    def bundle(self, locale: str) -> dict[str, str | dict[str, str]]:
        """Return what the page fetches when the conversation changes its language."""
        name = self.language_names.get(locale, locale)
        return {"locale": locale, "dir": direction_of(locale), "name": name, "texts": self.of(locale)}


class PageEndpoints:
    """Serves /, /chat/texts/<locale>.json and /manifest.webmanifest."""

    def __init__(self, texts: PageTexts, sessions: Sessions, newcomers: AddressLimit, *, leave_url: str) -> None:
        self._texts, self._sessions, self._newcomers, self._leave_url = texts, sessions, newcomers, leave_url
        environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._template = environment.get_template("chat.html")
        self._rendered: dict[str, str] = {}

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/chat/texts/{locale}.json", self.bundle, methods=["GET"]),
            Route("/manifest.webmanifest", self.manifest, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """Send the page in the browser's language, with a cookie where there is none, and renew one that is kept.

        Where too many come from one address at once the page has to ask for its cookie a little later."""
        answer = HTMLResponse(self._render(self._texts.choose(languages(request))))
        session = self._sessions.read(request.cookies)
        if session.kept if session else not self._newcomers.take(request):
            self._sessions.give(answer, session or self._sessions.new())
        return answer

    async def bundle(self, request: Request) -> Response:
        """Send the texts of one language."""
        locale = request.path_params["locale"]
        if locale not in self._texts.locales:
            raise HTTPException(404)
        return JSONResponse(self._texts.bundle(locale))

    async def manifest(self, request: Request) -> Response:
        """Tell the browser how the page looks as an application on the home screen."""
        icon = {"src": static_files().url("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
        name = self._texts.service_name
        about = {"name": name, "short_name": name, "id": "/", "start_url": "/", "scope": "/", "display": "standalone"}
        colours = {"background_color": PAPER, "theme_color": BRAND}
        return JSONResponse(about | colours | {"icons": [icon]}, media_type="application/manifest+json")

    def _in_every_language(self, key: str) -> list[tuple[str, Direction, str]]:
        """Write one text in each language, for readers whose language the page cannot ask."""
        return [(each, direction_of(each), self._texts.translate(each, UI_TEXTS[key])) for each in self._texts.locales]

    def _render(self, locale: str) -> str:
        """Write the page; it is the same for everybody who reads this locale."""
        if locale not in self._rendered:
            bundle = self._texts.bundle(locale)
            self._rendered[locale] = self._template.render(
                **bundle,
                bundle=json.dumps(bundle, ensure_ascii=False),
                service=self._texts.service_name,
                leave_url=self._leave_url,
                max_text=MAX_TEXT,
                noscript=self._in_every_language("noscript"),
                old=self._in_every_language("old"),
                static=static_files().url,
            )
        return self._rendered[locale]
