"""The long poll: asks for updates and moves the offset only after they are kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final
from urllib.parse import urlencode

from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.request import BaseRequest

from bot.channels import AlwaysLeads, Lead
from bot.channels.telegram.parse import ALLOWED_UPDATES, MalformedUpdate, update_id
from bot.channels.telegram.request import ThrottledError, UncertainError
from bot.discretion import Word
from bot.errors import Overloaded, StoreError

POLL_S: Final = 25
BATCH: Final = 100
LATE_S: Final = 10.0  # an answer may be that much later than the poll promises
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 15.0
CONFLICT_WAIT_S: Final = 5.0

Keep = Callable[[Sequence[object]], Awaitable[None]]

_log = logging.getLogger(__name__)
_chance = secrets.SystemRandom()


def backoff(failures: int) -> float:
    """Return seconds to wait after so many failures in a row: doubling, with jitter, capped."""
    ceiling = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 16))
    return _chance.uniform(ceiling / 2, ceiling)


class Poller:
    """Asks for updates until stopped. `keep` returns when the updates are safe; only then are they acknowledged.

    Stopping interrupts the question, never `keep`: what was taken in and not yet acknowledged comes again and is recognised."""

    def __init__(self, request: BaseRequest, base_url: str, keep: Keep) -> None:
        self._request, self._url, self._keep = request, f"{base_url}/getUpdates", keep
        self.lead: Lead = AlwaysLeads()
        self._offset: int | None = None
        self._failures = 0
        self._stopped = asyncio.Event()
        self._question: asyncio.Task[object] | None = None
        self.is_running = False

    async def run(self) -> None:
        """Poll until stopped, whenever this process leads."""
        self.is_running = True
        while not self._stopped.is_set():
            if not self.lead.leads:
                self._offset = None  # another one moves it
                await _first(self._stopped.wait(), self.lead.changes(False))
                continue
            wait_s = await self._round()
            self._failures = self._failures + 1 if wait_s else 0
            if wait_s:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), wait_s)

    def stop(self) -> None:
        """End the question under way; `run` returns soon after."""
        self._stopped.set()
        if self._question is not None:
            self._question.cancel()

    async def _round(self) -> float:
        """Ask once and keep the answer; return the seconds to wait before asking again."""
        try:
            updates = await self._ask()
            return await self._take(updates) if updates else 0.0
        except Overloaded as error:
            _log.warning("updates wait at Telegram for %.0f s: too much waits here", error.retry_after_s)
            return max(error.retry_after_s, FIRST_WAIT_S)
        except StoreError as error:
            _log.error("updates wait at Telegram: %s", error)
        except ThrottledError as error:
            return max(error.retry_after_s, FIRST_WAIT_S)
        except Conflict:
            _log.error("another process polls with the same token, or a webhook is set")
            return CONFLICT_WAIT_S + backoff(self._failures + 1)
        except InvalidToken:
            _log.error("Telegram refuses the token")
            return LONGEST_WAIT_S
        except TelegramError as error:
            _log.warning("poll failed: %s", Word(type(error).__name__))
        except Exception as error:  # outermost boundary: a bug while keeping one batch must not end the poll for good
            _log.error("updates wait at Telegram: %s", error)
        return backoff(self._failures + 1)

    async def _ask(self) -> list[object]:
        """Return undecoded updates; empty also when stopped meanwhile."""
        query = {"timeout": POLL_S, "limit": BATCH, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        if self._offset is not None:
            query["offset"] = self._offset
        call = self._request.post(f"{self._url}?{urlencode(query)}", read_timeout=POLL_S + LATE_S)
        self._question = question = asyncio.create_task(call)
        lost = asyncio.create_task(self.lead.changes(True))
        try:
            # Unlike a bare await it tells a cancelled question (`stop`) from a cancelled poller.
            await asyncio.wait({question, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            question.cancel()
            lost.cancel()
            self._question = None
        return [] if not question.done() or question.cancelled() else _listed(question.result())

    async def _take(self, updates: list[object]) -> float:
        """Keep a batch, then move the offset behind it."""
        await self._keep(updates)
        numbers = [number for update in updates if (number := _number(update)) is not None]
        if not numbers:
            return backoff(self._failures + 1)  # an answer without ids cannot be acknowledged: not a reason to ask at full speed
        self._offset = max(max(numbers) + 1, self._offset or 0)
        return 0.0


async def _first(*works: Coroutine[object, object, object]) -> None:
    """Wait for the first of several."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _listed(result: object) -> list[object]:
    if not isinstance(result, list):
        raise UncertainError("no list of updates")
    return result


def _number(update: object) -> int | None:
    try:
        return update_id(update)
    except MalformedUpdate:
        return None
