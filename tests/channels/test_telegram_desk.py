"""Desk groups over real HTTP: topics made, lost and deleted, the pace of a group, rights, and who is listened to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.channels import Parcel
from bot.channels.telegram import TelegramChannel, gate, topics
from bot.channels.telegram.desk import TelegramDeskChannel
from bot.channels.telegram.pace import MINUTE_S, PER_MINUTE
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled, ContactBlocked, StoreError
from bot.model import (
    ButtonPressed,
    ContactRef,
    GroupLinking,
    GroupMoved,
    GroupPressed,
    GroupSaid,
    Heading,
    Message,
    Option,
    Paragraph,
    Run,
    TextReceived,
    Venue,
)
from tests.botapi import BotApi
from tests.botapi.groups import Group
from tests.channels.hosts import MemoryHost
from tests.channels.telegram_rig import GROUP_TEXT, LINK_TEXT, NO_RIGHT, NOT_PASSED, card, group_ref, make_channel, send_all
from tests.channels.test_telegram import until

AMINA, LUCIA = 5550001, 5550003
GROUP = -1001
OTHER = -1002
DESK = group_ref(GROUP)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def channel(api: BotApi, host: MemoryHost) -> AsyncIterator[TelegramChannel]:
    """A polling channel that knows what to say in groups, and has introduced itself."""
    channel = make_channel(api, link_text=LINK_TEXT, no_right=NO_RIGHT, not_passed=NOT_PASSED)
    await channel.start(host)
    await until(lambda: api.calls["getUpdates"] > 0)
    yield channel
    await channel.close()


@pytest.fixture
def group(api: BotApi, host: MemoryHost) -> Group:
    """A linked forum in which the bot may do what a desk needs."""
    host.linked.add(DESK)
    return api.make_forum(GROUP)


@pytest.fixture
async def desk(channel: TelegramChannel, host: MemoryHost, group: Group) -> TelegramDeskChannel:
    desk = channel.desk_channel()
    await desk.start(host)
    return desk


def post(text: str, number: int = 214, *options: Option, line: int = 2, **more: object) -> Message:
    return Message("es", (Paragraph((Run(text),)),), options, thread=number, line=line, **more)  # type: ignore[arg-type]


def parcel(message: Message, *earlier: str, to: ContactRef = DESK) -> Parcel:
    return Parcel(to, 1, "tok3n", message, False, earlier)


def topic_of(host: MemoryHost, number: int = 214) -> int:
    return host.topics[(DESK, number)]


# ---------------------------------------------------------------- topics


async def test_each_case_gets_a_topic_named_by_its_card(api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group) -> None:
    for number in (214, 215):
        await desk.send(parcel(card(number)))
        await desk.send(parcel(post(f"says {number}", number)))
    assert [topic.name for topic in group.topics.values()] == ["Blue heron · 214", "Blue heron · 215"]
    for number in (214, 215):
        first, second = api.in_topic(GROUP, topic_of(host, number))
        assert first.text.startswith(f"Blue heron · {number}")
        assert second.text == f"says {number}"
    assert api.calls["createForumTopic"] == 2
    assert api.calls["editForumTopic"] == 0


async def test_what_belongs_to_no_case_goes_to_general(api: BotApi, desk: TelegramDeskChannel, group: Group) -> None:
    await desk.send(parcel(post("hello", 0, line=0)))
    (sent,) = api.in_topic(GROUP, None)
    assert sent.text == "hello"
    assert not group.topics


async def test_a_topic_is_not_made_twice_after_a_restart(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, desk: TelegramDeskChannel
) -> None:
    await desk.send(parcel(card(214)))
    again = channel.desk_channel()
    await again.start(host)
    await again.send(parcel(post("later")))
    assert [sent.text for sent in api.in_topic(GROUP, topic_of(host))][-1] == "later"
    assert api.calls["createForumTopic"] == 1


@pytest.mark.parametrize(
    ("heading", "name"),
    [("", "#214"), ("<b>x</b>\n& y", "<b>x</b> & y"), ("ñ" * 400, "ñ" * 128), ("\u200b", "\u200b")],
)
async def test_names_of_topics_are_made_to_fit(heading: str, name: str, desk: TelegramDeskChannel, group: Group) -> None:
    blocks = (Heading((Run(heading),)), Paragraph((Run("Arabic, housing"),)))
    await desk.send(parcel(replace(card(214), blocks=blocks if heading else blocks[1:])))
    assert [topic.name for topic in group.topics.values()] == [name]


@pytest.mark.parametrize("is_silent", [False, True], ids=["refused", "lost in General"])
async def test_a_deleted_topic_is_noticed_and_the_case_is_told_anew(
    is_silent: bool, api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group
) -> None:
    group.loses_posts = is_silent
    await desk.send(parcel(card(214)))
    old = topic_of(host)
    api.delete_topic(GROUP, old)
    assert await desk.send(parcel(post("after the deletion"))) is None
    assert host.forgotten == [214]
    assert not api.sent(GROUP), "nothing of a case may stay in General"
    await desk.send(parcel(card(214)))  # the desk tells all of it again, this line too
    await desk.send(parcel(post("after the deletion")))
    assert topic_of(host) != old
    assert [sent.text.split("\n")[0] for sent in api.in_topic(GROUP, topic_of(host))] == ["Blue heron · 214", "after the deletion"]


async def test_a_hint_that_nobody_would_tell_again_begins_the_new_topic(
    api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group
) -> None:
    await desk.send(parcel(card(214)))
    api.delete_topic(GROUP, topic_of(host))
    assert await desk.send(parcel(post("This was not passed on.", line=0)))
    assert [sent.text for sent in api.in_topic(GROUP, topic_of(host))] == ["This was not passed on."]
    await desk.send(parcel(card(214, "Red fox")))
    assert [topic.name for topic in group.topics.values() if not topic.is_deleted] == ["Red fox · 214"]
    assert len(api.in_topic(GROUP, topic_of(host))) == 2


async def test_a_topic_deleted_again_and_again_does_not_stop_the_lane(
    api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group
) -> None:
    for turn in range(3):
        await desk.send(parcel(card(214)))
        api.delete_topic(GROUP, topic_of(host))
        await desk.send(parcel(post(f"turn {turn}")))
    assert host.forgotten == [214] * 3
    assert (DESK, 214) not in host.topics


async def test_a_closed_topic_is_written_to_all_the_same(api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group) -> None:
    await desk.send(parcel(card(214)))
    group.topics[topic_of(host)].is_closed = True
    await desk.send(parcel(post("still here")))
    assert [sent.text for sent in api.in_topic(GROUP, topic_of(host))][-1] == "still here"
    group.rights = frozenset()
    assert await desk.send(parcel(post("and now"))) is None
    assert host.forgotten == [214]


async def test_an_erased_case_takes_its_topic_with_it(api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group) -> None:
    await desk.send(parcel(card(214)))
    topic = topic_of(host)
    assert await desk.send(parcel(Message("es", thread=214, withdraws=True))) is None
    assert group.topics[topic].is_deleted
    assert host.forgotten == [214]
    assert not api.sent(GROUP)
    await desk.send(parcel(Message("es", thread=214, withdraws=True)))  # once more changes nothing, and makes no topic
    assert (api.calls["createForumTopic"], api.calls["deleteForumTopic"]) == (1, 1)


async def test_a_topic_somebody_else_has_deleted_counts_as_deleted(
    api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group
) -> None:
    await desk.send(parcel(card(214)))
    api.delete_topic(GROUP, topic_of(host))
    await desk.send(parcel(Message("es", thread=214, withdraws=True)))
    assert host.forgotten == [214]


@pytest.mark.parametrize("fault", ["bad_gateway", "throttle", "reset_before"])
async def test_a_topic_that_cannot_be_deleted_now_is_not_forgotten(
    fault: str, api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group
) -> None:
    await desk.send(parcel(card(214)))
    api.faults.next("deleteForumTopic", fault, retry_after=0.05)
    with pytest.raises(ChannelError) as caught:
        await desk.send(parcel(Message("es", thread=214, withdraws=True)))
    assert caught.value.retryable
    assert not host.forgotten
    await asyncio.sleep(0.1)
    await desk.send(parcel(Message("es", thread=214, withdraws=True)))
    assert host.forgotten == [214]


async def test_a_deletion_that_is_refused_for_another_reason_is_not_taken_for_done(
    api: BotApi, host: MemoryHost, desk: TelegramDeskChannel
) -> None:
    await desk.send(parcel(card(214)))
    api.faults.next("deleteForumTopic", "bad_request")
    with pytest.raises(ChannelRejected):
        await desk.send(parcel(Message("es", thread=214, withdraws=True)))
    assert not host.forgotten


# ---------------------------------------------------------------- posts


async def test_the_card_is_changed_in_its_place(api: BotApi, host: MemoryHost, desk: TelegramDeskChannel) -> None:
    first = await desk.send(parcel(card(214, "Blue heron", Option("claim:214", "I take it"))))
    assert first is not None
    kept = await desk.send(parcel(card(214, "Blue heron", Option("close:214", "Close"), edits=True), first))
    assert kept == first
    (sent,) = api.in_topic(GROUP, topic_of(host))
    assert (sent.labels, sent.data, sent.edits) == (["Close"], ["d:close:214"], 1)
    assert await desk.send(parcel(card(214, "Blue heron", Option("close:214", "Close"), edits=True), first)) == first
    assert await desk.send(parcel(card(214, edits=True), first)) == first
    assert sent.labels == []
    assert api.calls["editForumTopic"] == 0


async def test_a_post_is_taken_back_without_making_a_topic(api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group) -> None:
    await desk.send(parcel(card(214)))
    line = await desk.send(parcel(post("taken back")))
    assert line is not None
    assert await desk.send(parcel(Message("es", thread=214, line=2, withdraws=True), line)) is None
    assert [sent.text.split("\n")[0] for sent in api.sent(GROUP)] == ["Blue heron · 214"]
    api.delete_topic(GROUP, topic_of(host))
    await desk.send(parcel(Message("es", thread=214, line=1, withdraws=True), line))
    assert api.calls["createForumTopic"] == 1
    assert not host.forgotten


async def test_what_a_member_wrote_is_removed_where_the_bot_may(
    api: BotApi, desk: TelegramDeskChannel, group: Group, caplog: pytest.LogCaptureFixture
) -> None:
    api.say_in_group(GROUP, LUCIA, "a slip")
    written = (GROUP, api.last_id)
    group.rights = frozenset({"can_manage_topics"})
    await desk.send(parcel(Message("es", thread=214, line=-2, withdraws=True), str(api.last_id)))
    assert written in api.written
    assert "could not be taken back" in caplog.text
    group.rights = frozenset({"can_delete_messages"})
    await desk.send(parcel(Message("es", thread=214, line=-2, withdraws=True), str(api.last_id)))
    assert written not in api.written


async def test_buttons_say_what_they_do(api: BotApi, host: MemoryHost, desk: TelegramDeskChannel) -> None:
    options = (
        Option("claim:214", "I take it"),
        Option("close:214:solved", "Solved"),
        Option("note:214", "Note"),
        Option("desk", "Web desk", url="https://desk.example.org/desk#214"),
        Option("desk", "Local", url="https://intranet/desk"),
    )
    await desk.send(parcel(card(214, "x", *options[:4])))
    (sent,) = api.in_topic(GROUP, topic_of(host))
    assert sent.data == ["d:claim:214", "d:close:214:solved", "d:note:214", None]
    assert [len(row) for row in sent.buttons] == [2, 2]
    await desk.send(parcel(post("x", 214, options[0], options[4])))  # Telegram takes no link to a machine of one's own
    assert api.in_topic(GROUP, topic_of(host))[-1].labels == ["I take it"]
    with pytest.raises(ChannelRejected):
        await desk.send(parcel(post("x", 214, Option("x" * 63, "too long"))))


async def test_a_long_post_and_places_arrive_whole_in_the_topic(api: BotApi, host: MemoryHost, desk: TelegramDeskChannel) -> None:
    message = replace(post("una frase. " * 900), venues=(Venue("", "", 40.4, -3.7), Venue("Oficina", "Plaza 1", 40.3, -3.8)))
    await send_all(desk, DESK, message)
    *texts, location, venue = api.in_topic(GROUP, topic_of(host))
    assert "".join("".join(sent.text.split()) for sent in texts) == "unafrase." * 900
    assert [location.method, venue.method] == ["sendLocation", "sendVenue"]
    assert len(api.in_topic(GROUP, None)) == 0


# ---------------------------------------------------------------- the pace of a group


async def test_no_more_than_twenty_posts_a_minute_leave_for_a_group(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    clock = Clock()
    desk = TelegramDeskChannel(channel._client, not_passed=NOT_PASSED, clock=clock)
    await desk.start(host)
    for number in (GROUP, OTHER):
        api.make_forum(number)
    for turn in range(PER_MINUTE):
        await desk.send(parcel(post(str(turn), 0, line=0)))
        clock.now += 1
    calls = api.calls["sendMessage"]
    with pytest.raises(ChannelThrottled) as caught:
        await desk.send(parcel(post("one too many", 0, line=0)))
    assert MINUTE_S - PER_MINUTE < caught.value.retry_after_s < MINUTE_S - PER_MINUTE + 1
    assert not caught.value.uncertain
    assert api.calls["sendMessage"] == calls, "Telegram is not even asked"
    await desk.send(parcel(post("another group", 0, line=0), to=group_ref(OTHER)))
    await desk.send(parcel(Message("es", thread=9, line=1, withdraws=True)))  # taking back is no post
    clock.now += caught.value.retry_after_s - 0.01
    with pytest.raises(ChannelThrottled):
        await desk.send(parcel(post("too early", 0, line=0)))
    clock.now += 0.02
    api.groups[GROUP].per_minute += 1  # its minute is a real one
    await desk.send(parcel(post("in time", 0, line=0)))
    with pytest.raises(ChannelThrottled):
        await desk.send(parcel(post("the window slides", 0, line=0)))


async def test_a_wait_that_telegram_names_is_passed_on(api: BotApi, desk: TelegramDeskChannel, group: Group) -> None:
    group.per_minute = 1
    await desk.send(parcel(post("one", 0, line=0)))
    with pytest.raises(ChannelThrottled) as caught:
        await desk.send(parcel(post("two", 0, line=0)))
    assert 55 <= caught.value.retry_after_s <= 60
    group.per_minute = 2
    with pytest.raises(ChannelThrottled):  # the making of the topic is a message, too
        await desk.send(parcel(card(214)))


# ---------------------------------------------------------------- rights


async def test_a_group_that_gives_no_right_to_topics_is_told_once(
    api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group, caplog: pytest.LogCaptureFixture
) -> None:
    group.rights = frozenset({"can_delete_messages"})
    for _ in range(3):
        with pytest.raises(ChannelThrottled) as caught:
            await desk.send(parcel(card(214)))
        assert caught.value.retry_after_s == topics.RIGHT_S
    assert [sent.text for sent in api.in_topic(GROUP, None)] == [NO_RIGHT]
    assert "the right to manage topics" in caplog.text
    group.rights = frozenset({"can_delete_messages", "can_manage_topics"})
    await desk.send(parcel(card(214)))
    group.rights = frozenset()
    with pytest.raises(ChannelThrottled):
        await desk.send(parcel(card(215)))
    assert len(api.in_topic(GROUP, None)) == 2, "a right that was taken away again is worth a word again"


async def test_a_group_without_topics_is_told(api: BotApi, desk: TelegramDeskChannel, group: Group) -> None:
    group.is_forum = False
    with pytest.raises(ChannelThrottled):
        await desk.send(parcel(card(214)))
    assert [sent.text for sent in api.sent(GROUP)] == [NO_RIGHT]


async def test_without_the_right_to_delete_an_erased_case_is_an_alarm(
    api: BotApi, host: MemoryHost, desk: TelegramDeskChannel, group: Group, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.send(parcel(card(214)))
    group.rights = frozenset({"can_manage_topics"})
    with pytest.raises(ChannelRejected, match="delete messages"):
        await desk.send(parcel(Message("es", thread=214, withdraws=True)))
    assert not host.forgotten
    assert any(record.levelno == logging.ERROR and "delete messages" in record.message for record in caplog.records)


async def test_a_group_that_threw_us_out_or_moved(api: BotApi, desk: TelegramDeskChannel, group: Group) -> None:
    group.is_in = False
    with pytest.raises(ContactBlocked):
        await desk.send(parcel(post("x", 0, line=0)))
    group.is_in, group.moved_to = True, -1009
    with pytest.raises(ChannelError) as caught:
        await desk.send(parcel(post("x", 0, line=0)))
    assert (caught.value.retryable, caught.value.uncertain) == (True, False)


async def test_a_desk_that_has_not_started_waits(channel: TelegramChannel) -> None:
    with pytest.raises(ChannelError) as caught:
        await channel.desk_channel().send(parcel(card(214)))
    assert caught.value.retryable
    with pytest.raises(ChannelRejected):
        await channel.desk_channel().fetch("x")


# ---------------------------------------------------------------- what members do


async def test_what_members_of_a_desk_do_is_kept(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, desk: TelegramDeskChannel, group: Group
) -> None:
    await desk.send(parcel(card(214, "x", Option("claim:214", "I take it"))))
    topic = topic_of(host)
    card_id = api.in_topic(GROUP, topic)[0].message_id
    api.press(LUCIA, "I take it", group=GROUP)
    api.say_in_group(GROUP, LUCIA, "Buenos días", topic)
    post_id = api.last_id
    api.say_in_group(GROUP, LUCIA, "/withdraw", topic, reply_to=card_id)
    api.edit_in_group(GROUP, LUCIA, post_id, "Buenas tardes", topic)
    api.say_in_group(GROUP, LUCIA, "¿un café?")
    api.say_in_group(GROUP, LUCIA, "soy la jefa", topic, anonymous=True)
    incoming = await host.wait(6)
    assert {item.contact for item in incoming} == {DESK}
    assert len({item.external_id for item in incoming}) == 6
    press, said, answer, edit, general, anonymous = host.events
    assert isinstance(press, GroupPressed)
    assert (press.topic, press.sender, press.action) == (topic, LUCIA, "claim:214")
    assert isinstance(said, GroupSaid)
    assert (said.topic, said.sender, said.post, said.text, said.reply_to) == (topic, LUCIA, post_id, "Buenos días", None)
    assert isinstance(answer, GroupSaid)
    assert (answer.text, answer.reply_to) == ("/withdraw", card_id)
    assert isinstance(edit, GroupSaid)
    assert (edit.edited, edit.post, edit.text) == (True, post_id, "Buenas tardes")
    assert isinstance(general, GroupSaid)
    assert (general.topic, general.sender) == (None, LUCIA)
    assert isinstance(anonymous, GroupSaid)
    assert (anonymous.topic, anonymous.sender) == (topic, None)
    await until(lambda: list(api.queries.values()) == [1])


async def test_nothing_that_telegram_remarks_drives_us_out_of_a_desk(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, group: Group
) -> None:
    topic = api.make_topic(GROUP, "x").id
    remarks: list[dict[str, object]] = [
        {"new_chat_members": [{"id": 7, "is_bot": False, "first_name": "B"}]},
        {"left_chat_member": {"id": 7, "is_bot": False, "first_name": "B"}},
        {"forum_topic_closed": {}},
        {"pinned_message": {"message_id": 3, "date": 0, "chat": group.chat()}},
        {"new_chat_title": "Mesa"},
        {"sticker": {"file_id": "x" * 20, "file_unique_id": "x", "width": 1, "height": 1, "type": "regular", "is_animated": False}},
    ]
    for remark in remarks:
        api.update("message", {**api.post(GROUP, LUCIA, topic), **remark})
    for data in ("k3J_x-9:1", "d:", "d:claim:1:2:3:4", "x" * 64):
        api.press_data(LUCIA, data, GROUP, topic=topic)
    api.promote(GROUP, LUCIA)
    api.say_in_group(GROUP, LUCIA, "the last", topic)
    (incoming,) = await host.wait(1)
    await api.wait_acknowledged()
    assert isinstance(incoming.event, GroupSaid)
    assert len(host.accepted) == 1
    await asyncio.sleep(0.1)
    assert not api.left_groups
    assert not api.sent(GROUP)
    await until(lambda: set(api.queries.values()) == {1})


async def test_a_group_hears_how_it_becomes_a_desk_and_then_is_one(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    api.make_forum(GROUP)
    api.add_to_group(GROUP, LUCIA)
    (sent,) = await api.wait_sent(GROUP)
    assert sent.text == LINK_TEXT
    api.say_in_group(GROUP, LUCIA, "who is this?")
    api.say_in_group(GROUP, LUCIA, "/link@dragoman_test_bot abcd-1234")
    (incoming,) = await host.wait(1)
    assert incoming.contact == DESK
    assert incoming.event == GroupLinking(code="abcd-1234", sender=LUCIA, is_forum=True, may_manage=True, at=incoming.event.at)
    host.linked.add(DESK)
    api.say_in_group(GROUP, LUCIA, "we are a desk")
    await host.wait(2)
    assert not api.left_groups


@pytest.mark.parametrize(("rights", "may"), [(None, False), ([], False), (["can_manage_topics"], True)])
async def test_whether_we_may_manage_topics_is_looked_up(
    rights: list[str] | None, may: bool, api: BotApi, host: MemoryHost, channel: TelegramChannel
) -> None:
    api.make_forum(GROUP).rights = None if rights is None else frozenset(rights)
    api.say_in_group(GROUP, LUCIA, "/link abcd-1234", anonymous=True)
    (incoming,) = await host.wait(1)
    assert isinstance(incoming.event, GroupLinking)
    assert (incoming.event.may_manage, incoming.event.sender) == (may, None)


async def test_a_telegram_that_does_not_say_what_we_may_holds_nothing_up(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "RIGHTS_S", 0.1)
    api.make_forum(GROUP)
    api.faults.next("getChatMember", ["bad_gateway", "hang"], hang_s=0.5)
    for _ in range(2):
        api.say_in_group(GROUP, LUCIA, "/link abcd-1234")
    for item in await host.wait(2):
        assert isinstance(item.event, GroupLinking)
        assert item.event.may_manage


async def test_a_group_nobody_links_is_left_after_a_while(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "LINK_WAIT_S", 0.3)
    for number in (GROUP, OTHER):
        api.make_forum(number)
        api.add_to_group(number, LUCIA)
    api.say_in_group(GROUP, LUCIA, "hola")
    await api.wait_sent(GROUP)
    await api.wait_sent(OTHER)
    host.linked.add(group_ref(OTHER))
    assert not api.left_groups
    await until(lambda: api.left_groups == [GROUP])
    assert [sent.text for sent in api.sent(GROUP)] == [LINK_TEXT, GROUP_TEXT]
    assert [sent.text for sent in api.sent(OTHER)] == [LINK_TEXT]
    assert not [item for item in host.accepted if item.contact == DESK]


async def test_a_group_where_codes_are_guessed_is_left(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    api.make_forum(GROUP)
    for turn in range(gate.MAX_TRIES + 2):
        api.say_in_group(GROUP, LUCIA, f"/link guess-{turn}")
    await until(lambda: GROUP in api.left_groups)
    assert len(host.accepted) == gate.MAX_TRIES


async def test_a_group_that_is_no_desk_is_not_heard(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    api.make_forum(OTHER)
    api.say_in_group(OTHER, LUCIA, "secret of another group")
    await until(lambda: api.left_groups == [OTHER])
    assert [sent.text for sent in api.sent(OTHER)] == [GROUP_TEXT]
    assert not host.accepted


async def test_leaving_and_being_thrown_out(api: BotApi, host: MemoryHost, channel: TelegramChannel, group: Group) -> None:
    api.remove_from_group(GROUP, LUCIA)
    (incoming,) = await host.wait(1)
    assert (incoming.contact, incoming.event) == (DESK, GroupMoved(to=None, at=incoming.event.at))
    host.linked.clear()
    api.make_forum(OTHER)
    api.remove_from_group(OTHER, LUCIA)  # was never a desk
    api.add_to_group(GROUP, LUCIA)  # is none any more: what was known of it is forgotten at once
    (sent,) = await api.wait_sent(GROUP)
    assert sent.text == LINK_TEXT
    assert len(host.accepted) == 1


async def test_a_group_that_moves_is_followed_only_where_it_is_a_desk(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, group: Group
) -> None:
    api.make_forum(OTHER)
    api.migrate(OTHER, -1008, LUCIA)  # somebody's group pretends to become another
    api.migrate(GROUP, -1009, LUCIA)
    (incoming,) = await host.wait(1)
    await api.wait_acknowledged()
    assert (incoming.contact, incoming.event) == (DESK, GroupMoved(to=-1009, at=incoming.event.at))
    assert len(host.accepted) == 1
    await asyncio.sleep(0.1)
    assert not api.left_groups


async def test_the_store_is_asked_once_in_a_while_whether_a_group_is_linked(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, group: Group
) -> None:
    for turn in range(10):
        api.say_in_group(GROUP, LUCIA, str(turn))
    await host.wait(10)
    assert host.asked == 1


async def test_a_database_that_is_away_makes_updates_of_groups_wait(api: BotApi, host: MemoryHost, group: Group) -> None:
    class Away(MemoryHost):
        async def is_linked(self, contact: ContactRef) -> bool:
            if await super().is_linked(contact) and self.asked < 3:
                raise StoreError("locked")
            return True

    away = Away()
    away.linked = host.linked
    api.say_in_group(GROUP, LUCIA, "is not lost")
    channel = make_channel(api)
    await channel.start(away)
    (incoming,) = await away.wait(1, timeout_s=10)
    assert isinstance(incoming.event, GroupSaid)
    assert away.asked == 3
    await channel.close()


# ---------------------------------------------------------------- forgeries


async def test_only_private_chats_make_contacts(api: BotApi, host: MemoryHost, channel: TelegramChannel, group: Group) -> None:
    """What is forged comes with a right id and a wrong chat; all of it is refused or ignored, and the last, honest message arrives."""
    someone = api.user(LUCIA)
    forged: list[tuple[str, dict[str, object]]] = [
        ("message", {**api.message(LUCIA), "chat": {"id": AMINA, "type": "private", "first_name": "A"}, "text": "as another person"}),
        ("message", {**api.message(LUCIA), "chat": {"id": GROUP, "type": "private", "first_name": "A"}, "text": "as a group"}),
        ("message", {**api.message(LUCIA), "sender_chat": group.chat(), "from": {**someone, "is_bot": True}, "text": "as a bot"}),
        ("edited_channel_post", {**api.message(LUCIA), "chat": {"id": -1007, "type": "channel", "title": "c"}, "text": "x"}),
        ("channel_post", {**api.message(LUCIA), "chat": {"id": -1007, "type": "channel", "title": "c"}, "text": "x"}),
    ]
    for kind, content in forged:
        api.update(kind, content)
    api.press_data(LUCIA, "tok3n:0", -1007)  # a private button in a group that is no desk
    api.say(AMINA, "honest")
    await host.wait(1)
    await api.wait_acknowledged()
    assert [(item.contact.address, type(item.event)) for item in host.accepted] == [(str(AMINA), TextReceived)]


async def test_a_press_of_a_desk_button_elsewhere_claims_nothing(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, group: Group
) -> None:
    api.press_data(LUCIA, "d:claim:214")  # in her own chat
    api.press_data(LUCIA, "d:claim:214", AMINA)  # in somebody else's
    api.make_forum(OTHER)
    api.press_data(LUCIA, "d:claim:214", OTHER)  # in a group that is no desk
    await host.wait(2)
    await until(lambda: api.left_groups == [OTHER])
    assert all(isinstance(event, ButtonPressed) and event.token == "" for event in host.events)
    assert {item.contact for item in host.accepted} == {ContactRef("telegram", str(LUCIA))}


async def test_the_same_update_twice_is_one_event(host: MemoryHost, api: BotApi, channel: TelegramChannel, group: Group) -> None:
    api.say_in_group(GROUP, LUCIA, "once")
    await host.wait(1)
    await api.wait_acknowledged()
    api.inject(api.recent[-1], api.recent[-1]["update_id"])  # type: ignore[arg-type]
    await api.wait_acknowledged()
    assert (len(host.accepted), host.repeats) == (1, 1)


async def test_nothing_of_a_group_is_logged(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, desk: TelegramDeskChannel, group: Group, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await desk.send(parcel(card(214, "canary-name")))
    api.delete_topic(GROUP, topic_of(host))
    await desk.send(parcel(post("canary-line")))
    group.rights = None
    with pytest.raises(ChannelThrottled):
        await desk.send(parcel(card(215, "canary-name")))
    api.say_in_group(GROUP, LUCIA, "canary-said")
    api.say_in_group(OTHER, LUCIA, "canary-elsewhere")
    await host.wait(1)
    lines = [record for record in caplog.records if not record.name.startswith(("asyncio", "aiohttp"))]
    text = "\n".join(logging.Formatter().format(record) for record in lines)
    assert "the topic of a case is gone" in text
    for canary in ("canary", str(LUCIA), str(GROUP), api.token):
        assert canary not in text
