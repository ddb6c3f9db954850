"""What a unit of work on cases runs on, and whom it concerned; and the events it leaves in inboxes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import DeskEvent
from bot.records import Confirmed
from bot.store.contacts import place
from bot.store.crypto import EVENT_HASH_BYTES
from bot.store.database import Database, moment
from bot.wire import encode_event


@dataclass(slots=True)
class Work:
    """One unit of work. `now`: microseconds since 1970.

    Gathered on the way, in order, each once: `wake`, contacts whose inbox got something, and `cases`, numbers of those that changed;
    `confirmed`: answers somebody found right, `reported`: one was called wrong by somebody whose word counts at once."""

    db: Database
    now: int
    wake: dict[str, None] = field(default_factory=dict)
    cases: dict[int, None] = field(default_factory=dict)
    confirmed: list[Confirmed] = field(default_factory=list)
    reported: bool = False

    @property
    def at(self) -> datetime:
        """Return the time of the work."""
        return moment(self.now)

    def leave(self, contact_id: str, event: DeskEvent) -> None:
        """Leave an event in an inbox. Who asked to be forgotten gets none."""
        if self.db.row("live_contact", contact_id) is None:
            return
        payload = self.db.keys.get(contact_id).seal(encode_event(event), place("inbox", contact_id))
        self.db.run("add_event", os.urandom(EVENT_HASH_BYTES), contact_id, payload, self.now)
        self.wake[contact_id] = None


def begin(db: Database) -> Work:
    """Begin a unit of work now."""
    return Work(db, db.now())
