"""What goes wrong between a bot and the Bot API, by a seeded plan or on demand."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_FILES = {"sendDocument", "sendPhoto", "sendVoice", "sendAudio", "sendVideo", "sendAnimation", "sendVideoNote"}
SENDS = frozenset({"sendMessage", "sendVenue", "sendLocation", *_FILES})

# Refused before anything is delivered:
BEFORE: tuple[str, ...] = ("throttle", "long_throttle", "bad_gateway", "server_error", "forbidden", "not_found", "reset_before")
BEFORE += ("bad_request", "unparseable", "unusable_file")
# Delivered, and then the answer does not arrive whole:
AFTER = ("drop_after", "hang", "half_body", "bad_json", "odd_json")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing going wrong; seconds where the kind needs them."""

    kind: str
    retry_after: float = 1
    hang_s: float = 30.0


@dataclass
class Faults:
    """`shares` of calls to `methods` that go wrong, each 0-1; `repeats` is the share of updates that are delivered once more."""

    seed: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)
    methods: frozenset[str] = SENDS
    repeats: float = 0.0
    retry_after: float = 1
    long_retry_after: float = 6
    hang_s: float = 30.0

    def __post_init__(self) -> None:
        unknown = set(self.shares) - {*BEFORE, *AFTER}
        if unknown:
            raise ValueError(f"unknown faults: {sorted(unknown)}")
        self.methods = frozenset(self.methods)
        self.happened: Counter[str] = Counter()
        self.repeated = 0
        self._chance = random.Random(self.seed)
        self._next: dict[str, deque[Fault]] = {}

    def next(self, method: str, kinds: str | Iterable[str], *, retry_after: float = 1, hang_s: float = 30.0) -> None:
        """Make the next calls of a method go wrong, one fault a call."""
        for kind in (kinds,) if isinstance(kinds, str) else kinds:
            if kind not in (*BEFORE, *AFTER):
                raise ValueError(f"unknown fault {kind}")
            self._next.setdefault(method, deque()).append(Fault(kind, retry_after, hang_s))

    def draw(self, method: str) -> Fault | None:
        """Return what goes wrong with this call, if anything."""
        waiting = self._next.get(method)
        fault = waiting.popleft() if waiting else self._by_chance(method)
        if fault is not None:
            self.happened[fault.kind] += 1
        return fault

    def draw_repeat(self) -> bool:
        """Tell whether an update comes once more."""
        comes = self.repeats > 0 and self._chance.random() < self.repeats
        self.repeated += comes
        return comes

    def _by_chance(self, method: str) -> Fault | None:
        if method not in self.methods or not self.shares:
            return None
        draw = self._chance.random()
        for kind, share in self.shares.items():
            draw -= share
            if draw < 0:
                return Fault(kind, self.long_retry_after if kind == "long_throttle" else self.retry_after, self.hang_s)
        return None
