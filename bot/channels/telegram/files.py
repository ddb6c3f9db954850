"""Somebody's file to one call of the Bot API: by Telegram's own id where it lies there, else uploaded."""

from __future__ import annotations

import html
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Animation, Audio, Bot, Document, InputFile, PhotoSize, Video, VideoNote, Voice
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.error import BadRequest, InvalidToken

from bot.cases import Attachment
from bot.channels.files import safe_name, type_of
from bot.channels.layout import plain_name, render
from bot.channels.telegram.calls import Target, call
from bot.channels.telegram.failures import OF_A_FILE, is_unshowable, says
from bot.channels.telegram.media import MAX_DOWNLOAD, PLACE, file_id_of, upload_way, way_of
from bot.channels.telegram.pieces import CAPTION_LIMIT
from bot.channels.telegram.render import as_html, without_links
from bot.discretion import Word
from bot.errors import ChannelError, ChannelRejected
from bot.model import Message

_log = logging.getLogger(__name__)

File = PhotoSize | Voice | Audio | Video | Animation | VideoNote | Document | InputFile


async def download(client: Bot, key: str) -> bytes:
    """Return the content of a file. Raises TelegramError or ChannelRejected."""
    file_id = file_id_of(key)
    if file_id is None:
        raise ChannelRejected("telegram: this is no file id")
    found = await call(client.get_file(file_id))
    url = found.file_path or ""
    if (found.file_size or 0) > MAX_DOWNLOAD or not url.startswith(f"{client.base_file_url}/"):  # else it is a path on this machine
        raise ChannelRejected("telegram: the file is too large, or not at Telegram")
    try:
        content = await call(client.request.retrieve(url))
    except InvalidToken:  # the token was good a moment ago: this is the library's name for "404"
        raise ChannelRejected("telegram: the file is gone") from None
    if len(content) > MAX_DOWNLOAD:
        raise ChannelRejected("telegram: the file is too large")
    return content


async def send_file(client: Bot, target: Target, message: Message, attachment: Attachment) -> TelegramMessage:
    """Send a file with the words that go with it; where it cannot be had or is refused, the words and a line that says so."""
    try:
        choices = await _choices(target, attachment)
    except ChannelError as error:
        if error.retryable:
            raise
        _log.warning("a file cannot be had: %s", error)
        choices = ()
    for way, file in choices:
        try:
            return await _send(client, target, message, way, file)
        except BadRequest as error:
            if not says(error, OF_A_FILE):
                raise
            _log.warning("Telegram does not take a file as %s", Word(way))
    return await _not_passed(client, target, message)


async def _choices(target: Target, attachment: Attachment) -> tuple[tuple[str, File], ...]:
    """Return the ways to send a file, best first, each with what is sent. Raises ChannelError."""
    place, _, key = attachment.ref.partition(":")
    if place == PLACE:
        file_id, way = file_id_of(key), way_of(attachment)
        return ((way, _known(way, file_id)),) if file_id else ()
    content = await target.fetch(attachment)
    found = type_of(content)
    name = safe_name(attachment.name, found) if found else plain_file_name(attachment.name, attachment.kind)
    file = InputFile(content, filename=name)
    way = upload_way(attachment.kind, found.media_type if found else "")
    return ((way, file),) if way == "document" else ((way, file), ("document", file))


def _known(way: str, file_id: str) -> File:
    """Name a file that lies at Telegram. As a mere string the id could also be the path of a file here, which the library would send."""
    match way:
        case "photo":
            return PhotoSize(file_id, "-", 0, 0)
        case "voice":
            return Voice(file_id, "-", 0)
        case "audio":
            return Audio(file_id, "-", 0)
        case "video":
            return Video(file_id, "-", 0, 0, 0)
        case "animation":
            return Animation(file_id, "-", 0, 0, 0)
        case "video_note":
            return VideoNote(file_id, "-", 0, 0)
    return Document(file_id, "-")


def plain_file_name(name: str, otherwise: str) -> str:
    """Make a file name safe to show; `otherwise` where nothing is left of it."""
    return plain_name(name).replace("/", "_").replace("\\", "_") or otherwise


async def _send(client: Bot, target: Target, message: Message, way: str, file: File) -> TelegramMessage:
    send = _method(client, way)
    where: dict[str, Any] = {"reply_markup": target.keyboard(message), "message_thread_id": target.topic}
    if way == "video_note":  # takes no words
        return await call(send(target.chat_id, file, **where))
    try:
        return await call(send(target.chat_id, file, caption=as_html(message) or None, parse_mode=ParseMode.HTML, **where))
    except BadRequest as error:
        if not is_unshowable(error):
            raise
        _log.error("Telegram refused our markup; sent as plain text instead")
    where["reply_markup"] = target.keyboard(without_links(message))
    return await call(send(target.chat_id, file, caption=render(message, with_addresses=False)[:CAPTION_LIMIT], **where))


def _method(client: Bot, way: str) -> Callable[..., Awaitable[TelegramMessage]]:
    methods: dict[str, Callable[..., Awaitable[TelegramMessage]]] = {
        "photo": client.send_photo,
        "voice": client.send_voice,
        "audio": client.send_audio,
        "video": client.send_video,
        "animation": client.send_animation,
        "video_note": client.send_video_note,
    }
    return methods.get(way, client.send_document)


async def _not_passed(client: Bot, target: Target, message: Message) -> TelegramMessage:
    text = "\n".join(filter(None, (as_html(message).rstrip(), html.escape(target.not_passed))))
    where: dict[str, Any] = {"reply_markup": target.keyboard(message), "message_thread_id": target.topic}
    return await call(client.send_message(target.chat_id, text, ParseMode.HTML, **where))
