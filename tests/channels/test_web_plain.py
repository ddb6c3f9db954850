"""Web chat without a WebSocket, and its cookie."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator

import pytest

from bot.channels.web.frames import MAX_FRAME_BYTES
from bot.channels.web.session import KEPT_S, Sessions
from bot.errors import ConfigError, Overloaded, StoreError
from tests.channels.web_server import KEY, Page, Served, page_of, said, say, served


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


@pytest.fixture
async def page(server: Served) -> AsyncIterator[Page]:
    async with page_of(server) as opened:
        yield opened


# ---------------------------------------------------------------- plain HTTP


async def test_a_text_goes_and_its_answer_comes_without_a_socket(page: Page) -> None:
    async with page.post("/chat/events", {"id": "one", "type": "text", "text": "hola"}) as answer:
        assert (answer.status, await answer.json()) == (200, {"type": "ack", "id": "one"})
    status, body = await page.asked("/chat/messages?after=0&wait=5")
    assert status == 200
    assert [said(frame) for frame in body["messages"]] == ["hola", "echo: hola"]
    assert body["kept"] is False


async def test_a_repeated_event_counts_once_on_both_ways(page: Page) -> None:
    async with page.socket() as socket:
        await socket.send(type="text", text="hola", id="same")
        await socket.next("ack")
    async with page.post("/chat/events", {"id": "same", "type": "text", "text": "hola"}) as answer:
        assert answer.status == 200
    assert page.server.host.texts() == ["hola"]


async def test_a_long_poll_waits_for_the_next_message(page: Page) -> None:
    async with page.post("/chat/events", {"id": "one", "type": "text", "text": "hola"}):
        pass
    _, body = await page.asked("/chat/messages?after=0&wait=1")
    last = body["messages"][-1]["id"]
    waiting = asyncio.create_task(page.asked(f"/chat/messages?after={last}&wait=10"))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await page.server.host.tell(page.contact, say("now"))
    _, body = await asyncio.wait_for(waiting, 2)
    assert [said(frame) for frame in body["messages"]] == ["now"]


async def test_a_long_poll_ends_by_itself_and_with_the_server(page: Page) -> None:
    begin = asyncio.get_running_loop().time()
    assert (await page.asked("/chat/messages?wait=1"))[1]["messages"] == []
    assert 0.9 < asyncio.get_running_loop().time() - begin < 3
    waiting = asyncio.create_task(page.asked("/chat/messages?wait=20"))
    await asyncio.sleep(0.1)
    await page.server.channel.close()
    assert (await asyncio.wait_for(waiting, 2))[0] == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"nonsense", 400, "malformed"),
        ({"id": "x", "type": "text", "text": "  "}, 400, "empty"),
        ({"id": "x", "type": "ping2"}, 400, "malformed"),
        ({"id": "x", "type": "text", "text": "\ud800"}, 400, "malformed"),
    ],
)
async def test_bad_events_are_refused(page: Page, body: object, status: int, code: str) -> None:
    async with page.post("/chat/events", body) as answer:
        assert (answer.status, (await answer.json())["code"]) == (status, code)


@pytest.mark.parametrize(("path", "body"), [("/chat/keep", {"device": "mine"}), ("/chat/keep", b"{"), ("/chat/leave", [1])])
async def test_bad_wishes_about_the_cookie_are_refused(page: Page, path: str, body: object) -> None:
    async with page.post(path, body) as answer:
        assert (answer.status, "Set-Cookie" in answer.headers) == (400, False)


async def test_a_body_that_is_too_long_is_refused(page: Page) -> None:
    async with page.post("/chat/events", b"x" * (MAX_FRAME_BYTES + 1)) as answer:
        assert answer.status == 413


@pytest.mark.parametrize(("refusal", "seconds"), [(Overloaded(9.0), "9"), (StoreError("full"), "3")])
async def test_what_cannot_be_kept_now_is_asked_for_again(page: Page, refusal: Exception, seconds: str) -> None:
    page.server.host.refusals = [refusal]
    async with page.post("/chat/events", {"id": "x", "type": "text", "text": "a"}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, seconds)


@pytest.mark.parametrize("path", ["/chat/events", "/chat/keep", "/chat/leave"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[bad"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_other_sites_cannot_post(page: Page, path: str, headers: dict[str, str], status: int) -> None:
    async with page.post(path, {"id": "x", "type": "text", "text": "a"}, **headers) as answer:
        assert answer.status == status
        assert "Set-Cookie" not in answer.headers
    assert page.server.host.accepted == []


async def test_without_a_session_one_is_given_and_nothing_taken(page: Page) -> None:
    page.cookie = "dragoman=forged"
    async with page.post("/chat/events", {"id": "x", "type": "text", "text": "a"}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "session")
        page.cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with page.post("/chat/events", {"id": "x", "type": "text", "text": "a"}) as answer:
        assert answer.status == 200


# ---------------------------------------------------------------- the cookie


async def test_the_cookie_ends_with_the_browser_until_the_device_is_their_own(page: Page) -> None:
    async with page.session.get(page.server.url) as answer:
        given = answer.headers["Set-Cookie"]
    assert re.fullmatch(r"dragoman=s\.[\w-]{43}\.[0-9a-f]{64}; HttpOnly; Path=/; SameSite=lax", given)
    async with page.socket() as socket:
        await socket.say("hola")
        await socket.next("ack")
    contact = page.contact
    async with page.post("/chat/keep", {"device": "own"}) as answer:
        assert f"Max-Age={KEPT_S}" in answer.headers["Set-Cookie"]
        page.cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with page.socket() as socket:
        frames = await socket.until("ready")
        assert (said(frames[0]), frames[-1]["kept"]) == ("hola", True)
        await socket.say("again")
        await socket.next("ack")
    assert page.contact == contact  # the same person, whatever the cookie's life
    async with page.get("/") as answer:
        assert f"Max-Age={KEPT_S}" in answer.headers["Set-Cookie"]  # renewed at every visit
    async with page.post("/chat/keep", {"device": "shared"}) as answer:
        assert "Max-Age" not in answer.headers["Set-Cookie"]


async def test_behind_https_the_cookie_is_marked_for_it() -> None:
    async with served(https=True) as server, page_of(server) as page:
        async with page.session.get(server.url) as answer:
            given = answer.headers["Set-Cookie"]
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert given.startswith("__Host-dragoman=s.")
        assert "Domain" not in given
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(given.split("; "))
        async with page.post("/chat/leave", {}) as answer:
            assert answer.status == 403  # our page is on https, this one is not
        async with page.post("/chat/leave", {}, Origin=server.url.replace("http", "https")) as answer:
            assert (answer.status, "Secure" in answer.headers["Set-Cookie"]) == (204, True)


@pytest.mark.parametrize(
    ("device", "body", "taken"),
    [("shared", {}, True), ("own", {}, False), ("own", {"erased": True}, True), ("shared", {"erased": True}, True)],
)
async def test_leaving_takes_back_the_cookie_of_a_shared_device(page: Page, device: str, body: object, taken: bool) -> None:
    async with page.post("/chat/keep", {"device": device}) as answer:
        page.cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with page.post("/chat/leave", body) as answer:
        assert answer.status == 204
        assert ("Max-Age=0" in answer.headers.get("Set-Cookie", "")) is taken


def test_a_session_opens_only_under_the_key_that_sealed_it() -> None:
    ours, theirs = Sessions(KEY, secure=False), Sessions(b"other key of ours", secure=False)
    body = f"s.{ours.new().secret}"
    cookies = {"dragoman": f"{body}.{ours._seal(body)}"}
    session = ours.read(cookies)
    assert session is not None
    assert session.address == hashlib.sha256(session.secret.encode()).hexdigest()
    assert theirs.read(cookies) is None
    with pytest.raises(ConfigError):
        Sessions(b"short", secure=True)
