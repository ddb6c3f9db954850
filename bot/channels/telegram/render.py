"""From our message to Telegram's HTML and keyboards. Pure; every inserted value is escaped, so no text can break the formatting."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup, ReplyKeyboardRemove

from bot.channels.layout import Marks, cut_label, render, web_address
from bot.errors import ChannelRejected
from bot.model import Message, Option

HERE: Final = "👇"  # stands for the text of a message that has only buttons
PLACE_BUTTON: Final = "📍"

# Limits of the Bot API (telegram.constants InlineKeyboardButtonLimit and InlineKeyboardMarkupLimit, read November 2025)
MAX_CALLBACK_BYTES: Final = 64
MAX_BUTTONS: Final = 100
LABEL_LENGTH: Final = 64
SHORT_LABEL: Final = 18  # two such labels fit beside each other on a small phone

HTML: Final = Marks(
    escape=html.escape,
    bold=lambda text, _alone: f"<b>{text}</b>",
    small=lambda text: f"<i>{text}</i>",
    link=lambda text, url: f'<a href="{html.escape(url)}">{text}</a>',
)


def as_html(message: Message) -> str:
    """Write the text of a message in Telegram's HTML; empty where there is nothing to read."""
    return render(message, HTML)


def keyboard(message: Message, token: str) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove:
    """Make the keyboard of a message. Raises ChannelRejected past a limit of Telegram: that is a mistake of ours."""
    buttons = [button for index, option in enumerate(message.options) if (button := _button(option, f"{token}:{index}"))]
    if len(buttons) > MAX_BUTTONS:
        raise ChannelRejected(f"telegram: {len(buttons)} buttons under one message")
    if buttons:
        return InlineKeyboardMarkup(_rows(buttons, one_each=message.direction == "rtl"))
    if message.ask_location:
        share = KeyboardButton(PLACE_BUTTON, request_location=True)
        return ReplyKeyboardMarkup([[share]], resize_keyboard=True, one_time_keyboard=True)
    return ReplyKeyboardRemove()  # takes an unused place button away


def without_links(message: Message) -> Message:
    """Make link buttons unusable without moving the others from their places."""
    return replace(message, options=tuple(replace(option, url=option.url and "") for option in message.options))


def _button(option: Option, data: str) -> InlineKeyboardButton | None:
    label = short_label(option.label)
    if option.url is not None:
        url = web_address(option.url)
        return InlineKeyboardButton(label, url=url) if url else None
    if len(data.encode()) > MAX_CALLBACK_BYTES:
        raise ChannelRejected(f"telegram: button data of {len(data.encode())} bytes")
    return InlineKeyboardButton(label, callback_data=data)


def short_label(label: str) -> str:
    """Cut a label to what a button shows."""
    return cut_label(label, LABEL_LENGTH)


def _rows(buttons: list[InlineKeyboardButton], *, one_each: bool) -> list[list[InlineKeyboardButton]]:
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons:
        short = not one_each and len(button.text) <= SHORT_LABEL
        if short and rows and len(rows[-1]) == 1 and len(rows[-1][0].text) <= SHORT_LABEL:
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows
