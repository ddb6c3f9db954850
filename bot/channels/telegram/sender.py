"""One piece of a message to one call of the Bot API: sent, changed, or taken back."""

from __future__ import annotations

import logging
from typing import Any, Final

from telegram import Bot, InlineKeyboardMarkup, InputFile, LinkPreviewOptions, Location
from telegram import Message as TelegramMessage
from telegram import Venue as TelegramVenue
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.channels import Parcel
from bot.channels.layout import plain_name, render, text_length
from bot.channels.telegram.calls import Fetch, Target, call, chat_id_of, translated
from bot.channels.telegram.failures import is_unshowable
from bot.channels.telegram.files import plain_file_name, send_file
from bot.channels.telegram.pieces import TEXT_LIMIT
from bot.channels.telegram.render import HERE, as_html, keyboard, without_links
from bot.errors import ChannelRejected
from bot.model import Document, Message, Venue

WITHDRAWN: Final = "🗑"  # stands for a message that Telegram does not let us delete: a bot may change what it said longer than delete it

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)  # a preview would hide the answer under a picture

_log = logging.getLogger(__name__)


class LostTopicError(TelegramError):
    """A message for a topic came out elsewhere, and was deleted there."""


async def send(client: Bot, parcel: Parcel, fetch: Fetch, not_passed: str) -> str | None:
    """Send one piece to a private chat; returns Telegram's id of it. Raises the ChannelError tree."""
    target = Target(chat_id_of(parcel), lambda message: keyboard(message, parcel.token), fetch, not_passed)
    return await translated(deliver(client, target, parcel))


async def deliver(client: Bot, target: Target, parcel: Parcel) -> str | None:
    """Send, change or take back one piece; returns the id of the message that now shows it. Raises TelegramError or ChannelError."""
    message = parcel.message
    if message.withdraws:
        for earlier in parcel.earlier:
            await _take_back(client, target, int(earlier))
        return None
    kept = await _changed(client, target, parcel) if message.edits else None
    return kept or str((await _sent(client, target, message)).message_id)


# ---------------------------------------------------------------- changing and taking back


async def _changed(client: Bot, target: Target, parcel: Parcel) -> str | None:
    """Write anew the first of the earlier messages that can be, and take back the others; None where none can be."""
    kept = None
    for earlier in parcel.earlier:
        if kept is None and await _change(client, target, int(earlier), parcel.message):
            kept = earlier
        else:
            await _take_back(client, target, int(earlier))
    return kept


async def _change(client: Bot, target: Target, message_id: int, message: Message) -> bool:
    """Write a message anew, or the words under a file; False where Telegram does not let us."""
    if message.venues or message.document is not None:
        return False
    buttons = target.keyboard(message)
    where: dict[str, Any] = {
        "chat_id": target.chat_id,
        "message_id": message_id,
        "parse_mode": ParseMode.HTML,
        "reply_markup": buttons if isinstance(buttons, InlineKeyboardMarkup) else None,
    }
    try:
        if message.attachment is not None:
            await call(client.edit_message_caption(caption=as_html(message) or None, **where))
        else:
            await call(client.edit_message_text(as_html(message) or HERE, link_preview_options=_NO_PREVIEW, **where))
    except BadRequest as error:
        return "not modified" in error.message.casefold()
    return True


async def _take_back(client: Bot, target: Target, message_id: int) -> None:
    """Delete a message; what can only be changed any more is emptied. What is gone already is as it should be."""
    try:
        await call(client.delete_message(target.chat_id, message_id))
    except BadRequest as error:
        if "not found" not in error.message.casefold() and not await _empty(client, target.chat_id, message_id):
            _log.error("a message could not be taken back: Telegram does not let us delete or change it")


async def _empty(client: Bot, chat_id: int, message_id: int) -> bool:
    """Write over what a message said; tells whether that was possible."""
    try:
        await call(client.edit_message_text(WITHDRAWN, chat_id, message_id))
    except BadRequest:
        try:
            await call(client.edit_message_caption(chat_id, message_id, caption=WITHDRAWN))
        except BadRequest:
            return False
    return True


# ---------------------------------------------------------------- sending


async def _sent(client: Bot, target: Target, message: Message) -> TelegramMessage:
    """Send a piece, and see that it came out where it was meant to.

    For a topic that somebody deleted Telegram answers "message thread not found"; others report (August 2026) that it may also put the
    message into General and say that all is well."""
    sent = await _send(client, target, message)
    if target.topic is not None and sent.message_thread_id != target.topic:
        await _take_back(client, target, sent.message_id)
        raise LostTopicError("a message came out in General")
    return sent


async def _send(client: Bot, target: Target, message: Message) -> TelegramMessage:
    if message.document is not None:
        return await call(client.send_document(target.chat_id, _file(message.document), message_thread_id=target.topic))
    if message.attachment is not None:
        return await send_file(client, target, message, message.attachment)
    if message.venues:
        return await _send_venue(client, target, message.venues[0])
    return await _send_text(client, target, message)


async def _send_text(client: Bot, target: Target, message: Message) -> TelegramMessage:
    text = as_html(message)
    if not text and not message.options and not message.ask_location:
        raise ChannelRejected("telegram: nothing to show")
    where: dict[str, Any] = {"link_preview_options": _NO_PREVIEW, "message_thread_id": target.topic}
    try:
        return await call(client.send_message(target.chat_id, text or HERE, ParseMode.HTML, reply_markup=target.keyboard(message), **where))
    except BadRequest as error:
        if not is_unshowable(error):
            raise
        _log.error("Telegram refused our markup; sent as plain text instead")
        bare = target.keyboard(without_links(message))
        return await call(client.send_message(target.chat_id, _plain(message), reply_markup=bare, **where))


def _plain(message: Message) -> str:
    text = render(message)
    return (text if text_length(text) <= TEXT_LIMIT else render(message, with_addresses=False)) or HERE


async def _send_venue(client: Bot, target: Target, venue: Venue) -> TelegramMessage:
    place = Location(longitude=venue.longitude, latitude=venue.latitude)  # as numbers, 0 would count as missing
    name, address = plain_name(venue.name), plain_name(venue.address)
    if name or address:  # Telegram wants both
        shown = TelegramVenue(place, name or address, address or name)
        return await call(client.send_venue(target.chat_id, venue=shown, message_thread_id=target.topic))
    return await call(client.send_location(target.chat_id, location=place, message_thread_id=target.topic))


def _file(document: Document) -> InputFile:
    return InputFile(document.text.encode("utf-8", "replace"), filename=plain_file_name(document.name, "file.txt"))
