"""Sending over HTTP to a strict Bot API server: what people get, and what each failure means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.channels.telegram import TelegramChannel, calls
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled, ContactBlocked
from bot.model import ContactRef, Document, Heading, Message, Option, Paragraph, Run, Venue
from tests.botapi import TOKEN, BotApi
from tests.channels.hosts import MemoryHost
from tests.channels.telegram_rig import make_channel, parcel, say

AMINA = 5550001


@pytest.fixture
async def channel(api: BotApi) -> AsyncIterator[TelegramChannel]:
    """A channel that has started, and a person who has written."""
    channel, host = make_channel(api), MemoryHost()
    await channel.start(host)
    api.say(AMINA, "hola")
    await host.wait(1)
    yield channel
    await channel.close()


async def test_a_whole_answer_is_seen_as_meant(api: BotApi, channel: TelegramChannel) -> None:
    message = Message(
        "es",
        (Heading((Run("<Padrón> & más"),)), Paragraph((Run("la web", url="https://example.org/?a=1&b"),))),
        (Option("a", "Sí"), Option("b", "Web", url="https://example.org"), Option("c", "Hablar con una persona de verdad")),
        (Venue("Oficina", "Plaza 1", 40.3, -3.8), Venue("Otra", "", 40.4, -3.7), Venue("", "", 0.0, 0.0)),
        Document('../mis "datos" ñ.json', "application/json", '{"a": "ñ"}'),
    )
    for piece in channel.split(message):
        await channel.send(parcel(AMINA, piece, "k"))
    text, venue, other, location, document = api.sent(AMINA)
    assert text.text == "<Padrón> & más\n\nla web"
    assert {(entity.kind, entity.url) for entity in text.entities} == {("b", None), ("a", "https://example.org/?a=1&b")}
    assert text.labels == ["Sí", "Web", "Hablar con una persona de verdad"]
    assert [button.get("callback_data") for row in text.buttons for button in row] == ["k:0", None, "k:2"]
    assert venue.venue == {"latitude": 40.3, "longitude": -3.8, "title": "Oficina", "address": "Plaza 1"}
    assert other.venue is not None
    assert other.venue["address"] == "Otra"
    assert location.venue == {"latitude": 0.0, "longitude": 0.0}
    assert document.document == ('.._mis "datos" ñ.json', '{"a": "ñ"}'.encode())


async def test_a_message_of_buttons_alone_still_has_a_text(api: BotApi, channel: TelegramChannel) -> None:
    await channel.send(parcel(AMINA, Message("es", options=(Option("a", "A"),))))
    assert api.sent(AMINA)[0].text == "👇"


async def test_a_very_long_message_arrives_whole_with_buttons_at_the_end(api: BotApi, channel: TelegramChannel) -> None:
    message = say("Una frase <b> & otra. 😀 " * 1000, "Sí", locale="ar")
    for piece in channel.split(message):
        await channel.send(parcel(AMINA, piece))
    sent = api.sent(AMINA)
    assert len(sent) > 5
    assert "".join("".join(piece.text.split()) for piece in sent).replace("\u200f", "") == "Unafrase<b>&otra.😀" * 1000
    assert [len(piece.labels) for piece in sent] == [0] * (len(sent) - 1) + [1]


async def failure(channel: TelegramChannel, user: int = AMINA) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await channel.send(parcel(user, say("hola", "Sí")))
    return caught.value


@pytest.mark.parametrize(
    ("fault", "kind", "retryable", "uncertain", "delivered"),
    [
        ("bad_gateway", ChannelError, True, True, 0),
        ("server_error", ChannelError, True, True, 0),
        ("reset_before", ChannelError, True, True, 0),
        ("drop_after", ChannelError, True, True, 1),
        ("half_body", ChannelError, True, True, 1),
        ("bad_json", ChannelError, True, True, 1),
        ("odd_json", ChannelError, True, True, 1),
        ("forbidden", ContactBlocked, False, False, 0),
        ("bad_request", ChannelRejected, False, False, 0),
    ],
)
async def test_each_failure_says_whether_to_retry_and_whether_it_may_have_arrived(
    fault: str, kind: type, retryable: bool, uncertain: bool, delivered: int, api: BotApi, channel: TelegramChannel
) -> None:
    api.faults.next("sendMessage", fault)
    error = await failure(channel)
    assert type(error) is kind
    assert (error.retryable, error.uncertain) == (retryable, uncertain)
    assert len(api.sent(AMINA)) == delivered
    assert "quote" not in str(error)
    assert error.__cause__ is None


async def test_the_named_wait_is_passed_on_exactly(api: BotApi, channel: TelegramChannel) -> None:
    api.faults.next("sendMessage", "throttle", retry_after=37)
    error = await failure(channel)
    assert isinstance(error, ChannelThrottled)
    assert error.retry_after_s == 37
    assert not error.uncertain


async def test_a_late_answer_is_uncertain(api: BotApi, channel: TelegramChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SEND_S", 0.3)
    api.faults.next("sendMessage", "hang", hang_s=1)
    error = await failure(channel)
    assert (error.retryable, error.uncertain) == (True, True)
    assert len(api.sent(AMINA)) == 1


async def test_no_connection_is_surely_not_sent() -> None:
    async with BotApi() as api:
        url = api.url
    channel = TelegramChannel(TOKEN, api_url=url, group_text="", clock=lambda: datetime.now(UTC), commands={})
    await channel.start(MemoryHost())
    for _ in range(2):
        error = await failure(channel)
        assert (type(error), error.retryable, error.uncertain) == (ChannelError, True, False)
        await asyncio.sleep(0.05)
    await channel.close()
    closed = await failure(channel)
    assert (closed.retryable, closed.uncertain) == (True, False)


async def test_an_unknown_host_is_surely_not_sent() -> None:
    channel = TelegramChannel(TOKEN, api_url="http://nowhere.invalid", group_text="", clock=lambda: datetime.now(UTC), commands={})
    await channel.start(MemoryHost())
    await asyncio.sleep(0.05)
    error = await failure(channel)
    assert (error.retryable, error.uncertain) == (True, False)
    await channel.close()


async def test_a_person_who_blocked_us_or_never_wrote_is_let_be(api: BotApi, channel: TelegramChannel) -> None:
    assert isinstance(await failure(channel, user=999), ContactBlocked)
    api.block(AMINA)
    assert isinstance(await failure(channel), ContactBlocked)


async def test_refused_markup_is_sent_once_more_as_plain_text(api: BotApi, channel: TelegramChannel) -> None:
    api.faults.next("sendMessage", "unparseable")
    message = Message("es", (Paragraph((Run("mira <esto>", bold=True, url="https://example.org"),)),), (Option("a", "Sí"),))
    await channel.send(parcel(AMINA, message))
    (sent,) = api.sent(AMINA)
    assert sent.text == sent.source == "mira <esto> (https://example.org)"
    assert sent.labels == ["Sí"]
    api.faults.next("sendMessage", ["unparseable", "unparseable"])
    assert isinstance(await failure(channel), ChannelRejected)


async def test_a_link_button_telegram_does_not_like_does_not_cost_the_answer(api: BotApi, channel: TelegramChannel) -> None:
    options = (Option("a", "Web", url="https://intranet"), Option("b", "Sí"))
    await channel.send(parcel(AMINA, Message("es", (Paragraph((Run("hola"),)),), options), "k"))
    (sent,) = api.sent(AMINA)
    assert sent.buttons == [[{"text": "Sí", "callback_data": "k:1"}]]


async def test_mistakes_of_ours_are_dead_letters(channel: TelegramChannel) -> None:
    with pytest.raises(ChannelRejected):
        await channel.send(parcel(AMINA, Message("es", device="own")))
    odd = parcel(AMINA, say("hola"))
    with pytest.raises(ChannelRejected):
        await channel.send(type(odd)(ContactRef("telegram", "not a number"), 1, "t", odd.message, uncertain=False))
    with pytest.raises(ChannelRejected):
        await channel.send(parcel(AMINA, Message("es", venues=(Venue("x", "y", float("nan"), 0),))))


async def test_many_people_are_served_at_once(api: BotApi, channel: TelegramChannel) -> None:
    for user in range(1, 201):
        api.languages[user] = "es"
    await asyncio.gather(*(channel.send(parcel(user, say(f"para {user}"))) for user in range(1, 201)))
    assert all([sent.text for sent in api.sent(user)] == [f"para {user}"] for user in range(1, 201))
