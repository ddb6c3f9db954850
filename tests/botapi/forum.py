"""Topics of groups: what a bot with the right to manage them can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.botapi.call import Call, Refused
from tests.botapi.groups import Group, Topic
from tests.botapi.rules import chat_of, count_one
from tests.botapi.world import World

MAX_NAME = 128


def create_forum_topic(world: World, call: Call) -> object:
    group = _forum(world, call, "can_manage_topics", "not enough rights to create a topic")
    name = _name(call)
    count_one(world, group.id)
    topic = Topic(world.next_id(), name)
    group.topics[topic.id] = topic
    return {"message_thread_id": topic.id, "name": name, "icon_color": 7322096}


def edit_forum_topic(world: World, call: Call) -> object:
    topic = _topic(_forum(world, call, "can_manage_topics", "not enough rights to edit a topic"), call)
    name = _name(call)
    if name == topic.name:
        raise Refused(400, "Bad Request: TOPIC_NOT_MODIFIED")
    topic.name = name
    return True


def close_forum_topic(world: World, call: Call) -> object:
    return _set_closed(world, call, is_closed=True)


def reopen_forum_topic(world: World, call: Call) -> object:
    return _set_closed(world, call, is_closed=False)


def delete_forum_topic(world: World, call: Call) -> object:
    group = _forum(world, call, "can_delete_messages", "not enough rights to delete a topic")
    topic = _topic(group, call)
    topic.is_deleted = True
    for sent in world.in_topic(group.id, topic.id):
        world.delete(sent)
    return True


def _set_closed(world: World, call: Call, *, is_closed: bool) -> bool:
    topic = _topic(_forum(world, call, "can_manage_topics", "not enough rights to close a topic"), call)
    if topic.is_closed == is_closed:
        raise Refused(400, "Bad Request: TOPIC_NOT_MODIFIED")
    topic.is_closed = is_closed
    return True


def _forum(world: World, call: Call, right: str, refusal: str) -> Group:
    group = world.groups.get(chat_of(world, call))
    if group is None or not group.is_forum:
        raise Refused(400, "Bad Request: the chat is not a forum")
    if not group.may(right):
        raise Refused(400, f"Bad Request: {refusal}")
    return group


def _topic(group: Group, call: Call) -> Topic:
    topic = group.topics.get(call.number("message_thread_id"))
    if topic is None or topic.is_deleted:
        raise Refused(400, "Bad Request: TOPIC_ID_INVALID")
    return topic


def _name(call: Call) -> str:
    name = call.text("name").strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise Refused(400, "Bad Request: TOPIC_TITLE_EMPTY" if not name else "Bad Request: topic name is too long")
    return name


FORUM: Mapping[str, Callable[[World, Call], object]] = {
    "createForumTopic": create_forum_topic,
    "editForumTopic": edit_forum_topic,
    "closeForumTopic": close_forum_topic,
    "reopenForumTopic": reopen_forum_topic,
    "deleteForumTopic": delete_forum_topic,
}
