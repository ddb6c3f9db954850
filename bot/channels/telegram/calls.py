"""Calls of the Bot API: how long they may take, what their errors become, and where a message goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from telegram import InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyKeyboardRemove
from telegram.error import TelegramError

from bot.cases import Attachment
from bot.channels import Parcel
from bot.channels.telegram.failures import channel_error
from bot.channels.telegram.request import ThrottledError, UncertainError
from bot.discretion import Word
from bot.errors import ChannelError, ChannelRejected
from bot.model import Message

SEND_S: Final = 10.0  # the longest a sender may hold a message, a second try included; its lease is 15 s
_UNREADABLE: Final = (KeyError, TypeError, ValueError, AttributeError)  # what the library raises on an answer of the wrong shape

_log = logging.getLogger(__name__)

T = TypeVar("T")
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None
Fetch = Callable[[Attachment], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes. `keyboard(message)` makes its buttons; `fetch` gets a file that is not Telegram's own.

    `not_passed`: what is said where a file cannot be had."""

    chat_id: int
    keyboard: Callable[[Message], Markup]
    fetch: Fetch
    not_passed: str
    topic: int | None = None


async def translated(work: Awaitable[T]) -> T:
    """Wait at most SEND_S, and turn foreign errors into ours. Raises the ChannelError tree."""
    try:
        async with asyncio.timeout(SEND_S):
            return await work
    except TelegramError as error:
        raise channel_error(error) from None  # the foreign error may quote the message
    except TimeoutError:
        raise ChannelError("telegram: no answer in time", retryable=True, uncertain=True) from None


async def call(work: Awaitable[T]) -> T:
    """Make a call of the library. Raises TelegramError only: UncertainError too when the answer has the wrong shape."""
    try:
        return await work
    except _UNREADABLE as error:
        raise UncertainError(f"unreadable answer ({type(error).__name__})") from None


async def attempt(name: str, work: Awaitable[object]) -> bool:
    """Make a call whose failure harms nobody; tells whether it worked."""
    try:
        await call(work)
    except TelegramError as error:
        _log.info("%s failed: %s", Word(name), Word(type(error).__name__))
        return False
    return True


def wait_of(error: Exception) -> float:
    """Return the seconds the server asked to wait, or 0."""
    return error.retry_after_s if isinstance(error, ThrottledError) else 0.0


def chat_id_of(parcel: Parcel) -> int:
    """Return the chat of a parcel. Raises ChannelRejected."""
    try:
        return int(parcel.contact.address)
    except ValueError:
        raise ChannelRejected("telegram: the address is no chat id") from None
