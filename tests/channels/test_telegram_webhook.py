"""The webhook on a real web server: forgeries, floods and odd bodies are refused, the rest is kept before it is acknowledged."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from multidict import CIMultiDict

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.webhook import MAX_BODY, PATH, SECRET_HEADER
from bot.errors import Overloaded, StoreError
from bot.model import GroupPressed, GroupSaid, TextReceived
from tests.botapi import BotApi
from tests.channels.hosts import MemoryHost, served
from tests.channels.telegram_rig import SECRET, group_ref, make_channel
from tests.running import free_port

AMINA, GROUP, OTHER = 5550001, -1001, -1002
PERSON = {"id": AMINA, "is_bot": False, "first_name": "A"}
UPDATE = {
    "update_id": 5,
    "message": {"message_id": 1, "date": 1767225600, "chat": {"id": AMINA, "type": "private"}, "from": PERSON, "text": "hola"},
}
GOOD = {SECRET_HEADER: SECRET}


@dataclass
class Hook:
    """A channel in webhook mode and the address of the server it answers on."""

    channel: TelegramChannel
    url: str
    session: aiohttp.ClientSession

    async def post(self, body: bytes = json.dumps(UPDATE).encode(), headers: object = None, query: str = "") -> aiohttp.ClientResponse:
        """Call as Telegram does, or as somebody else."""
        given = GOOD if headers is None else headers
        async with self.session.post(f"{self.url}{PATH}{query}", data=io.BytesIO(body), headers=given) as answer:  # type: ignore[arg-type]
            await answer.read()
            return answer


@pytest.fixture
async def hook(api: BotApi, host: MemoryHost) -> AsyncIterator[Hook]:
    port = free_port()
    channel = make_channel(api, mode="webhook", public_url=f"http://127.0.0.1:{port}/", webhook_secret=SECRET)
    async with served(channel.routes(), port) as url, aiohttp.ClientSession() as session:
        await channel.start(host)
        yield Hook(channel, url, session)
        await channel.close()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SECRET_HEADER: ""},
        {SECRET_HEADER: "wrong"},
        {SECRET_HEADER: SECRET[:-1]},
        {SECRET_HEADER: SECRET + "x"},
        {SECRET_HEADER: SECRET.upper()},
        {SECRET_HEADER: "ñandú-secreto"},
        {"X-Telegram-Bot-Api-Secret": SECRET},
        {"Authorization": f"Bearer {SECRET}"},
        CIMultiDict([(SECRET_HEADER, SECRET), (SECRET_HEADER, SECRET)]),
        CIMultiDict([(SECRET_HEADER, "wrong"), (SECRET_HEADER, SECRET)]),
    ],
    ids=str,
)
async def test_forgeries_are_refused_and_nothing_is_kept(headers: object, hook: Hook, host: MemoryHost) -> None:
    for query in ("", f"?{SECRET_HEADER}={SECRET}", f"?secret_token={SECRET}"):
        assert (await hook.post(headers=headers, query=query)).status == 403
    assert host.calls == 0


async def test_an_update_is_kept_before_it_is_acknowledged(hook: Hook, host: MemoryHost) -> None:
    host.before_accept = asyncio.Event()
    call = asyncio.create_task(hook.post())
    await asyncio.sleep(0.1)
    assert host.calls == 1
    assert not call.done()
    host.before_accept.set()
    assert (await call).status == 200
    assert (await hook.post()).status == 200
    assert (len(host.accepted), host.repeats) == (1, 1)


async def test_a_host_that_cannot_keep_it_makes_telegram_come_again(hook: Hook, host: MemoryHost) -> None:
    host.refusals = [Overloaded(7), StoreError("disk full")]
    first, second, third = [await hook.post() for _ in range(3)]
    assert (first.status, first.headers["Retry-After"]) == (503, "7")
    assert second.status == 503
    assert int(second.headers["Retry-After"]) > 0
    assert third.status == 200
    assert len(host.accepted) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"null", 200),
        (b"[]", 200),
        (b'{"update_id": "5"}', 200),
        (b'{"update_id": 5, "message": {"text": 1}}', 200),
        (b'{"update_id": 5, "hologram": {}}', 200),
        (b'{"a": "' + b"x" * MAX_BODY + b'"}', 413),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_odd_bodies(body: bytes, status: int, hook: Hook, host: MemoryHost) -> None:
    assert (await hook.post(body)).status == status
    assert not host.accepted


async def test_a_body_without_length_is_stopped_at_the_limit(hook: Hook, host: MemoryHost) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 65536

    try:
        async with hook.session.post(f"{hook.url}{PATH}", data=endless(), headers=GOOD) as answer:
            assert answer.status == 413
    except aiohttp.ClientConnectionError:
        pass  # the server hung up while we were still writing: as good
    assert host.calls == 0


async def test_other_methods_are_refused(hook: Hook) -> None:
    async with hook.session.get(f"{hook.url}{PATH}", headers=GOOD) as answer:
        assert answer.status == 405


async def test_the_server_delivers_through_the_webhook_in_order(api: BotApi, host: MemoryHost, hook: Hook) -> None:
    host.refusals = [StoreError("busy"), Overloaded(0.1)]
    api.faults.repeats = 0.3
    for number in range(20):
        api.say(AMINA, str(number))
    await host.wait(20, timeout_s=20)
    await api.wait_acknowledged(20)
    assert [event.text for event in host.events if isinstance(event, TextReceived)] == [str(number) for number in range(20)]
    assert host.repeats > 0
    assert api.deliverer.webhook.secret == SECRET
    assert api.deliverer.webhook.allowed == ("message", "edited_message", "callback_query", "my_chat_member")


async def test_a_desk_group_is_heard_through_the_webhook(api: BotApi, host: MemoryHost, hook: Hook) -> None:
    host.linked.add(group_ref(GROUP))
    api.make_forum(GROUP)
    api.make_forum(OTHER)
    topic = api.make_topic(GROUP, "x").id
    host.refusals = [StoreError("busy")]
    api.say_in_group(OTHER, AMINA, "secret of another group")
    api.say_in_group(GROUP, AMINA, "Buenos días", topic)
    api.press_data(AMINA, "d:claim:214", GROUP, topic=topic)
    api.send_media(AMINA, "photo", group=GROUP, topic=topic)
    incoming = await host.wait(3, timeout_s=20)
    assert {item.contact for item in incoming} == {group_ref(GROUP)}
    said = [event for event in host.events if isinstance(event, GroupSaid)]
    assert [(event.text, event.topic, event.attachment is not None) for event in said] == [("Buenos días", topic, False), ("", topic, True)]
    assert [event.action for event in host.events if isinstance(event, GroupPressed)] == ["claim:214"]  # presses have a queue of their own
    async with asyncio.timeout(30):
        while api.left_groups != [OTHER] or 0 in api.queries.values():
            await asyncio.sleep(0.01)


async def test_a_stopped_channel_refuses_instead_of_losing(hook: Hook, host: MemoryHost) -> None:
    await hook.channel.stop_receiving()
    answer = await hook.post()
    assert (answer.status, "Retry-After" in answer.headers) == (503, True)
    assert host.calls == 0


async def test_an_update_that_arrives_while_stopping_must_come_again(hook: Hook, host: MemoryHost) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield json.dumps(UPDATE).encode()[:20]
        await asyncio.sleep(0.05)
        await hook.channel.stop_receiving()
        yield json.dumps(UPDATE).encode()[20:]

    async with hook.session.post(f"{hook.url}{PATH}", data=slowly(), headers=GOOD) as answer:
        assert answer.status == 503
    assert host.calls == 0


async def test_polling_takes_the_webhook_away(api: BotApi, host: MemoryHost, hook: Hook) -> None:
    async with asyncio.timeout(30):
        while not api.deliverer.webhook.url:
            await asyncio.sleep(0.01)
    await hook.channel.stop_receiving()
    api.say(AMINA, "kept at the server")
    poller = make_channel(api)
    assert not poller.routes()
    await poller.start(host)
    await host.wait(1)
    assert not api.deliverer.webhook.url
    await poller.close()
