"""Web chat over a real server: frames, order, replay, repeats, refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.channels.web.hub import LINE_FRAMES, LINES_PER_ADDRESS
from bot.channels.web.socket import CLOSE_LATER, CLOSE_NO_SESSION, CLOSE_REPLACED
from bot.errors import Overloaded, StoreError
from bot.model import MAX_TEXT, ButtonPressed, CommandReceived, LocationShared, TextReceived
from tests.channels.web_server import Page, Served, page_of, said, say, served


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


@pytest.fixture
async def page(server: Served) -> AsyncIterator[Page]:
    async with page_of(server) as opened:
        yield opened


async def test_a_text_is_acknowledged_and_answered_in_order(page: Page) -> None:
    async with page.socket() as socket:
        assert (await socket.next()) == {"type": "ready", "kept": False}
        frame_id = await socket.say("hola")
        frames = await socket.until("message")
    assert [frame["type"] for frame in frames] == ["ack", "typing", "message"]
    assert frames[0]["id"] == frame_id
    assert said(frames[-1]) == "echo: hola"
    assert page.server.host.accepted[0].contact.channel == "web"


async def test_every_kind_of_frame_becomes_its_event(page: Page) -> None:
    async with page.socket() as socket:
        await socket.send(type="command", name="start", argument="e_madrid_egov_nie", locale="es-419")
        await socket.send(type="button", token="t1", index=3)
        await socket.send(type="location", latitude=40.4, longitude=-3)
        await socket.send(type="text", text="/Help")
        await socket.send(type="text", text="/nothing of ours")
        for _ in range(5):
            await socket.next("ack")
    start, button, place, help_, text = (item.event for item in page.server.host.accepted)
    assert isinstance(start, CommandReceived)
    assert (start.name, start.argument, start.locale_hint) == ("start", "e_madrid_egov_nie", "es-419")
    assert isinstance(button, ButtonPressed)
    assert (button.token, button.index) == ("t1", 3)
    assert isinstance(place, LocationShared)
    assert (place.latitude, place.longitude) == (40.4, -3.0)
    assert isinstance(help_, CommandReceived)
    assert help_.name == "help"
    assert isinstance(text, TextReceived)
    assert text.text == "/nothing of ours"


async def test_an_acknowledgement_waits_for_the_host(page: Page) -> None:
    page.server.host.refusals = [StoreError("disk full"), Overloaded(7.0)]
    async with page.socket() as socket:
        await socket.next("ready")
        for retry_after_s in (3.0, 7.0):
            await socket.send(type="text", text="hola", id="one")
            assert await socket.next() == {"type": "error", "code": "busy", "id": "one", "retry_after_s": retry_after_s}
        await socket.send(type="text", text="hola", id="one")
        assert await socket.next() == {"type": "ack", "id": "one"}
    assert page.server.host.texts() == ["hola"]


async def test_a_frame_sent_again_counts_once(page: Page) -> None:
    for _ in range(2):
        async with page.socket() as socket:
            await socket.send(type="text", text="hola", id="same-id")
            await socket.next("ack")
    assert page.server.host.texts() == ["hola"]


async def test_the_same_id_of_another_contact_is_another_event(server: Served) -> None:
    async with page_of(server) as one, page_of(server) as two:
        for page in (one, two):
            async with page.socket() as socket:
                await socket.send(type="text", text="hola", id="same-id")
                await socket.next("ack")
    assert len({item.contact for item in server.host.accepted}) == 2


async def test_coming_back_replays_what_was_missed(page: Page) -> None:
    async with page.socket() as socket:
        await socket.say("first")
        seen = (await socket.next("message"))["id"]
    missed = await page.server.host.tell(page.contact, say("while you were away"))
    async with page.socket(after=seen) as socket:
        frames = await socket.until("ready")
        assert [frame["id"] for frame in frames[:-1]] == [missed]
        await socket.say("second")
        assert said(await socket.next("message")) == "echo: second"
    async with page.socket() as socket:
        everything = await socket.until("ready")
    assert [said(frame) for frame in everything[:-1]] == ["first", "echo: first", "while you were away", "second", "echo: second"]
    assert [frame["author"] for frame in everything[:2]] == ["contact", "bot"]


async def test_history_survives_a_restart(page: Page) -> None:
    async with page.socket() as socket:
        await socket.say("before")
        await socket.next("message")
        await page.server.stop()
        with pytest.raises(ConnectionClosed):
            await socket.next("nothing of this kind")
    await page.server.start()
    async with page.socket() as socket:
        assert [said(frame) for frame in (await socket.until("ready"))[:-1]] == ["before", "echo: before"]


async def test_contacts_never_see_each_other(server: Served) -> None:
    async with page_of(server) as one, page_of(server) as two, one.socket() as first, two.socket() as second:
        await first.next("ready")
        await second.next("ready")
        await first.say("mine")
        await second.say("yours")
        assert said(await first.next("message")) == "echo: mine"
        assert said(await second.next("message")) == "echo: yours"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(first.next(), 0.1)


async def test_every_open_page_of_a_contact_is_told(page: Page) -> None:
    async with page.socket() as one, page.socket() as two:
        await one.next("ready")
        await two.next("ready")
        await one.say("hola")
        assert (await one.next("message")) == (await two.next("message"))


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "no json",
        "[]",
        "null",
        "7",
        "{}",
        "[" * 100_000,
        '{"id":"x","type":"text"}',
        '{"id":"x","type":"text","text":7}',
        '{"id":"x","type":"text","text":"\\ud800"}',
        '{"id":"no/good","type":"text","text":"a"}',
        '{"id":"' + "x" * 65 + '","type":"text","text":"a"}',
        '{"id":"x","type":"command","name":"erase everything"}',
        '{"id":"x","type":"command","name":"start","argument":"<script>"}',
        '{"id":"x","type":"button","token":"","index":0}',
        '{"id":"x","type":"button","token":"t","index":true}',
        '{"id":"x","type":"button","token":"t","index":-1}',
        '{"id":"x","type":"button","token":"t","index":99999999999999999999999}',
        '{"id":"x","type":"location","latitude":NaN,"longitude":0}',
        '{"id":"x","type":"location","latitude":91,"longitude":0}',
        '{"id":"x","type":"location","latitude":"40","longitude":0}',
        '{"id":"x","type":"unheard of"}',
        b"\x00\xff binary",
        b'{"id":"x","type":"text","text":"in a binary frame"}',
        '{"id":"x","type":"text","text":"a","locale":"<b>"}',
    ],
)
async def test_nonsense_is_refused_and_the_connection_stays(page: Page, raw: str | bytes) -> None:
    async with page.socket() as socket:
        await socket.next("ready")
        await socket.connection.send(raw)
        refusal = await socket.next()
        assert (refusal["type"], refusal["code"]) == ("error", "malformed")
        await socket.say("still here")
        assert said(await socket.next("message")) == "echo: still here"
    assert page.server.host.texts() == ["still here"]


async def test_a_refusal_names_its_frame(page: Page) -> None:
    async with page.socket() as socket:
        await socket.send(type="text", text=" \x00\n ", id="blank")
        await socket.send(type="dance", id="strange")
        frames = [await socket.next("error"), await socket.next("error")]
    assert [(frame["id"], frame["code"]) for frame in frames] == [("blank", "empty"), ("strange", "malformed")]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a" * 100_000, "a" * MAX_TEXT),
        ("😀" * 100_000, "😀" * MAX_TEXT),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("eins\r\nzwei\tdrei", "eins\nzwei\tdrei"),
        ("\u202eabc\u2066 \u200fمرحبا", "\u202eabc\u2066 \u200fمرحبا"),
        ("<script>alert(1)</script> *_`[", "<script>alert(1)</script> *_`["),
        ("خانه\u200cها", "خانه\u200cها"),
    ],
)
async def test_texts_arrive_clean_and_cut(page: Page, text: str, kept: str) -> None:
    async with page.socket() as socket:
        await socket.say(text)
        await socket.next("ack")
    assert page.server.host.texts() == [kept]


async def test_a_huge_frame_is_refused_and_the_connection_stays(page: Page) -> None:
    async with page.socket() as socket:
        await socket.say("a" * 600_000)
        assert (await socket.next("error"))["code"] == "too_large"
        await socket.say("é" * 300_000)
        assert (await socket.next("error"))["code"] == "too_large"
        await socket.say("small")
        assert said(await socket.next("message")) == "echo: small"


async def test_a_ping_is_answered_and_nothing_is_kept(page: Page) -> None:
    async with page.socket() as socket:
        await socket.connection.send('{"type":"ping"}')
        assert await socket.next("pong") == {"type": "pong"}
    assert page.server.host.accepted == []


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:1", "http://127.0.0.1.evil.example", "//"])
async def test_another_sites_page_cannot_connect(page: Page, origin: str | None) -> None:
    url = f"{page.server.url.replace('http', 'ws', 1)}/chat/socket"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, origin=origin, additional_headers={"Cookie": page.cookie}):  # type: ignore[arg-type]
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "cookie", ["", "dragoman=", "dragoman=made-up", f"dragoman=s.{'A' * 43}.{'0' * 64}", "__Host-dragoman=x", "dragoman=é"]
)
async def test_a_cookie_we_did_not_issue_opens_nothing(page: Page, cookie: str) -> None:
    page.cookie = cookie
    async with page.socket() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CLOSE_NO_SESSION


async def test_a_changed_cookie_opens_nothing(page: Page) -> None:
    name, _, value = page.cookie.partition("=")
    assert value.startswith("s.")
    page.cookie = f"{name}=k{value[1:]}"  # claiming a longer life than was given
    async with page.socket() as socket:
        with pytest.raises(ConnectionClosed):
            await socket.next()


async def test_the_host_never_learns_the_cookie(page: Page) -> None:
    async with page.socket() as socket:
        await socket.say("hola")
        await socket.next("ack")
    address, secret = page.contact.address, page.cookie.split(".")[1]
    assert len(address) == 64
    assert secret not in repr(page.server.host.accepted)
    assert page.server.host.accepted[0].external_id.startswith(address[:32] + ":")


async def test_too_many_pages_close_the_oldest(page: Page) -> None:
    async with page.socket() as oldest:
        await oldest.next("ready")
        others = [page.socket() for _ in range(LINES_PER_ADDRESS)]
        for other in others:
            await (await other.__aenter__()).next("ready")
        with pytest.raises(ConnectionClosed) as closed:
            await oldest.next()
        for other in others:
            await other.__aexit__(None, None, None)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CLOSE_REPLACED


async def test_a_page_that_does_not_read_is_dropped_and_loses_nothing(page: Page) -> None:
    big = say("x" * 200_000)
    async with page.socket() as socket:
        await socket.next("ready")
        await socket.say("hola")
        await socket.next("message")
        socket.connection.transport.pause_reading()
        begin = asyncio.get_running_loop().time()
        ids = [await page.server.host.tell(page.contact, big) for _ in range(LINE_FRAMES * 3)]
        assert asyncio.get_running_loop().time() - begin < 2  # no sender waits for a dead page
        async with asyncio.timeout(30):
            while page.server.channel._hub._lines:
                await asyncio.sleep(0.01)
        socket.connection.transport.abort()
    async with page.socket(after=ids[-3]) as socket:
        assert [frame["id"] for frame in (await socket.until("ready"))[:-1]] == ids[-2:]


async def test_a_message_that_another_process_sent_shows_here_once(page: Page) -> None:
    told: list[tuple[str, int]] = []
    channel, host = page.server.channel, page.server.host
    channel.tell_by(lambda mark, message_id: told.append((mark, message_id)))
    async with page.socket() as socket:
        await socket.say("hola")
        await socket.next("message")
        ((mark, first),) = told
        assert page.contact.address not in mark
        host.channel = None  # the next ones are sent by others
        ids = [await host.tell(page.contact, say(text)) for text in ("one", "two")]
        for message_id in ids:
            channel.heard(mark, message_id)
        channel.heard("0" * 32, ids[0])
        channel.heard(mark, ids[-1] + 5)
        assert [said(await socket.next("message")) for _ in ids] == ["one", "two"]
        channel.missed()
        await socket.connection.wait_closed()
        assert socket.connection.close_code == 1013
    async with page.socket(after=first) as socket:
        assert [frame["id"] for frame in (await socket.until("ready"))[:-1]] == ids


async def test_sending_to_nobody_is_success(page: Page) -> None:
    async with page.socket() as socket:
        await socket.say("hola")
        await socket.next("message")
    await page.server.host.tell(page.contact, say("are you there?"))


async def test_after_stop_receiving_nothing_is_taken_but_answers_still_arrive(page: Page) -> None:
    async with page.socket() as socket:
        await socket.say("hola")
        await socket.next("message")
        await page.server.channel.stop_receiving()
        await socket.say("too late")
        assert (await socket.next("error"))["code"] == "busy"
        await page.server.host.tell(page.contact, say("answer in hand"))
        assert said(await socket.next("message")) == "answer in hand"
    async with page.socket() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CLOSE_LATER
    assert page.server.host.texts() == ["hola"]


@pytest.mark.parametrize("after", ["-1", "x", "", "9" * 400, "1e3", "٣"])
async def test_a_strange_cursor_means_everything(page: Page, after: str) -> None:
    async with page.socket() as socket:
        await socket.say("hola")
        await socket.next("message")
    async with page.socket(after=after) as socket:  # type: ignore[arg-type]
        assert len(await socket.until("ready")) == 3


async def test_a_hundred_texts_keep_their_order(page: Page) -> None:
    async with page.socket() as socket:
        await socket.next("ready")
        for number in range(40):
            await socket.say(str(number))
        answers = [json.dumps(await socket.next("message")) for _ in range(40)]
    assert page.server.host.texts() == [str(number) for number in range(40)]
    assert [said(json.loads(answer)) for answer in answers] == [f"echo: {number}" for number in range(40)]
