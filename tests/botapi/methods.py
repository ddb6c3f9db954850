"""The methods of the Bot API that a bot like ours calls, with the refusals of the real server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from tests.botapi.markup import Entity, ParseError, parse_html
from tests.botapi.world import BOT, Json, Sent, World

MAX_TEXT = 4096
MAX_SOURCE_BYTES = 32768
MAX_BUTTONS = 100
MAX_ROW = 8

_CONTROLS = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
_DROPPED = re.compile("[\r\u2028-\u202e]")


class Refused(Exception):
    """An answer that is not ok."""

    def __init__(self, status: int, description: str, **parameters: float) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


class Call:
    """One call's parameters. Values may be JSON or text that holds JSON, as the real server takes both."""

    def __init__(self, values: Mapping[str, object], files: Mapping[str, tuple[str, bytes]]) -> None:
        self.values, self.files = values, files

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        if not isinstance(value, str):
            raise Refused(400, f"Bad Request: {name} must be a string")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Refused(400, "Bad Request: strings must be encoded in UTF-8") from None
        return value

    def number(self, name: str, default: int | None = None) -> int:
        try:
            return int(str(self.values.get(name, default)))
        except ValueError:
            raise Refused(400, f"Bad Request: {name} must be a number") from None

    def degrees(self, name: str, limit: float) -> float:
        try:
            value = float(str(self.values.get(name)))
        except ValueError:
            value = float("nan")
        if not abs(value) <= limit:
            raise Refused(400, f"Bad Request: {name} is invalid")
        return value

    def json(self, name: str) -> object:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(400, f"Bad Request: can't parse {name} JSON object") from None

    def objects(self, name: str) -> list[Json]:
        value = self.json(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Refused(400, f"Bad Request: {name} must be an array of objects")
        return value


def get_me(world: World, call: Call) -> object:
    return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}


def send_message(world: World, call: Call) -> object:
    chat_id = _chat(world, call)
    source, text, entities = _text(call)
    sent = Sent(chat_id, 0, "sendMessage", text=text, source=source, entities=entities)
    _keyboard(call, sent)
    return _result(world.deliver(sent))


def edit_message_text(world: World, call: Call) -> object:
    chat_id = _chat(world, call)
    found = [sent for sent in world.sent(chat_id) if sent.message_id == call.number("message_id")]
    if not found:
        raise Refused(400, "Bad Request: message to edit not found")
    source, text, entities = _text(call)
    changed = Sent(chat_id, found[0].message_id, "editMessageText")
    _keyboard(call, changed)
    if (text, changed.buttons) == (found[0].text, found[0].buttons):
        raise Refused(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same")
    found[0].source, found[0].text, found[0].entities, found[0].buttons = source, text, entities, changed.buttons
    return _result(found[0])


def send_venue(world: World, call: Call) -> object:
    chat_id = _chat(world, call)
    title, address = call.text("title").strip(), call.text("address").strip()
    if not title or not address:
        raise Refused(400, "Bad Request: venue title and address must be non-empty")
    place = {"latitude": call.degrees("latitude", 90), "longitude": call.degrees("longitude", 180)}
    sent = Sent(chat_id, 0, "sendVenue", text=title, venue={**place, "title": title, "address": address})
    return {**_result(world.deliver(sent)), "venue": {"location": place, "title": title, "address": address}}


def send_location(world: World, call: Call) -> object:
    chat_id = _chat(world, call)
    place: Json = {"latitude": call.degrees("latitude", 90), "longitude": call.degrees("longitude", 180)}
    return {**_result(world.deliver(Sent(chat_id, 0, "sendLocation", venue=place))), "location": place}


def send_document(world: World, call: Call) -> object:
    chat_id = _chat(world, call)
    file = call.files.get("document")
    if file is None or not file[1]:
        raise Refused(400, "Bad Request: file must be non-empty")
    sent = world.deliver(Sent(chat_id, 0, "sendDocument", text=file[0], document=file))
    return {**_result(sent), "document": {"file_id": "BQAD", "file_unique_id": "QQ", "file_name": file[0]}}


def send_chat_action(world: World, call: Call) -> object:
    world.actions[(_chat(world, call), call.text("action"))] += 1
    return True


def answer_callback_query(world: World, call: Call) -> object:
    query = call.text("callback_query_id")
    if world.queries.get(query, 1):
        raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    world.queries[query] = 1
    return True


def set_my_commands(world: World, call: Call) -> object:
    language = call.text("language_code")
    if language and not re.fullmatch("[a-z]{2}", language):
        raise Refused(400, "Bad Request: invalid language code specified")
    commands = [(str(item.get("command", "")), str(item.get("description", ""))) for item in call.objects("commands")]
    if len(commands) > 100 or not all(re.fullmatch("[a-z0-9_]{1,32}", name) for name, _ in commands):
        raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
    if not all(1 <= len(description) <= 256 for _, description in commands):
        raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    scope = call.json("scope")
    world.commands[(str(scope.get("type")) if isinstance(scope, dict) else "default", language)] = commands
    return True


def leave_chat(world: World, call: Call) -> object:
    chat_id = call.number("chat_id")
    if chat_id not in world.groups:
        raise Refused(400, "Bad Request: chat not found")
    world.groups.discard(chat_id)
    world.left_groups.append(chat_id)
    return True


METHODS: Mapping[str, Callable[[World, Call], object]] = {
    "getMe": get_me,
    "sendMessage": send_message,
    "editMessageText": edit_message_text,
    "sendVenue": send_venue,
    "sendLocation": send_location,
    "sendDocument": send_document,
    "sendChatAction": send_chat_action,
    "answerCallbackQuery": answer_callback_query,
    "setMyCommands": set_my_commands,
    "leaveChat": leave_chat,
}


# ---------------------------------------------------------------- shared rules


def _chat(world: World, call: Call) -> int:
    """Return the chat a message goes to, if it may; a chat exists once its person has written."""
    chat_id = call.number("chat_id")
    if chat_id in world.blocked:
        raise Refused(403, "Forbidden: bot was blocked by the user")
    if chat_id not in world.languages and chat_id not in world.groups:
        raise Refused(400, "Bad Request: chat not found")
    wait_s = world.throttled_until.get(chat_id, 0.0) - time.monotonic()
    if wait_s > 0:
        world.too_early += 1
        raise Refused(429, "Too Many Requests: retry later", retry_after=max(1, round(wait_s)))
    return chat_id


def _text(call: Call) -> tuple[str, str, list[Entity]]:
    source = call.text("text")
    if len(source.encode()) > MAX_SOURCE_BYTES:
        raise Refused(400, "Bad Request: message is too long")
    mode = call.text("parse_mode")
    if mode not in ("", "HTML"):
        raise Refused(400, "Bad Request: unsupported parse_mode")
    try:
        text, entities = parse_html(source) if mode else (source, [])
    except ParseError as error:
        raise Refused(400, f"Bad Request: {error}") from None
    text = _CONTROLS.sub(" ", _DROPPED.sub("", text)).strip()
    if not text:
        raise Refused(400, "Bad Request: message text is empty")
    if len(text) > MAX_TEXT:
        raise Refused(400, "Bad Request: message is too long")
    return source, text, entities


def _keyboard(call: Call, sent: Sent) -> None:
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


def _result(sent: Sent) -> Json:
    chat = {"id": sent.chat_id, "type": "private" if sent.chat_id > 0 else "supergroup"}
    return {"message_id": sent.message_id, "from": BOT, "chat": chat, "date": int(sent.at), "text": sent.text}
