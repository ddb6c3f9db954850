"""The Store contract over units of work, the same on every engine: each method is one of them, or two where what follows may wait."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import cast

from bot.model import ContactRef, Incoming, StoredMessage
from bot.records import Checkup, Vitals
from bot.store import (
    Decide,
    Delivery,
    Handled,
    Settlement,
    Snapshot,
    Swept,
    checkup,
    contacts,
    erase,
    inbox,
    lanes,
    snapshots,
    turns,
    vitals,
)
from bot.store.database import Database, moment
from bot.store.desk import DeskStore
from bot.store.desk_methods import DeskMethods
from bot.store.replicas import Replicas
from bot.store.worker import Units


class UnitStore(ABC):
    """What the engines have in common; see bot.store.Store for what each method promises."""

    def __init__(self, worker: Units, replicas: Replicas, root: bytes, retention_days: int, backup_days: int) -> None:
        self._worker, self._retention_days, self._backup_days = worker, retention_days, backup_days
        self.replicas, self.root = replicas, root
        self.desk: DeskStore = DeskMethods(worker)

    async def accept(self, incoming: Sequence[Incoming]) -> tuple[str, ...]:
        """Store events; returns when they are safe."""
        return await self._worker.write_first(lambda db: inbox.accept(db, incoming))

    async def read(self, contact_id: str) -> Snapshot | None:
        """Return the contact as stored."""
        loaded = await self._worker.read(lambda db: snapshots.load(db, contact_id))
        return None if loaded is None else loaded[0]

    async def handle(self, contact_id: str, decide: Decide) -> Handled:
        """Decide and keep the decision, in one transaction."""

        def unit(db: Database) -> tuple[Handled, bool]:
            return turns.handle(db, contact_id, decide), erase.is_ripe(db, contact_id)

        handled, is_ripe = await self._worker.write(unit)
        if is_ripe:
            await self._worker.write(lambda db: erase.finish(db, contact_id))
        return handled

    async def waiting(self, limit: int) -> tuple[str, ...]:
        """Return who waits, longest first."""
        return await self._worker.read(lambda db: inbox.waiting(db, limit))

    async def claim(self, limit: int) -> tuple[Delivery, ...]:
        """Lease what is due."""
        return await self._worker.write(lambda db: lanes.claim(db, limit))

    async def settle(self, delivery: Delivery, result: Settlement) -> Delivery | None:
        """Record what became of a delivery; returns the next."""

        def unit(db: Database) -> tuple[Delivery | None, bool]:
            following = lanes.settle(db, delivery, result)
            return following, following is None and erase.is_ripe(db, delivery.contact_id)

        following, is_ripe = await self._worker.write(unit)
        if is_ripe:
            await self._worker.write(lambda db: erase.finish(db, delivery.contact_id))
        return following

    async def next_due(self) -> datetime | None:
        """Return when the earliest lane is due; a lane under lease is due when the lease ends."""
        row = await self._worker.read(lambda db: db.row("next_due"))
        return None if row is None or row[0] is None else moment(cast(int, row[0]))

    async def find(self, contact: ContactRef) -> str | None:
        """Return the contact's id."""
        found = await self._worker.read(lambda db: contacts.find(db, contact))
        return None if found is None else found[0]

    async def history(self, contact_id: str, after: int = 0) -> tuple[StoredMessage, ...]:
        """Return the kept messages above an id."""
        return await self._worker.read(lambda db: contacts.history(db, contact_id, after))

    async def counters(self) -> Mapping[tuple[str, str, str, str], int]:
        """Return every counter."""
        rows = await self._worker.read(lambda db: db.rows("counters"))
        return {(str(city), str(entry), str(locale), str(result)): cast(int, n) for city, entry, locale, result, n in rows}

    async def daily_counters(self) -> Mapping[tuple[str, str, str, str, str], int]:
        """Return the counters of every day."""
        rows = await self._worker.read(lambda db: db.rows("daily_counters"))
        return {(str(day), str(city), str(entry), str(locale), str(result)): cast(int, n) for day, city, entry, locale, result, n in rows}

    async def figures(self) -> Mapping[str, int]:
        """Return how many rows stand where."""
        return await self._worker.read(_figures)

    async def vitals(self) -> Vitals:
        """Return what waits and for how long."""
        return await self._worker.read(vitals.take)

    async def probe(self) -> None:
        """Write one small value."""
        await self._worker.write(vitals.probe)

    async def sweep(self) -> Swept:
        """Remove what has outlived its time, in portions that let others work in between."""
        histories = await self._each(erase.drop_histories)
        inbox_keys = await self._each(erase.drop_events)
        await self._each(erase.drop_settled)
        cases = await self._each(lambda db: erase.drop_cases(db, self._retention_days))
        await self._worker.write(erase.drop_stale)
        erased = await self._each(erase.finish_one)
        await self._worker.write(lambda db: db.keys.drop_old_tombstones(self._backup_days))
        await self._look_after_keys()
        return Swept(histories, inbox_keys, erased, cases)

    @abstractmethod
    async def _look_after_keys(self) -> None:
        """End a change of the master key that everybody has followed, and note beside the keys how far the audit goes."""

    async def change_master(self, secret: bytes) -> int:
        """Wrap every data key anew under another master secret."""
        return await self._worker.write(lambda db: db.keys.change_master(secret))

    async def look_through(self) -> Checkup:
        """Open everything that is sealed once."""
        return await self._worker.read(checkup.look_through)

    async def restored(self, name: str) -> None:
        """Note that a copy was restored."""
        await self._worker.write(lambda db: checkup.restored(db, name))

    async def _each(self, unit: Callable[[Database], int]) -> int:
        """Repeat a unit until it finds nothing more to do; returns how much it did."""
        total = 0
        while (n := await self._worker.write(unit)) > 0:
            total += n
        return total


def _figures(db: Database) -> dict[str, int]:
    figures = {"inbox_failed": 0, "inbox_dropped": 0, "outbox_dead": 0, "outbox_uncertain": 0}
    figures.update((str(name), cast(int, n)) for name, n in db.rows("totals"))
    for name in ("contacts", "inbox_waiting", "outbox_waiting"):
        row = db.row(f"count_{name}")
        figures[name] = cast(int, row[0]) if row else 0
    return figures
