"""Groups as the Bot API shows them: topics, members, what the bot may do there, and how fast it may write."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

Json = dict[str, object]

PER_MINUTE = 20  # messages to one group
RIGHTS = frozenset({"can_manage_topics", "can_delete_messages"})  # what a desk needs
_ALL_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
)


@dataclass
class Topic:
    """A topic of a forum; `id` is that of the message that made it."""

    id: int
    name: str
    is_closed: bool = False
    is_deleted: bool = False


@dataclass
class Group:
    """A group the bot is or was in. `rights` None: it is there as an ordinary member.

    `loses_posts`: a message for a deleted topic comes out in General and counts as sent, as some report of the real server."""

    id: int
    kind: str = "supergroup"
    is_forum: bool = False
    rights: frozenset[str] | None = None
    is_in: bool = True
    moved_to: int | None = None
    loses_posts: bool = False
    topics: dict[int, Topic] = field(default_factory=dict)
    per_minute: int = PER_MINUTE
    minute_s: float = 60.0
    _sent: deque[float] = field(default_factory=deque)

    def chat(self) -> Json:
        """Return the chat as updates carry it."""
        return {"id": self.id, "type": self.kind, "title": "A group", **({"is_forum": True} if self.is_forum else {})}

    def may(self, right: str) -> bool:
        """Tell whether the bot has a right."""
        return self.rights is not None and right in self.rights

    def wait_s(self) -> float:
        """Count one more message; returns the seconds to wait where it is one too many, and does not count it then."""
        now = time.monotonic()
        while self._sent and self._sent[0] <= now - self.minute_s:
            self._sent.popleft()
        if len(self._sent) >= self.per_minute:
            return self._sent[0] + self.minute_s - now
        self._sent.append(now)
        return 0.0


def member(user: Json, rights: Iterable[str] | None) -> Json:
    """Describe a member of a group; an administrator by the rights they have."""
    if rights is None:
        return {"user": user, "status": "member"}
    return {"user": user, "status": "administrator", **{right: right in rights for right in _ALL_RIGHTS}}
