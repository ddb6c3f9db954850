"""An advisor with every page closed is reached by the real channels: Telegram's loopback server and a mail server on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from bot import app
from bot.cases import Profile, Staff
from bot.config import Settings
from bot.desk import DeskService
from bot.model import AddToCase, ContactRef, OpenCase
from bot.service import ConversationService
from bot.store import Store
from tests.botapi import BotApi, Sent
from tests.desk.world import CANARY, LUCIA, MORNING
from tests.smtpserver import MailServer, mailing
from tests.store.cases import Clock, open_folder
from tests.store.desks import member, turn
from tests.whole import brain, catalogues

AMINA = ContactRef("web", "amina-address")
USER = 7_700_001
GROUP = -100_770_001


@dataclass
class Running:
    """The program as `serve` wires it, without its web server and with a clock to turn."""

    store: Store
    clock: Clock
    desk: DeskService
    service: ConversationService
    api: BotApi
    mail: MailServer

    async def later(self, **amount: float) -> None:
        """Let time pass and sweep."""
        self.clock.forward(**amount)
        await self.desk.look()
        await self.desk.sweep()

    async def ask(self, **wish: object) -> None:
        """Let a contact ask for a person in Arabic."""
        await turn(self.store, AMINA, OpenCase("advice", "housing", **wish), text=f"{CANARY} amina")  # type: ignore[arg-type]
        await self.service.idle()


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    async with BotApi() as api, mailing() as mail:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # a setting of pydantic itself
            data_dir=folder,
            public_url="https://chat.example.org",
            telegram_token=api.token,  # type: ignore[arg-type]  # pydantic wraps it
            telegram_api_url=api.url,
            smtp_host="127.0.0.1",
            smtp_port=mail.port,
            smtp_from="Mostrador <desk@example.org>",
            smtp_tls="none",
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
        try:
            yield Running(store, clock, desk, service, api, mail)
        finally:
            for channel in channels:
                await channel.stop_receiving()
            await service.stop()
            for channel in channels:
                await channel.close()
            await store.close()


async def until(happened: Callable[[], bool]) -> None:
    """Wait until something has happened, at most ten seconds."""
    async with asyncio.timeout(30):
        while not happened():
            await asyncio.sleep(0.02)


async def by_mail(running: Running, profile: Profile = LUCIA) -> Staff:
    """Let an advisor join who is woken by mail."""
    code, staff_id = await running.store.desk.invite(profile)
    await running.store.desk.redeem(code)
    await running.store.desk.set_wake(staff_id, "email", "lucia@example.org")
    return await member(running.store, staff_id)


async def by_telegram(running: Running) -> Staff:
    """Let an advisor join by the deep link, as they would press it."""
    code, staff_id = await running.store.desk.invite(LUCIA)
    running.api.say(USER, f"/start i_{code}", "es")
    await running.api.wait_sent(USER)
    await running.service.idle()
    staff = await member(running.store, staff_id)
    assert (staff.has_telegram, staff.wake_by) == (True, "telegram")
    return staff


async def test_by_mail_within_five_minutes_and_without_a_word_of_the_contact(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        await by_mail(bot)
        await bot.ask()
        await bot.later(seconds=299)
        await asyncio.sleep(0.2)
        assert not bot.mail.mails
        await bot.later(seconds=1)
        await until(lambda: bool(bot.mail.mails))
        ((_recipients, mail),) = bot.mail.mails
        text = f"{mail['Subject']}\n{mail.get_content()}\n{mail}"
        assert mail["To"] == "lucia@example.org"
        assert "árabe" in text
        assert "https://chat.example.org/desk" in text
        assert CANARY not in text
        assert "amina" not in text


async def test_by_telegram_at_once_when_it_is_urgent(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        await by_telegram(bot)
        before = len(bot.api.sent(USER))
        await bot.ask(priority="high")
        await bot.later(seconds=0)
        sent = (await bot.api.wait_sent(USER, before + 1, 10))[-1]
        assert "árabe" in sent.text
        assert "Vivienda" in sent.text
        assert CANARY not in str(sent)


async def test_a_mail_server_that_is_down_is_tried_again(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        await by_mail(bot)
        bot.mail.trouble = "later"
        await bot.ask(priority="high")
        await bot.later(seconds=0)
        await asyncio.sleep(0.5)
        assert not bot.mail.mails
        bot.mail.trouble = ""
        bot.clock.forward(seconds=10)
        await until(lambda: bool(bot.mail.mails))
        await asyncio.sleep(0.3)
        assert len(bot.mail.mails) == 1


async def test_the_invite_link_on_telegram_names_the_bot(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        lead = await by_mail(bot, Profile("Marta", "lead", "madrid"))
        found = await bot.desk.invite(lead, LUCIA)
        assert isinstance(found, dict)
        assert found["telegram"].startswith("https://t.me/")
        assert found["telegram"].endswith(f"?start=i_{found['code']}")


# ---------------------------------------------------------------- a group on Telegram


async def told(running: Running, topic: int, text: str) -> Sent:
    """Relay until a topic shows a text; returns the post."""
    async with asyncio.timeout(30):
        while True:
            running.clock.forward(seconds=3)
            await running.desk.look()
            await running.desk.relay()
            shown = [sent for sent in running.api.in_topic(GROUP, topic) if text in sent.text]
            if shown:
                return shown[-1]
            await asyncio.sleep(0.1)


async def test_a_case_is_answered_in_the_topic_of_a_group(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        await by_telegram(bot)
        bot.api.make_forum(GROUP)
        code = await bot.store.desk.link_code("madrid")
        bot.api.say_in_group(GROUP, USER, f"/link {code}")
        await until(lambda: any("Madrid" in sent.text for sent in bot.api.sent(GROUP)))
        await bot.ask()
        (case,) = await bot.store.desk.open_cases()
        await bot.desk.look()
        await bot.desk.relay()
        await until(lambda: bool(bot.api.groups[GROUP].topics))
        (topic,) = bot.api.groups[GROUP].topics
        await told(bot, topic, CANARY)
        card = next(sent for sent in bot.api.in_topic(GROUP, topic) if sent.buttons)
        bot.api.press(USER, 0, card, group=GROUP)
        await told(bot, topic, "Lucía")
        bot.api.say_in_group(GROUP, USER, "mándeme la carta", topic=topic)
        post = bot.api.last_id
        contact_id = case.contact_id

        async def heard() -> str:
            return str([stored.message for stored in await bot.store.history(contact_id)])

        async with asyncio.timeout(30):
            while "mándeme la carta" not in await heard():
                await asyncio.sleep(0.05)
        posts = len(bot.api.in_topic(GROUP, topic))
        bot.clock.forward(seconds=10)
        await bot.desk.relay()
        await bot.service.idle()
        assert len(bot.api.in_topic(GROUP, topic)) == posts  # what is written there is not said there again
        await turn(bot.store, AMINA, AddToCase(case.number, text=f"{CANARY} aquí está"), text="here")
        await told(bot, topic, "aquí está")
        bot.api.say_in_group(GROUP, USER, "/withdraw", topic=topic, reply_to=post)
        await bot.api.wait_acknowledged()
        await bot.service.idle()
        bot.clock.forward(seconds=10)
        await bot.desk.look()
        await bot.desk.relay()
        await until(lambda: (GROUP, post) not in bot.api.written)  # gone here as well
