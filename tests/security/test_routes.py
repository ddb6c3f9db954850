"""Every route of the program by every method, with anything in path, query, headers and body: never an error, always the headers."""

from __future__ import annotations

import asyncio
import gzip
import io
import zipfile
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route, WebSocketRoute

from bot.cases import Profile
from bot.channels.telegram.webhook import MAX_BODY, PATH
from bot.channels.web.frames import MAX_FRAME_BYTES
from bot.server import HSTS_S
from bot.web import static_files
from tests.security.hostile import METHODS, SEGMENTS
from tests.security.house import Answer, House, house

ADMIN = Profile("Root", "admin", "")
SHORTEST = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(self), microphone=(), camera=(), payment=(), usb=(), browsing-topics=()",
    "strict-transport-security": f"max-age={HSTS_S}",
}
SURROGATES = st.characters(max_codepoint=0x2FFF)
words = st.text(SURROGATES, max_size=12) | st.sampled_from(SEGMENTS)
header_values = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=40)


@pytest_asyncio.fixture
async def home() -> AsyncIterator[House]:
    async with house() as found:
        yield found


def routes_of(home: House) -> list[Route]:
    return [route for route in home.app.routes if isinstance(route, Route)]


def faults_of(answer: Answer) -> list[str]:
    """Return which of the headers every answer must have are missing or weak."""
    found = [name for name, value in SHORTEST.items() if value not in answer.header(name)]
    policy = answer.header("content-security-policy")
    found += ["unsafe"] if "unsafe" in policy or "*" in policy or "http:" in policy else []
    kept = answer.header("cache-control") == "no-store" or "immutable" in answer.header("cache-control")
    found += [] if kept else ["cache-control"]
    found += ["server"] if answer.header("server") or answer.header("x-powered-by") else []
    return found


async def test_anything_on_any_route(home: House) -> None:
    loop = asyncio.get_running_loop()
    routes, persons = routes_of(home), [await home.contact(), (await home.hire(ADMIN))[0], ""]

    @settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(routes),
        st.sampled_from(METHODS),
        st.sampled_from(persons),
        st.lists(words, min_size=3, max_size=3),
        st.dictionaries(st.sampled_from(["after", "case", "lang", "q", "id", "name", "city", "before", "x"]), words, max_size=3),
        st.dictionaries(st.sampled_from(["origin", "content-type", "x-desk-csrf", "accept-language", "cookie", "host"]), header_values),
        st.binary(max_size=60),
    )
    def tried(
        route: Route, method: str, cookie: str, parts: list[str], query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> None:
        path = route.path
        for part in parts:
            before, brace, rest = path.partition("{")
            path = f"{before}{part}{rest.partition('}')[2]}" if brace else path
        target = f"{path}?wait=0&" + "&".join(f"{name}={value}" for name, value in query.items())
        given = [("cookie", cookie), *headers.items()]
        answer = asyncio.run_coroutine_threadsafe(home.call(target, body, given, method), loop).result(30)
        assert answer.status < 500, (method, target)
        assert faults_of(answer) == [], (method, target)

    await asyncio.to_thread(tried)


async def test_every_answer_of_every_route_has_the_headers(home: House) -> None:
    """Also without https nothing but the promise of https is missing."""
    contact, (staff, _csrf) = await home.contact(), await home.hire(ADMIN)
    for route in routes_of(home):
        path = route.path.replace("{", "").replace("}", "")
        for method in ("GET", "POST", "DELETE"):
            for cookie in ("", contact, staff):
                answer = await home.call(f"{path}?wait=0", headers=[("cookie", cookie)], method=method)
                assert faults_of(answer) == [], (method, path, answer.status)
    async with house(https=False) as plain:
        answer = await plain.call("/")
        assert faults_of(answer) == ["strict-transport-security"]


@pytest.mark.parametrize("https", [True, False])
async def test_cookies_are_marked(https: bool) -> None:
    async with house(https=https) as home:
        chat = (await home.call("/")).header("set-cookie")
        code, _ = await home.store.desk.invite(ADMIN)
        desk = (await home.post("/desk/join", {"code": code})).header("set-cookie")
    for cookie, site in ((chat, "lax"), (desk, "strict")):
        marks = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "path=/", f"samesite={site}"} <= marks
        assert not any(mark.startswith("domain") for mark in marks)
        assert ("secure" in marks, cookie.startswith("__Host-")) == (https, https)


# ---------------------------------------------------------------- paths


STEPS = ("..", "%2e%2e", "%2e.", "..%2f", "..%5c", "%c0%ae%c0%ae", "....", "..;", "%00", "..%00/")
AIMS = ("etc/passwd", "bot/config.py", "config.py", "templates/chat.html", "secret.key", "dragoman.db", "madrid/city.yaml")


async def test_no_path_leads_out(home: House) -> None:
    """Static files and texts come from a table and the knowledge from memory, so an address is never a path."""
    static = static_files()
    starts = (
        f"/static/{static.fingerprint}",
        "/static/x",
        "/chat/texts",
        "/desk/texts",
        "/poster/madrid",
        "/poster/madrid/egov",
        "/chat/file",
        "",
    )
    for start in starts:
        for step in STEPS:
            for aim in AIMS:
                for depth in (1, 3, 8):
                    target = f"{start}/{(step + '/') * depth}{aim}"
                    for tried in (target, f"{target}%00.js", target.replace("/", "%2f"), f"{target}.json"):
                        answer = await home.call(tried)
                        assert answer.status in (404, 405), tried
                        assert len(answer.body) < 100
    answer = await home.call(static.url("chat.js"))
    assert (answer.status, answer.body) == (200, static.files["chat.js"].content)


# ---------------------------------------------------------------- large and packed


def packed() -> list[bytes]:
    """Return bombs: a gzip of 50 MB, a zip of it, a picture that claims to be huge."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.txt", b"\0" * 20_000_000)
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\x7f\xff\xff\xff" * 2 + b"\x08\x06\0\0\0"
    return [gzip.compress(b"\0" * 50_000_000), held.getvalue(), header]


async def test_nothing_is_unpacked(home: House) -> None:
    """No body is decompressed and no picture is decoded here: a bomb is as large as it is."""
    cookie, (staff, csrf) = await home.contact(), await home.hire(ADMIN)
    for bomb in packed():
        for encoding in ("gzip", "deflate", "br"):
            kind = ("content-encoding", encoding)
            assert (await home.post("/chat/events", bomb, kind, cookie=cookie)).status == 400
            assert (await home.post("/desk/api/act", bomb, kind, ("x-desk-csrf", csrf), cookie=staff)).status in (413, 422)
            assert (await home.call(PATH, bomb, [*home.hook.items(), kind], "POST")).status == 400
        answer = await home.post("/chat/file?id=a&name=x.png", bomb, cookie=cookie)
        assert answer.status in (409, 415)  # an archive is no file we take; a picture is refused because nobody is there to see it


async def test_bodies_end_at_their_limit(home: House) -> None:
    cookie = await home.contact()
    assert (await home.post("/chat/events", b" " * (MAX_FRAME_BYTES + 1), cookie=cookie)).status == 413
    assert (await home.call(PATH, b" " * (MAX_BODY + 1), list(home.hook.items()), "POST")).status == 413
    for length in ("²", "9" * 5_000, "-1", "0x10", str(MAX_BODY + 1)):
        answer = await home.call(PATH, b"{", [*home.hook.items(), ("content-length", length)], "POST")
        assert answer.status in (400, 413)


async def test_sockets_of_other_sites_are_refused(home: House) -> None:
    """Every WebSocket of the program, by its route."""
    found = [route.path for route in home.app.routes if isinstance(route, WebSocketRoute)]
    assert len(found) == 2
    for path in found:
        for origin in ("https://evil.example", "null", "", f"{home.origin}.evil.example", "http://chat.example.org", f"{home.origin}:444"):
            came = await home.socket(path, await home.contact(), [], [("origin", origin)])
            assert [message["type"] for message in came] == ["websocket.close"], origin  # before any handshake: the browser sees 403
