"""How often somebody may do something: token buckets that are told the time and know nothing else. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

TIDY_FROM: Final = 1024  # buckets; below that nobody looks for those that are full again

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` at once, then `per_s` each second."""

    burst: int
    per_s: float


class Buckets(Generic[Key]):
    """One bucket a key, full at first; those that are full again are forgotten. `now` is in seconds of any clock that never goes back.

    Of a bucket only the moment is kept at which it will be full again."""

    def __init__(self, pace: Pace) -> None:
        self._pace, self._each_s = pace, 1.0 / pace.per_s
        self._full_at: dict[Key, float] = {}
        self._tidy_at = TIDY_FROM

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, key: Key, now: float, n: int = 1) -> float:
        """Return the seconds until so many can be taken, 0 where they can be now."""
        full_at = self._full_at.get(key, now)
        return max(0.0, full_at - now - (self._pace.burst - n) * self._each_s)

    def take(self, key: Key, now: float, n: int = 1) -> float:
        """Take so many and return 0, or take nothing and return the seconds until there are as many."""
        wait_s = self.wait(key, now, n)
        if not wait_s:
            self._full_at[key] = max(now, self._full_at.get(key, now)) + n * self._each_s
            self._tidy(now)
        return wait_s

    def take_some(self, key: Key, now: float, wanted: int) -> int:
        """Take as many as there are, up to `wanted`; returns how many."""
        taken = 0
        while taken < wanted and not self.take(key, now):
            taken += 1
        return taken

    def give_back(self, key: Key) -> None:
        """Put one back that was taken."""
        if key in self._full_at:
            self._full_at[key] -= self._each_s

    def _tidy(self, now: float) -> None:
        if len(self._full_at) >= self._tidy_at:
            self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
            self._tidy_at = max(TIDY_FROM, 2 * len(self._full_at))
