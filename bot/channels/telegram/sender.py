"""One piece of a message to one call of the Bot API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace
from typing import Final

from telegram import Bot, InputFile, LinkPreviewOptions, Location
from telegram import Venue as TelegramVenue
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.channels import Parcel
from bot.channels.telegram.failures import channel_error, is_unshowable
from bot.channels.telegram.pieces import TEXT_LIMIT, text_length
from bot.channels.telegram.render import HERE, keyboard, plain_name, render
from bot.channels.telegram.request import ThrottledError, UncertainError
from bot.errors import ChannelError, ChannelRejected
from bot.model import Document, Message, Venue

SEND_S: Final = 10.0  # the longest a sender may hold a message, a second try in plain text included; its lease is 15 s
_UNREADABLE: Final = (KeyError, TypeError, ValueError, AttributeError)  # what the library raises on an answer of the wrong shape

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)  # a preview would hide the answer under a picture

_log = logging.getLogger(__name__)


async def send(client: Bot, parcel: Parcel) -> None:
    """Send one piece. Raises the ChannelError tree."""
    chat_id = _chat_id(parcel)
    try:
        async with asyncio.timeout(SEND_S):
            await _send(client, chat_id, parcel.token, parcel.message)
    except TelegramError as error:
        raise channel_error(error) from None  # the foreign error may quote the message
    except TimeoutError:
        raise ChannelError("telegram: no answer in time", retryable=True, uncertain=True) from None


async def call(work: Awaitable[object]) -> None:
    """Make a call of the library. Raises TelegramError only: UncertainError too when the answer has the wrong shape."""
    try:
        await work
    except _UNREADABLE as error:
        raise UncertainError(f"unreadable answer ({type(error).__name__})") from None


def wait_of(error: Exception) -> float:
    """Return the seconds the server asked to wait, or 0."""
    return error.retry_after_s if isinstance(error, ThrottledError) else 0.0


async def attempt(name: str, work: Awaitable[object]) -> None:
    """Make a call whose failure harms nobody."""
    try:
        await call(work)
    except TelegramError as error:
        _log.info("%s failed: %s", name, type(error).__name__)


def _chat_id(parcel: Parcel) -> int:
    try:
        return int(parcel.contact.address)
    except ValueError:
        raise ChannelRejected("telegram: the address is no chat id") from None


async def _send(client: Bot, chat_id: int, token: str, message: Message) -> None:
    if message.document is not None:
        await call(client.send_document(chat_id, _file(message.document)))
    elif message.venues:
        await _send_venue(client, chat_id, message.venues[0])
    else:
        await _send_text(client, chat_id, token, message)


async def _send_text(client: Bot, chat_id: int, token: str, message: Message) -> None:
    text = render(message)
    buttons = keyboard(message, token)
    if not text and not message.options and not message.ask_location:
        raise ChannelRejected("telegram: nothing to show")
    try:
        await call(client.send_message(chat_id, text or HERE, ParseMode.HTML, link_preview_options=_NO_PREVIEW, reply_markup=buttons))
    except BadRequest as error:
        if not is_unshowable(error):
            raise
        _log.error("Telegram refused our markup; sent as plain text instead")
        bare = keyboard(_without_links(message), token)
        await call(client.send_message(chat_id, _plain(message), link_preview_options=_NO_PREVIEW, reply_markup=bare))


def _plain(message: Message) -> str:
    text = render(message, "plain")
    return (text if text_length(text) <= TEXT_LIMIT else render(message, "plain", with_addresses=False)) or HERE


def _without_links(message: Message) -> Message:
    """Make link buttons unusable without moving the others from their places."""
    return replace(message, options=tuple(replace(option, url=option.url and "") for option in message.options))


async def _send_venue(client: Bot, chat_id: int, venue: Venue) -> None:
    place = Location(longitude=venue.longitude, latitude=venue.latitude)  # as numbers, 0 would count as missing
    name, address = plain_name(venue.name), plain_name(venue.address)
    if name or address:  # Telegram wants both
        await call(client.send_venue(chat_id, venue=TelegramVenue(place, name or address, address or name)))
    else:
        await call(client.send_location(chat_id, location=place))


def _file(document: Document) -> InputFile:
    name = plain_name(document.name).replace("/", "_").replace("\\", "_") or "file.txt"
    return InputFile(document.text.encode("utf-8", "replace"), filename=name)
