"""The methods of the Bot API that a bot like ours calls, with the refusals of the real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.botapi.call import Call, Refused
from tests.botapi.forum import FORUM
from tests.botapi.groups import member
from tests.botapi.markup import Entity
from tests.botapi.media import MEDIA
from tests.botapi.rules import caption_of, chat_of, count_one, keyboard_of, place_of, result_of, text_of
from tests.botapi.world import BOT, BOT_ID, Json, Sent, World


def get_me(world: World, call: Call) -> object:
    return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}


# ---------------------------------------------------------------- messages


def send_message(world: World, call: Call) -> object:
    chat_id, topic = place_of(world, call)
    source, text, entities = text_of(call)
    sent = Sent(chat_id, 0, "sendMessage", text=text, source=source, entities=entities, topic=topic)
    keyboard_of(call, sent)
    count_one(world, chat_id)
    return result_of(world, world.deliver(sent))


def send_venue(world: World, call: Call) -> object:
    chat_id, topic = place_of(world, call)
    title, address = call.text("title").strip(), call.text("address").strip()
    if not title or not address:
        raise Refused(400, "Bad Request: venue title and address must be non-empty")
    place = {"latitude": call.degrees("latitude", 90), "longitude": call.degrees("longitude", 180)}
    count_one(world, chat_id)
    sent = Sent(chat_id, 0, "sendVenue", text=title, venue={**place, "title": title, "address": address}, topic=topic)
    return {**result_of(world, world.deliver(sent)), "venue": {"location": place, "title": title, "address": address}}


def send_location(world: World, call: Call) -> object:
    chat_id, topic = place_of(world, call)
    place: Json = {"latitude": call.degrees("latitude", 90), "longitude": call.degrees("longitude", 180)}
    count_one(world, chat_id)
    sent = world.deliver(Sent(chat_id, 0, "sendLocation", venue=place, topic=topic))
    return {**result_of(world, sent), "location": place}


def edit_message_text(world: World, call: Call) -> object:
    found = _editable(world, call)
    if found.file is not None or found.venue is not None:
        raise Refused(400, "Bad Request: there is no text in the message to edit")
    return _edited(world, call, found, text_of(call))


def edit_message_caption(world: World, call: Call) -> object:
    found = _editable(world, call)
    if found.file is None or found.file.kind == "video_note":
        raise Refused(400, "Bad Request: there is no caption in the message to edit")
    return _edited(world, call, found, caption_of(call))


def _editable(world: World, call: Call) -> Sent:
    chat_id, message_id = chat_of(world, call), call.number("message_id")
    found = next((sent for sent in world.sent(chat_id) if sent.message_id == message_id), None)
    if found is None and (chat_id, message_id) not in world.written:
        raise Refused(400, "Bad Request: message to edit not found")
    if found is None or found.is_old:
        raise Refused(400, "Bad Request: message can't be edited")
    return found


def _edited(world: World, call: Call, found: Sent, words: tuple[str, str, list[Entity]]) -> Json:
    source, text, entities = words
    changed = Sent(found.chat_id, found.message_id, "edit")
    keyboard_of(call, changed)
    if (text, changed.buttons) == (found.text, found.buttons):
        raise Refused(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same")
    found.source, found.text, found.entities, found.buttons = source, text, entities, changed.buttons
    found.edits += 1
    return result_of(world, found)


def delete_message(world: World, call: Call) -> object:
    chat_id, message_id = chat_of(world, call), call.number("message_id")
    found = next((sent for sent in world.sent(chat_id) if sent.message_id == message_id), None)
    if found is not None:
        if found.is_old or found.is_kept:
            raise Refused(400, "Bad Request: message can't be deleted for everyone")
        world.delete(found)
        return True
    if (chat_id, message_id) not in world.written:
        raise Refused(400, "Bad Request: message to delete not found")
    if chat_id in world.groups and not world.groups[chat_id].may("can_delete_messages"):
        raise Refused(400, "Bad Request: message can't be deleted")
    world.written.discard((chat_id, message_id))
    return True


def send_chat_action(world: World, call: Call) -> object:
    world.actions[(chat_of(world, call), call.text("action"))] += 1
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


# ---------------------------------------------------------------- chats


def leave_chat(world: World, call: Call) -> object:
    chat_id = chat_of(world, call)
    if chat_id not in world.groups:
        raise Refused(400, "Bad Request: chat not found")
    world.groups[chat_id].is_in = False
    world.left_groups.append(chat_id)
    return True


def get_chat_member(world: World, call: Call) -> object:
    chat_id, user = chat_of(world, call), call.number("user_id")
    if chat_id not in world.groups:
        raise Refused(400, "Bad Request: chat not found")
    return member(BOT if user == BOT_ID else {"id": user, "is_bot": False, "first_name": "Amina"}, _rights(world, chat_id, user))


def _rights(world: World, chat_id: int, user: int) -> frozenset[str] | None:
    return world.groups[chat_id].rights if user == BOT_ID else None


METHODS: Mapping[str, Callable[[World, Call], object]] = {
    "getMe": get_me,
    "sendMessage": send_message,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "deleteMessage": delete_message,
    "sendVenue": send_venue,
    "sendLocation": send_location,
    "sendChatAction": send_chat_action,
    "answerCallbackQuery": answer_callback_query,
    "setMyCommands": set_my_commands,
    "leaveChat": leave_chat,
    "getChatMember": get_chat_member,
    **MEDIA,
    **FORUM,
}
