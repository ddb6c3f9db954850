"""Builds Telegram channels and parcels for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.channels import Parcel
from bot.channels.telegram import TelegramChannel
from bot.model import ContactRef, Message, Option, Paragraph, Run
from tests.botapi import BotApi

COMMANDS = {"": [("menu", "Topics"), ("human", "Talk to a person")], "es": [("menu", "Temas")], "ar": [("menu", "المواضيع")]}
GROUP_TEXT = "I only work in private chats."
SECRET = "a-secret-of-the-webhook"


def make_channel(api: BotApi, **more: object) -> TelegramChannel:
    """Make a channel for a Bot API server."""
    settings: dict[str, object] = {"api_url": api.url, "group_text": GROUP_TEXT, "commands": COMMANDS, "clock": lambda: datetime.now(UTC)}
    return TelegramChannel(api.token, **(settings | more))  # type: ignore[arg-type]


def say(text: str, *labels: str, locale: str = "es", **more: object) -> Message:
    """Make a message of one paragraph and plain options."""
    options = tuple(Option(f"id-{label}", label) for label in labels)
    return Message(locale, (Paragraph((Run(text),)),), options, **more)  # type: ignore[arg-type]


def parcel(user: int, message: Message, token: str = "tok3n") -> Parcel:
    """Address a message."""
    return Parcel(ContactRef("telegram", str(user)), 1, token, message, uncertain=False)
