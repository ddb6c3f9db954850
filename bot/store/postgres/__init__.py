"""The store on PostgreSQL, for any number of processes side by side.

A unit of work is one transaction on a connection of a small pool, in a thread of its own (`pool`). Statements that nobody waits for are
sent together (pipeline mode), so that only reading costs a round trip. What SQLite gets from having one writer is had by locks here, which
everybody takes in this order:

1. contacts (`hold`, `hold_case`, `find_contact_alone`; several at once in the order of their ids): whoever holds a contact holds all that
   is theirs: conversation, messages, lane, cases. `due_lanes` takes none that somebody else holds.
2. what spans contacts at the desk (`one_by_one`).
3. at the end of the transaction: counters, figures, totals, the audit (`at_end`), and last, at the commit, the marks of the desk.

Rare units that need two contacts one after the other may meet in the wrong order; PostgreSQL ends one of them, and it is done again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import time
from typing import cast

from bot.store import BACKUP_DAYS, audit, erase
from bot.store.crypto import Secrets
from bot.store.methods import UnitStore
from bot.store.postgres.connecting import address_of
from bot.store.postgres.database import PostgresDatabase
from bot.store.postgres.keys import KeyCache
from bot.store.postgres.pool import Pool
from bot.store.postgres.setup import make_ready
from bot.store.postgres.standing import StandingReplicas
from bot.store.replicas import Alone, Replicas

__all__ = ["PostgresStore", "open_postgres"]

logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # its warnings quote statements


async def open_postgres(
    url: str,
    *,
    secret: bytes,
    clock: Callable[[], datetime] | None,
    serves: bool,
    retention_days: int,
    connections: int,
    previous: Sequence[bytes] = (),
    backup_days: int = BACKUP_DAYS,
) -> PostgresStore:
    """Open the database an address names. `clock` None: its own clock counts, which is the same for all processes.

    `previous`: earlier master secrets; where one of them opens the keys and this process serves, they are wrapped anew for `secret`.
    Raises ConfigError for a malformed address, WrongKey, or StoreError when it can not be reached or is not fit."""
    candidates, address = tuple(Secrets(each).secret for each in (secret, *previous)), address_of(url)  # of the right length
    unlocked = await asyncio.to_thread(make_ready, address, candidates)
    pool = Pool(address, Secrets(unlocked.root), KeyCache(unlocked.wrapping), clock, connections)
    try:
        if serves and previous:
            await pool.write(lambda db: cast(PostgresDatabase, db).keys.follow_master(secret))
        replicas = await StandingReplicas.join(address, pool.announce) if serves else Alone()
        store = PostgresStore(pool, replicas, unlocked.root, retention_days, backup_days, clock)
        if serves:
            await store.take_over()
    except BaseException:
        await pool.close()
        raise
    return store


class PostgresStore(UnitStore):
    """The Store contract on PostgreSQL; what differs from the other engine."""

    _worker: Pool

    def __init__(
        self,
        pool: Pool,
        replicas: Replicas,
        root: bytes,
        retention_days: int,
        backup_days: int,
        clock: Callable[[], datetime] | None,
    ) -> None:
        super().__init__(pool, replicas, root, retention_days, backup_days)
        self._is_own_clock = clock is None

    async def take_over(self) -> None:
        """Make keys and contacts agree, and finish erasures. What a process that is gone was sending comes up when its leases end."""
        try:
            await self._worker.write_on_one_state(erase.reconcile)
            await self._each(erase.finish_one)
        except BaseException:
            await self.close()
            raise

    async def _look_after_keys(self) -> None:
        """Each in a transaction of its own."""
        await self._worker.write(lambda db: db.keys.end_handover())
        await self._worker.write(audit.anchor_alone)

    async def next_due(self) -> datetime | None:
        """Return when the earliest lane is due, on the clock of this machine."""
        due = await super().next_due()
        if due is None or not self._is_own_clock:
            return due
        ahead_us = round(time() * 1_000_000) - await self._worker.read(lambda db: db.now())
        return due + timedelta(microseconds=ahead_us)

    async def close(self) -> None:
        """Finish what is running and let go of every connection; a second call does nothing."""
        if isinstance(self.replicas, StandingReplicas):
            await self.replicas.leave()
        await self._worker.close()
