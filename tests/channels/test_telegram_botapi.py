"""The loopback Bot API server itself: a test server that is too kind would make every other test worthless."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from tests.botapi import BOT_ID, TOKEN, BotApi, Faults
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
        await control("faults", {})
        await check_group_over_http(session, url, control)
    child.terminate()
    assert await asyncio.wait_for(child.wait(), 5) == 0


Control = Callable[[str, object], Awaitable[dict[str, object]]]


async def check_group_over_http(session: aiohttp.ClientSession, url: str, control: Control) -> None:
    """Steer a group from another process: its members write, press, send files, and its topic is deleted under the bot."""
    call = Client(session, url)
    await control("make_forum", {"group": GROUP, "per_minute": 2})
    topic = await topic_of(call)
    keyboard = {"inline_keyboard": [[{"text": "I take it", "callback_data": "d:claim:214"}]]}
    await call("sendMessage", chat_id=GROUP, message_thread_id=topic, text="card", reply_markup=keyboard)
    assert (await call.refusal("sendMessage", chat_id=GROUP, text="x")).startswith("429")
    await control("press", {"user": 3, "choice": "I take it", "group": GROUP})
    await control("say_in_group", {"group": GROUP, "user": 3, "text": "hola", "topic": topic, "anonymous": True})
    await control("send_media", {"user": 3, "kind": "photo", "caption": "look", "size": 5, "group": GROUP, "topic": topic})
    press, said, photo = (await call("getUpdates"))["result"][-3:]  # type: ignore[index]
    assert press["callback_query"]["data"] == "d:claim:214"
    assert (said["message"]["message_thread_id"], said["message"]["sender_chat"]["id"]) == (topic, GROUP)
    assert (photo["message"]["caption"], photo["message"]["photo"][-1]["file_size"]) == ("look", 5)
    await control("delete_topic", {"group": GROUP, "topic": topic})
    async with session.get(f"{url}/control/topics", params={"group": GROUP}) as answer:
        assert await answer.json() == [{"id": topic, "name": "Blue heron", "is_closed": False, "is_deleted": True}]
    async with session.get(f"{url}/control/sent", params={"user": GROUP}) as answer:
        assert await answer.json() == []


# ---------------------------------------------------------------- groups, topics and files

GROUP = -1001


async def topic_of(call: Client, name: str = "Blue heron") -> int:
    made = (await call("createForumTopic", chat_id=GROUP, name=name))["result"]
    assert isinstance(made, dict)
    return int(made["message_thread_id"])


async def test_a_message_comes_out_in_its_topic_and_says_so(api: BotApi, call: Client) -> None:
    api.make_forum(GROUP)
    topic = await topic_of(call)
    answer = await call("sendMessage", chat_id=GROUP, text="x", message_thread_id=topic)
    assert isinstance(answer["result"], dict)
    assert (answer["result"]["message_thread_id"], answer["result"]["is_topic_message"]) == (topic, True)
    await call("sendMessage", chat_id=GROUP, text="y")
    assert ([sent.text for sent in api.in_topic(GROUP, topic)], [sent.text for sent in api.in_topic(GROUP, None)]) == (["x"], ["y"])


@pytest.mark.parametrize("wrong", [1, 999])
async def test_general_and_what_does_not_exist_are_no_topics(wrong: int, api: BotApi, call: Client) -> None:
    api.make_forum(GROUP)
    for method, content in (("sendMessage", {"text": "x"}), ("sendLocation", {"latitude": 1, "longitude": 1})):
        refusal = await call.refusal(method, chat_id=GROUP, message_thread_id=wrong, **content)
        assert refusal == "400 Bad Request: message thread not found"
    assert "message thread not found" in await call.refusal("sendMessage", chat_id=AMINA, text="x", message_thread_id=wrong)


async def test_a_deleted_topic_takes_nothing_or_loses_it(api: BotApi, call: Client) -> None:
    group = api.make_forum(GROUP)
    topic = await topic_of(call)
    await call("sendMessage", chat_id=GROUP, text="x", message_thread_id=topic)
    assert (await call("deleteForumTopic", chat_id=GROUP, message_thread_id=topic))["result"] is True
    assert [sent.text for sent in api.deleted] == ["x"]
    assert "message thread not found" in await call.refusal("sendMessage", chat_id=GROUP, text="x", message_thread_id=topic)
    assert "TOPIC_ID_INVALID" in await call.refusal("deleteForumTopic", chat_id=GROUP, message_thread_id=topic)
    group.loses_posts = True
    answer = await call("sendMessage", chat_id=GROUP, text="x", message_thread_id=topic)
    assert isinstance(answer["result"], dict)
    assert "message_thread_id" not in answer["result"]


async def test_topics_are_named_closed_and_opened(api: BotApi, call: Client) -> None:
    group = api.make_forum(GROUP)
    topic = await topic_of(call)
    assert (await call("editForumTopic", chat_id=GROUP, message_thread_id=topic, name="Red fox"))["result"] is True
    assert "TOPIC_NOT_MODIFIED" in await call.refusal("editForumTopic", chat_id=GROUP, message_thread_id=topic, name="Red fox")
    assert group.topics[topic].name == "Red fox"
    assert (await call("closeForumTopic", chat_id=GROUP, message_thread_id=topic))["result"] is True
    assert (await call("sendMessage", chat_id=GROUP, text="x", message_thread_id=topic))["ok"] is True
    group.rights = frozenset()
    assert "TOPIC_CLOSED" in await call.refusal("sendMessage", chat_id=GROUP, text="x", message_thread_id=topic)
    group.rights = frozenset({"can_manage_topics"})
    assert (await call("reopenForumTopic", chat_id=GROUP, message_thread_id=topic))["result"] is True
    for name in ("", " ", "x" * 129):
        assert "400" in await call.refusal("createForumTopic", chat_id=GROUP, name=name)


async def test_rights_are_asked_for(api: BotApi, call: Client) -> None:
    group = api.make_forum(GROUP, rights=())
    assert "not enough rights" in await call.refusal("createForumTopic", chat_id=GROUP, name="x")
    group.rights = frozenset({"can_manage_topics"})
    topic = await topic_of(call)
    assert "not enough rights" in await call.refusal("deleteForumTopic", chat_id=GROUP, message_thread_id=topic)
    group.is_forum = False
    assert "not a forum" in await call.refusal("createForumTopic", chat_id=GROUP, name="x")
    assert "not a forum" in await call.refusal("createForumTopic", chat_id=AMINA, name="x")


async def test_the_bot_and_others_are_members(api: BotApi, call: Client) -> None:
    group = api.make_forum(GROUP, rights=("can_manage_topics",))
    me = (await call("getChatMember", chat_id=GROUP, user_id=BOT_ID))["result"]
    assert isinstance(me, dict)
    assert (me["status"], me["can_manage_topics"], me["can_delete_messages"]) == ("administrator", True, False)
    group.rights = None
    for user in (BOT_ID, AMINA):
        found = (await call("getChatMember", chat_id=GROUP, user_id=user))["result"]
        assert isinstance(found, dict)
        assert found["status"] == "member"


async def test_a_group_takes_so_many_messages_a_minute(api: BotApi, call: Client) -> None:
    group = api.make_forum(GROUP)
    group.minute_s = 0.5
    for _ in range(20):
        assert (await call("sendMessage", chat_id=GROUP, text="x"))["ok"] is True
    answer = await call("sendMessage", chat_id=GROUP, text="x")
    assert answer["error_code"] == 429
    assert answer["parameters"] == {"retry_after": 1}
    assert (await call("sendMessage", chat_id=AMINA, text="x"))["ok"] is True
    await asyncio.sleep(0.6)
    assert (await call("sendMessage", chat_id=GROUP, text="x"))["ok"] is True


async def test_groups_we_left_were_thrown_out_of_or_that_moved(api: BotApi, call: Client) -> None:
    group = api.make_forum(GROUP)
    api.migrate(GROUP, -1009, AMINA)
    answer = await call("sendMessage", chat_id=GROUP, text="x")
    assert (answer["error_code"], answer["parameters"]) == (400, {"migrate_to_chat_id": -1009})
    group.moved_to = None
    assert (await call("leaveChat", chat_id=GROUP))["result"] is True
    assert (await call.refusal("sendMessage", chat_id=GROUP, text="x")).startswith("403 Forbidden")
    api.add_to_group(GROUP, AMINA)
    assert (await call("sendMessage", chat_id=GROUP, text="x"))["ok"] is True


async def test_messages_are_deleted_once_and_only_while_that_is_possible(api: BotApi, call: Client) -> None:
    group = api.make_forum(GROUP, rights=())
    for text in ("new", "old"):
        await call("sendMessage", chat_id=AMINA, text=text)
    new, old = api.sent(AMINA)
    old.is_old = True
    assert "can't be deleted for everyone" in await call.refusal("deleteMessage", chat_id=AMINA, message_id=old.message_id)
    assert "can't be edited" in await call.refusal("editMessageText", chat_id=AMINA, message_id=old.message_id, text="x")
    assert (await call("deleteMessage", chat_id=AMINA, message_id=new.message_id))["result"] is True
    for method in ("deleteMessage", "editMessageText"):
        assert "not found" in await call.refusal(method, chat_id=AMINA, message_id=new.message_id, text="x")
    api.say_in_group(GROUP, AMINA, "x")
    assert "can't be deleted" in await call.refusal("deleteMessage", chat_id=GROUP, message_id=api.last_id)
    assert "can't be edited" in await call.refusal("editMessageText", chat_id=GROUP, message_id=api.last_id, text="y")
    group.rights = frozenset({"can_delete_messages"})
    assert (await call("deleteMessage", chat_id=GROUP, message_id=api.last_id))["result"] is True


async def test_a_file_is_sent_again_by_its_id_as_what_it_is(api: BotApi, call: Client) -> None:
    file = api.keep_file("video_note", b"round", size=5)
    assert (await call("sendVideoNote", chat_id=AMINA, video_note=file.file_id))["ok"] is True
    assert "can't use file of type VideoNote as Video" in await call.refusal("sendVideo", chat_id=AMINA, video=file.file_id)
    assert "wrong file identifier" in await call.refusal("sendPhoto", chat_id=AMINA, photo="x" * 30)
    photo = api.keep_file("photo", b"pixels")
    assert "caption is too long" in await call.refusal("sendPhoto", chat_id=AMINA, photo=photo.file_id, caption="x" * 1025)
    assert (await call("sendPhoto", chat_id=AMINA, photo=photo.file_id, caption="x" * 1024))["ok"] is True
    number = api.sent(AMINA)[-1].message_id
    assert "no text" in await call.refusal("editMessageText", chat_id=AMINA, message_id=number, text="y")
    assert (await call("editMessageCaption", chat_id=AMINA, message_id=number, caption="y"))["ok"] is True
    assert "no caption" in await call.refusal("editMessageCaption", chat_id=AMINA, message_id=api.sent(AMINA)[0].message_id, caption="y")


@pytest.mark.parametrize(
    ("method", "field", "content", "refusal"),
    [
        ("sendPhoto", "photo", b"no picture", "IMAGE_PROCESS_FAILED"),
        ("sendPhoto", "photo", b"\xff\xd8\xff" + b"x" * 10 * 1024 * 1024, "too big for a photo"),
        ("sendDocument", "document", b"", "non-empty"),
        ("sendDocument", "document", b"x" * (50 * 1024 * 1024 + 1), "413"),
    ],
    ids=["no picture", "large picture", "empty", "large"],
)
async def test_uploads_that_are_refused(method: str, field: str, content: bytes, refusal: str, api: BotApi, call: Client) -> None:
    form = aiohttp.FormData({"chat_id": str(AMINA)})
    form.add_field(field, io.BytesIO(content), filename="x")
    async with call.session.post(f"{api.url}/bot{TOKEN}/{method}", data=form) as answer:
        found = await answer.json()
    assert refusal in f"{found['error_code']} {found['description']}"
    assert not api.sent(AMINA)


async def test_a_file_is_fetched_up_to_its_limit(api: BotApi, call: Client) -> None:
    api.send_file(AMINA, "document", b"%PDF-", name="a.pdf")
    (update,) = api.pending.values()
    file_id = update["message"]["document"]["file_id"]  # type: ignore[index]
    found = (await call("getFile", file_id=file_id))["result"]
    assert isinstance(found, dict)
    async with call.session.get(f"{api.url}/file/bot{TOKEN}/{found['file_path']}") as answer:
        assert await answer.read() == b"%PDF-"
    for path in (f"bot{TOKEN}/documents/unknown", f"bot1:x/{found['file_path']}"):
        async with call.session.get(f"{api.url}/file/{path}") as answer:
            assert answer.status in (401, 404)
    large = api.keep_file("document", b"x", size=20 * 1024 * 1024 + 1)
    assert "file is too big" in await call.refusal("getFile", file_id=large.file_id)
    assert "invalid file_id" in await call.refusal("getFile", file_id="x")


async def test_people_in_groups_look_as_telegram_shows_them(api: BotApi, call: Client) -> None:
    group = api.make_forum(GROUP)
    topic = api.make_topic(GROUP, "x").id
    api.say_in_group(GROUP, AMINA, "in a topic", topic)
    api.say_in_group(GROUP, AMINA, "an answer in General", reply_to=5)
    api.say_in_group(GROUP, AMINA, "as the group", anonymous=True)
    in_topic, answer, anonymous = [update["message"] for update in api.pending.values()]
    assert isinstance(in_topic, dict)
    assert isinstance(answer, dict)
    assert isinstance(anonymous, dict)
    assert (in_topic["message_thread_id"], in_topic["is_topic_message"], in_topic["reply_to_message"]["message_id"]) == (topic, True, topic)
    assert (answer["message_thread_id"], "is_topic_message" in answer) == (5, False)
    assert (anonymous["from"]["id"], anonymous["sender_chat"]) == (1087968824, group.chat())
