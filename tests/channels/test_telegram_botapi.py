"""The loopback Bot API server itself: a test server that is too kind would make every other test worthless."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.botapi import TOKEN, BotApi, Faults
from tests.botapi.markup import Entity, ParseError, parse_html

AMINA = 5550001


class Client:
    """Calls methods as any HTTP client would."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url = session, url

    async def __call__(self, method: str, **values: object) -> dict[str, object]:
        async with self.session.post(f"{self.url}/bot{TOKEN}/{method}", json=values) as answer:
            found: dict[str, object] = await answer.json()
            return found

    async def refusal(self, method: str, **values: object) -> str:
        answer = await self(method, **values)
        assert answer["ok"] is False
        return f"{answer['error_code']} {answer['description']}"


@pytest.fixture
async def call(api: BotApi) -> AsyncIterator[Client]:
    api.languages[AMINA] = "es"
    async with aiohttp.ClientSession() as session:
        yield Client(session, api.url)


async def ids(call: Client, **values: object) -> list[int]:
    result = (await call("getUpdates", **values))["result"]
    assert isinstance(result, list)
    return [update["update_id"] for update in result]


async def test_an_offset_acknowledges_what_is_below_and_nothing_else(api: BotApi, call: Client) -> None:
    first, second, third = [api.say(AMINA, str(number)) for number in range(3)]
    assert await ids(call) == [first, second, third]
    assert await ids(call, limit=2) == [first, second]
    assert await ids(call, offset=second) == [second, third]
    assert await ids(call, offset=0) == [second, third]
    assert await ids(call, offset=third + 1) == []
    assert (len(api.pending), api.acknowledged) == (0, 3)


async def test_a_long_poll_waits_for_an_update_and_a_second_one_ends_the_first(api: BotApi, call: Client) -> None:
    waiting = asyncio.create_task(ids(call, timeout=5))
    await asyncio.sleep(0.1)
    number = api.say(AMINA, "x")
    assert await waiting == [number]
    older = asyncio.create_task(call.refusal("getUpdates", timeout=5, offset=number + 1))
    await asyncio.sleep(0.1)
    newer = asyncio.create_task(ids(call, timeout=0, offset=number + 1))
    assert (await older).startswith("409 Conflict")
    assert await newer == []


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n\t"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "a <ana@example.org>", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "x", "chat_id": 999}, "chat not found"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "ж" * 33}]]}}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": ""}]]}}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "tel:112"}]]}}, "Unsupported URL protocol"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "", "callback_data": "a"}]]}}, "unallowed"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}}, "unallowed"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "a"}] * 9]}}, "too long"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]] * 101}}, "too long"),
        ({"text": "x", "reply_markup": "{"}, "can't parse"),
    ],
)
async def test_what_the_real_server_refuses_is_refused(values: dict[str, object], refusal: str, api: BotApi, call: Client) -> None:
    assert refusal in await call.refusal("sendMessage", **({"chat_id": AMINA} | values))
    assert not api.sent(AMINA)


async def test_the_limits_themselves_pass(api: BotApi, call: Client) -> None:
    keyboard = {"inline_keyboard": [[{"text": "a", "callback_data": "x" * 64}] * 8] * 12}
    assert (await call("sendMessage", chat_id=AMINA, text="😀" * 4096, reply_markup=keyboard))["ok"] is True
    assert (await call("sendMessage", chat_id=AMINA, text="<b>" + "&amp;" * 4096 + "</b>", parse_mode="HTML"))["ok"] is True
    assert [len(sent.text) for sent in api.sent(AMINA)] == [4096, 4096]


async def test_wrong_tokens_and_methods_are_refused(api: BotApi, call: Client) -> None:
    assert (await call.refusal("sendTelepathy", chat_id=AMINA)).startswith("404")
    async with call.session.get(f"{api.url}/bot1:x/getMe") as answer:
        assert answer.status == 401


async def test_a_call_inside_the_named_wait_is_noticed(api: BotApi, call: Client) -> None:
    api.faults.next("sendMessage", "throttle", retry_after=0.2)
    for _ in range(2):
        assert (await call.refusal("sendMessage", chat_id=AMINA, text="x")).startswith("429")
    assert api.too_early == 1
    await asyncio.sleep(0.25)
    assert (await call("sendMessage", chat_id=AMINA, text="x"))["ok"] is True


async def test_a_message_can_be_edited_but_not_to_the_same(api: BotApi, call: Client) -> None:
    await call("sendMessage", chat_id=AMINA, text="x")
    number = api.sent(AMINA)[0].message_id
    assert "not modified" in await call.refusal("editMessageText", chat_id=AMINA, message_id=number, text="x")
    await call("editMessageText", chat_id=AMINA, message_id=number, text="y")
    assert [sent.text for sent in api.sent(AMINA)] == ["y"]
    assert (await call("sendChatAction", chat_id=AMINA, action="typing"))["result"] is True


def test_the_same_seed_gives_the_same_faults() -> None:
    shares = {"throttle": 0.1, "bad_gateway": 0.1, "drop_after": 0.1}
    plans = [[fault and fault.kind for fault in map(Faults(5, shares).draw, ["sendMessage"] * 300)] for _ in range(2)]
    assert plans[0] == plans[1]
    assert 50 < sum(kind is not None for kind in plans[0]) < 130
    assert Faults(5, shares).draw("getMe") is None
    with pytest.raises(ValueError, match="unknown"):
        Faults(5, {"gremlins": 1})


@pytest.mark.parametrize(
    ("source", "seen", "entities"),
    [
        ("a &lt;b&gt; &amp; &quot; &#x27; &#39;", "a <b> & \" ' '", []),
        ("&nbsp; &copy", "&nbsp; &copy", []),
        ("<b>x<i>y</i></b>", "xy", [Entity("i", 1, 2), Entity("b", 0, 2)]),
        ('<a href="https://e.org/?a=1&amp;b">x</a>', "x", [Entity("a", 0, 1, "https://e.org/?a=1&b")]),
        ("<B></B>", "", []),
    ],
)
def test_html_is_read_as_telegram_does(source: str, seen: str, entities: list[Entity]) -> None:
    assert parse_html(source) == (seen, entities)


@pytest.mark.parametrize(
    "source", ["<", "< b>", "<b", "<script>x</script>", "</b>", "<b>x</i>", "<b>x", "<a href=x", "<br>", "<b/>", "1 < 2"]
)
def test_html_telegram_refuses(source: str) -> None:
    with pytest.raises(ParseError):
        parse_html(source)


async def test_it_runs_as_a_process_of_its_own_and_is_steered_over_http() -> None:
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.botapi", stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    url = (await child.stdout.readline()).decode().split()[1]
    async with aiohttp.ClientSession() as session:

        async def control(action: str, body: object) -> dict[str, object]:
            async with session.post(f"{url}/control/{action}", json=body) as answer:
                found: dict[str, object] = await answer.json()
                return found

        made = await control("say", [{"user": 1, "text": "a"}, {"user": 2, "text": "b", "language": "ar"}])
        assert await ids(Client(session, url)) == made["update_ids"]
        keyboard = {"inline_keyboard": [[{"text": "A", "callback_data": "t:0"}]]}
        await Client(session, url)("sendMessage", chat_id=1, text="hola", reply_markup=keyboard)
        await control("press", {"user": 1, "choice": "A"})
        await control("faults", {"seed": 1, "shares": {"bad_gateway": 1.0}})
        assert (await Client(session, url).refusal("sendMessage", chat_id=1, text="x")).startswith("502")
        async with session.get(f"{url}/control/figures") as answer:
            figures = await answer.json()
        assert (figures["pending"], figures["sent"], figures["faults"]) == (3, 1, {"bad_gateway": 1})
        async with session.get(f"{url}/control/sent", params={"user": 1}) as answer:
            assert [sent["text"] for sent in await answer.json()] == ["hola"]
        async with session.get(f"{url}/control/deliveries") as answer:
            assert await answer.json() == [[1, "hola", 1]]
    child.terminate()
    assert await asyncio.wait_for(child.wait(), 5) == 0
