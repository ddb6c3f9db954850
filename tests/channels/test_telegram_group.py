"""A desk group from the link code to the deleted topic: the real service and store, and Telegram's loopback server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot import app
from bot.cases import Case
from bot.channels.telegram.topics import RIGHT_S
from bot.config import Settings
from bot.desk import DeskService
from bot.model import ContactRef, OpenCase
from bot.service import ConversationService
from bot.store import Store
from tests.botapi import BotApi
from tests.botapi.groups import RIGHTS, Group
from tests.botapi.world import Sent
from tests.desk.world import LUCIA, MORNING
from tests.store.cases import Clock, open_folder, saying
from tests.store.desks import turn
from tests.whole import brain, catalogues

AMINA, ADVISOR, STRANGER, GROUP = 7_700_001, 7_700_002, 7_700_003, -1001
CONTACT = ContactRef("telegram", str(AMINA))
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 50


@dataclass
class Desk:
    """A desk whose group is linked, with an advisor in it and a contact on Telegram."""

    store: Store
    clock: Clock
    desk: DeskService
    service: ConversationService
    api: BotApi
    group: Group

    async def settled(self) -> None:
        """Wait until everything is handled, relayed and sent."""
        for _ in range(3):
            await self.api.wait_acknowledged(10)
            await self.service.idle()
            await self.desk.look()
            await self.desk.relay()
            self.service._due.set()  # by itself the service looks for posts every few seconds
            async with asyncio.timeout(30):
                while await self._waiting():
                    await asyncio.sleep(0.02)
            await self.service.idle()

    async def _waiting(self) -> int:
        groups = await self.store.desk.groups()
        return sum([await self.store.desk.waiting_posts(group.contact_id) for group in groups])

    async def ask(self) -> Case:
        """Let the contact open a case in Arabic."""
        await turn(self.store, CONTACT, OpenCase("advice", "housing"), text="tengo una carta")
        await self.settled()
        contact_id = await self.store.find(CONTACT)
        snapshot = await self.store.read(contact_id or "")
        assert snapshot is not None
        return snapshot.conversation.cases[0]

    async def topic(self, case: Case) -> int:
        """Return the topic of a case."""
        topic = await self.store.desk.topic(ContactRef("telegram-desk", str(GROUP)), case.number)
        assert topic is not None
        return topic

    async def close(self, case: Case) -> None:
        """Let the advisor take a case, answer and close it."""
        for words in ("/claim", "Buenos días", "/close solved"):
            self.api.say_in_group(GROUP, ADVISOR, words, await self.topic(case))
            await self.settled()

    async def posts(self, case: Case) -> list[Sent]:
        """Return what stands in the topic of a case."""
        return self.api.in_topic(GROUP, await self.topic(case))


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running(tmp_path) as desk:
        code = await desk.store.desk.link_code("madrid")
        desk.api.add_to_group(GROUP, ADVISOR)
        await desk.api.wait_sent(GROUP)
        desk.api.say_in_group(GROUP, ADVISOR, f"/link {code}")
        await desk.api.wait_sent(GROUP, 2)
        invite, _staff_id = await desk.store.desk.invite(replace(LUCIA, languages=()))
        desk.api.say(ADVISOR, f"/start i_{invite}", "es")
        desk.api.say(AMINA, "/start", "es")
        await desk.api.wait_sent(AMINA)
        await desk.settled()
        yield desk


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Desk]:
    async with BotApi() as api:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # a setting of pydantic itself
            data_dir=folder,
            public_url="https://chat.example.org",
            telegram_token=api.token,  # type: ignore[arg-type]  # pydantic wraps it
            telegram_api_url=api.url,
        )
        clock = Clock()
        clock.now = MORNING
        store = await open_folder(folder, clock)
        channels = app.build_channels(settings, catalogues(), bytes(32))
        thinker = app.thinker_of(settings, brain(), catalogues(), channels)
        desk, service = app.build_services(store, channels, thinker, clock, app.rules_of(settings), bot_name=app.bot_name_of(settings))
        await service.start()
        for channel in channels:
            await channel.start(service)
        group = api.make_forum(GROUP)
        try:
            yield Desk(store, clock, desk, service, api, group)
        finally:
            for channel in channels:
                await channel.stop_receiving()
            await service.stop()
            for channel in channels:
                await channel.close()
            await store.close()


def said(posts: list[Sent]) -> str:
    """Return what stands in some posts."""
    return "\n".join(post.text for post in posts)


async def test_the_group_hears_what_it_is_from_now_on(bot: Desk) -> None:
    how, linked = bot.api.in_topic(GROUP, None)
    assert "/link" in how.text
    assert "Madrid" in linked.text


async def test_a_case_from_its_card_to_the_next_answer(bot: Desk) -> None:
    case = await bot.ask()
    card, lines = await bot.posts(case)
    assert str(case.number) in bot.group.topics[await bot.topic(case)].name
    assert "tengo una carta" in lines.text
    assert card.data[:1] == [f"d:claim:{case.number}"]
    bot.api.press(ADVISOR, 0, card)
    await bot.settled()
    assert card.edits >= 1
    assert f"d:close:{case.number}" in card.data
    heard = len(bot.api.sent(AMINA))

    bot.api.say_in_group(GROUP, ADVISOR, "Buenos días, soy Lucía", card.topic)
    post = bot.api.last_id
    bot.api.send_file(ADVISOR, "photo", PNG, caption="mire aquí", group=GROUP, topic=card.topic)
    await bot.settled()
    reply, photo = bot.api.sent(AMINA)[heard:]
    assert reply.text == "Lucía:\nBuenos días, soy Lucía"
    assert photo.file is not None
    assert (photo.text, photo.file.content) == ("Lucía:\nmire aquí", PNG)

    bot.api.edit_in_group(GROUP, ADVISOR, post, "Buenas tardes", card.topic)
    await bot.settled()
    assert (reply.text, reply.edits) == ("Lucía:\nBuenas tardes", 1)
    bot.api.say_in_group(GROUP, ADVISOR, "/withdraw", card.topic, reply_to=post)
    await bot.settled()
    assert reply in bot.api.deleted

    for kind in ("voice", "video_note", "document"):
        bot.api.send_file(AMINA, kind, PNG + kind.encode(), name="carta.pdf")
    bot.api.share_location(AMINA, 40.4, -3.7)
    await bot.settled()
    posts = await bot.posts(case)
    assert [post.file.kind for post in posts if post.file] == ["voice", "video_note", "document"]
    assert [post.venue for post in posts if post.venue] == [{"latitude": 40.4, "longitude": -3.7}]

    bot.api.press(ADVISOR, card.data.index(f"d:close:{case.number}"), card)
    await bot.settled()
    asked = (await bot.posts(case))[-1]
    assert f"d:close:{case.number}:solved" in asked.data
    bot.api.press(ADVISOR, asked.data.index(f"d:close:{case.number}:solved"), asked)
    await bot.settled()
    closed = await bot.store.desk.case(case.number)
    assert closed is not None
    assert (closed.state, closed.outcome) == ("closed", "solved")
    assert card.labels == []


async def test_somebody_who_is_not_staff_cannot_answer(bot: Desk) -> None:
    case = await bot.ask()
    card = (await bot.posts(case))[0]
    heard = len(bot.api.sent(AMINA))
    bot.api.press(STRANGER, 0, card)
    bot.api.say_in_group(GROUP, STRANGER, "soy un impostor", card.topic)
    bot.api.say_in_group(GROUP, ADVISOR, "como grupo", card.topic, anonymous=True)
    await bot.settled()
    still = await bot.store.desk.case(case.number)
    assert still is not None
    assert still.state == "waiting"
    assert len(bot.api.sent(AMINA)) == heard
    assert "impostor" not in said(await bot.posts(case))


@pytest.mark.parametrize("is_silent", [False, True], ids=["refused", "lost in General"])
async def test_a_deleted_topic_comes_back_with_everything_once(is_silent: bool, bot: Desk) -> None:
    bot.group.loses_posts = is_silent
    case = await bot.ask()
    old = await bot.topic(case)
    general = len(bot.api.in_topic(GROUP, None))
    bot.api.delete_topic(GROUP, old)
    bot.api.say(AMINA, "todavía espero")
    await bot.settled()
    posts = await bot.posts(case)
    assert await bot.topic(case) != old
    assert posts[0].data[:1] == [f"d:claim:{case.number}"]
    assert (said(posts).count("tengo una carta"), said(posts).count("todavía espero")) == (1, 1)
    assert len(bot.api.in_topic(GROUP, None)) == general
    assert bot.group.topics[await bot.topic(case)].name == bot.group.topics[old].name


async def test_an_erased_contact_takes_the_topic_with_them(bot: Desk) -> None:
    case = await bot.ask()
    topic = await bot.topic(case)
    await bot.store.handle(case.contact_id, saying(erase=True))
    await bot.settled()
    await bot.store.sweep()
    bot.clock.forward(minutes=2)
    await bot.settled()
    assert bot.group.topics[topic].is_deleted
    assert not bot.api.in_topic(GROUP, topic)


async def test_what_a_contact_corrects_or_takes_back_changes_in_the_topic(bot: Desk) -> None:
    case = await bot.ask()
    bot.api.say(AMINA, "el lunes")
    message_id = bot.api.last_id
    await bot.settled()
    bot.api.edit(AMINA, message_id, "el martes")
    await bot.settled()
    posts = said(await bot.posts(case))
    assert ("el lunes" in posts, posts.count("el martes")) == (False, 1)
    bot.api.say(AMINA, "esto no")
    await bot.settled()
    bot.api.say(AMINA, "/withdraw")
    await bot.settled()
    posts = said(await bot.posts(case))
    assert ("esto no" in posts, posts.count("el martes")) == (False, 1)


async def test_an_album_reaches_the_topic_whole_also_right_after_the_end(bot: Desk) -> None:
    case = await bot.ask()
    await bot.close(case)
    pictures = [PNG + bytes([number]) for number in range(3)]
    for picture in pictures:
        bot.api.send_file(AMINA, "photo", picture, media_group_id="777")
    await bot.settled()
    assert [post.file.content for post in await bot.posts(case) if post.file] == pictures
    reopened = await bot.store.desk.case(case.number)
    assert reopened is not None
    assert reopened.is_open


async def test_a_group_that_threw_us_out_can_be_linked_anew(bot: Desk) -> None:
    case = await bot.ask()
    bot.api.remove_from_group(GROUP, ADVISOR)
    bot.api.say(AMINA, "¿hay alguien?")
    await bot.settled()
    assert not await bot.store.desk.groups()
    before = len(bot.api.sent(GROUP))
    bot.api.add_to_group(GROUP, ADVISOR)
    code = await bot.store.desk.link_code("madrid")
    bot.api.say_in_group(GROUP, ADVISOR, f"/link {code}")
    await bot.settled()
    told = said(bot.api.sent(GROUP)[before:])
    assert "Madrid" in told
    assert ("tengo una carta" in told, "¿hay alguien?" in told) == (True, True)
    bot.api.say_in_group(GROUP, ADVISOR, "/claim", await bot.topic(case))
    await bot.settled()
    claimed = await bot.store.desk.case(case.number)
    assert claimed is not None
    assert claimed.state == "claimed"


async def test_a_case_waits_until_the_bot_may_make_topics(bot: Desk) -> None:
    bot.group.rights = frozenset({"can_delete_messages"})
    await turn(bot.store, CONTACT, OpenCase("advice", "housing"), text="tengo una carta")
    await bot.desk.look()
    await bot.desk.relay()
    bot.service._due.set()
    await bot.api.wait_sent(GROUP, 3)
    assert "administrator" in bot.api.in_topic(GROUP, None)[-1].text
    await bot.service.idle()
    bot.group.rights = RIGHTS
    bot.clock.forward(seconds=RIGHT_S)
    await bot.settled()
    (topic,) = bot.group.topics.values()
    posts = bot.api.in_topic(GROUP, topic.id)
    assert str(posts[0].data[0]).startswith("d:claim:")
    assert "tengo una carta" in said(posts)


async def test_a_note_stays_in_the_group(bot: Desk) -> None:
    case = await bot.ask()
    topic = await bot.topic(case)
    bot.api.say_in_group(GROUP, ADVISOR, "/claim", topic)
    await bot.settled()
    heard = len(bot.api.sent(AMINA))
    bot.api.say_in_group(GROUP, ADVISOR, "// parece urgente", topic)
    bot.api.say_in_group(GROUP, ADVISOR, "/note@dragoman_test_bot llamar mañana", topic)
    bot.api.say_in_group(GROUP, ADVISOR, "¿quién come hoy?")
    await bot.settled()
    assert len(bot.api.sent(AMINA)) == heard
    lines = await bot.store.desk.lines(case.number)
    assert [line.author for line in lines].count("note") == 2
