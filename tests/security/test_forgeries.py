"""What is forged: sessions somebody planted, ids of others, requests of other sites, crowds behind one address, names that pose as ours."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from starlette.requests import HTTPConnection

from bot import app
from bot.cases import Profile
from bot.channels.desk.bodies import one_line
from bot.channels.files import MAX_FILE, headers_of, safe_name, type_of
from bot.channels.hook import NOTED
from bot.channels.telegram.webhook import MAX_BODY, PATH, SECRET_HEADER
from bot.channels.web.address import FAILED_LOGINS, NEW_SESSIONS, AddressLimit, network_of
from bot.channels.web.plain import UPLOADS
from bot.channels.web.session import Session
from bot.config import Settings
from bot.dialogue.handoff import badge_words, unbadge
from bot.model import ContactRef, OpenCase
from bot.pace import Pace
from bot.store import Decision, FindButton, Snapshot
from tests.dialogue.world import context
from tests.running import free_port
from tests.security.house import Answer, House, house

ADMIN = Profile("Root", "admin", "")
LUCIA = Profile("Lucía", "advisor", "madrid", topics=("housing",))
PNG = b"\x89PNG\r\n\x1a\n0000"
CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest_asyncio.fixture
async def home() -> AsyncIterator[House]:
    async with house() as found:
        yield found


async def say(home: House, cookie: str, text: str, name: str = "m1", **more: Any) -> Answer:
    answer = await home.post("/chat/events", {"id": name, "type": "text", "text": text}, cookie=cookie, **more)
    await home.service.idle()
    return answer


async def history(home: House, cookie: str) -> list[Any]:
    return list((await home.call("/chat/messages?wait=0", headers=[("cookie", cookie)])).json["messages"])


async def case_of(home: House, cookie: str) -> int:
    """Open a case for somebody in the web chat; returns its number."""
    await say(home, cookie, "hello", "first")
    contact_id = await home.store.find(ContactRef("web", Session(cookie.partition("=")[2].split(".")[1]).address))
    assert contact_id is not None
    before = {case.number for case in await home.store.desk.open_cases()}

    def decide(snapshot: Snapshot, find_button: FindButton) -> Decision:
        known = replace(snapshot.conversation, state="ready", city="madrid", locale="en")
        return Decision(known, (), casework=(OpenCase("advice", "housing", share="all"),))

    await home.store.handle(contact_id, decide)
    await home.desk.look()
    return next(case.number for case in await home.store.desk.open_cases() if case.number not in before)


# ---------------------------------------------------------------- sessions and ids


async def test_a_planted_session_is_replaced_and_a_login_gets_a_new_one(home: House) -> None:
    for planted in ("__Host-dragoman=planted", "__Host-dragoman=s." + "A" * 43 + "." + "0" * 64, "dragoman=x"):
        answer = await home.call("/", headers=[("cookie", planted)])
        assert answer.cookie not in ("", planted)
        assert (await say(home, planted, "hello")).status == 401
    code, _ = await home.store.desk.invite(LUCIA)
    planted = "__Host-dragoman-desk=" + "A" * 43
    first = await home.post("/desk/join", {"code": code}, cookie=planted)
    assert first.cookie.partition("=")[2] not in ("", "A" * 43)
    assert (await home.call("/desk/api/me", headers=[("cookie", planted)])).status == 401


async def test_nothing_of_one_contact_is_there_for_another(home: House) -> None:
    """Every route of the chat that takes an id, with the ids of somebody else; and their buttons."""
    ana, eve = await home.contact(), await home.contact()
    await case_of(home, ana)
    upload = await home.post("/chat/file?id=f1&name=letter.png", PNG, cookie=ana)
    assert upload.status == 200
    await say(home, ana, "canary-of-ana", "m2")
    await say(home, eve, "hello", "m1")
    hers = await history(home, ana)
    files = [message["attachment"]["url"] for message in hers if "attachment" in message]
    assert len(files) == 1
    assert (await home.call(files[0], headers=[("cookie", ana)])).body == PNG
    nothing = await home.call("/chat/file/999999", headers=[("cookie", eve)])
    for cookie in (eve, "", "__Host-dragoman=x"):
        found = await home.call(files[0], headers=[("cookie", cookie)])
        assert (found.status, found.body) == (404, nothing.body)
    for message in hers:
        for after in (0, message["id"] - 1):
            assert "canary-of-ana" not in str((await home.call(f"/chat/messages?wait=0&after={after}", headers=[("cookie", eve)])).json)
    before = len(await history(home, eve))
    tokens = [message["token"] for message in hers if message["options"]]
    for number, token in enumerate(tokens):
        await home.post("/chat/events", {"id": f"b{number}", "type": "button", "token": token, "index": 0}, cookie=eve)
    await home.service.idle()
    shown = (await history(home, eve))[before:]
    assert all("an earlier message" in str(message) or message["author"] == "bot" for message in shown)
    assert "canary-of-ana" not in str(shown)


FOREIGN = (  # every address of the desk that takes the number of a case
    ("GET", "/desk/api/case/{n}"),
    ("GET", "/desk/api/export/{n}"),
    ("GET", "/desk/api/file/{n}/1"),
    ("GET", "/desk/api/answers?case={n}&q=x"),
    ("GET", "/desk/api/places?case={n}"),
    ("POST", "/desk/api/file?case={n}&name=x.png"),
    ("POST", "/desk/api/act"),
    ("POST", "/desk/api/offer"),
)


async def test_a_case_of_another_city_looks_like_none(home: House) -> None:
    number = await case_of(home, await home.contact())
    numbered = {route.path for route in home.app.routes if "{number}" in getattr(route, "path", "")}
    assert numbered == {path.replace("{n}", "{number}").replace("/1", "/{line}") for _method, path in FOREIGN if "/{n}" in path}
    cookie, csrf = await home.hire(Profile("Eva", "advisor", "graz", topics=("housing",)))
    for method, path in FOREIGN:
        there, nowhere = [await asked(home, method, path, each, cookie, csrf) for each in (number, 999_999)]
        assert (there.status, there.body) == (nowhere.status, nowhere.body), path
        assert there.status == 404, path


async def asked(home: House, method: str, path: str, number: int, cookie: str, csrf: str) -> Answer:
    """Ask about a case as the page of somebody does."""
    target, proof = path.replace("{n}", str(number)), ("x-desk-csrf", csrf)
    if method == "GET":
        return await home.call(target, headers=[("cookie", cookie)])
    if "file" in target:
        return await home.post(target, PNG, ("content-type", "image/png"), proof, cookie=cookie)
    body = {"number": number, "accepts": True} if "offer" in target else {"number": number, "key": "k", "deed": {"type": "claim"}}
    return await home.post(target, body, proof, cookie=cookie)


async def test_only_our_own_page_writes(home: House) -> None:
    """Every route that changes something, from elsewhere, or without the proof of our page."""
    contact, (staff, csrf) = await home.contact(), await home.hire(ADMIN)
    writes = [route.path for route in home.app.routes if "POST" in (getattr(route, "methods", None) or ()) and route.path != PATH]  # type: ignore[attr-defined]
    assert len(writes) >= 19
    for path in writes:
        cookie = staff if path.startswith("/desk") else contact
        for origin in ("https://evil.example", "null", "", f"{home.origin}.evil.example", "http://chat.example.org", f"{home.origin}:444"):
            own = [("cookie", cookie), ("content-type", "application/json"), ("x-desk-csrf", csrf), ("origin", origin)]
            answer = await home.call(f"{path}?id=a&case=1", b"{}", own, "POST")
            assert answer.status == 403, (path, origin)
        if path.startswith("/desk/api") or path == "/desk/logout":
            assert (await home.post(path, {}, ("x-desk-csrf", csrf[:-1] + "0x"), cookie=cookie)).json == {"error": "csrf"}
        for simple in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):  # what a form may send
            if "file" not in path:
                own = [("cookie", cookie), ("content-type", simple), ("x-desk-csrf", csrf), ("origin", home.origin)]
                answer = await home.call(path, b'{"code":"x"}', own, "POST")
                assert answer.status == 415, (path, simple)


# ---------------------------------------------------------------- the webhook


async def test_forged_calls_of_the_webhook_change_nothing(home: House, caplog: pytest.LogCaptureFixture) -> None:
    secret = home.hook[SECRET_HEADER]
    body = b'{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},"from":{"id":5},"text":"x"}}'
    wrong = ("", "x", secret[:-1], secret + "x", secret.upper(), f" {secret}x", "\xff" * 64)
    forged: list[list[tuple[str, str]]] = [[(SECRET_HEADER, each)] for each in wrong]
    forged += [[], [(SECRET_HEADER, secret)] * 2, [(SECRET_HEADER, "x"), (SECRET_HEADER, secret)], [("authorization", secret)]]
    for headers in forged:
        for kind in ("application/json", "text/plain", "multipart/form-data"):
            for content in (body, b"x" * (MAX_BODY + 1)):
                answer = await home.call(f"{PATH}?{SECRET_HEADER}={secret}", content, [*headers, ("content-type", kind)], "POST")
                assert (answer.status, answer.body) == (403, b"")
    assert (await home.store.figures())["contacts"] == 0
    assert 1 <= sum("not from telegram" in line for line in caplog.messages) <= NOTED.burst  # strangers cannot fill the disk


# ---------------------------------------------------------------- crowds behind one address


async def test_a_crowd_gets_sessions_at_its_pace_and_is_never_kept_from_writing(home: House) -> None:
    shelter, cookies = "203.0.113.9", []
    for _ in range(NEW_SESSIONS.burst):
        cookies.append((await home.call("/", client=shelter)).cookie)
    late = await home.call("/", client=shelter)
    assert (late.status, late.cookie) == (200, "")  # the page itself comes, and asks for its cookie a little later
    refused = await home.call("/chat/messages?wait=0", client=shelter)
    assert (refused.status, refused.cookie, int(refused.header("retry-after")) >= 1) == (503, "", True)
    assert (await home.call("/", client="203.0.113.10")).cookie
    assert (await home.call("/", headers=[("cookie", cookies[0])], client=shelter)).status == 200
    for number, cookie in enumerate(cookies):
        assert (await say(home, cookie, "hola", f"m{number}", client=shelter)).status == 200
    assert home.web.newcomers.refused == 2


@pytest.mark.parametrize(("trusted", "is_believed"), [("127.0.0.1", True), ("192.0.2.1", False), ("", False)])
async def test_only_a_proxy_that_is_named_says_who_comes(trusted: str, is_believed: bool, home: House) -> None:
    """Over the real server: a header that anybody can write counts only from TRUSTED_PROXIES."""
    settings = Settings(_env_file=None, port=free_port(), trusted_proxies=trusted)  # type: ignore[call-arg]
    server = app._Server(app._uvicorn_config(settings, home.watch, [home.web]))
    serving = asyncio.create_task(server.serve(sockets=[app._listener(settings)]))
    await app._listening(server, serving)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        given = []
        for _ in range(NEW_SESSIONS.burst + 3):
            async with session.get(settings.root_url, headers={"X-Forwarded-For": "203.0.113.50"}) as answer:
                given.append("Set-Cookie" in answer.headers)
    server.should_exit = True
    await serving
    assert given[: NEW_SESSIONS.burst] == [True] * NEW_SESSIONS.burst
    assert given[-1] is not is_believed


async def test_failed_logins_are_limited_and_a_good_one_does_not_count(home: House) -> None:
    office = "203.0.113.20"
    for number in range(3 * FAILED_LOGINS.burst):
        code, _ = await home.store.desk.invite(replace(LUCIA, name=f"n{number}"))
        assert (await home.post("/desk/join", {"code": code}, client=office)).status == 200
    statuses = [(await home.post("/desk/join", {"code": "wrong" * 5}, client=office)).status for _ in range(12)]
    assert statuses == [410] * FAILED_LOGINS.burst + [429] * 2
    code, _ = await home.store.desk.invite(LUCIA)
    refused = await home.post("/desk/join", {"code": code}, client=office)
    assert (refused.status, refused.header("retry-after") != "") == (429, True)
    assert (await home.post("/desk/join", {"code": code}, client="203.0.113.21")).status == 200  # it was not used up
    asked = [(await home.post("/desk/login", {"email": f"a{n}@b.example"}, client="203.0.113.22")).status for n in range(12)]
    assert asked == [202] * FAILED_LOGINS.burst + [429] * 2  # whether an address is somebody's makes no difference
    assert home.pages.refused_logins == 5


def test_of_an_address_only_a_keyed_hash_is_kept() -> None:
    limits = [AddressLimit(Pace(1, 1.0), lambda: 5.0) for _ in range(2)]
    here = HTTPConnection({"type": "http", "client": ("203.0.113.77", 1), "headers": []})
    for limit in limits:
        assert [limit.take(here) > 0 for _ in range(3)] == [False, True, True]
    kept = [str(limit._buckets._full_at) for limit in limits]
    assert "203" not in kept[0]
    assert kept[0] != kept[1]  # under a key of its own
    for nobody in (("127.0.0.1", 1), ("::1", 1), ("::ffff:127.0.0.1", 1), ("unix:", 0), None):
        assert [limits[0].take(HTTPConnection({"type": "http", "client": nobody, "headers": []})) for _ in range(5)] == [0.0] * 5
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:203.0.113.77") == network_of("203.0.113.77")


# ---------------------------------------------------------------- files

FOREIGN_FILES = {
    "page": b"<!doctype html><script>alert(1)</script>",
    "drawing": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "drawing with a head": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "archive": b"PK\x03\x04" + b"\0" * 60,
    "packed": b"\x1f\x8b\x08" + b"\0" * 60,
    "program": b"MZ\x90\0",
    "script": b"#!/bin/sh\nreboot",
    "icon": b"\0\0\1\0\1\0",
    "text": b"hola",
    "nothing": b"",
    "a space before": b" \x89PNG\r\n\x1a\n",
    "half a sign": b"\x89PN",
    "font": b"wOF2",
    "bitmap": b"BM\0\0",
}


@pytest.mark.parametrize("content", FOREIGN_FILES.values(), ids=FOREIGN_FILES)
async def test_what_is_no_photo_letter_or_recording_is_refused(content: bytes, home: House) -> None:
    cookie = await home.contact()
    number = await case_of(home, cookie)
    staff, csrf = await home.hire(LUCIA)
    for declared in ("image/png", "application/pdf", "text/html", ""):
        answer = await home.post("/chat/file?id=f1&name=x.png", content, ("content-type", declared), cookie=cookie)
        assert answer.status == 415
        target, proof = f"/desk/api/file?case={number}&name=x.png", ("x-desk-csrf", csrf)
        own = [("cookie", staff), ("origin", home.origin), ("content-type", declared), proof]
        assert (await home.call(target, content, own, "POST")).status == 415
    assert type_of(content) is None


def test_a_file_is_never_run_where_it_is_shown() -> None:
    """Whatever type is stored, by us or by a platform: only pictures and recordings are shown, without scripts, and all else is saved."""
    for media_type in (
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "application/pdf",
        "application/javascript",
        "",
        "x",
    ):
        headers = headers_of(media_type, 'a"\r\nSet-Cookie: x=1;.html')
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"].startswith("attachment;")
        assert not set("\r\n\"'") & set(headers["Content-Disposition"].removeprefix("attachment; filename*=UTF-8''"))
    for media_type in ("image/png", "image/jpeg", "audio/ogg"):
        headers = headers_of(media_type, "x")
        assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_too_large_or_too_many_at_once_is_refused(home: House) -> None:
    cookie = await home.contact()
    await case_of(home, cookie)
    assert (await home.post("/chat/file?id=f1&name=x.png", PNG + b"\0" * MAX_FILE, cookie=cookie)).status == 413
    plain = home.web._plain
    plain._uploads = UPLOADS
    busy = await home.post("/chat/file?id=f1&name=x.png", PNG, cookie=cookie)
    assert (busy.status, int(busy.header("retry-after")) >= 1) == (503, True)
    plain._uploads = 0
    statuses = [(await home.post(f"/chat/file?id=f{number}&name=x.png", PNG, cookie=cookie)).status for number in range(40)]
    assert statuses[:25] == [200] * 25
    assert statuses[-1] == 503  # who sends too much of anything


# ---------------------------------------------------------------- names that pose as ours


@pytest.mark.parametrize(
    "name", [f"letter{control}gnp.exe" for control in CONTROLS] + ["../../x", "a\x00b", "con\r\nSet-Cookie: x", "." * 300]
)
def test_a_name_of_a_file_or_a_person_cannot_turn_itself_around(name: str) -> None:
    found = type_of(PNG)
    assert found is not None
    safe = safe_name(name, found)
    assert safe.endswith(".png")
    assert not set(safe) & set(CONTROLS + "/\\\r\n\0")
    assert not set(one_line(name)) & set(CONTROLS + "\r\n\0")


SEPARATORS = "·\u0387\u1427•∙⋅・･‧᛫⸱ꞏ●◦▪⦁᛬|｜¦"
WRITTEN = (
    "person", "Person", "PERSON", "ｐｅｒｓｏｎ", "𝐩𝐞𝐫𝐬𝐨𝐧", "per\u200bson", "\u202eperson", "pérson", "p\u0435rson", "рers\u043en",
    "person 10:15", "b\u043et", "bot", "BOT", "machine translation", "m\u0430chine transl\u0430ti\u03bfn", "persona", "بوت", "شخص",
    "persοn", "ρerson",
)  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_who_writes_our_mark_is_altered(written: str) -> None:
    """Whatever separates name and mark, and with whatever letters that look like ours."""
    names = badge_words(context(locales=("es", "en", "ar")))
    for separator in SEPARATORS:
        for line in (f"Lucía {separator} {written}", f"{written} {separator} Lucía", f"ok\nLucía{separator}{written}\nhola"):
            assert separator not in unbadge(line, names), line


def test_ordinary_texts_stay_as_they_are() -> None:
    names = badge_words(context(locales=("es", "en", "ar")))
    chance = random.Random(5)
    words = ["یک", "نیم‌فاصله", "می‌خواهم", "كيف", "hola", "·", "Мадрид", "Ελλάδα", "a|b", "9:15", "\u2067", "casa"]
    for _ in range(500):
        text = " ".join(chance.choices(words, k=8))
        assert unbadge(text, names) == text
