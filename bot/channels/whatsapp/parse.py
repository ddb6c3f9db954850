"""From what WhatsApp posts to our events. Pure; what does not parse is counted and quotes nothing.

One post holds any number of messages and of notes on messages of ours. The form is that of the Cloud API's webhooks
(developers.facebook.com/documentation/business-messaging/whatsapp/webhooks, read November 2026)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.cases import Attachment, MediaKind
from bot.channels.layout import unbroken
from bot.channels.typed import BUTTON, command_in, on_map, without_slash
from bot.model import MAX_TEXT, ButtonPressed, CommandReceived, ContactRef, Event, Incoming, LocationShared, MediaReceived, TextReceived

CHANNEL: Final = "whatsapp"
OBJECT: Final = "whatsapp_business_account"

# Whom a message is from: the id that stands for a person before this business alone, else their telephone number.
_USER: Final = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
_PHONE: Final = re.compile(r"[0-9]{5,20}", re.ASCII)
_MESSAGE_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")
_MEDIA_ID: Final = re.compile(r"[A-Za-z0-9_-]{5,100}", re.ASCII)
_LATEST: Final = 1 << 33  # seconds; what is beyond is no date

_MEDIA: Final[Mapping[str, MediaKind]] = {
    "image": "photo",
    "audio": "audio",
    "video": "video",
    "document": "document",
    "sticker": "sticker",
    "contacts": "contact",
}
_FETCHABLE: Final = frozenset({"image", "audio", "video", "document"})
_SILENT: Final = frozenset({"reaction", "system", "ephemeral", "revoke"})  # nobody said anything, so nothing is answered


class MalformedMessage(Exception):
    """A message that is not what the Cloud API promises."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A message of ours that WhatsApp took and could not deliver, and its reason for that."""

    message_id: str
    code: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a post holds. `malformed`: messages nobody can read."""

    incoming: tuple[Incoming, ...] = ()
    failed: tuple[Failed, ...] = ()
    malformed: int = 0


def is_user(address: str) -> bool:
    """Tell whether an address is an id that stands for a person before this business alone; else it is a telephone number."""
    return _USER.fullmatch(address) is not None


def parse(raw: object, phone_id: str) -> Parsed:
    """Read one post about our number."""
    incoming: list[Incoming] = []
    failed: list[Failed] = []
    malformed = 0
    for value in _values(raw, phone_id):
        known = _users(value)
        for message in _objects(value.get("messages")):
            try:
                found = _read(message, known, phone_id)
            except Exception:  # whatever is wrong with one message, the others are kept
                malformed += 1
                continue
            incoming += [found] if found else []
        failed += [note for status in _objects(value.get("statuses")) if (note := _failed(status))]
    return Parsed(tuple(incoming), tuple(failed), malformed)


def _values(raw: object, phone_id: str) -> Iterator[Mapping[str, Any]]:
    """Yield what is about messages of our number; one address may be called for several."""
    if not isinstance(raw, dict) or raw.get("object") != OBJECT:
        return
    for entry in _objects(raw.get("entry")):
        for change in _objects(entry.get("changes")):
            value = change.get("value")
            if change.get("field") != "messages" or not isinstance(value, dict):
                continue
            if _object(value, "metadata").get("phone_number_id") == phone_id:
                yield value


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a part that is an object; empty where it is not there or is something else."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _users(value: Mapping[str, Any]) -> dict[object, object]:
    """Return the ids of the people of a post by their numbers: older messages name only these."""
    return {contact.get("wa_id"): contact.get("user_id") for contact in _objects(value.get("contacts")) if contact.get("wa_id")}


# ---------------------------------------------------------------- messages


def _read(message: Mapping[str, Any], known: Mapping[object, object], phone_id: str) -> Incoming | None:
    """Read a message; None where nobody said anything to us alone."""
    if message.get("group_id") or message.get("type") in _SILENT:
        return None
    address = _address(message, known)
    external_id = f"{phone_id}:{_matching(_MESSAGE_ID, message.get('id'))}"
    return Incoming(ContactRef(CHANNEL, address), external_id, _event(message, _moment(message.get("timestamp"))))


def _address(message: Mapping[str, Any], known: Mapping[object, object]) -> str:
    for found in (message.get("from_user_id"), known.get(message.get("from")), message.get("from")):
        if isinstance(found, str) and (is_user(found) or _PHONE.fullmatch(found)):
            return found
    raise MalformedMessage("nobody named")


def _event(message: Mapping[str, Any], at: datetime) -> Event:
    match message.get("type"):
        case "text":
            return _said(_text(_object(message, "text").get("body")), at)
        case "button":  # under a message from a template
            return _said(_text(_object(message, "button").get("text")), at)
        case "interactive":
            return _pressed(_object(message, "interactive"), at)
        case "edit":
            return _edited(_object(message, "edit"), at)
        case "location":
            return _place(_object(message, "location"), at)
        case "request_welcome":
            return CommandReceived(name="start", argument="", at=at)
        case kind:
            return _media(message, str(kind), at)


def _said(text: str, at: datetime) -> Event:
    command = command_in(text)
    if command:
        return CommandReceived(name=command[0], argument=command[1], at=at)
    return TextReceived(text=without_slash(text)[:MAX_TEXT], at=at)


def _pressed(interactive: Mapping[str, Any], at: datetime) -> Event:
    """Read a press; of a button that is none of ours it counts as one that has expired."""
    reply = _object(interactive, "button_reply") or _object(interactive, "list_reply")
    found = BUTTON.fullmatch(_text(reply.get("id"))) if reply else None
    return ButtonPressed(token=found[1], index=int(found[2]), at=at) if found else ButtonPressed(token="", index=0, at=at)


def _edited(edit: Mapping[str, Any], at: datetime) -> Event:
    """Read an edit of words; it names the message it replaces."""
    text = _text(_object(_object(edit, "message"), "text").get("body"))
    source = _matching(_MESSAGE_ID, edit.get("original_message_id"))
    return TextReceived(text=text[:MAX_TEXT], at=at, edited=True, source_id=source)


def _place(location: Mapping[str, Any], at: datetime) -> Event:
    place = on_map(location.get("latitude"), location.get("longitude"))
    return LocationShared(latitude=place[0], longitude=place[1], at=at) if place else MediaReceived(media="other", at=at)


def _media(message: Mapping[str, Any], kind: str, at: datetime) -> Event:
    """Read a file; what people write beside it can be answered, the file only passed on."""
    found = _object(message, kind)
    media: MediaKind = "voice" if found.get("voice") is True else _MEDIA.get(kind, "other")
    attachment, caption, source = None, _optional(found, "caption"), _matching(_MESSAGE_ID, message.get("id"))
    if kind in _FETCHABLE:
        key = _matching(_MEDIA_ID, found.get("id"))
        attachment = Attachment(media, f"{CHANNEL}:{key}", _optional(found, "filename")[:120], _optional(found, "mime_type")[:120])
    if caption:
        return TextReceived(text=caption[:MAX_TEXT], at=at, source_id=source, attachment=attachment)
    return MediaReceived(media=media, at=at, attachment=attachment, source_id=source)


# ---------------------------------------------------------------- notes on messages of ours


def _failed(status: Mapping[str, Any]) -> Failed | None:
    message_id = status.get("id")
    if status.get("status") != "failed" or not isinstance(message_id, str):
        return None
    codes = [code for error in _objects(status.get("errors")) if isinstance(code := error.get("code"), int)]
    return Failed(message_id[:200], codes[0] if codes else 0)


# ---------------------------------------------------------------- small parts


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedMessage("no text")
    return unbroken(value)


def _optional(value: Mapping[str, Any], name: str) -> str:
    return _text(value[name]) if isinstance(value.get(name), str) else ""


def _matching(form: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise MalformedMessage("no id")
    return value


def _moment(value: object) -> datetime:
    seconds = int(value) if isinstance(value, (str, int)) else -1
    if not 0 < seconds < _LATEST:
        raise MalformedMessage("no date")
    return datetime.fromtimestamp(seconds, UTC)
