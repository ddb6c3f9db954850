"""The chat page as it is served, and the web application around it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest

from bot.channels import Capabilities, Host, Parcel
from bot.channels.web.page import PageTexts
from bot.channels.web.texts import UI_TEXTS
from bot.errors import StoreError
from bot.model import Message
from bot.server import create_app
from bot.web import FOLDER, static_files
from tests.channels.web_server import EchoHost, Page, Served, page_of, served

FIRST_LOAD_BYTES = 100_000


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


@pytest.fixture
async def page(server: Served) -> AsyncIterator[Page]:
    async with page_of(server) as opened:
        yield opened


# ---------------------------------------------------------------- the page


class Sources(HTMLParser):
    """Collects what a page loads and anything inline."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.inline += [name for name in values if name == "style" or name.startswith("on")]
        if tag in {"script", "link", "img"}:
            self.addresses.append(values.get("src") or values.get("href") or "")
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style"} and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


async def test_first_load_is_small_and_all_ours(page: Page) -> None:
    html = await page.load()
    sources = Sources()
    sources.feed(html)
    assert sources.inline == []
    total = len(html.encode())
    for address in set(sources.addresses):
        assert address.startswith("/")
        assert not address.startswith("//")
        async with page.session.get(page.server.url + address) as answer:
            assert answer.status == 200
            total += len(await answer.read())
    assert len(set(sources.addresses)) >= 9
    assert total < FIRST_LOAD_BYTES


async def test_every_module_is_there_and_preloaded(page: Page) -> None:
    html = await page.load()
    for name, file in static_files().files.items():
        for module in re.findall(r'from "\./([\w.]+)"', file.content.decode() if name.endswith(".js") else ""):
            assert module in static_files().files
            assert name.startswith("desk") or f'rel="modulepreload" href="{static_files().url(module)}"' in html


@pytest.mark.parametrize(
    ("wanted", "locale", "direction"),
    [
        ("es-419,es;q=0.9,en;q=0.1", "es", "ltr"),
        ("fr,ar-MA;q=0.8,en;q=0.7", "ar", "rtl"),
        ("en;q=0.1,ar;q=0.9", "ar", "rtl"),
        ("zz", "en", "ltr"),
        ("es;q=0", "en", "ltr"),
        ("<script>,*;q=x,;;,", "en", "ltr"),
        ("", "en", "ltr"),
    ],
)
async def test_the_first_page_speaks_the_browsers_language(page: Page, wanted: str, locale: str, direction: str) -> None:
    async with page.get("/", **{"Accept-Language": wanted}) as answer:
        assert f'<html lang="{locale}" dir="{direction}">' in await answer.text()


async def test_ui_texts_come_in_every_language_and_no_other(page: Page) -> None:
    for locale in ("en", "es", "ar"):
        status, bundle = await page.asked(f"/chat/texts/{locale}.json")
        assert status == 200
        assert bundle["texts"].keys() == UI_TEXTS.keys()
        assert bundle["dir"] == ("rtl" if locale == "ar" else "ltr")
    for locale in ("xx", "..%2f..%2fetc", "EN"):
        async with page.get(f"/chat/texts/{locale}.json") as answer:
            assert answer.status == 404


def test_every_ui_text_is_shown_somewhere() -> None:
    sources = [*(FOLDER / "static").glob("*.js"), *(FOLDER / "templates").glob("chat.html")]
    shown = "\n".join(path.read_text() for path in sources)
    authors = {"bot", "person", "translation"}  # words(frame.author)
    assert {key for key in UI_TEXTS if not re.search(rf"""["'.]{key}["' }}]""", shown)} - authors == set()


async def test_texts_cannot_break_the_page() -> None:
    server = Served(EchoHost(), translate=lambda locale, text: "\"'><script>alert(1)</script>")
    await server.start()
    async with page_of(server) as page:
        html = await page.load()
    await server.stop()
    sources = Sources()
    sources.feed(html)
    assert sources.inline == []
    assert html.count("<script") == 2


async def test_the_page_can_be_installed(page: Page) -> None:
    async with page.get("/manifest.webmanifest") as answer:
        assert answer.content_type == "application/manifest+json"
        manifest = json.loads(await answer.text())
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    async with page.get(manifest["icons"][0]["src"]) as answer:
        assert answer.content_type == "image/svg+xml"


async def test_without_javascript_the_page_names_112_in_every_language(page: Page) -> None:
    html = await page.load()
    noscript = html.partition("<noscript>")[2].partition("</noscript>")[0]
    assert noscript.count("112") == 3
    assert 'lang="ar" dir="rtl"' in noscript


def test_the_page_language_without_english_is_the_first() -> None:
    texts = PageTexts(lambda locale, text: text, ("it", "pt-BR"), {}, "Dragoman")
    assert texts.choose(["pt-PT"]) == "pt-BR"
    assert texts.choose(["de"]) == "it"


# ---------------------------------------------------------------- the application


@pytest.mark.parametrize(
    "path", ["/", "/health", "/nothing", "/chat/events", "/chat/messages", "/chat/texts/en.json", "/static/x/chat.js", "/boom"]
)
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with served() as server, aiohttp.ClientSession() as session, session.get(server.url + path) as answer:
        headers = answer.headers
        policy = dict(part.partition(" ")[::2] for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert "geolocation=(self)" in headers["Permissions-Policy"]
        assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers  # plain http at loopback
        body = await answer.text()
    assert "Traceback" not in body


async def test_health_tells_whether_we_live_and_apart_from_it_whether_we_are_ready(server: Served, page: Page) -> None:
    assert await page.asked("/health/ready") == (200, {"status": "ok"})
    server.ready = False
    assert await page.asked("/health/ready") == (503, {"status": "unavailable"})
    assert await page.asked("/health") == await page.asked("/health/live") == (200, {"status": "ok"})


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/", 405), ("GET", "/chat/keep", 405)])
async def test_what_is_not_there_is_said_plainly(page: Page, method: str, path: str, status: int) -> None:
    async with page.session.request(method, page.server.url + path) as answer:
        assert answer.status == status
        assert len(await answer.text()) < 100


async def test_static_files_are_kept_by_browsers_and_nothing_else_is_served(page: Page) -> None:
    url = static_files().url("chat.js")
    async with page.get(url, **{"Accept-Encoding": "identity"}) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert await answer.read() == (FOLDER / "static" / "chat.js").read_bytes()
    async with page.session.get(page.server.url + url) as answer:  # aiohttp asks for gzip and unpacks it
        assert answer.headers["Content-Encoding"] == "gzip"
        assert await answer.read() == (FOLDER / "static" / "chat.js").read_bytes()
    async with page.get("/static/0123456789ab/chat.js") as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    for path in ("/static/x/..%2f__init__.py", "/static/x/%2e%2e/__init__.py", "/static/x/chat.html", "/static/x/"):
        async with page.get(path) as answer:
            assert answer.status == 404
    with pytest.raises(KeyError):
        static_files().url("nothing.js")


class Broken:
    """A channel whose page fails."""

    name = "broken"
    capabilities = Capabilities(None, None, False, False)

    async def start(self, host: Host) -> None: ...

    def routes(self) -> list[Any]:
        from starlette.routing import Route

        async def boom(request: object) -> None:
            raise StoreError("secret detail")

        return [Route("/boom", boom)]

    def split(self, message: Message) -> tuple[Message, ...]:
        return (message,)

    async def send(self, parcel: Parcel) -> None: ...

    async def stop_receiving(self) -> None: ...

    async def close(self) -> None: ...


async def test_a_failure_shows_no_details() -> None:
    async def ready() -> bool:
        raise StoreError("secret detail")

    app = create_app([Broken()], ready=ready, https=True)
    for path, status in (("/boom", 500), ("/health/ready", 503)):
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any], sent: list[dict[str, Any]] = sent) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
            "root_path": "",
        }
        try:
            await app(scope, receive, send)  # type: ignore[arg-type]
        except StoreError:
            assert status == 500  # passed on so that the server can note it
        assert sent[0]["status"] == status
        assert b"content-security-policy" in dict(sent[0]["headers"])
        assert b"strict-transport-security" in dict(sent[0]["headers"])
        assert b"secret" not in sent[1]["body"]
