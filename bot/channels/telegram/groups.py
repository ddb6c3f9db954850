"""What happens in groups, as events of a desk. Pure; only linked groups are listened to, and only `/link CODE` in any other."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from telegram import CallbackQuery, ChatMemberUpdated, Message
from telegram.constants import ChatMemberStatus

from bot.channels.telegram.media import carried
from bot.channels.telegram.values import place_of, unbroken, whole
from bot.model import ContactRef, GroupEvent, GroupLinking, GroupMoved, GroupPressed, GroupSaid

DESK_CHANNEL: Final = "telegram-desk"
ANONYMOUS_ADMIN: Final = 1087968824  # GroupAnonymousBot (core.telegram.org/bots/api#message, "from")
MAX_POST: Final = 4096  # characters of a message of Telegram: nothing is cut off what is passed on, the desk says what is too long
ACTION: Final = "d:"  # our buttons in groups say what they do; who may press is looked up when they are
GONE: Final = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)
_ACTION = re.compile(r"d:([a-z]{1,20}(?::[A-Za-z0-9_-]{1,20}){1,2})", re.ASCII)
_LINK = re.compile(r"/link(?:@[A-Za-z0-9_]+)?\s+([A-Za-z0-9_-]{4,64})\s*", re.IGNORECASE)


def group_ref(chat_id: int) -> ContactRef:
    """Name a group as the store knows it."""
    return ContactRef(DESK_CHANNEL, str(chat_id))


def linking(message: Message, at: datetime) -> GroupLinking | None:
    """Read `/link CODE`; None for anything else."""
    found = _LINK.fullmatch(message.text) if isinstance(message.text, str) else None
    if found is None:
        return None
    return GroupLinking(code=found[1], sender=sender_of(message), is_forum=bool(message.chat.is_forum), at=at)


def said(message: Message, at: datetime, *, edited: bool) -> GroupEvent | None:
    """Read what a member wrote; None for what members do not write (somebody joined, a topic was made, a live place moves on)."""
    if message.migrate_to_chat_id is not None:
        return GroupMoved(to=whole(message.migrate_to_chat_id), at=at)
    words = message.text if message.text is not None else message.caption
    found = carried(message)
    place = place_of(message.location) if message.location is not None else None
    if words is None and (edited or (place is None and found.attachment is None and not found.too_large)):
        return None
    return GroupSaid(
        topic=topic_of(message),
        sender=sender_of(message),
        post=whole(message.message_id),
        at=at,
        text=unbroken(words or "")[:MAX_POST],
        attachment=found.attachment,
        place=place,
        reply_to=_answered(message),
        edited=edited,
        too_large=found.too_large,
    )


def topic_of(message: Message) -> int | None:
    """Return the topic of a message; None for General, where an answer has the id of a thread that is no topic."""
    return whole(message.message_thread_id) if message.is_topic_message and message.message_thread_id is not None else None


def _answered(message: Message) -> int | None:
    """Return the message this one answers; in a topic everything formally answers the message that made it."""
    answered = message.reply_to_message
    if answered is None or answered.message_id == topic_of(message):
        return None
    return whole(answered.message_id)


def sender_of(message: Message) -> int | None:
    """Return who wrote; None for anonymous administrators, channels and bots."""
    sender = message.from_user
    if message.sender_chat is not None or sender is None or sender.is_bot or sender.id == ANONYMOUS_ADMIN:
        return None
    return whole(sender.id)


def pressed(query: CallbackQuery, at: datetime) -> GroupPressed | None:
    """Read a press of one of our buttons in a group; None for foreign data."""
    found = _ACTION.fullmatch(query.data) if isinstance(query.data, str) else None
    if found is None or query.message is None:
        return None
    topic = topic_of(query.message) if isinstance(query.message, Message) else None
    return GroupPressed(topic=topic, sender=whole(query.from_user.id), action=found[1], query=unbroken(query.id), at=at)


def left(change: ChatMemberUpdated, at: datetime) -> GroupMoved | None:
    """Read that we were removed from a group."""
    return GroupMoved(to=None, at=at) if change.new_chat_member.status in GONE else None
