"""One piece of a message to one call of the Bot API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from telegram import Bot, InlineKeyboardMarkup, InputFile, LinkPreviewOptions, Location, ReplyKeyboardMarkup, ReplyKeyboardRemove
from telegram import Message as TelegramMessage
from telegram import Venue as TelegramVenue
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.cases import Attachment
from bot.channels import Parcel
from bot.channels.telegram.failures import channel_error, is_unshowable
from bot.channels.telegram.media import PLACE
from bot.channels.telegram.pieces import TEXT_LIMIT, text_length
from bot.channels.telegram.render import HERE, keyboard, plain_name, render
from bot.channels.telegram.request import ThrottledError, UncertainError
from bot.errors import ChannelError, ChannelRejected
from bot.model import Document, Message, Venue

SEND_S: Final = 10.0  # the longest a sender may hold a message, a second try in plain text included; its lease is 15 s
_UNREADABLE: Final = (KeyError, TypeError, ValueError, AttributeError)  # what the library raises on an answer of the wrong shape

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)  # a preview would hide the answer under a picture

_log = logging.getLogger(__name__)

T = TypeVar("T")
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None
Fetch = Callable[[Attachment], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes. `keyboard(message)` makes its buttons; `fetch` gets a file that is not Telegram's own."""

    chat_id: int
    keyboard: Callable[[Message], Markup]
    fetch: Fetch
    topic: int | None = None
    not_passed: str = "📎 ✗"


async def send(client: Bot, parcel: Parcel, fetch: Fetch, not_passed: str) -> str | None:
    """Send one piece to a private chat; returns Telegram's id of it. Raises the ChannelError tree."""
    target = Target(chat_id_of(parcel), lambda message: keyboard(message, parcel.token), fetch, not_passed=not_passed)
    return await translated(deliver(client, target, parcel))


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


def wait_of(error: Exception) -> float:
    """Return the seconds the server asked to wait, or 0."""
    return error.retry_after_s if isinstance(error, ThrottledError) else 0.0


async def attempt(name: str, work: Awaitable[object]) -> bool:
    """Make a call whose failure harms nobody; tells whether it worked."""
    try:
        await call(work)
    except TelegramError as error:
        _log.info("%s failed: %s", name, type(error).__name__)
        return False
    return True


def chat_id_of(parcel: Parcel) -> int:
    """Return the chat of a parcel. Raises ChannelRejected."""
    try:
        return int(parcel.contact.address)
    except ValueError:
        raise ChannelRejected("telegram: the address is no chat id") from None


# ---------------------------------------------------------------- what a message is


async def deliver(client: Bot, target: Target, parcel: Parcel) -> str | None:
    """Send, change or take back one piece. Raises TelegramError or ChannelError."""
    message = parcel.message
    if message.withdraws:
        for earlier in parcel.earlier:
            await _take_back(client, target, earlier)
        return None
    if message.edits and parcel.earlier and not (message.venues or message.attachment or message.document):
        first, *others = parcel.earlier
        for earlier in others:
            await _take_back(client, target, earlier)
        if await _change(client, target, int(first), message):
            return first
    return _id_of(await _send(client, target, message))


def _id_of(sent: TelegramMessage) -> str:
    return str(sent.message_id)


async def _take_back(client: Bot, target: Target, message_id: str) -> None:
    """Delete a message; what is gone already, or too old for a bot to delete, stays as it is."""
    try:
        await call(client.delete_message(target.chat_id, int(message_id)))
    except BadRequest as error:
        _log.info("deleteMessage failed: %s", type(error).__name__)


async def _change(client: Bot, target: Target, message_id: int, message: Message) -> bool:
    """Write a message anew; False where Telegram does not let us, so that it is sent once more."""
    buttons = target.keyboard(message)
    inline = buttons if isinstance(buttons, InlineKeyboardMarkup) else None
    try:
        await call(
            client.edit_message_text(
                render(message) or HERE, target.chat_id, message_id, parse_mode=ParseMode.HTML, reply_markup=inline,
                link_preview_options=_NO_PREVIEW,
            )
        )  # fmt: skip
    except BadRequest as error:
        return "not modified" in error.message.casefold()
    return True


async def _send(client: Bot, target: Target, message: Message) -> TelegramMessage:
    if message.document is not None:
        return await call(client.send_document(target.chat_id, _file(message.document), message_thread_id=target.topic))
    if message.attachment is not None:
        return await _send_attachment(client, target, message, message.attachment)
    if message.venues:
        return await _send_venue(client, target, message.venues[0])
    return await _send_text(client, target, message)


async def _send_text(client: Bot, target: Target, message: Message) -> TelegramMessage:
    text = render(message)
    buttons = target.keyboard(message)
    if not text and not message.options and not message.ask_location:
        raise ChannelRejected("telegram: nothing to show")
    where: dict[str, Any] = {"link_preview_options": _NO_PREVIEW, "message_thread_id": target.topic}
    try:
        return await call(client.send_message(target.chat_id, text or HERE, ParseMode.HTML, reply_markup=buttons, **where))
    except BadRequest as error:
        if not is_unshowable(error):
            raise
        _log.error("Telegram refused our markup; sent as plain text instead")
        bare = target.keyboard(_without_links(message))
        return await call(client.send_message(target.chat_id, _plain(message), reply_markup=bare, **where))


def _plain(message: Message) -> str:
    text = render(message, "plain")
    return (text if text_length(text) <= TEXT_LIMIT else render(message, "plain", with_addresses=False)) or HERE


def _without_links(message: Message) -> Message:
    """Make link buttons unusable without moving the others from their places."""
    return replace(message, options=tuple(replace(option, url=option.url and "") for option in message.options))


async def _send_venue(client: Bot, target: Target, venue: Venue) -> TelegramMessage:
    place = Location(longitude=venue.longitude, latitude=venue.latitude)  # as numbers, 0 would count as missing
    name, address = plain_name(venue.name), plain_name(venue.address)
    if name or address:  # Telegram wants both
        shown = TelegramVenue(place, name or address, address or name)
        return await call(client.send_venue(target.chat_id, venue=shown, message_thread_id=target.topic))
    return await call(client.send_location(target.chat_id, location=place, message_thread_id=target.topic))


def _file(document: Document) -> InputFile:
    return InputFile(document.text.encode("utf-8", "replace"), filename=_file_name(document.name, "file.txt"))


def _file_name(name: str, otherwise: str) -> str:
    return plain_name(name).replace("/", "_").replace("\\", "_") or otherwise


# ---------------------------------------------------------------- files of people


async def _send_attachment(client: Bot, target: Target, message: Message, attachment: Attachment) -> TelegramMessage:
    """Send somebody's file, by Telegram's own id where it lies there; where it cannot be had, say that instead."""
    place, _, key = attachment.ref.partition(":")
    caption = render(message) or None
    try:
        file = key if place == PLACE else InputFile(await target.fetch(attachment), filename=_file_name(attachment.name, attachment.kind))
    except ChannelError as error:
        if error.retryable:
            raise
        return await _not_passed(client, target, caption)
    where: dict[str, Any] = {"caption": caption, "parse_mode": ParseMode.HTML, "message_thread_id": target.topic}
    try:
        return await call(_method(client, attachment.kind)(target.chat_id, file, **where))
    except BadRequest as error:
        if "file" not in error.message.casefold() and "photo" not in error.message.casefold():
            raise
        return await _not_passed(client, target, caption)


async def _not_passed(client: Bot, target: Target, caption: str | None) -> TelegramMessage:
    text = "\n".join(filter(None, (caption, target.not_passed)))
    return await call(client.send_message(target.chat_id, text, ParseMode.HTML, message_thread_id=target.topic))


def _method(client: Bot, kind: str) -> Callable[..., Awaitable[TelegramMessage]]:
    methods: dict[str, Callable[..., Awaitable[TelegramMessage]]] = {
        "photo": client.send_photo,
        "voice": client.send_voice,
        "audio": client.send_audio,
        "video": client.send_video,
    }
    return methods.get(kind, client.send_document)
