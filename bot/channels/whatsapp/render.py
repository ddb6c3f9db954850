"""From our message to what WhatsApp is posted: text with its marks, three buttons or a list of ten, a place. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.channels.layout import Marks, cut_label, plain_name, render
from bot.errors import ChannelRejected
from bot.model import Message, Venue

# Limits of the Cloud API (developers.facebook.com/documentation/business-messaging/whatsapp/messages, read November 2026)
MAX_BUTTONS: Final = 3
MAX_ROWS: Final = 10
BUTTON_LENGTH: Final = 20
ROW_LENGTH: Final = 24
DESCRIPTION_LENGTH: Final = 72
MAX_ID: Final = 200
HERE: Final = "👇"  # stands for the text of a message that has only buttons
CHOOSE: Final = "☰"  # opens a list where nobody has said it in the reader's language

Payload = dict[str, Any]


def _bold(text: str, is_alone: bool) -> str:
    """Write text bold. WhatsApp takes a star for itself where a letter touches it or another star is near."""
    inner = text.strip()
    if not is_alone or not inner or "*" in inner or "\n" in inner:
        return text
    before, _, after = text.partition(inner)
    return f"{before}*{inner}*{after}"


MARKS: Final = Marks(escape=lambda text: text, bold=_bold, small=lambda text: text)


def as_text(message: Message, *, with_addresses: bool = True) -> str:
    """Write the text of a message with WhatsApp's marks; empty where there is nothing to read."""
    return render(message, MARKS, with_addresses=with_addresses)


def content(message: Message, token: str, choose: str) -> Payload:
    """Make what is sent of a piece of text: its type and what goes with it. Raises ChannelRejected past a limit: a mistake of ours.

    `choose` is written on the button that opens a list."""
    text = as_text(message)
    if message.options:
        return _interactive(text or HERE, _choices(message, token, choose))
    if message.ask_location:
        return _interactive(text or HERE, {"type": "location_request_message", "action": {"name": "send_location"}})
    if not text:
        raise ChannelRejected("whatsapp: nothing to show")
    return plain(text)


def plain(text: str) -> Payload:
    """Make a text without anything to press; a preview would hide the answer under a picture."""
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def _interactive(text: str, rest: Payload) -> Payload:
    return {"type": "interactive", "interactive": {"body": {"text": text}, **rest}}


def _choices(message: Message, token: str, choose: str) -> Payload:
    labels = [(f"{token}:{index}", " ".join(option.label.split())) for index, option in enumerate(message.options)]
    if len(labels) > MAX_ROWS or any(len(name) > MAX_ID for name, _label in labels):
        raise ChannelRejected(f"whatsapp: {len(labels)} choices under one message, or a long id")
    titles = [cut_label(label, BUTTON_LENGTH) for _name, label in labels]
    if len(labels) <= MAX_BUTTONS and len({*titles}) == len(titles) and all(len(label) <= BUTTON_LENGTH for _name, label in labels):
        replies = [{"type": "reply", "reply": {"id": name, "title": title}} for (name, _label), title in zip(labels, titles, strict=True)]
        return {"type": "button", "action": {"buttons": replies}}
    rows = [_row(name, label) for name, label in labels]
    return {"type": "list", "action": {"button": cut_label(choose, BUTTON_LENGTH), "sections": [{"rows": rows}]}}


def _row(name: str, label: str) -> Mapping[str, str]:
    """Make a row; of a long label the whole stands under its beginning."""
    title = cut_label(label, ROW_LENGTH)
    if title == label:
        return {"id": name, "title": title}
    return {"id": name, "title": title, "description": cut_label(label, DESCRIPTION_LENGTH)}


def location(venue: Venue) -> Payload:
    """Make a place on the map."""
    place: Payload = {"latitude": venue.latitude, "longitude": venue.longitude}
    name, address = plain_name(venue.name), plain_name(venue.address)
    if name or address:
        place |= {"name": name or address, "address": address or name}
    return {"type": "location", "location": place}
