"""What happens in groups, as events of a desk. Pure; only linked groups are listened to, and only `/link CODE` in any other."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from telegram import CallbackQuery, ChatMemberUpdated, Message
from telegram.constants import ChatMemberStatus

from bot.channels.telegram.media import carried
from bot.model import MAX_TEXT, ContactRef, GroupEvent, GroupLinking, GroupMoved, GroupPressed, GroupSaid

DESK_CHANNEL: Final = "telegram-desk"
ANONYMOUS_ADMIN: Final = 1087968824  # GroupAnonymousBot (core.telegram.org/bots/api#message, "from")
ACTION: Final = "d:"  # our buttons in groups say what they do; who may press is looked up when they are
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
    """Read what a member wrote; None for what members do not write (somebody joined, a topic was made)."""
    if isinstance(message.migrate_to_chat_id, int):
        return GroupMoved(to=message.migrate_to_chat_id, at=at)
    words = message.text if message.text is not None else message.caption
    found = carried(message)
    place = message.location
    if words is None and place is None and found.attachment is None and not found.too_large:
        return None
    return GroupSaid(
        topic=message.message_thread_id if message.is_topic_message else None,
        sender=sender_of(message),
        post=message.message_id,
        at=at,
        text=_clean(words or "")[:MAX_TEXT],
        attachment=found.attachment,
        place=(float(place.latitude), float(place.longitude)) if place is not None else None,
        reply_to=_answered(message),
        edited=edited,
        too_large=found.too_large,
    )


def _answered(message: Message) -> int | None:
    """Return the message this one answers; in a topic everything formally answers the message that made it."""
    answered = message.reply_to_message
    if answered is None or answered.message_id == message.message_thread_id:
        return None
    return answered.message_id


def sender_of(message: Message) -> int | None:
    """Return who wrote; None for anonymous administrators, channels and bots."""
    sender = message.from_user
    if message.sender_chat is not None or sender is None or sender.is_bot or sender.id == ANONYMOUS_ADMIN:
        return None
    return sender.id


def pressed(query: CallbackQuery, at: datetime) -> GroupPressed | None:
    """Read a press of one of our buttons in a group; None for foreign data."""
    found = _ACTION.fullmatch(query.data) if isinstance(query.data, str) else None
    if found is None or query.message is None:
        return None
    topic = getattr(query.message, "message_thread_id", None)
    return GroupPressed(topic=topic, sender=query.from_user.id, action=found[1], query=str(query.id), at=at)


def left(change: ChatMemberUpdated, at: datetime) -> GroupMoved | None:
    """Read that we were removed from a group."""
    gone = change.new_chat_member.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)
    return GroupMoved(to=None, at=at) if gone else None


def _clean(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
