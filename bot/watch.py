"""Looks after the running bot: is it ready, what are its figures, and is anything wrong that a person should hear of?"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import bot
from bot.alarms import Alarms, Kind, Notice, Reading, above, below
from bot.discretion import Word
from bot.errors import BotError, StoreError
from bot.logs import describe
from bot.metrics import Metrics
from bot.records import Vitals

log = logging.getLogger(__name__)

LOOK_S: Final = 10.0
DATABASE_S: Final = 5.0  # the database has so long to say what waits
UNANSWERED: Final = 3  # looks in a row that find no database, before that is an alarm
ANSWER_S: Final = 2.0  # the database has so long to take a write before we count as not ready
AGAIN_S: Final = 2.0  # a probe counts so long: asking often costs the database nothing
DEAD_FOR: Final = timedelta(hours=1)  # without another message given up: then it is over
MIB: Final = 1 << 20

Tell = Callable[[Notice], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """When something is wrong: seconds the oldest event and message may wait, bytes that must be free on the disk."""

    queue_s: float = 60
    outbox_s: float = 600
    disk_free: int = 500 * MIB


class Watched(Protocol):
    """What is asked of the store."""

    async def vitals(self) -> Vitals:
        """Return what waits."""

    async def probe(self) -> None:
        """Write one small value."""


class Watch:
    """One for each process."""

    def __init__(
        self,
        store: Watched,
        metrics: Metrics,
        clock: Callable[[], datetime],
        folder: Path,
        *,
        has_knowledge: Callable[[], bool],
        limits: Limits | None = None,
        tell: Tell | None = None,
    ) -> None:
        """Make it; `folder` lies on the disk that must not fill up, `tell` brings the admins a notice."""
        self._store, self._metrics, self._clock, self._folder = store, metrics, clock, folder
        self._has_knowledge, self._limits, self._tell = has_knowledge, limits or Limits(), tell
        self._alarms = Alarms()
        self._given_up, self._given_up_at = 0, clock() - DEAD_FOR
        self._unanswered = 0
        self._probing: asyncio.Task[bool] | None = None
        self._probed_at = 0.0
        self.is_stopping = False
        self.has_refused = False  # the knowledge files have a fault

    # ------------------------------------------------------------ ready

    async def is_ready(self) -> bool:
        """Say whether people can be served: not stopping, knowledge there, and the database takes a write."""
        return not self.is_stopping and self._has_knowledge() and await self._takes_writes()

    async def _takes_writes(self) -> bool:
        """Probe the database, once for all who ask at the same time or soon after."""
        now = asyncio.get_running_loop().time()
        if self._probing is None or (self._probing.done() and now - self._probed_at >= AGAIN_S):
            self._probing, self._probed_at = asyncio.create_task(self._probe()), now
        done, _pending = await asyncio.wait({self._probing}, timeout=ANSWER_S)
        return bool(done) and not self._probing.cancelled() and self._probing.result()

    async def _probe(self) -> bool:
        try:
            await self._store.probe()
        except StoreError:
            return False
        return True

    async def details(self) -> dict[str, object]:
        """Say why we are ready, or why not, and what is wrong."""
        return {
            "version": bot.__version__,
            "stopping": self.is_stopping,
            "knowledge": self._has_knowledge(),
            "database": await self._takes_writes(),
            "alarms": [kind for kind, is_on in self._alarms.states() if is_on],
        }

    # ------------------------------------------------------------ figures

    def socket(self, place: str, step: int) -> None:
        """Count a page that opens (1) or closes (-1)."""
        self._metrics.socket(place, step)

    async def text(self) -> bytes:
        """Return all figures as Prometheus reads them; those of the tables stay as they were where the database does not answer."""
        try:
            await self._take()
        except (StoreError, TimeoutError) as error:
            log.error("the figures wait for the database: %s", describe(error))
        return self._metrics.text()

    async def _take(self) -> tuple[Vitals, int]:
        async with asyncio.timeout(DATABASE_S):
            vitals = await self._store.vitals()
        free = self._free()
        self._metrics.look(vitals, free, self._alarms.states())
        return vitals, free

    def _free(self) -> int:
        return shutil.disk_usage(self._folder if self._folder.exists() else Path.cwd()).free

    # ------------------------------------------------------------ alarms

    async def run(self) -> None:
        """Look again and again."""
        while True:
            try:
                await self.look()
            except Exception as error:  # the outermost boundary of a round: the next one comes all the same
                log.error("a round of the watch failed: %s", describe(error))
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once, and tell what is to be told."""
        for notice in self._alarms.judge(await self._readings(), self._clock()):
            if notice.is_over:
                log.warning("alarm over: %s", Word(notice.kind))
            else:
                log.error("alarm: %s %s", Word(notice.kind), Word(notice.figure))
            if self._tell:
                try:
                    await self._tell(notice)
                except BotError as error:
                    log.error("the admins are not told of an alarm: %s", describe(error))

    async def _readings(self) -> dict[Kind, Reading]:
        readings: dict[Kind, Reading] = {
            "dead": self._dead(),
            "reload": Reading(self.has_refused),
            "sweep": Reading(self._metrics.has_failed_sweep),
        }
        try:
            vitals, free = await self._take()
        except (StoreError, TimeoutError):
            self._unanswered += 1
            return readings | {"database": Reading(self._unanswered >= UNANSWERED or None)}
        self._unanswered = 0
        limits = self._limits
        return readings | {
            "database": Reading(False),
            "queue": above(vitals.inbox_age_s if self._has_knowledge() else 0, limits.queue_s, _long(vitals.inbox_age_s)),
            "outbox": above(vitals.outbox_age_s, limits.outbox_s, _long(vitals.outbox_age_s)),
            "disk": below(free, limits.disk_free, f"{free // MIB} MB"),
        }

    def _dead(self) -> Reading:
        """Judge whether messages were given up since the last look; over when none was for a while."""
        new, self._given_up = self._metrics.given_up - self._given_up, self._metrics.given_up
        if new:
            self._given_up_at = self._clock()
            return Reading(True, f"{new} ×")
        return Reading(False if self._clock() - self._given_up_at >= DEAD_FOR else None)


def _long(seconds: float) -> str:
    """Say how long something has waited, in signs every language reads."""
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
