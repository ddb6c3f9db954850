"""Desk groups: a topic for each case. The same bot as the contacts', in groups that were linked by a code."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from starlette.routing import BaseRoute
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.channels import Capabilities, Host, Parcel
from bot.channels.layout import web_address
from bot.channels.telegram import pieces
from bot.channels.telegram.calls import Target, chat_id_of, translated
from bot.channels.telegram.groups import ACTION, DESK_CHANNEL
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.render import MAX_CALLBACK_BYTES, short_label
from bot.channels.telegram.sender import LostTopicError, deliver
from bot.channels.telegram.topics import Topics, is_lost
from bot.errors import ChannelError, ChannelRejected
from bot.model import Message, Option

BUTTONS_A_ROW: Final = 2


class TelegramDeskChannel:
    """Sends what a desk is told into the topics of its group. Receives nothing: the contacts' channel hears for both.

    `not_passed` is said instead of a file that cannot be had, `no_right` where we may not manage topics; `clock` in seconds."""

    name = DESK_CHANNEL
    capabilities = Capabilities(max_options=8, max_text=pieces.TEXT_LIMIT, shared_device=False, location=False)

    def __init__(self, client: Bot, *, not_passed: str, no_right: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._not_passed, self._no_right = client, not_passed, no_right
        self._pace = Pace(clock)
        self._started: tuple[Host, Topics] | None = None

    async def start(self, host: Host) -> None:
        """Remember whom to ask for topics and files."""
        self._started = host, Topics(self._client, host, self._no_right)

    def routes(self) -> Sequence[BaseRoute]:
        """Return no routes."""
        return ()

    def split(self, message: Message) -> tuple[Message, ...]:
        """Cut a message into pieces of one call each."""
        return pieces.split(message)

    async def send(self, parcel: Parcel) -> str | None:
        """Send one piece into the topic of its case. See Channel.send for what is raised."""
        if self._started is None:
            raise ChannelError("telegram-desk: not started", retryable=True)
        host, topics = self._started
        chat_id = chat_id_of(parcel)
        if not parcel.message.withdraws:
            self._pace.take(chat_id)
        return await translated(self._deliver(host, topics, parcel, chat_id))

    async def fetch(self, key: str) -> bytes:
        """Refuse: files of groups are fetched by the contacts' channel."""
        raise ChannelRejected("telegram-desk: no files of its own")

    async def stop_receiving(self) -> None:
        """Do nothing: nothing is received here."""

    async def close(self) -> None:
        """Hold nothing open: the connection is the contacts' channel's."""

    async def _deliver(self, host: Host, topics: Topics, parcel: Parcel, chat_id: int) -> str | None:
        message = parcel.message
        if message.withdraws:
            await (topics.delete(parcel) if message.thread and not message.line else self._put(host, parcel, chat_id, None))
            return None
        try:
            return await self._put(host, parcel, chat_id, await topics.of(parcel))
        except TelegramError as error:
            if not message.thread or not (isinstance(error, LostTopicError) or is_lost(error)):
                raise
        await topics.forget(parcel)
        # What stands in the case is told anew, its card first. What does not would be lost, so it begins the new topic.
        return None if message.line else await self._put(host, parcel, chat_id, await topics.of(parcel))

    async def _put(self, host: Host, parcel: Parcel, chat_id: int, topic: int | None) -> str | None:
        target = Target(chat_id, _buttons, host.fetch, self._not_passed, topic)
        return await deliver(self._client, target, parcel)


def _buttons(message: Message) -> InlineKeyboardMarkup | None:
    """Make the buttons of a post: each says what it does, since any member may press it."""
    row = [button for option in message.options if (button := _button(option))]
    rows = [row[start : start + BUTTONS_A_ROW] for start in range(0, len(row), BUTTONS_A_ROW)]
    return InlineKeyboardMarkup(rows) if rows else None


def _button(option: Option) -> InlineKeyboardButton | None:
    label = short_label(option.label)
    if option.url is not None:
        url = web_address(option.url)
        return InlineKeyboardButton(label, url=url) if url else None
    data = f"{ACTION}{option.id}"
    if len(data.encode()) > MAX_CALLBACK_BYTES:
        raise ChannelRejected(f"telegram-desk: button data of {len(data.encode())} bytes")
    return InlineKeyboardButton(label, callback_data=data)
