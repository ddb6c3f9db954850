"""What the service asks of a database. One contract, one suite (tests/contracts), two engines.

Guarantees every engine gives:
- `accept` returns only after its rows are safe on disk; a repeated external id of a channel is dropped silently.
- `handle` is one transaction that holds the contact alone: conversation, counters, history and outbox change together or not at all.
- Outbox rows of one contact leave in order, one at a time, under a lease that ends after `LEASE_S`; only the lease's holder settles.
- Everything a person wrote or was told is encrypted with a key of that contact, from the first insert on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.errors import ConfigError
from bot.model import CaseEffect, ContactRef, Conversation, Event, Incoming, Message, StoredMessage
from bot.records import Checkup, Confirmed, Vitals
from bot.store.desk import DeskStore
from bot.store.replicas import Replicas

LEASE_S = 15.0  # longer than the longest platform call (10 s), so that a lease never ends under a living sender
HISTORY_MESSAGES = 20  # of both sides together
HISTORY_HOURS = 24  # after the last message of either side
BACKUP_DAYS = 30  # default: how long backups are kept, and the tombstones of what was erased meanwhile
RETENTION_DAYS = 30  # default: how long a case is kept after it was closed
CONNECTIONS = 8  # default: of one process to PostgreSQL
INBOX_KEY_DAYS = 30  # external ids are kept that long without payload: longer than any platform repeats itself


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event not yet handled. `id` grows in the order of arrival."""

    id: int
    event: Event


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A contact as stored: where they stand and what waits, oldest first."""

    conversation: Conversation
    contact: ContactRef
    waiting: tuple[WaitingEvent, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One line of history; messages by "contact" are not sent, all others go to the outbox as well (already split for the channel)."""

    message: Message


@dataclass(frozen=True, slots=True)
class Decision:
    """What a handled snapshot becomes.

    `handled`: ids of the waiting events that are done; their payload is blanked. `failed`: done as well, but a turn raised.
    `said`: history and outgoing messages in order. `counts`: (city, entry_id, locale, result) to add one to.
    `erase`: forget the contact once the outgoing messages are out. `left`: the contact closed the channel, drop what waits to be sent.
    `dropped`: so many events of this contact were not kept at all, because there were too many; only counted.
    `casework`: what becomes of cases, done in this order in the same transaction; it may leave new events in this and other inboxes."""

    conversation: Conversation
    handled: tuple[int, ...]
    failed: tuple[int, ...] = ()
    said: tuple[Said, ...] = ()
    counts: tuple[tuple[str, str, str, str], ...] = ()
    erase: bool = False
    left: bool = False
    casework: tuple[CaseEffect, ...] = ()
    dropped: int = 0


FindButton = Callable[[str, int], str | None]
Decide = Callable[[Snapshot, FindButton], Decision]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outgoing message under lease. `message_id` and `token` are those of its StoredMessage; `attempts` counts this one, too.

    `earlier`: the platform's ids of what was sent with the same case line, for a message that edits or withdraws it. `heard_at`: when the
    contact last wrote, on channels where that matters."""

    id: int
    contact_id: str
    contact: ContactRef
    message_id: int
    token: str
    message: Message
    attempts: int
    uncertain: bool
    lease: str
    earlier: tuple[str, ...] = ()
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it; `platform_id` is its own name for the message, where it has one."""

    platform_id: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `after_s` seconds; `uncertain`: it may have arrived already."""

    after_s: float
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Dead:
    """Never: this message is given up, later ones go on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Never: the contact does not want messages; whatever waits for them is dropped."""


Settlement = Sent | Retry | Dead | Blocked


@dataclass(frozen=True, slots=True)
class Handled:
    """What follows from handling a contact. `wake`: contacts whose inbox got something new (this one, too). `cases`: which changed.

    `confirmed`: answers somebody who reviews found right; `reported`: they called one wrong."""

    deliveries: tuple[Delivery, ...] = ()
    wake: tuple[str, ...] = ()
    cases: tuple[int, ...] = ()
    confirmed: tuple[Confirmed, ...] = ()
    reported: bool = False


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed."""

    histories: int
    inbox_keys: int
    contacts_erased: int
    cases: int = 0


class Store(Protocol):
    """See the module docstring for what is promised. All methods raise StoreError when the database refuses."""

    desk: DeskStore
    replicas: Replicas
    root: bytes  # what keys outside the store are derived from; it stays the same when the master secret changes

    async def accept(self, incoming: Sequence[Incoming]) -> tuple[str, ...]:
        """Store events, making contacts where needed; returns the contact ids that have something new (repeats give none)."""

    async def read(self, contact_id: str) -> Snapshot | None:
        """Return the contact's conversation and waiting events, or None for an unknown contact."""

    async def handle(self, contact_id: str, decide: Callable[[Snapshot, FindButton], Decision]) -> Handled:
        """Run `decide` on a fresh snapshot in one transaction and keep its decision.

        `decide` must be pure and quick, may run in another thread, and gets with the snapshot a function that looks up a button of this
        very contact (token, index) -> option id or None. An exception it raises is passed on and nothing changes.
        An unknown or erased contact gives an empty Handled and `decide` is not asked. A stored event that can not be read counts as failed.
        Returns the contact's next delivery, already under lease, where its lane is free; and who else has something new."""

    async def waiting(self, limit: int) -> tuple[str, ...]:
        """Return contacts with events not yet handled, longest waiting first."""

    async def claim(self, limit: int) -> tuple[Delivery, ...]:
        """Lease the head of up to `limit` lanes that are due and free. A head found in the state of being sent comes back uncertain."""

    async def settle(self, delivery: Delivery, result: Settlement) -> Delivery | None:
        """Record what became of a delivery and lease the next of the same contact, if it is due.

        Does nothing and returns None when the lease is no longer held (fence)."""

    async def next_due(self) -> datetime | None:
        """Return when the earliest lane is due, or None when nothing waits to be sent."""

    async def find(self, contact: ContactRef) -> str | None:
        """Return the contact's id, or None."""

    async def history(self, contact_id: str, after: int = 0) -> tuple[StoredMessage, ...]:
        """Return the kept messages with an id above `after`, oldest first."""

    async def counters(self) -> Mapping[tuple[str, str, str, str], int]:
        """Return every counter: (city, entry_id, locale, result) -> how often."""

    async def daily_counters(self) -> Mapping[tuple[str, str, str, str, str], int]:
        """Return the counters of every day (UTC): (day, city, entry_id, locale, result) -> how often."""

    async def figures(self) -> Mapping[str, int]:
        """Return how many rows stand where: contacts, inbox_waiting, inbox_failed, inbox_dropped, outbox_waiting, outbox_dead,
        outbox_uncertain.

        Failed, dropped, dead and uncertain count all there ever were, those swept since as well."""

    async def vitals(self) -> Vitals:
        """Return what waits and for how long; quick however much is stored (asked every few seconds)."""

    async def probe(self) -> None:
        """Write one small value, so that whoever asks knows that the database takes one."""

    async def sweep(self) -> Swept:
        """Remove what has outlived its time: histories, inbox keys, half-erased contacts."""

    async def change_master(self, secret: bytes) -> int:
        """Wrap every data key anew under another master secret, while another process serves; returns how many there were.

        All of them or none, whatever happens; a process that serves takes the change over by itself."""

    async def look_through(self) -> Checkup:
        """Open everything that is sealed once, as after a restore; returns how much there is and how much does not open."""

    async def restored(self, name: str) -> None:
        """Note in the audit that a copy was restored; what waits to be sent is uncertain then, it may have gone out since."""

    async def close(self) -> None:
        """Finish what is running and let go of the database."""


async def open_store(
    url: str,
    *,
    data_dir: Path,
    secret: bytes,
    clock: Callable[[], datetime] | None,
    exclusive: bool = True,
    retention_days: int = RETENTION_DAYS,
    connections: int = CONNECTIONS,
    previous: Sequence[bytes] = (),
    backup_days: int = BACKUP_DAYS,
) -> Store:
    """Open the store a database address names.

    `sqlite:///path/to/file`: one process serves; `data_dir` holds the keys and the lock. `sqlite://:memory:` forgets at the end.
    `postgresql://user:password@host/name`: any number of processes serve, of which each holds `connections` and one more; the keys are in
    the database, too, and its clock counts where `clock` is None.
    `secret` is the master secret (32 bytes). `previous`: earlier ones. Where one of them fits and this process serves, the keys are wrapped
    anew for `secret`.
    `retention_days`: closed cases are erased after so many days; `backup_days`: what was erased is remembered so long, by keyed hashes.
    `exclusive`: this process serves (on SQLite no second one may); admin commands open with False and work beside it.
    Raises ConfigError for another kind of address, StoreLocked, WrongKey, or StoreError when the database does not open."""
    scheme, found, rest = url.partition("://")
    if scheme in ("postgresql", "postgres") and found and rest:
        from bot.store.postgres import open_postgres  # only when asked for: importing the driver takes a tenth of a second

        return await open_postgres(
            url,
            secret=secret,
            clock=clock,
            serves=exclusive,
            retention_days=retention_days,
            connections=connections,
            previous=previous,
            backup_days=backup_days,
        )
    path = sqlite_path(url)
    if clock is None:
        raise ConfigError("SQLite has no clock of its own")
    from bot.store.sqlite import open_sqlite  # only when asked for: another engine's driver need not be there

    return await open_sqlite(
        path,
        data_dir=data_dir,
        secret=secret,
        clock=clock,
        exclusive=exclusive,
        retention_days=retention_days,
        previous=previous,
        backup_days=backup_days,
    )


def sqlite_path(url: str) -> Path | None:
    """Return the file a database address names, None for one in memory. Raises ConfigError for another kind of address."""
    scheme, found, rest = url.partition("://")
    if scheme != "sqlite" or not found or not (rest == ":memory:" or rest.startswith("/")) or rest == "/":
        raise ConfigError("DATABASE_URL must read sqlite:///path/to/file, sqlite://:memory: or postgresql://user:password@host/name")
    return None if rest.removeprefix("/") == ":memory:" else Path(rest.removeprefix("/"))
