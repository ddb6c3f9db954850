"""Builds Telegram channels and parcels for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.channels import Channel, Parcel
from bot.channels.telegram import TelegramChannel
from bot.model import ContactRef, Heading, Message, Option, Paragraph, Run
from tests.botapi import BotApi

COMMANDS = {"": [("menu", "Topics"), ("human", "Talk to a person")], "es": [("menu", "Temas")], "ar": [("menu", "المواضيع")]}
GROUP_TEXT = "I only work in private chats."
LINK_TEXT = "Give me the code: /link CODE"
NO_RIGHT = "I may not manage topics here."
NOT_PASSED = "The file <here> could not be passed on."
SECRET = "a-secret-of-the-webhook"


def make_channel(api: BotApi, **more: object) -> TelegramChannel:
    """Make a channel for a Bot API server."""
    settings: dict[str, object] = {"api_url": api.url, "group_text": GROUP_TEXT, "commands": COMMANDS, "clock": lambda: datetime.now(UTC)}
    return TelegramChannel(api.token, **(settings | more))  # type: ignore[arg-type]


def say(text: str, *labels: str, locale: str = "es", **more: object) -> Message:
    """Make a message of one paragraph and plain options."""
    options = tuple(Option(f"id-{label}", label) for label in labels)
    return Message(locale, (Paragraph((Run(text),)),), options, **more)  # type: ignore[arg-type]


def parcel(user: int, message: Message, token: str = "tok3n", *earlier: str | None) -> Parcel:
    """Address a message; `earlier`: what it replaces or removes."""
    return Parcel(ContactRef("telegram", str(user)), 1, token, message, False, tuple(filter(None, earlier)))


def group_ref(group: int) -> ContactRef:
    """Name a desk group."""
    return ContactRef("telegram-desk", str(group))


def card(number: int, heading: str = "Blue heron", *options: Option, line: int = 1, **more: object) -> Message:
    """Make the first post of a case."""
    blocks = (Heading((Run(f"{heading} · {number}"),)), Paragraph((Run("Arabic, housing"),)))
    return Message("es", blocks, options, thread=number, line=line, **more)  # type: ignore[arg-type]


async def send_all(channel: Channel, to: ContactRef, message: Message, *earlier: str | None) -> list[str | None]:
    """Send a message as the service does: cut into pieces, each with what was sent before it with the same line."""
    before = tuple(filter(None, earlier))
    return [await channel.send(Parcel(to, 1, "tok3n", piece, False, before)) for piece in channel.split(message)]
