"""A page to print for one answer: its title, the languages it is there in, and QR codes that open it. One A4 sheet, or four leaflets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot import links
from bot.dialogue import Translator
from bot.dialogue.entry import MAX_SOURCES, sources_of
from bot.dialogue.home import city_name, title_of
from bot.model import City, Entry, Knowledge, direction_of
from bot.web import TEMPLATES, static_files

LEAFLETS = 4  # on one sheet, to be cut


class PosterPages:
    """Serves /poster/<city>/<topic>/<slug>."""

    def __init__(
        self,
        knowledge: Callable[[], Knowledge],
        translator: Callable[[str], Translator],
        language_name: Callable[[str], str],
        *,
        public_url: str,
        bot_name: Callable[[], str],
        whatsapp_number: Callable[[], str],
        service_name: str = "Dragoman",
    ) -> None:
        """Make the pages. `public_url`: root of our pages, empty where nobody has said; `bot_name`: of the bot on Telegram,
        `whatsapp_number`: that people write to there; or empty."""
        self._knowledge, self._translator, self._language_name = knowledge, translator, language_name
        self._public_url, self._bot_name, self._service = public_url, bot_name, service_name
        self._whatsapp_number = whatsapp_number
        environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._template = environment.get_template("poster.html")

    def routes(self) -> Sequence[BaseRoute]:
        """Return the route."""
        return [Route("/poster/{city}/{topic}/{slug}", self.page, methods=["GET"])]

    async def page(self, request: Request) -> Response:
        """Send the page in the language asked for, else in the city's own.

        Raises HTTPException 404 for what is not there, 503 while nothing is known yet."""
        path, cities = request.path_params, self._knowledge().cities
        if not cities:
            raise HTTPException(503, headers={"Retry-After": "3"})
        city = cities.get(path["city"])
        entry = city.entries.get(f"{path['topic']}.{path['slug']}") if city else None
        if city is None or entry is None or entry.status != "published":
            raise HTTPException(404)
        wanted = request.query_params.get("lang", "")
        locale = wanted if wanted in entry.words else city.host_language
        return HTMLResponse(self._render(city, entry, locale, is_leaflet=request.query_params.get("size") == "a6"))

    def _render(self, city: City, entry: Entry, locale: str, *, is_leaflet: bool) -> str:
        _ = self._translator(locale).gettext
        known = [each for each in city.languages if each in entry.words]
        names = [(each, direction_of(each), self._language_name(each)) for each in known]
        # Translators: on a poster, before the names of languages
        before, _place, after = _("Answers in: {languages}").partition("{languages}")
        sources = ", ".join(runs[0].text for runs in sources_of(entry)[:MAX_SOURCES])
        return self._template.render(
            locale=locale,
            dir=direction_of(locale),
            service=self._service,
            city=city_name(city, locale),
            title=title_of(entry, locale, city),
            before=before,
            after=after,
            names=names,
            scan=_("Point the camera of your phone at the square."),
            codes=self._codes(city, entry),
            no_address=None if self._public_url else _("The address of this service is not set: DRAGOMAN_PUBLIC_URL."),
            source=_("Source: {source}.").format(source=sources) if sources else "",
            copies=LEAFLETS if is_leaflet else 1,
            static=static_files().url,
        )

    def _codes(self, city: City, entry: Entry) -> list[Mapping[str, str | Markup]]:
        payload = links.payload_of(city.slug, entry.id)
        urls = {
            "Web": links.web_link(self._public_url, payload),
            "Telegram": links.telegram_link(self._bot_name(), payload),
            "WhatsApp": links.whatsapp_link(self._whatsapp_number(), payload),
        }
        return [
            {"way": way, "url": url, "shown": links.shown(url), "svg": Markup(links.svg_inline(url))}  # noqa: S704  # drawn by ourselves
            for way, url in urls.items()
            if url
        ]
