"""The Telegram channel against a real Bot API server over HTTP: receiving, and what never gets lost."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import pytest

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.poller import backoff
from bot.errors import ChannelError, ConfigError, Overloaded, StoreError
from bot.model import ButtonPressed, CommandReceived, ContactLeft, LocationShared, MediaReceived, TextReceived
from tests.botapi import TOKEN, BotApi, Faults
from tests.channels.hosts import MemoryHost
from tests.channels.telegram_rig import COMMANDS, GROUP_TEXT, SECRET, make_channel, parcel, say

AMINA, BORYS = 5550001, 5550002


async def until(condition: object, timeout_s: float = 30.0) -> None:
    """Wait until a callable says yes."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


# ---------------------------------------------------------------- receiving


async def test_everything_a_person_does_arrives_in_order(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    api.say(AMINA, "/start i_code", language="uk")
    api.say(AMINA, "привіт")
    api.share_location(AMINA, 40.3, -3.8)
    api.send_media(AMINA, "voice")
    api.block(AMINA)
    incoming = await host.wait(5)
    assert {item.contact.address for item in incoming} == {str(AMINA)}
    assert [type(event) for event in host.events] == [CommandReceived, TextReceived, LocationShared, MediaReceived, ContactLeft]
    assert host.events[0].locale_hint == "uk"
    assert abs((host.events[1].at - datetime.now(UTC)).total_seconds()) < 5


async def test_the_offset_moves_only_after_the_host_has_kept_the_batch(api: BotApi, host: MemoryHost) -> None:
    host.refusals = [StoreError("disk full"), Overloaded(0.1), RuntimeError("a bug")]
    api.say(AMINA, "one")
    api.say(AMINA, "two")
    channel = make_channel(api)
    await channel.start(host)
    await until(lambda: host.calls >= 1)
    assert len(api.pending) == 2
    await host.wait(2)
    assert host.calls == 4
    assert [event.text for event in host.events if isinstance(event, TextReceived)] == ["one", "two"]
    await api.wait_acknowledged()
    await channel.close()


async def test_stopping_is_prompt_and_loses_nothing(api: BotApi, host: MemoryHost) -> None:
    channel = make_channel(api)
    await channel.start(host)
    await until(lambda: api.calls["getUpdates"] == 1)
    begin = asyncio.get_running_loop().time()
    await channel.stop_receiving()
    assert asyncio.get_running_loop().time() - begin < 1
    api.say(AMINA, "after the stop")
    await asyncio.sleep(0.1)
    assert not host.accepted
    await channel.close()
    again = make_channel(api)
    await again.start(host)
    await host.wait(1)
    await again.close()


async def test_a_batch_in_hand_is_kept_before_stopping_and_recognised_when_it_comes_again(api: BotApi, host: MemoryHost) -> None:
    host.before_accept = asyncio.Event()
    channel = make_channel(api)
    await channel.start(host)
    api.say(AMINA, "in hand")
    await until(lambda: host.calls == 1)
    stopping = asyncio.create_task(channel.stop_receiving())
    await asyncio.sleep(0.05)
    host.before_accept.set()
    await stopping
    assert len(host.accepted) == 1
    assert api.pending
    await channel.close()
    again = make_channel(api)
    await again.start(host)
    await api.wait_acknowledged()
    assert (len(host.accepted), host.repeats) == (1, 1)
    await again.close()


async def test_repeated_updates_are_the_same_and_do_not_move_the_offset_back(host: MemoryHost) -> None:
    async with BotApi(Faults(seed=3, repeats=0.5)) as api:
        channel = make_channel(api)
        await channel.start(host)
        for number in range(60):
            api.say(AMINA, str(number))
            await asyncio.sleep(0.002)
        await host.wait(60)
        await api.wait_acknowledged()
        await channel.close()
    assert [event.text for event in host.events if isinstance(event, TextReceived)] == [str(number) for number in range(60)]
    assert host.repeats > 0


async def test_odd_updates_are_skipped_and_never_block_the_others(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    api.update("message", {"text": "secret words"})
    api.update("message", [1, 2])
    api.update("hologram", {"x": 1})
    api.inject({"no": "id"})
    api.say(AMINA, "fine")
    await host.wait(1)
    await api.wait_acknowledged()
    assert [type(event) for event in host.events] == [TextReceived]
    assert sum("update skipped" in record.message for record in caplog.records) == 3
    assert "secret" not in caplog.text


async def test_a_storm_of_faults_while_polling_loses_nothing(host: MemoryHost) -> None:
    kinds = ["throttle", "reset_before", "drop_after", "odd_json"]
    async with BotApi() as api:
        api.faults.next("getUpdates", kinds, retry_after=0.05)
        api.faults.next("getMe", ["bad_json", "odd_json"])
        for number in range(5):
            api.say(AMINA, str(number))
        channel = make_channel(api)
        await channel.start(host)
        await host.wait(5, timeout_s=60)
        await channel.close()
        assert sum(api.faults.happened.values()) >= 3
    assert len(host.accepted) == 5


async def test_a_second_poller_is_a_conflict_that_is_waited_out(
    api: BotApi, host: MemoryHost, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    await until(lambda: api.calls["getUpdates"] == 1)
    other = make_channel(api)
    await other.start(host)
    await until(lambda: "another process polls" in caplog.text)
    api.say(AMINA, "to one of them")
    await host.wait(1)
    await other.close()


class Turn:
    """Which process polls, turned by hand."""

    def __init__(self) -> None:
        self.leads, self._changed = False, asyncio.Event()

    async def changes(self, leads: bool) -> None:
        while self.leads == leads:
            await self._changed.wait()

    def set(self, leads: bool) -> None:
        self.leads = leads
        self._changed.set()
        self._changed = asyncio.Event()


async def test_of_several_processes_one_polls_and_hands_over_at_once(host: MemoryHost, caplog: pytest.LogCaptureFixture) -> None:
    async with BotApi() as api:
        turns, channels = (Turn(), Turn()), (make_channel(api), make_channel(api))
        for turn, channel in zip(turns, channels, strict=True):
            channel.follow(turn)
            await channel.start(host)
        await until(lambda: api.calls["deleteWebhook"] == 2)
        assert api.calls["getUpdates"] == 0
        for number, (leader, other) in enumerate((turns, turns[::-1], turns), 1):
            other.set(False)  # in the middle of a long poll
            leader.set(True)
            api.say(AMINA, str(number))
            await host.wait(number)
            await api.wait_acknowledged()
        for channel in channels:
            await channel.close()
    assert "another process polls" not in caplog.text


def test_backoff_grows_with_jitter_and_is_capped() -> None:
    assert 0.25 <= backoff(1) <= 0.5
    assert 7.5 <= backoff(30) <= 15
    assert len({backoff(4) for _ in range(20)}) > 10


# ---------------------------------------------------------------- presses and groups


async def test_a_press_names_token_and_place_and_is_answered_at_once(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    host.refusals = [StoreError("busy")]
    api.say(AMINA, "/menu")
    await host.wait(1)
    await channel.send(parcel(AMINA, say("¿Qué?", "Salud", "Vivienda"), "abc_9-"))
    api.press(AMINA, "Vivienda")
    await host.wait(2)
    event = host.events[1]
    assert isinstance(event, ButtonPressed)
    assert (event.token, event.index) == ("abc_9-", 1)
    await until(lambda: list(api.queries.values()) == [1])


@pytest.mark.parametrize("data", ["", "x", "abc:9999", "abc:x", "a b:1", "abc:1\n", "ж:1", "abc:١", "x" * 64])
async def test_forged_data_counts_as_expired_and_is_answered(data: str, api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    api.press_data(AMINA, data)
    await host.wait(1)
    event = host.events[0]
    assert isinstance(event, ButtonPressed)
    assert (event.token, event.index) == ("", 0)
    await until(lambda: list(api.queries.values()) == [1])


async def test_a_button_of_another_person_counts_as_expired_for_the_presser(
    api: BotApi, host: MemoryHost, channel: TelegramChannel
) -> None:
    api.press_data(BORYS, "abc:1", chat_id=AMINA)
    (incoming,) = await host.wait(1)
    assert incoming.contact.address == str(BORYS)
    assert isinstance(incoming.event, ButtonPressed)
    assert incoming.event.token == ""


async def test_an_answer_to_a_press_that_fails_harms_nobody(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    api.faults.next("answerCallbackQuery", ["bad_gateway", "bad_json"])
    for _ in range(3):
        api.press_data(AMINA, "abc:1")
    api.queries.popitem()
    await host.wait(3)
    await until(lambda: api.calls["answerCallbackQuery"] == 3)


async def test_a_group_hears_one_line_and_is_left(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    api.add_to_group(-100777, AMINA)
    api.say_in_group(-100777, AMINA, "/start")
    api.say_in_group(-100777, BORYS, "hola")
    await until(lambda: api.left_groups == [-100777])
    assert [sent.text for sent in api.sent(-100777)] == [GROUP_TEXT]
    api.add_to_group(-100777, AMINA)
    await until(lambda: len(api.left_groups) == 2)
    assert len(api.sent(-100777)) == 1
    assert not host.accepted


# ---------------------------------------------------------------- starting


async def test_commands_are_registered_per_language(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    await until(lambda: len(api.commands) == len(COMMANDS))
    assert api.commands == {("all_private_chats", language): commands for language, commands in COMMANDS.items()}


async def test_one_bad_language_does_not_stop_the_others(api: BotApi, host: MemoryHost) -> None:
    channel = make_channel(api, commands={"ckb": [("menu", "x")], "es": [("menu", "Temas")]})
    await channel.start(host)
    await until(lambda: ("all_private_chats", "es") in api.commands)
    api.say(AMINA, "hola")
    await host.wait(1)
    await channel.close()


@pytest.mark.parametrize(
    "token", ["", "abc", "123456789", "123456789:", "123456789:short", "123456789:with spaces in the middle of it", "x:" + "a" * 35]
)
def test_a_malformed_token_is_refused_before_any_network(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TelegramChannel(token, group_text="", clock=lambda: datetime.now(UTC), commands={})
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(("url", "secret"), [(None, SECRET), ("https://example.org", None), ("https://example.org", "short"), ("", SECRET)])
def test_webhook_mode_needs_address_and_secret(url: str | None, secret: str | None) -> None:
    with pytest.raises(ConfigError):
        TelegramChannel(
            TOKEN, group_text="", clock=lambda: datetime.now(UTC), commands={}, mode="webhook", public_url=url, webhook_secret=secret
        )


async def test_a_refused_token_is_said_plainly_and_ends_only_this_channel(
    api: BotApi, host: MemoryHost, caplog: pytest.LogCaptureFixture
) -> None:
    api.token = "987654321:another-token-entirely-here"
    wrong = TelegramChannel(TOKEN, api_url=api.url, group_text="", clock=lambda: datetime.now(UTC), commands={})
    await wrong.start(host)
    await until(lambda: "refuses the token" in caplog.text)
    assert TOKEN not in caplog.text
    assert api.calls["getUpdates"] == 0
    await wrong.close()


async def test_a_telegram_that_is_away_at_start_is_tried_again(host: MemoryHost, caplog: pytest.LogCaptureFixture) -> None:
    async with BotApi() as api:
        port, url = api.port, api.url
    channel = TelegramChannel(TOKEN, api_url=url, group_text="", clock=lambda: datetime.now(UTC), commands={})
    begin = asyncio.get_running_loop().time()
    await channel.start(host)
    assert asyncio.get_running_loop().time() - begin < 0.5
    await until(lambda: "getMe failed (NotSentError)" in caplog.text)
    async with BotApi(port=port) as api:
        api.say(AMINA, "are you there?")
        await host.wait(1, timeout_s=10)
        await channel.close()


async def test_stopping_while_telegram_is_away_is_prompt(host: MemoryHost) -> None:
    async with BotApi() as api:
        url = api.url
    channel = TelegramChannel(TOKEN, api_url=url, group_text="", clock=lambda: datetime.now(UTC), commands={})
    await channel.start(host)
    await asyncio.sleep(0.1)
    begin = asyncio.get_running_loop().time()
    await channel.close()
    assert asyncio.get_running_loop().time() - begin < 0.5


async def test_nothing_private_is_logged_even_at_debug(host: MemoryHost, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with BotApi() as api:
        kinds = ["bad_json", "half_body", "drop_after", "unparseable", "bad_request", "server_error"]
        channel, reply = make_channel(api), say("canary-reply", "canary-label")
        await channel.start(host)
        api.say(AMINA, "canary-text 600123123")
        await host.wait(1)
        api.faults.next("sendMessage", kinds)
        for _ in kinds:
            try:
                await channel.send(parcel(AMINA, reply))
            except ChannelError as error:
                logging.getLogger("test").error("send failed", exc_info=error)
        api.faults.next("getUpdates", ["half_body", "bad_json", "drop_after"])
        api.say(AMINA, "canary-again")
        await host.wait(2, timeout_s=10)
        await channel.close()
    lines = [record for record in caplog.records if not record.name.startswith(("asyncio", "aiohttp"))]
    text = "\n".join(logging.Formatter().format(record) for record in lines)
    assert "send failed" in text
    for canary in ("canary", "600123123", api.token, str(AMINA), "Amina"):
        assert canary not in text
