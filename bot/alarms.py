"""What the admins are told of: when something begins to be wrong, and when it is over. Pure; who reads and who tells is bot.watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

Kind = Literal["dead", "queue", "outbox", "reload", "disk", "sweep", "database"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

AT_MOST: Final = timedelta(hours=1)  # from one beginning of a kind that is told to the next
OVER: Final = 0.5  # of the limit: what comes and goes about it is one alarm, not many


@dataclass(frozen=True, slots=True)
class Reading:
    """How something stands. `is_bad` None: neither wrong nor well, it stays as it was. `figure`: how bad, in signs every language reads."""

    is_bad: bool | None
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell."""

    kind: Kind
    is_over: bool
    figure: str = ""


class Alarms:
    """Remembers what is wrong and was told."""

    def __init__(self) -> None:
        self._on: dict[Kind, bool] = {}  # what is wrong, and whether that was told
        self._told: dict[Kind, datetime] = {}  # when its last beginning was

    def judge(self, readings: Mapping[Kind, Reading], now: datetime) -> Iterator[Notice]:
        """Yield what is to be told now; a kind without a reading stays as it was."""
        for kind, reading in readings.items():
            if reading.is_bad is False and self._on.pop(kind, False):
                yield Notice(kind, is_over=True)
            elif reading.is_bad and not self._on.get(kind):
                self._on[kind] = self._may_tell(kind, now)
                if self._on[kind]:
                    self._told[kind] = now
                    yield Notice(kind, is_over=False, figure=reading.figure)

    def _may_tell(self, kind: Kind, now: datetime) -> bool:
        return kind not in self._told or now - self._told[kind] >= AT_MOST

    def states(self) -> tuple[tuple[Kind, bool], ...]:
        """Return every kind and whether it is wrong now."""
        return tuple((kind, kind in self._on) for kind in KINDS)


def above(value: float, limit: float, figure: str) -> Reading:
    """Judge what is wrong above a limit, and well again below half of it."""
    return Reading(True if value > limit else False if value < limit * OVER else None, figure)


def below(value: float, limit: float, figure: str) -> Reading:
    """Judge what is wrong below a limit, and well again above it by half."""
    return Reading(True if value < limit else False if value > limit * (1 + OVER) else None, figure)
