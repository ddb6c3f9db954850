"""Who is there and what they were sent: the state behind the Bot API server."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.botapi.faults import Faults
from tests.botapi.groups import Group
from tests.botapi.groups import Json as Json
from tests.botapi.markup import Entity

TOKEN = "123456789:test-token-of-the-loopback-server"
BOT_ID = 123456789
BOT: Json = {"id": BOT_ID, "is_bot": True, "first_name": "Dragoman", "username": "dragoman_test_bot"}


@dataclass
class File:
    """A file on the server. `kind` as Telegram names it; `size` may be claimed without a content of that size."""

    file_id: str
    kind: str
    content: bytes
    name: str = ""
    media_type: str = ""
    size: int = 0

    @property
    def path(self) -> str:
        """Return where it is to be fetched."""
        return f"{self.kind}s/{self.file_id}"


@dataclass
class Sent:
    """A message as the person sees it: tags are gone, buttons are labels. `file` of a message that carries one; `text` is its caption then.

    `is_old`: the bot can neither change nor delete it any more; `is_kept`: it can change but not delete it."""

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
    file: File | None = None
    topic: int | None = None
    edits: int = 0
    is_old: bool = False
    is_kept: bool = False
    answered: bool = True
    at: float = 0.0

    @property
    def labels(self) -> list[str]:
        """Return the button labels in order."""
        return [str(button["text"]) for row in self.buttons for button in row]

    @property
    def data(self) -> list[object]:
        """Return what the buttons send back, in order."""
        return [button.get("callback_data") for row in self.buttons for button in row]

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
            "file": self.file.file_id if self.file else None,
            "topic": self.topic,
            "answered": self.answered,
            "at": self.at,
        }


class World:
    """Chats, updates and messages. Every update has an id one above the last; `pending` are those not acknowledged."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.languages: dict[int, str] = {}
        self.blocked: set[int] = set()
        self.groups: dict[int, Group] = {}
        self.left_groups: list[int] = []
        self.files: dict[str, File] = {}
        self.pending: dict[int, Json] = {}
        self.acknowledged = 0
        self.recent: deque[Json] = deque(maxlen=200)
        self.messages: dict[int, list[Sent]] = {}
        self.deleted: list[Sent] = []
        self.written: set[tuple[int, int]] = set()  # (chat, message) of people, as far as it still stands there
        self.deliveries: Counter[tuple[int, str]] = Counter()
        self.actions: Counter[tuple[int, str]] = Counter()
        self.queries: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self.throttled_until: dict[int, float] = {}
        self.too_early = 0
        self.commands: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.last_id = 0  # of the message a person wrote last
        self._ids: Iterator[int] = itertools.count(1000)
        self._update_ids: Iterator[int] = itertools.count(70_000_001)
        self.arrived = asyncio.Event()
        self.on_update: Callable[[int, Json], None] = lambda number, raw: None  # a webhook's queue, see webhooks.py
        self._sent = asyncio.Event()

    def next_id(self) -> int:
        """Return an id nothing else has."""
        return next(self._ids)

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
        """Return what a person or group was sent and still has, oldest first."""
        return self.messages.get(user, [])

    def in_topic(self, group: int, topic: int | None) -> list[Sent]:
        """Return what a topic of a group was sent; None: General."""
        return [sent for sent in self.sent(group) if sent.topic == topic]

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
        message.message_id, message.at = self.next_id(), time.time()
        self.messages.setdefault(message.chat_id, []).append(message)
        self.deliveries[(message.chat_id, message.text)] += 1
        self._sent.set()
        return message

    def delete(self, message: Sent) -> None:
        """Take a message out of its chat."""
        self.messages[message.chat_id].remove(message)
        self.deleted.append(message)

    def keep_file(self, kind: str, content: bytes, name: str = "", media_type: str = "", size: int = 0) -> File:
        """Put a file on the server."""
        file_id = f"{kind.replace('_', '-')}-{self.next_id()}-of-the-loopback-server"
        file = self.files[file_id] = File(file_id, kind, content, name, media_type, size or len(content))
        return file

    def acknowledge(self, offset: int) -> None:
        """Forget every update below the offset."""
        for number in [number for number in self.pending if number < offset]:
            self.recent.append(self.pending.pop(number))
            self.acknowledged += 1
