"""What the real server looks at before it takes a message: the chat, the topic, the pace, texts and buttons."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

from tests.botapi.call import Call, Refused
from tests.botapi.groups import Group
from tests.botapi.markup import Entity, ParseError, parse_html
from tests.botapi.people import file_json
from tests.botapi.world import BOT, Json, Sent, World

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_SOURCE_BYTES = 32768
MAX_BUTTONS = 100
MAX_ROW = 8

_CONTROLS = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
_DROPPED = re.compile("[\r\u2028-\u202e]")


# ---------------------------------------------------------------- where a message goes


def chat_of(world: World, call: Call) -> int:
    """Return the chat of a call, if the bot may act there; a private chat exists once its person has written."""
    chat_id = call.number("chat_id")
    if chat_id in world.blocked:
        raise Refused(403, "Forbidden: bot was blocked by the user")
    if chat_id in world.groups:
        _check_group(world.groups[chat_id])
    elif chat_id not in world.languages:
        raise Refused(400, "Bad Request: chat not found")
    wait_s = world.throttled_until.get(chat_id, 0.0) - time.monotonic()
    if wait_s > 0:
        world.too_early += 1
        raise Refused(429, "Too Many Requests: retry later", retry_after=max(1, round(wait_s)))
    return chat_id


def _check_group(group: Group) -> None:
    if group.moved_to is not None:
        raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=group.moved_to)
    if not group.is_in:
        raise Refused(403, f"Forbidden: bot was kicked from the {group.kind} chat")


def place_of(world: World, call: Call) -> tuple[int, int | None]:
    """Return chat and topic a new message goes to. The topic General has no id: 1 is as wrong as any that does not exist."""
    chat_id = chat_of(world, call)
    topic_id = call.number("message_thread_id") if call.values.get("message_thread_id") is not None else None
    group = world.groups.get(chat_id)
    if topic_id is not None:
        topic_id = _topic(group, topic_id)
    return chat_id, topic_id


def count_one(world: World, chat_id: int) -> None:
    """Count a message to a group, or refuse it where it is one too many for the minute."""
    group = world.groups.get(chat_id)
    wait_s = group.wait_s() if group is not None else 0.0
    if wait_s > 0:
        raise Refused(429, f"Too Many Requests: retry after {max(1, round(wait_s))}", retry_after=max(1, round(wait_s)))


def _topic(group: Group | None, topic_id: int) -> int | None:
    topic = group.topics.get(topic_id) if group is not None else None
    if group is None or topic is None or (topic.is_deleted and not group.loses_posts):
        raise Refused(400, "Bad Request: message thread not found")
    if topic.is_closed and not group.may("can_manage_topics"):
        raise Refused(400, "Bad Request: TOPIC_CLOSED")
    return None if topic.is_deleted else topic_id


# ---------------------------------------------------------------- what it says


def text_of(call: Call) -> tuple[str, str, list[Entity]]:
    """Return source, visible text and formatting of a message."""
    source, text, entities = _parsed(call, "text")
    if not text:
        raise Refused(400, "Bad Request: message text is empty")
    if len(text) > MAX_TEXT:
        raise Refused(400, "Bad Request: message is too long")
    return source, text, entities


def caption_of(call: Call) -> tuple[str, str, list[Entity]]:
    """Return source, visible text and formatting of a caption, which may be empty."""
    source, text, entities = _parsed(call, "caption")
    if len(text) > MAX_CAPTION:
        raise Refused(400, "Bad Request: message caption is too long")
    return source, text, entities


def _parsed(call: Call, name: str) -> tuple[str, str, list[Entity]]:
    source = call.text(name)
    if len(source.encode()) > MAX_SOURCE_BYTES:
        raise Refused(400, "Bad Request: message is too long")
    mode = call.text("parse_mode")
    if mode not in ("", "HTML"):
        raise Refused(400, "Bad Request: unsupported parse_mode")
    try:
        text, entities = parse_html(source) if mode else (source, [])
    except ParseError as error:
        raise Refused(400, f"Bad Request: {error}") from None
    return source, _CONTROLS.sub(" ", _DROPPED.sub("", text)).strip(), entities


def keyboard_of(call: Call, sent: Sent) -> None:
    markup = call.json("reply_markup")
    if markup is None:
        return
    if not isinstance(markup, dict):
        raise Refused(400, "Bad Request: object expected as reply markup")
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    if sum(len(row) for row in rows) > MAX_BUTTONS or any(len(row) > MAX_ROW for row in rows):
        raise Refused(400, "Bad Request: reply markup is too long")
    for button in (button for row in rows for button in row):
        _check_button(button, inline="inline_keyboard" in markup)
    sent.buttons, sent.reply_keyboard = (rows, []) if "inline_keyboard" in markup else ([], rows)


def _check_button(button: Json, *, inline: bool) -> None:
    if not str(button.get("text", "")).strip():
        raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
    if not inline:
        return
    data, url = button.get("callback_data"), button.get("url")
    if (data is None) == (url is None):
        raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
    if isinstance(data, str) and not 1 <= len(data.encode()) <= 64:
        raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    if isinstance(url, str):
        _check_url(url)


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "tg"):
        raise Refused(400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    if "." not in (parts.hostname or ""):
        raise Refused(400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


# ---------------------------------------------------------------- what it answers


def result_of(world: World, sent: Sent) -> Json:
    """Return a message as the answer to a call carries it."""
    group = world.groups.get(sent.chat_id)
    chat = group.chat() if group is not None else {"id": sent.chat_id, "type": "private"}
    topic: Json = {"message_thread_id": sent.topic, "is_topic_message": True} if sent.topic is not None else {}
    frame: Json = {"message_id": sent.message_id, "from": BOT, "chat": chat, "date": int(sent.at), **topic}
    if sent.file is None:
        return {**frame, "text": sent.text}
    file = sent.file
    return {**frame, "caption": sent.text, **file_json(file.file_id, file.kind, file.name, file.media_type, file.size)}
