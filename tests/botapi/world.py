"""Who is there, what they wrote and what they were sent: the state behind the Bot API server, and how tests act as people."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.botapi.faults import Faults
from tests.botapi.markup import Entity

TOKEN = "123456789:test-token-of-the-loopback-server"
BOT_ID = 123456789
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "Dragoman", "username": "dragoman_test_bot"}

Json = dict[str, object]


@dataclass
class Sent:
    """A message as the person sees it: tags are gone, buttons are labels."""

    chat_id: int
    message_id: int
    method: str
    text: str = ""
    source: str = ""
    entities: list[Entity] = field(default_factory=list)
    buttons: list[list[Json]] = field(default_factory=list)
    reply_keyboard: list[list[Json]] = field(default_factory=list)
    venue: Json | None = None
    document: tuple[str, bytes] | None = None
    answered: bool = True
    at: float = 0.0

    @property
    def labels(self) -> list[str]:
        """Return the button labels in order."""
        return [str(button["text"]) for row in self.buttons for button in row]

    def as_json(self) -> Json:
        """Return what another process may want to know."""
        return {
            "chat_id": self.chat_id,
            "message_id": self.message_id,
            "method": self.method,
            "text": self.text,
            "buttons": self.buttons,
            "venue": self.venue,
            "document": self.document[0] if self.document else None,
            "answered": self.answered,
            "at": self.at,
        }


class World:
    """Chats, updates and messages. Every update has an id one above the last; `pending` are those not acknowledged."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.languages: dict[int, str] = {}
        self.blocked: set[int] = set()
        self.groups: set[int] = set()
        self.left_groups: list[int] = []
        self.pending: dict[int, Json] = {}
        self.acknowledged = 0
        self.recent: deque[Json] = deque(maxlen=200)
        self.messages: dict[int, list[Sent]] = {}
        self.deliveries: Counter[tuple[int, str]] = Counter()
        self.actions: Counter[tuple[int, str]] = Counter()
        self.queries: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self.throttled_until: dict[int, float] = {}
        self.too_early = 0
        self.commands: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._ids: Iterator[int] = itertools.count(1000)
        self._update_ids: Iterator[int] = itertools.count(70_000_001)
        self.arrived = asyncio.Event()
        self.on_update: Callable[[int, Json], None] = lambda number, raw: None  # a webhook's queue, see webhooks.py
        self._sent = asyncio.Event()

    # ------------------------------------------------------------ people act

    def say(self, user: int, text: str, language: str | None = None, **more: object) -> int:
        """Write a text; returns the update's id. `more` is added to the message."""
        if language is not None:
            self.languages[user] = language
        entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}] if text.startswith("/") and text.split() else []
        return self.update("message", {**self.message(user), "text": text, **({"entities": entities} if entities else {}), **more})

    def edit(self, user: int, message_id: int, text: str) -> int:
        """Change a text written before."""
        now = int(time.time())
        return self.update("edited_message", {**self.message(user), "message_id": message_id, "edit_date": now, "text": text})

    def share_location(self, user: int, latitude: float, longitude: float) -> int:
        """Share a place."""
        return self.update("message", {**self.message(user), "location": {"latitude": latitude, "longitude": longitude}})

    def send_media(self, user: int, kind: str, content: object = None, caption: str | None = None) -> int:
        """Send something that is not text: photo, voice, sticker ... with Telegram's shape of it where `content` is not given."""
        shape = content if content is not None else _media(kind)
        return self.update("message", {**self.message(user), kind: shape, **({"caption": caption} if caption else {})})

    def press(self, user: int, choice: int | str = 0, message: Sent | int | None = None) -> int:
        """Press a button, by position or label, of the named message or of the last one with buttons."""
        shown = self._shown(user, message)
        buttons = [button for row in shown.buttons for button in row]
        button = buttons[choice] if isinstance(choice, int) else next(button for button in buttons if button["text"] == choice)
        return self.press_data(user, str(button["callback_data"]), shown.chat_id, shown.message_id)

    def press_data(self, user: int, data: str, chat_id: int | None = None, message_id: int = 1) -> int:
        """Press a button with the given data, which may be forged."""
        query_id = f"{user}{next(self._ids)}"
        self.queries[query_id] = 0
        chat = chat_id if chat_id is not None else user
        message = {"message_id": message_id, "from": BOT, "chat": {"id": chat, "type": "private"}, "date": int(time.time()), "text": "."}
        return self.update(
            "callback_query", {"id": query_id, "from": self.user(user), "message": message, "chat_instance": "1", "data": data}
        )

    def block(self, user: int) -> int:
        """Block the bot."""
        self.blocked.add(user)
        return self._member(user, "kicked", {"id": user, "type": "private"})

    def unblock(self, user: int) -> int:
        """Let the bot in again."""
        self.blocked.discard(user)
        return self._member(user, "member", {"id": user, "type": "private"})

    def add_to_group(self, group: int, user: int) -> int:
        """Bring the bot into a group."""
        self.groups.add(group)
        return self._member(user, "member", {"id": group, "type": "supergroup", "title": "A group"})

    def say_in_group(self, group: int, user: int, text: str) -> int:
        """Write in a group."""
        chat = {"id": group, "type": "supergroup", "title": "A group"}
        return self.update("message", {**self.message(user), "chat": chat, "text": text})

    def update(self, kind: str, content: object) -> int:
        """Queue an update of any kind and content."""
        number = next(self._update_ids)
        self.inject({"update_id": number, kind: content}, number)
        return number

    def inject(self, raw: Json, number: int | None = None) -> None:
        """Queue an update as it stands, however odd."""
        number = next(self._update_ids) if number is None else number
        self.pending[number] = raw
        self.on_update(number, raw)
        self.arrived.set()

    # ------------------------------------------------------------ people look

    def sent(self, user: int) -> list[Sent]:
        """Return what a person or group was sent, oldest first."""
        return self.messages.get(user, [])

    async def wait_sent(self, user: int, count: int = 1, timeout: float = 5.0) -> Sequence[Sent]:
        """Wait until a person has so many messages."""
        async with asyncio.timeout(timeout):
            while len(self.sent(user)) < count:
                self._sent.clear()
                await self._sent.wait()
        return self.sent(user)

    async def wait_acknowledged(self, timeout: float = 5.0) -> None:
        """Wait until no update is left."""
        async with asyncio.timeout(timeout):
            while self.pending:
                await asyncio.sleep(0.01)

    # ------------------------------------------------------------ the server acts

    def deliver(self, message: Sent) -> Sent:
        """Put a message into its chat."""
        message.message_id, message.at = next(self._ids), time.time()
        self.messages.setdefault(message.chat_id, []).append(message)
        self.deliveries[(message.chat_id, message.text)] += 1
        self._sent.set()
        return message

    def acknowledge(self, offset: int) -> None:
        """Forget every update below the offset."""
        for number in [number for number in self.pending if number < offset]:
            self.recent.append(self.pending.pop(number))
            self.acknowledged += 1

    def user(self, user: int) -> Json:
        """Return a person as Telegram describes them."""
        return {"id": user, "is_bot": False, "first_name": "Amina", "language_code": self.languages.get(user, "es")}

    def message(self, user: int) -> Json:
        """Return the frame of a message a person writes in private."""
        self.languages.setdefault(user, "es")
        chat = {"id": user, "type": "private", "first_name": "Amina"}
        return {"message_id": next(self._ids), "from": self.user(user), "chat": chat, "date": int(time.time())}

    def _member(self, user: int, status: str, chat: Json) -> int:
        self.languages.setdefault(user, "es")
        before = {"user": BOT, "status": "left"}
        after = {"user": BOT, "status": status, **({"until_date": 0} if status == "kicked" else {})}
        change = {"chat": chat, "from": self.user(user), "date": int(time.time()), "old_chat_member": before, "new_chat_member": after}
        return self.update("my_chat_member", change)

    def _shown(self, user: int, message: Sent | int | None) -> Sent:
        if isinstance(message, Sent):
            return message
        shown = [sent for sent in self.sent(user) if sent.buttons and message in (None, sent.message_id)]
        if not shown:
            raise LookupError(f"no message with buttons for {user}")
        return shown[-1]


def _media(kind: str) -> object:
    file = {"file_id": "AgAD", "file_unique_id": "QQ"}
    shapes: dict[str, object] = {
        "photo": [{**file, "width": 90, "height": 67, "file_size": 1000}],
        "voice": {**file, "duration": 3, "mime_type": "audio/ogg"},
        "audio": {**file, "duration": 3},
        "video": {**file, "width": 90, "height": 67, "duration": 3},
        "video_note": {**file, "length": 90, "duration": 3},
        "document": {**file, "file_name": "a.pdf"},
        "sticker": {**file, "width": 90, "height": 67, "type": "regular", "is_animated": False, "is_video": False},
        "contact": {"phone_number": "+34600000000", "first_name": "Invented"},
        "dice": {"emoji": "🎲", "value": 3},
    }
    return shapes[kind]
