"""From Telegram's update to our event. Pure; what does not parse raises MalformedUpdate and quotes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from telegram import CallbackQuery, ChatMemberUpdated, Location, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from bot.channels.telegram import groups
from bot.channels.telegram.media import carried
from bot.channels.telegram.values import moment, place_of, unbroken, whole
from bot.channels.typed import BUTTON, command_in, without_slash
from bot.model import (
    MAX_TEXT,
    ButtonPressed,
    CommandReceived,
    ContactLeft,
    ContactRef,
    Event,
    GroupEvent,
    GroupSaid,
    Incoming,
    LocationShared,
    MediaReceived,
    TextReceived,
)

CHANNEL: Final = "telegram"
ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")

# Telegram's own remarks in a private chat: nobody said anything, so nothing is answered.
_REMARKS: Final = (
    "pinned_message",
    "message_auto_delete_timer_changed",
    "write_access_allowed",
    "connected_website",
    "chat_background_set",
    "users_shared",
    "chat_shared",
    "boost_added",
    "successful_payment",
    "refunded_payment",
    "gift",
    "gift_upgrade_sent",
    "unique_gift",
    "proximity_alert_triggered",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
)


# What is read of an update that the library does not take as a whole.
_ENVELOPE: Final = ("update_id", "id", "data", "chat_instance", *ALLOWED_UPDATES)
_PARTS: Final = ("message_id", "from", "chat", "date", "edit_date", "text", "caption", "location", "media_group_id")
_IN_GROUPS: Final = ("message_thread_id", "is_topic_message", "sender_chat", "old_chat_member", "new_chat_member")
_CORE: Final = (*_ENVELOPE, *_PARTS, *_IN_GROUPS)


class MalformedUpdate(Exception):
    """An update that is not what the Bot API promises."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an update asks of us.

    `incoming`: of a private chat, to be kept. `query_id`: a press to be answered. `in_group`: to be kept where that group is a desk's, or
    asks to become one. `foreign_chat`: a group or channel in which somebody spoke, where we do not stay unless it is a desk's.
    `added`: somebody added us to it just now."""

    incoming: Incoming | None = None
    query_id: str | None = None
    foreign_chat: int | None = None
    in_group: Incoming | None = None
    added: bool = False


def update_id(raw: object) -> int:
    """Return the id of an undecoded update; raises MalformedUpdate where there is none."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise MalformedUpdate("no update id")
    return number


def parse(raw: object, bot_id: int, now: datetime) -> Parsed:
    """Read one update; `now` dates what Telegram does not date. Raises MalformedUpdate."""
    number = update_id(raw)
    if _is_remark(raw):
        return Parsed()
    try:
        return _read(raw, f"{bot_id}:{number}", bot_id, now)
    except Exception:  # noqa: S110  # the library raises anything, and one update that is never taken would hold up everybody's
        pass  # it may be older than the server: a person who wrote something it does not know still gets an answer
    try:
        return _read(_reduced(raw), f"{bot_id}:{number}", bot_id, now)
    except Exception as error:
        raise MalformedUpdate(type(error).__name__) from None


def _is_remark(raw: object) -> bool:
    """Tell a remark in a private chat from its raw form: the library warns about some of its own as it reads them."""
    message = raw.get("message") if isinstance(raw, dict) else None
    chat = message.get("chat") if isinstance(message, dict) else None
    private = isinstance(chat, dict) and chat.get("type") == ChatType.PRIVATE
    return private and isinstance(message, dict) and any(message.get(name) for name in _REMARKS)


def _read(raw: object, external_id: str, bot_id: int, now: datetime) -> Parsed:
    return _parse(Update.de_json(raw, None), external_id, bot_id, now)  # type: ignore[arg-type]  # update_id saw that it is a dict


def _reduced(content: object) -> object:
    """Leave of an update only who wrote or pressed what, and when."""
    if not isinstance(content, dict):
        return content
    return {part: _reduced(content[part]) if part in ALLOWED_UPDATES else content[part] for part in _CORE if part in content}


def _parse(update: Update, external_id: str, bot_id: int, now: datetime) -> Parsed:
    if update.callback_query is not None:
        return _group_press(update.callback_query, external_id, now) or _press(update.callback_query, external_id, now)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, external_id)
    message = update.message or update.edited_message
    if message is None:
        return Parsed()
    if message.chat.type != ChatType.PRIVATE:
        return _in_group(message, external_id, edited=update.message is None)
    contact, sender = _contact(message.chat.id), message.from_user
    if sender is None or sender.is_bot or sender.id != message.chat.id:  # in a private chat both have one number
        return Parsed()
    event = _edited_event(message) if update.message is None else _event(message)
    return Parsed() if event is None else Parsed(incoming=Incoming(contact, external_id, event))


def _in_group(message: Message, external_id: str, *, edited: bool) -> Parsed:
    """Read what was written in a group. What Telegram itself remarks there is nobody's word, so nothing follows from it."""
    chat_id = whole(message.chat.id)
    if message.chat.type not in (ChatType.GROUP, ChatType.SUPERGROUP):
        return Parsed(foreign_chat=chat_id)
    at = moment(message.edit_date if edited and message.edit_date is not None else message.date)
    event: GroupEvent | None = None if edited else groups.linking(message, at)
    if event is None:
        event = groups.said(message, at, edited=edited)
    if event is None:
        return Parsed()
    spoken = chat_id if isinstance(event, GroupSaid) else None
    return Parsed(foreign_chat=spoken, in_group=Incoming(groups.group_ref(chat_id), external_id, event))


# ---------------------------------------------------------------- messages


def _event(message: Message) -> Event:
    if message.text is not None:
        return _text_or_command(message)
    if message.location is not None:  # a venue carries its location too
        return _location(message, message.location)
    found = carried(message)
    if message.caption and not found.too_large:  # what people write beside a picture can be answered, the picture only passed on
        return replace(_text(message, message.caption), attachment=found.attachment)
    return MediaReceived(
        media=found.kind,
        at=moment(message.date),
        locale_hint=_hint(message),
        attachment=found.attachment,
        caption=unbroken(message.caption or "")[:MAX_TEXT],
        too_large=found.too_large,
        source_id=str(whole(message.message_id)),
        album=unbroken(message.media_group_id or "")[:64],
    )


def _edited_event(message: Message) -> Event | None:
    """Read an edit; only words count, since a live location "edits" itself every few seconds."""
    words = message.text if message.text is not None else message.caption
    if words is None:
        return None
    edit = _text(message, without_slash(unbroken(words)), edited=True)
    return replace(edit, attachment=carried(message).attachment)


def _text_or_command(message: Message) -> Event:
    text = unbroken(message.text)
    command = command_in(text)
    if command is None:
        return _text(message, without_slash(text))
    return CommandReceived(name=command[0], argument=command[1], at=moment(message.date), locale_hint=_hint(message))


def _text(message: Message, text: str, *, edited: bool = False) -> TextReceived:
    at = message.edit_date if edited and message.edit_date is not None else message.date
    source_id = str(whole(message.message_id))
    return TextReceived(text=unbroken(text)[:MAX_TEXT], at=moment(at), locale_hint=_hint(message), edited=edited, source_id=source_id)


def _location(message: Message, location: Location) -> Event:
    place = place_of(location)
    if place is None:
        return MediaReceived(media="other", at=moment(message.date), locale_hint=_hint(message))
    return LocationShared(latitude=place[0], longitude=place[1], at=moment(message.date), locale_hint=_hint(message))


# ---------------------------------------------------------------- presses and membership


def _group_press(query: CallbackQuery, external_id: str, now: datetime) -> Parsed | None:
    """Read a press of a button of ours in a group; None for a press in a private chat. Who presses there is no contact."""
    message = query.message
    if message is None or message.chat.type == ChatType.PRIVATE:
        return None
    chat_id, event = whole(message.chat.id), groups.pressed(query, now)
    kept = Incoming(groups.group_ref(chat_id), external_id, event) if event and message.chat.type != ChatType.CHANNEL else None
    return Parsed(query_id=unbroken(query.id), foreign_chat=chat_id, in_group=kept)


def _press(query: CallbackQuery, external_id: str, now: datetime) -> Parsed:
    """Read a press. The contact is who pressed; a button outside their own chat, or with foreign data, counts as expired."""
    own_chat = query.message is not None and query.message.chat.id == query.from_user.id
    found = BUTTON.fullmatch(query.data) if own_chat and isinstance(query.data, str) else None
    token, index = (found[1], int(found[2])) if found else ("", 0)
    event = ButtonPressed(token=token, index=index, at=now, locale_hint=_language(query.from_user.language_code))
    return Parsed(incoming=Incoming(_contact(query.from_user.id), external_id, event), query_id=unbroken(query.id))


def _membership(change: ChatMemberUpdated, external_id: str) -> Parsed:
    status = change.new_chat_member.status
    if change.chat.type != ChatType.PRIVATE:
        return _group_membership(change, external_id)
    if status != ChatMemberStatus.BANNED:
        return Parsed()
    event = ContactLeft(at=moment(change.date), locale_hint=_language(change.from_user.language_code))
    return Parsed(incoming=Incoming(_contact(change.chat.id), external_id, event))


def _group_membership(change: ChatMemberUpdated, external_id: str) -> Parsed:
    """Read that we were added to a group or removed from one; a new right in a group we are in changes nothing."""
    chat_id, event = whole(change.chat.id), groups.left(change, moment(change.date))
    if event is not None:
        return Parsed(in_group=Incoming(groups.group_ref(chat_id), external_id, event))
    if change.chat.type == ChatType.CHANNEL:
        return Parsed(foreign_chat=chat_id)
    return Parsed(foreign_chat=chat_id, added=True) if change.old_chat_member.status in groups.GONE else Parsed()


# ---------------------------------------------------------------- small parts


def _contact(chat_id: object) -> ContactRef:
    return ContactRef(CHANNEL, str(whole(chat_id)))


def _hint(message: Message) -> str | None:
    return _language(message.from_user.language_code) if message.from_user is not None else None


def _language(code: object) -> str | None:
    return code if isinstance(code, str) and _LANGUAGE.fullmatch(code) else None
