"""Broken variants of our own code: each takes one promise away, and the suite must notice.

`apply` changes this process for good; with a `patch` that can be undone, tests use them one after the other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.model import ContactRef, Incoming, Message
from bot.service import ConversationService
from bot.store import Delivery, Retry, Sent, Settlement, lanes, worker
from bot.store.crypto import Secrets
from bot.store.database import Database, SqliteDatabase
from bot.store.keys import KeyRing
from bot.store.queries import SQL

Patch = Callable[[Any, str, Any], None]  # (owner, name of the attribute, what it is to be)
ACKNOWLEDGE_S = 0.25  # how long what is called safe is in memory alone

_late: set[asyncio.Task[None]] = set()


def acknowledge_first(patch: Patch) -> None:
    """Say that an update is safe and store it a moment later, as dispatchers with a queue in memory do."""
    keep = ConversationService.accept

    async def accept(self: ConversationService, incoming: Sequence[Incoming]) -> None:
        async def later() -> None:
            await asyncio.sleep(ACKNOWLEDGE_S)
            await keep(self, incoming)

        task = asyncio.create_task(later())
        _late.add(task)
        task.add_done_callback(_late.discard)

    patch(ConversationService, "accept", accept)


def settle_first(patch: Patch) -> None:
    """Note that a message is sent, and then send it."""

    async def deliver(self: ConversationService, delivery: Delivery) -> None:
        following: Delivery | None = delivery
        while following is not None:
            sending, following = following, await self._store.settle(following, Sent())
            await self._send(sending)

    patch(ConversationService, "_deliver", deliver)


def forget_keys_of_events(patch: Patch) -> None:
    """Take every update for a new one."""
    patch(Secrets, "event_hash", lambda self, channel, external_id: os.urandom(16))


def settle_without_fence(patch: Patch) -> None:
    """Let whoever once had a lease settle."""
    settle = lanes.settle

    def careless(db: Database, delivery: Delivery, result: Settlement) -> Delivery | None:
        row = db.row("lane", delivery.contact_id)
        return settle(db, replace(delivery, lease=str(row[1])) if row is not None else delivery, result)

    patch(lanes, "settle", careless)


def shorten_leases(patch: Patch) -> None:
    """Let a lease end while its holder is still sending."""
    patch(lanes, "LEASE_US", lanes.LEASE_US // 100)


def send_side_by_side(patch: Patch) -> None:
    """Send a contact's messages at once, not one after the other."""

    def hasty(db: Database, contact_id: str, now: int, contact: ContactRef, fresh: dict[int, Message]) -> Delivery | None:
        return lanes.lease_head(db, contact_id, now, contact, fresh)

    patch(lanes, "lease_if_free", hasty)


def retry_without_flag(patch: Patch) -> None:
    """Send again what may have arrived, and tell nobody."""
    wait = lanes._wait

    def quiet(db: Database, delivery: Delivery, result: Retry, now: int) -> Delivery | None:
        return wait(db, delivery, replace(result, uncertain=False), now)

    patch(lanes, "_wait", quiet)


def resume_without_flag(patch: Patch) -> None:
    """Send again what a dead process was sending, and tell nobody."""
    _reword(patch, "resume_outbox", "uncertain = 1", "uncertain = uncertain")


def keep_payloads(patch: Patch) -> None:
    """Keep what people wrote after it is handled."""
    _reword(patch, "finish_event", "payload = NULL", "payload = payload")


def forget_without_overwriting(patch: Patch) -> None:
    """Erase rows and leave them in the write-ahead log."""
    patch(SqliteDatabase, "empty_logs", lambda self: setattr(self, "scrub", False))


def lose_no_key(patch: Patch) -> None:
    """Erase a contact and keep the key that opens old copies."""
    patch(KeyRing, "drop", lambda self, contact_id: None)


def keep_half_units(patch: Patch) -> None:
    """Commit what a unit did before it failed."""
    attempt = worker._attempt

    def forgiving(database: Database, job: Any) -> None:
        attempt(database, job)
        if job.error is not None:
            job.value, job.error = (), None

    patch(worker, "_attempt", forgiving)


def _reword(patch: Patch, query: str, old: str, new: str) -> None:
    if old not in SQL[query]:
        raise LookupError(f"{query} does not say {old!r} any more")
    patch(SQL, query, SQL[query].replace(old, new))


MUTANTS: dict[str, Callable[[Patch], None]] = {
    mutant.__name__: mutant
    for mutant in (
        acknowledge_first,
        settle_first,
        forget_keys_of_events,
        settle_without_fence,
        shorten_leases,
        send_side_by_side,
        retry_without_flag,
        resume_without_flag,
        keep_payloads,
        forget_without_overwriting,
        lose_no_key,
        keep_half_units,
    )
}


def apply(name: str, patch: Patch | None = None) -> None:
    """Break this process in the named way."""
    MUTANTS[name](patch or _for_good)


def _for_good(owner: Any, name: str, value: Any) -> None:
    if isinstance(owner, dict):
        owner[name] = value
    else:
        setattr(owner, name, value)
