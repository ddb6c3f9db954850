"""Desk groups: a topic for each case. The same bot as the contacts', in groups that were linked by a code."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from starlette.routing import BaseRoute
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from bot.cases import Attachment
from bot.channels import Capabilities, Host, Parcel
from bot.channels.telegram import pieces
from bot.channels.telegram.groups import ACTION, DESK_CHANNEL
from bot.channels.telegram.render import MAX_CALLBACK_BYTES, block_runs, clean, short_label, web_address
from bot.channels.telegram.sender import Target, attempt, call, chat_id_of, deliver, translated
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled
from bot.model import Heading, Message, Option

PER_MINUTE: Final = 20  # messages to one group (core.telegram.org/bots/faq, read November 2025)
MINUTE_S: Final = 60.0
TOPIC_NAME: Final = 128  # characters (telegram.constants.ForumTopicLimit)
_GONE: Final = ("message thread not found", "topic_deleted", "topic_id_invalid", "topic_closed", "thread not found")
_RIGHTS: Final = ("not enough rights", "chat_admin_required", "need administrator rights")

_log = logging.getLogger(__name__)


class TelegramDeskChannel:
    """Sends what a desk is told into the topics of its group. Receives nothing: the contacts' channel hears for both."""

    name = DESK_CHANNEL
    capabilities = Capabilities(max_options=8, max_text=pieces.TEXT_LIMIT, shared_device=False, location=False)

    def __init__(self, client: Bot, not_passed: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._not_passed, self._clock = client, not_passed, clock
        self._host: Host | None = None
        self._sent: dict[int, deque[float]] = {}

    async def start(self, host: Host) -> None:
        """Remember whom to ask for topics and files."""
        self._host = host

    def routes(self) -> Sequence[BaseRoute]:
        """Return no routes."""
        return ()

    def split(self, message: Message) -> tuple[Message, ...]:
        """Cut a message into pieces of one call each."""
        return pieces.split(message)

    async def send(self, parcel: Parcel) -> str | None:
        """Send one piece into the topic of its case. See Channel.send for what is raised."""
        chat_id = chat_id_of(parcel)
        self._take_turn(chat_id)
        return await translated(self._deliver(parcel, chat_id))

    async def fetch(self, key: str) -> bytes:
        """Refuse: files of groups are fetched by the contacts' channel."""
        raise ChannelRejected("telegram-desk: no files of its own")

    async def stop_receiving(self) -> None:
        """Do nothing: nothing is received here."""

    async def close(self) -> None:
        """Hold nothing open: the connection is the contacts' channel's."""

    # ------------------------------------------------------------ the rate of a group

    def _take_turn(self, chat_id: int) -> None:
        """Raise ChannelThrottled where one more message would be too many for this minute."""
        now, sent = self._clock(), self._sent.setdefault(chat_id, deque())
        while sent and sent[0] <= now - MINUTE_S:
            sent.popleft()
        if len(sent) >= PER_MINUTE:
            raise ChannelThrottled(sent[0] + MINUTE_S - now + 0.1)
        sent.append(now)

    # ------------------------------------------------------------ topics

    async def _deliver(self, parcel: Parcel, chat_id: int) -> str | None:
        message = parcel.message
        if message.thread and message.withdraws and not message.line:
            await self._delete_topic(parcel, chat_id)
            return None
        topic = await self._topic(parcel, chat_id)
        try:
            return await deliver(self._client, self._target(chat_id, topic), parcel)
        except BadRequest as error:
            if not message.thread or not _says(error, _GONE):
                raise _named(error) from None
        _log.info("a topic is gone; it is made anew")
        await self._set_topic(parcel, None)
        topic = await self._topic(parcel, chat_id)
        return await deliver(self._client, self._target(chat_id, topic), parcel)

    def _target(self, chat_id: int, topic: int | None) -> Target:
        return Target(chat_id, _buttons, self._fetch, topic, self._not_passed)

    async def _fetch(self, attachment: Attachment) -> bytes:
        if self._host is None:
            raise ChannelError("telegram-desk: not started", retryable=True)
        return await self._host.fetch(attachment)

    async def _topic(self, parcel: Parcel, chat_id: int) -> int | None:
        """Return the topic of the message's case, made where there is none; None for General."""
        number = parcel.message.thread
        if not number or self._host is None:
            return None
        known = await self._host.topic(parcel.contact, number)
        if known is not None:
            return known
        try:
            made = await call(self._client.create_forum_topic(chat_id, _topic_name(parcel.message)))
        except BadRequest as error:
            raise _named(error) from None
        await self._set_topic(parcel, made.message_thread_id)
        return made.message_thread_id

    async def _set_topic(self, parcel: Parcel, topic_id: int | None) -> None:
        if self._host is not None:
            await self._host.set_topic(parcel.contact, parcel.message.thread, topic_id)

    async def _delete_topic(self, parcel: Parcel, chat_id: int) -> None:
        known = await self._host.topic(parcel.contact, parcel.message.thread) if self._host is not None else None
        if known is not None:
            await attempt("deleteForumTopic", self._client.delete_forum_topic(chat_id, known))
            await self._set_topic(parcel, None)


def _says(error: BadRequest, signs: Sequence[str]) -> bool:
    return any(sign in error.message.casefold() for sign in signs)


def _named(error: BadRequest) -> Exception:
    """Name the right that is missing; any other error stays what it is."""
    if not _says(error, _RIGHTS):
        return error
    _log.error("a desk group does not let us manage topics: make the bot an administrator with that right")
    return ChannelRejected("telegram-desk: the right to manage topics is missing")


def _topic_name(message: Message) -> str:
    """Name a topic by the first heading of its first post, else by the number of the case."""
    heading = next((block for block in message.blocks if isinstance(block, Heading)), None)
    text = "".join(run.text for run in block_runs(heading)) if heading else ""
    return " ".join(clean(text).split())[:TOPIC_NAME] or f"#{message.thread}"


def _buttons(message: Message) -> InlineKeyboardMarkup | None:
    """Make the buttons of a post: each says what it does, since any member may press it."""
    rows = [button for option in message.options if (button := _button(option))]
    return InlineKeyboardMarkup([rows[start : start + 2] for start in range(0, len(rows), 2)]) if rows else None


def _button(option: Option) -> InlineKeyboardButton | None:
    label = short_label(option.label)
    if option.url is not None:
        url = web_address(option.url)
        return InlineKeyboardButton(label, url=url) if url else None
    data = f"{ACTION}{option.id}"
    if len(data.encode()) > MAX_CALLBACK_BYTES:
        raise ChannelRejected(f"telegram-desk: button data of {len(data.encode())} bytes")
    return InlineKeyboardButton(label, callback_data=data)
