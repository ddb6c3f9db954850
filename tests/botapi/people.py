"""How tests act as people: they write, press, send files, and do things to groups. Every act gives the id of its update."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tests.botapi.groups import PER_MINUTE, RIGHTS, Group, Topic, member
from tests.botapi.world import BOT, Json, Sent, World

GROUP_ANONYMOUS_BOT: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


class People(World):
    """A world with people in it."""

    # ------------------------------------------------------------ in private

    def say(self, user: int, text: str, language: str | None = None, **more: object) -> int:
        """Write a text; returns the update's id. `more` is added to the message."""
        if language is not None:
            self.languages[user] = language
        return self.update("message", {**self.message(user), **_text(text), **more})

    def edit(self, user: int, message_id: int, text: str) -> int:
        """Change a text written before."""
        now = int(time.time())
        return self.update("edited_message", {**self.message(user), "message_id": message_id, "edit_date": now, "text": text})

    def share_location(self, user: int, latitude: float, longitude: float) -> int:
        """Share a place."""
        return self.update("message", {**self.message(user), "location": {"latitude": latitude, "longitude": longitude}})

    def send_media(
        self,
        user: int,
        kind: str,
        content: object = None,
        caption: str | None = None,
        *,
        size: int = 0,
        group: int | None = None,
        topic: int | None = None,
        **more: object,
    ) -> int:
        """Send something that is not text: photo, voice, sticker ... with Telegram's shape of it where `content` is not given.

        In private, or in a group; `size`: what a file is said to have."""
        shape = content if content is not None else self._media(kind, size)
        frame = self.message(user) if group is None else self.post(group, user, topic)
        return self.update("message", {**frame, kind: shape, **({"caption": caption} if caption else {}), **more})

    def send_file(
        self,
        user: int,
        kind: str,
        content: bytes,
        *,
        caption: str | None = None,
        name: str = "",
        media_type: str = "",
        size: int = 0,
        group: int | None = None,
        topic: int | None = None,
        **more: object,
    ) -> int:
        """Send a file in private, or in a group; `size`: what it is said to have."""
        file = self.keep_file(kind, content, name, media_type, size)
        frame = self.message(user) if group is None else self.post(group, user, topic)
        words: Json = {"caption": caption} if caption else {}
        return self.update("message", {**frame, **file_json(file.file_id, kind, name, media_type, file.size), **words, **more})

    def press(self, user: int, choice: int | str = 0, message: Sent | int | None = None, *, group: int | None = None) -> int:
        """Press a button, by position or label, of the named message or of the last one with buttons, in private or in a group."""
        shown = self._shown(user if group is None else group, message)
        buttons = [button for row in shown.buttons for button in row]
        button = buttons[choice] if isinstance(choice, int) else next(button for button in buttons if button["text"] == choice)
        return self.press_data(user, str(button["callback_data"]), shown.chat_id, shown.message_id, shown.topic)

    def press_data(self, user: int, data: str, chat_id: int | None = None, message_id: int = 1, topic: int | None = None) -> int:
        """Press a button with the given data, which may be forged."""
        query_id = f"{user}{self.next_id()}"
        self.queries[query_id] = 0
        chat = chat_id if chat_id is not None else user
        shown = self.groups[chat].chat() if chat in self.groups else {"id": chat, "type": "private" if chat > 0 else "supergroup"}
        message = {"message_id": message_id, "from": BOT, "chat": shown, "date": int(time.time()), "text": ".", **_in_topic(topic)}
        return self.update(
            "callback_query", {"id": query_id, "from": self.user(user), "message": message, "chat_instance": "1", "data": data}
        )

    def block(self, user: int) -> int:
        """Block the bot."""
        self.blocked.add(user)
        return self._member(user, {"id": user, "type": "private"}, {"user": BOT, "status": "kicked", "until_date": 0})

    def unblock(self, user: int) -> int:
        """Let the bot in again."""
        self.blocked.discard(user)
        return self._member(user, {"id": user, "type": "private"}, member(BOT, None))

    # ------------------------------------------------------------ in groups

    def make_forum(self, group: int, rights: Iterable[str] = RIGHTS, per_minute: int = PER_MINUTE) -> Group:
        """Make a group with topics, in which the bot is an administrator since long."""
        made = self.groups[group] = Group(group, is_forum=True, rights=frozenset(rights), per_minute=per_minute)
        return made

    def add_to_group(self, group: int, user: int) -> int:
        """Bring the bot into a group."""
        made = self.groups.setdefault(group, Group(group))
        made.is_in = True
        number = self._member(user, made.chat(), member(BOT, made.rights))
        self.update("message", {**self.post(group, user), "new_chat_members": [BOT]})
        return number

    def promote(self, group: int, user: int, rights: Iterable[str] = RIGHTS) -> int:
        """Make the bot an administrator."""
        before, made = self.groups[group].rights, self.groups[group]
        made.rights = frozenset(rights)
        return self._member(user, made.chat(), member(BOT, made.rights), member(BOT, before))

    def remove_from_group(self, group: int, user: int) -> int:
        """Throw the bot out of a group."""
        made = self.groups[group]
        made.is_in = False
        return self._member(user, made.chat(), {"user": BOT, "status": "kicked", "until_date": 0}, member(BOT, made.rights))

    def migrate(self, group: int, to: int, user: int) -> int:
        """Turn a group into a supergroup with another id; both chats say so."""
        old = self.groups[group]
        new = self.groups[to] = Group(to, is_forum=old.is_forum, rights=old.rights)
        number = self.update("message", {**self.post(group, user), "migrate_to_chat_id": to})
        old.moved_to = to
        self.update("message", {**self.post(new.id, user), "migrate_from_chat_id": group})
        return number

    def say_in_group(
        self,
        group: int,
        user: int,
        text: str,
        topic: int | None = None,
        reply_to: int | None = None,
        anonymous: bool = False,
        **more: object,
    ) -> int:
        """Write in a group; `anonymous`: as an administrator who shows as the group."""
        frame = self.post(group, user, topic, reply_to)
        if anonymous:
            frame |= {"from": GROUP_ANONYMOUS_BOT, "sender_chat": frame["chat"], "author_signature": "lead"}
        return self.update("message", {**frame, **_text(text), **more})

    def edit_in_group(self, group: int, user: int, message_id: int, text: str, topic: int | None = None, **more: object) -> int:
        """Change what was written in a group."""
        frame = {**self.post(group, user, topic), "message_id": message_id, "edit_date": int(time.time())}
        return self.update("edited_message", {**frame, "text": text, **more})

    def make_topic(self, group: int, name: str) -> Topic:
        """Make a topic as the bot or a member would; nobody is told."""
        topic = Topic(self.next_id(), name)
        self.groups[group].topics[topic.id] = topic
        return topic

    def delete_topic(self, group: int, topic: int) -> None:
        """Delete a topic with all its messages; the Bot API tells nobody."""
        self.groups[group].topics[topic].is_deleted = True
        for sent in self.in_topic(group, topic):
            self.delete(sent)

    def post(self, group: int, user: int, topic: int | None = None, reply_to: int | None = None) -> Json:
        """Return the frame of a message in a group. In a topic a message that answers none answers the one that made the topic."""
        frame = {**self.message(user), "chat": self.groups.setdefault(group, Group(group)).chat(), **_in_topic(topic)}
        self.written.add((group, self.last_id))
        answered = reply_to if reply_to is not None else topic
        if answered is None:
            return frame
        frame["reply_to_message"] = {"message_id": answered, "from": BOT, "chat": frame["chat"], "date": frame["date"]}
        return {"message_thread_id": answered, **frame}

    # ------------------------------------------------------------ as Telegram describes them

    def user(self, user: int) -> Json:
        """Return a person as Telegram describes them."""
        return {"id": user, "is_bot": False, "first_name": "Amina", "language_code": self.languages.get(user, "es")}

    def message(self, user: int) -> Json:
        """Return the frame of a message a person writes in private."""
        self.languages.setdefault(user, "es")
        chat = {"id": user, "type": "private", "first_name": "Amina"}
        self.last_id = self.next_id()
        self.written.add((user, self.last_id))
        return {"message_id": self.last_id, "from": self.user(user), "chat": chat, "date": int(time.time())}

    def _member(self, user: int, chat: Json, after: Json, before: Json | None = None) -> int:
        self.languages.setdefault(user, "es")
        old = before or {"user": BOT, "status": "left"}
        change = {"chat": chat, "from": self.user(user), "date": int(time.time()), "old_chat_member": old, "new_chat_member": after}
        return self.update("my_chat_member", change)

    def _shown(self, chat: int, message: Sent | int | None) -> Sent:
        if isinstance(message, Sent):
            return message
        shown = [sent for sent in self.sent(chat) if sent.buttons and message in (None, sent.message_id)]
        if not shown:
            raise LookupError(f"no message with buttons for {chat}")
        return shown[-1]

    def _media(self, kind: str, size: int) -> object:
        others: dict[str, object] = {
            "contact": {"phone_number": "+34600000000", "first_name": "Invented"},
            "dice": {"emoji": "🎲", "value": 3},
        }
        if kind in others:
            return others[kind]
        content = b"\x89PNG\r\n\x1a\n" if kind == "photo" else b"content"
        file = self.keep_file(kind, content, "a.pdf" if kind == "document" else "", size=size)
        return file_json(file.file_id, kind, file.name, "audio/ogg" if kind == "voice" else "", file.size)[kind]


def file_json(file_id: str, kind: str, name: str = "", media_type: str = "", size: int = 0) -> Json:
    """Return a file as messages carry it: a photo in two sizes, an animation as a document too."""
    file: Json = {"file_id": file_id, "file_unique_id": "QQ", "file_size": size}
    named: Json = {**file, **({"file_name": name} if name else {}), **({"mime_type": media_type} if media_type else {})}
    sizes = {"width": 800, "height": 600}
    match kind:
        case "photo":
            return {"photo": [{**file, "file_id": f"small-{file_id}", "file_size": 90, "width": 90, "height": 67}, {**file, **sizes}]}
        case "voice" | "audio":
            return {kind: {**named, "duration": 3}}
        case "video":
            return {kind: {**named, **sizes, "duration": 3}}
        case "animation":
            return {"animation": {**named, **sizes, "duration": 3}, "document": named}
        case "video_note":
            return {kind: {**file, "length": 240, "duration": 3}}
        case "sticker":
            return {kind: {**file, **sizes, "type": "regular", "is_animated": False, "is_video": False}}
    return {kind: named}


def _text(text: str) -> Json:
    words = text.split()
    entities = [{"type": "bot_command", "offset": 0, "length": len(words[0])}] if text.startswith("/") and words else []
    return {"text": text, **({"entities": entities} if entities else {})}


def _in_topic(topic: int | None) -> Json:
    return {"message_thread_id": topic, "is_topic_message": True} if topic is not None else {}
