"""Data keys in a schema of their own, changed in the transaction of the data they seal, by any number of processes."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final, cast

from bot.errors import StoreError
from bot.store import masters
from bot.store.crypto import KEY_BYTES, Sealer
from bot.store.database import Database, moment
from bot.store.keys import CACHED_KEYS, place, tombstone, wrapped_anew

KEPT_S: Final = 300.0
LOOK_S: Final = 20.0  # so often each process looks whether the wrapping key is another
HANDOVER_S: Final = 120  # so long a changed wrapping key waits for all of them
HANDOVER_AT: Final = "handover_at"  # the name in `meta` of when it was changed
HANDED_OVER: Final = (masters.HANDOVER, HANDOVER_AT)


@dataclass(frozen=True, slots=True)
class Wrapping:
    """What wraps the data keys."""

    key: bytes
    name: bytes
    sealer: Sealer


class KeyCache:
    """Opened data keys, and the wrapping keys this process has had, for all of its threads.

    A data key is kept for KEPT_S, so that one which another process threw away goes here, too."""

    def __init__(self, wrapping: bytes) -> None:
        self._known: OrderedDict[str, tuple[Sealer, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._wrappings: dict[bytes, Wrapping] = {}
        self.wrapping = self.hold(wrapping)

    def get(self, contact_id: str) -> Sealer | None:
        """Return a sealer that is at hand."""
        with self._lock:
            self._let_old_go()
            known = self._known.get(contact_id)
            return known[0] if known else None

    def remember(self, contact_id: str, sealer: Sealer) -> None:
        """Keep a sealer at hand."""
        with self._lock:
            self._known[contact_id] = sealer, monotonic() + KEPT_S
            self._known.move_to_end(contact_id)
            if len(self._known) > CACHED_KEYS:
                self._known.popitem(last=False)

    def forget(self, contact_id: str) -> None:
        """Let go of a sealer."""
        with self._lock:
            self._known.pop(contact_id, None)

    def _let_old_go(self) -> None:
        now = monotonic()
        while self._known and next(iter(self._known.values()))[1] <= now:
            self._known.popitem(last=False)

    def hold(self, wrapping: bytes) -> Wrapping:
        """Wrap with this key from now on."""
        name = masters.name_of(wrapping)
        self.wrapping = self._wrappings.setdefault(name, Wrapping(wrapping, name, Sealer(wrapping)))
        self.looked()
        return self.wrapping

    def held(self, name: bytes) -> Wrapping | None:
        """Return a wrapping key that this process has or had: a transaction may have begun before it was changed."""
        return self._wrappings.get(name)

    def looked(self) -> None:
        """Note that the wrapping key is still the one held."""
        self._look_at = monotonic() + LOOK_S

    def look_soon(self) -> None:
        """Have the next transaction look."""
        self._look_at = 0.0

    @property
    def is_due(self) -> bool:
        """Tell whether it is time to look."""
        return monotonic() >= self._look_at


class PostgresKeys:
    """The keys as one connection changes them; see bot.store.database.Keys for what is promised.

    A key is only added under the wrapping key of the moment (`add_key` locks its name), so that changing it leaves none behind."""

    def __init__(self, database: Database, cache: KeyCache) -> None:
        self._database, self._cache = database, cache
        self._fresh: dict[str, Sealer] = {}
        self._dropped: list[str] = []
        self._next: bytes | None = None  # the wrapping key from the commit on

    def create(self, contact_id: str) -> Sealer:
        """Make a key for a new contact."""
        key, wrapping = os.urandom(KEY_BYTES), self._cache.wrapping
        self._database.run("add_key", contact_id, wrapping.sealer.seal(key, place(contact_id)), wrapping.name)
        self._fresh[contact_id] = sealer = Sealer(key)
        return sealer

    def get(self, contact_id: str) -> Sealer:
        """Return a contact's sealer; raises StoreError when the key is gone."""
        return self._fresh.get(contact_id) or self._cache.get(contact_id) or self._load(contact_id)

    def _load(self, contact_id: str) -> Sealer:
        row = self._database.row("find_key", contact_id)
        if row is None:
            raise StoreError("the key of this contact is gone")
        wrapping = self._wrapping(cast(bytes, row[1]))
        sealer = Sealer(wrapping.sealer.open(cast(bytes, row[0]), place(contact_id)))
        self._cache.remember(contact_id, sealer)
        return sealer

    def drop(self, contact_id: str) -> None:
        """Throw a key away, and remember by a keyed hash that it was."""
        today = moment(self._database.now()).date()
        self._database.run("add_tombstone", tombstone(self._database.secrets, contact_id), today.isoformat())
        self.forget(contact_id)

    def forget(self, contact_id: str) -> None:
        """Throw a key away that nothing was sealed with."""
        self._database.run("drop_key", contact_id)
        self._dropped.append(contact_id)

    def ids(self) -> set[str]:
        """Return every contact that has a key."""
        return {str(row[0]) for row in self._database.rows("key_ids")}

    def settle(self, *, kept: bool) -> None:
        """Note how the transaction ended."""
        if kept:
            for contact_id, sealer in self._fresh.items():
                self._cache.remember(contact_id, sealer)
            for contact_id in self._dropped:
                self._cache.forget(contact_id)
            if self._next is not None:
                self._cache.hold(self._next)
        self._fresh.clear()
        self._dropped.clear()
        self._next = None

    # ------------------------------------------------------------ another master key

    def look(self) -> None:
        """Take over the wrapping key of the moment, now and then; raises StoreError where it was not handed over."""
        if self._cache.is_due:
            name = self.noted(masters.WRAPPING_NAME)
            if name is not None:
                self._wrapping(name)
            self._cache.looked()

    def _wrapping(self, name: bytes) -> Wrapping:
        return self._cache.held(name) or self._cache.hold(masters.taken_over(self._meta(), self._cache.wrapping.key))

    def _meta(self) -> Mapping[str, bytes]:
        return {str(name): cast(bytes, value) for name, value in self._database.rows("all_key_meta")}

    def change_master(self, master: bytes) -> int:
        """Wrap every key anew under another master secret, in one transaction; returns how many there were."""
        self._database.row("lock_wrapping")
        kept = self._meta()
        if masters.HANDOVER in kept:
            raise StoreError("not every process has taken over the last change yet: try again in five minutes")
        before = self._wrapping(kept[masters.WRAPPING_NAME]).key
        after = masters.Unlocked(self._database.secrets.secret, os.urandom(KEY_BYTES))
        rows = ((str(key_id), cast(bytes, wrapped)) for key_id, wrapped in self._database.rows("all_keys"))
        anew = wrapped_anew(rows, before, after.wrapping)
        self._database.run_each("rewrap_key", anew)
        self._database.run_each("set_key_meta", list(masters.rows_of(after, master).items()))
        self.note(masters.HANDOVER, masters.handover(before, after.wrapping))
        self.note(HANDOVER_AT, str(self._database.now()).encode())
        self._next = after.wrapping
        return len(anew)

    def follow_master(self, master: bytes) -> None:
        """Change the master secret to this one, unless another process has done it meanwhile."""
        self._database.row("lock_wrapping")
        if masters.unlock(self._meta(), master) is None:
            self.change_master(master)

    def end_handover(self) -> None:
        """Leave nothing that leads to the wrapping key of the moment from the one before, once every process has had time to look."""
        handed_over_at = int(self.noted(HANDOVER_AT) or b"0")
        if self._database.now() >= handed_over_at + HANDOVER_S * 1_000_000:
            self._database.run_each("drop_key_meta", [(name,) for name in HANDED_OVER])

    # ------------------------------------------------------------ beside the keys

    def note(self, name: str, value: bytes) -> None:
        """Keep something by name where the data are not."""
        self._database.run("set_key_meta", name, value)

    def noted(self, name: str) -> bytes | None:
        """Return what is kept by name."""
        row = self._database.row("get_key_meta", name)
        return None if row is None else cast(bytes, row[0])

    def drop_old_tombstones(self, days: int) -> int:
        """Forget tombstones that are older than the oldest backup; returns how many."""
        oldest = moment(self._database.now()).date() - timedelta(days=days)
        return self._database.change("drop_old_tombstones", oldest.isoformat())
