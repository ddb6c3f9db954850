"""The topics of cases in desk groups: found, made, named, deleted."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Final, TypeVar

from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.channels import Host, Parcel
from bot.channels.layout import block_runs, clean
from bot.channels.telegram.calls import attempt, call, chat_id_of
from bot.channels.telegram.failures import NO_RIGHT, NO_TOPIC, says
from bot.discretion import Word
from bot.errors import ChannelRejected, ChannelThrottled
from bot.model import Heading, Message

NAME_LENGTH: Final = 128  # characters (telegram.constants.ForumTopicLimit)
RIGHT_S: Final = 60.0  # until it is tried again whether we may make topics by now

_log = logging.getLogger(__name__)

T = TypeVar("T")


class NoRightError(TelegramError):
    """A group does not let us do what a desk needs."""


class Topics:
    """Leads each post to the topic of its case. `no_right` is said once in a group that does not let us manage topics.

    Methods raise TelegramError, ChannelRejected, ChannelThrottled or StoreError."""

    def __init__(self, client: Bot, host: Host, no_right: str) -> None:
        self._client, self._host, self._no_right = client, host, no_right
        self._told: set[int] = set()

    async def of(self, parcel: Parcel) -> int | None:
        """Return the topic a post belongs to, made where there is none yet; None for General."""
        message = parcel.message
        if not message.thread:
            return None
        known = await self._host.topic(parcel.contact, message.thread)
        if known is None:
            return await self._make(parcel)
        if message.line and not message.edits and _heading(message):  # a case told anew: the topic may have been made without its card
            name = _name(message)
            await attempt("editForumTopic", self._client.edit_forum_topic(chat_id_of(parcel), known, name=name))
        return known

    async def forget(self, parcel: Parcel) -> None:
        """Note that a topic is gone."""
        _log.info("the topic of a case is gone")
        await self._host.set_topic(parcel.contact, parcel.message.thread, None)

    async def delete(self, parcel: Parcel) -> None:
        """Delete a topic with all that stands in it."""
        known = await self._host.topic(parcel.contact, parcel.message.thread)
        if known is None:
            return
        try:
            await self._allowed(chat_id_of(parcel), "delete messages", self._client.delete_forum_topic(chat_id_of(parcel), known))
        except NoRightError as error:
            raise ChannelRejected(f"telegram-desk: {error.message}") from None
        except BadRequest as error:
            if not says(error, NO_TOPIC):
                raise
        await self._host.set_topic(parcel.contact, parcel.message.thread, None)

    async def _make(self, parcel: Parcel) -> int:
        """Make a topic. Without the right to, the case waits: a card that is given up would leave nobody a button to take the case."""
        chat_id = chat_id_of(parcel)
        try:
            made = await self._allowed(chat_id, "manage topics", self._client.create_forum_topic(chat_id, _name(parcel.message)))
        except NoRightError:
            raise ChannelThrottled(RIGHT_S) from None
        self._told.discard(chat_id)
        await self._host.set_topic(parcel.contact, parcel.message.thread, made.message_thread_id)
        return made.message_thread_id

    async def _allowed(self, chat_id: int, right: str, work: Awaitable[T]) -> T:
        """Make a call that needs a right; where it is missing, say so in the log and once in the group. Raises NoRightError then."""
        try:
            return await call(work)
        except BadRequest as error:
            if not says(error, NO_RIGHT):
                raise
        _log.error("a desk group has no topics, or lacks the right to %s: make the bot an administrator with that right", Word(right))
        await self._tell(chat_id)
        raise NoRightError(f"the right to {right} is missing")

    async def _tell(self, chat_id: int) -> None:
        if self._no_right and chat_id not in self._told:
            self._told.add(chat_id)
            await attempt("sendMessage", self._client.send_message(chat_id, self._no_right))


def is_lost(error: TelegramError) -> bool:
    """Tell whether an error means that the topic is not there any more."""
    return isinstance(error, BadRequest) and says(error, NO_TOPIC)


def _heading(message: Message) -> str:
    heading = next((block for block in message.blocks if isinstance(block, Heading)), None)
    text = "".join(run.text for run in block_runs(heading)) if heading else ""
    return " ".join(clean(text).split())[:NAME_LENGTH]


def _name(message: Message) -> str:
    """Name a topic by the heading of its first post, else by the number of the case."""
    return _heading(message) or f"#{message.thread}"
