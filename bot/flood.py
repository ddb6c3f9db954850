"""Who writes more than anybody can read: how much of it is taken in, and when, so that nobody else waits for it.

Nothing of it is kept but in memory. A text that sounds like a crisis is told apart before anything is refused, put off or dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.model import CommandReceived, ContactLeft, ContactRef, DeskEvent, Event, Incoming, MediaReceived, TextReceived
from bot.pace import Buckets, Pace

CONTACT: Final = Pace(30, 1.0)  # messages of one contact
CRIES: Final = Pace(10, 0.1)  # beyond that: messages of one contact that sound like a crisis
LOOKS: Final = Pace(20_000, 4_000.0)  # characters of one contact's refused messages that are read all the same, to find those
MOST_WAITING: Final = 200  # of one contact, where a platform brings nothing a second time
COUNT_S: Final = 1.0  # between two looks into the database at how much of one contact waits
READ: Final = 1_000  # characters that are read of what is too much


@dataclass(slots=True)
class _Backlog:
    """What one contact left lying: how many events wait, how many were dropped and not yet counted, whether they were told so."""

    waiting: int = 0
    dropped: int = 0
    is_told: bool = False
    cries: int = 0  # taken in, and not yet found among what waits: one may still be on its way into the table
    looked: frozenset[int] = frozenset()  # ids of those that wait and are no cry
    counted_at: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Due:
    """Which waiting events are to be handled now (ids); `dropped`: how many others were dropped since; `tell`: say so to the contact."""

    ids: frozenset[int]
    dropped: int = 0
    tell: bool = False


@dataclass(slots=True)
class Tally:
    """What became of too much, since this process began."""

    refused_full: int = 0  # because too much waited of all together; it comes again
    refused_contact: int = 0  # because one contact wrote too much; it comes again
    dropped: int = 0  # for good, and the contact was told


@dataclass(slots=True)
class Flood:
    """Decides for each contact; `sounds_like_crisis` reads a text, `pace` is what a contact may write."""

    sounds_like_crisis: Callable[[str], bool]
    pace: Pace = CONTACT
    tally: Tally = field(default_factory=Tally)
    _messages: Buckets[ContactRef] = field(init=False)
    _cries: Buckets[ContactRef] = field(init=False)
    _looks: Buckets[ContactRef] = field(init=False)
    _backlogs: dict[ContactRef, _Backlog] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._messages, self._cries, self._looks = Buckets(self.pace), Buckets(CRIES), Buckets(LOOKS)

    def is_cry(self, event: Event) -> bool:
        """Say whether an event holds words that sound like a crisis."""
        text = _words(event)[:READ]
        return bool(text) and self.sounds_like_crisis(text)

    # ------------------------------------------------------------ where what is refused comes again

    def refuses(self, item: Incoming, now: float) -> float:
        """Return 0 to take an event in, else the seconds after which it should come again."""
        if isinstance(item.event, ContactLeft):
            return 0.0
        wait_s = self._messages.take(item.contact, now)
        if not wait_s:
            return 0.0
        length = len(_words(item.event)[:READ])
        if (
            length
            and not self._looks.take(item.contact, now, length)
            and self.is_cry(item.event)
            and not self._cries.take(item.contact, now)
        ):
            return 0.0
        self.tally.refused_contact += 1
        return wait_s

    def wait(self, contact: ContactRef, now: float) -> float:
        """Return the seconds until a contact may send something."""
        return self._messages.wait(contact, now)

    # ------------------------------------------------------------ where nothing comes a second time

    def wants_count(self, contact: ContactRef, now: float, most: int = MOST_WAITING) -> bool:
        """Say whether as much of a contact seems to wait as may, and nobody looked for a while: another process may have handled some."""
        backlog = self._backlogs.get(contact)
        return backlog is not None and backlog.waiting >= most and now - backlog.counted_at >= COUNT_S

    def counted(self, contact: ContactRef, waiting: int, now: float) -> None:
        """Note how much of a contact really waits; until that is known nothing is dropped."""
        backlog = self._backlogs.setdefault(contact, _Backlog())
        backlog.waiting, backlog.counted_at = waiting, now

    def keeps(self, item: Incoming, now: float, most: int = MOST_WAITING) -> bool:
        """Say whether an event may wait here; one that may not is dropped and counted."""
        backlog = self._backlogs.setdefault(item.contact, _Backlog())
        is_behind = backlog.waiting > 0 and self.wait(item.contact, now) > 0
        is_cry = (is_behind or backlog.waiting >= most) and self.is_cry(item.event)
        backlog.cries += is_cry
        is_exempt = isinstance(item.event, ContactLeft) or (is_cry and backlog.waiting < most + CRIES.burst)
        if backlog.waiting >= most and not is_exempt:
            backlog.dropped += 1
            self.tally.dropped += 1
            return False
        backlog.waiting += 1
        return True

    def due(self, contact: ContactRef, waiting: Sequence[tuple[int, Event]], now: float) -> Due:
        """Choose what is handled now: the oldest, as many as may be written; what sounds like a crisis; what the desk says."""
        backlog = self._backlogs.setdefault(contact, _Backlog())
        own = [(number, event) for number, event in waiting if not isinstance(event, DeskEvent)]
        granted = self._messages.take_some(contact, now, len(own))
        ids = {number for number, _event in own[:granted]} | {number for number, event in waiting if isinstance(event, DeskEvent)}
        cries = [number for number, event in own[granted:] if number not in backlog.looked and self.is_cry(event)]
        backlog.looked = frozenset(number for number, _event in own[granted:]).difference(cries)
        backlog.cries = max(0, backlog.cries - len(cries))
        ids.update(number for number in cries if not self._cries.take(contact, now))
        return Due(frozenset(ids), backlog.dropped, tell=bool(backlog.dropped) and not backlog.is_told)

    def has_cry(self, contact: ContactRef) -> bool:
        """Say whether something was taken in that sounds like a crisis and was not found by the last choice."""
        return contact in self._backlogs and self._backlogs[contact].cries > 0

    def handled(self, contact: ContactRef, due: Due, left: int) -> None:
        """Note that what was due is done, and how many events are left."""
        backlog = self._backlogs.setdefault(contact, _Backlog())
        backlog.waiting, backlog.dropped = left, max(0, backlog.dropped - due.dropped)
        backlog.is_told |= due.tell
        if not left and not backlog.dropped:
            del self._backlogs[contact]

    def forget_counts(self) -> None:
        """Nothing waits any more: forget what was thought to (an event that was repeated is counted and never handled)."""
        self._backlogs = {contact: backlog for contact, backlog in self._backlogs.items() if backlog.dropped}


def _words(event: Event) -> str:
    match event:
        case TextReceived():
            return event.text
        case MediaReceived():
            return event.caption
        case CommandReceived() if "_" not in event.argument:  # with one it is the payload of a link
            return event.argument
        case _:
            return ""
