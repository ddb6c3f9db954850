"""Figures of the running process for Prometheus: counted as things happen, read from the tables when somebody asks.

A label has one of a few values that we or the city's files name; never an id, an address or anything of a contact."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, disable_created_metrics, generate_latest

import bot
from bot.model import Outcome
from bot.records import Vitals
from bot.store import Blocked, Dead, Retry, Sent, Settlement

TURN_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SEND_BUCKETS_S: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
RESULTS: Final = {Sent: "sent", Retry: "retry", Dead: "dead", Blocked: "blocked"}

disable_created_metrics()  # type: ignore[no-untyped-call]  # half of all lines, and none of them asked for


@dataclass(frozen=True, slots=True)
class Known:
    """The knowledge in force: how much of it there is, and a number that is the same wherever the files are the same."""

    cities: int = 0
    entries: int = 0
    fingerprint: int = 0


class Metrics:
    """All figures of one process, in a registry of their own: two bots in one process (tests) do not share them."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        Info("dragoman_build", "What runs.", registry=registry).info({"version": bot.__version__, "python": sys.version.split()[0]})
        ProcessCollector(registry=registry)
        self.given_up = 0  # messages, since this process began: what the alarms look at
        self.has_failed_sweep = False  # the last one

        self._turn_seconds = Histogram(
            "dragoman_turn_seconds", "From taking a contact's events up to the commit.", buckets=TURN_BUCKETS_S, registry=registry
        )
        self._events = Counter("dragoman_events", "Events handled; failed: the turn raised.", ["result"], registry=registry)
        self._answers = Counter("dragoman_answers", "Texts the bot itself answered, by outcome.", ["outcome"], registry=registry)
        self._sends = Counter("dragoman_sends", "Calls of platforms; retry: later once more.", ["channel", "result"], registry=registry)
        self._uncertain = Counter(
            "dragoman_sends_uncertain", "Calls of which nobody knows whether they arrived.", ["channel"], registry=registry
        )
        self._send_seconds = Histogram(
            "dragoman_send_seconds", "Calls of platforms.", ["channel"], buckets=SEND_BUCKETS_S, registry=registry
        )
        self._sweeps = Counter("dragoman_sweeps", "Rounds that erase what has outlived its time.", ["result"], registry=registry)
        self._sockets = Gauge("dragoman_sockets", "Open pages.", ["place"], registry=registry)
        self._reloads = Counter("dragoman_knowledge_reloads", "Changes of the knowledge files.", ["result"], registry=registry)
        self._learning = Gauge("dragoman_knowledge_learning_seconds", "How long the last change took to be learnt.", registry=registry)
        self._taken_at = Gauge("dragoman_knowledge_loaded_timestamp_seconds", "When the present knowledge was taken up.", registry=registry)
        self._known = {name: Gauge(f"dragoman_knowledge_{name}", text, registry=registry) for name, text in _KNOWN.items()}
        self._vitals = {name: Gauge(f"dragoman_{name}", text, registry=registry) for name, text in _VITALS.items()}
        self._cases = Gauge("dragoman_cases_waiting", "Cases nobody has taken yet.", ["city"], registry=registry)
        self._case_age = Gauge("dragoman_cases_waiting_oldest_seconds", "How long the oldest of them waits.", ["city"], registry=registry)
        self._disk_free = Gauge("dragoman_disk_free_bytes", "Room where the database lies.", registry=registry)
        self._alarms = Gauge("dragoman_alarm", "1 while something is wrong that the admins are told of.", ["kind"], registry=registry)

        self._begin_at_none()

    def _begin_at_none(self) -> None:
        """Name every value a label is known to have, so that the first of each is seen as a rise."""
        for labelled, values in (
            (self._events, ("handled", "failed")),
            (self._answers, get_args(Outcome)),
            (self._sweeps, ("done", "failed")),
            (self._sockets, ("chat", "desk")),
            (self._reloads, ("taken", "refused")),
        ):
            for value in values:
                labelled.labels(value)

    # ------------------------------------------------------------ counted as it happens

    def turned(self, seconds: float, handled: int, failed: int, outcomes: Iterable[Outcome]) -> None:
        """Count what was done for one contact in one transaction."""
        self._turn_seconds.observe(seconds)
        self._events.labels("handled").inc(handled)
        self._events.labels("failed").inc(failed)
        for outcome in outcomes:
            self._answers.labels(outcome).inc()

    def sent(self, channel: str, seconds: float, result: Settlement) -> None:
        """Count a call of a platform."""
        self._sends.labels(channel, RESULTS[type(result)]).inc()
        self._send_seconds.labels(channel).observe(seconds)
        if isinstance(result, Retry) and result.uncertain:
            self._uncertain.labels(channel).inc()
        self.given_up += isinstance(result, Dead)

    def swept(self, *, well: bool) -> None:
        """Count a round of erasing."""
        self._sweeps.labels("done" if well else "failed").inc()
        self.has_failed_sweep = not well

    def socket(self, place: str, step: int) -> None:
        """Count a page that opens (1) or closes (-1)."""
        self._sockets.labels(place).inc(step)

    def reloaded(self, known: Known, at_s: float, learning_s: float | None = None) -> None:
        """Note that knowledge was taken up; `at_s` since 1970; `learning_s` is None where it was found ready at the start."""
        for name in _KNOWN:
            self._known[name].set(getattr(known, name))
        self._taken_at.set(at_s)
        if learning_s is not None:
            self._learning.set(learning_s)
            self._reloads.labels("taken").inc()

    def refused(self) -> None:
        """Count changed knowledge files that have a fault."""
        self._reloads.labels("refused").inc()

    # ------------------------------------------------------------ read when asked

    def look(self, vitals: Vitals, disk_free: int, alarms: Iterable[tuple[str, bool]]) -> None:
        """Take over what the tables and the machine say now."""
        for name, gauge in self._vitals.items():
            gauge.set(getattr(vitals, _FIELDS.get(name, name)))
        self._cases.clear()
        self._case_age.clear()
        for city, waiting in vitals.cases.items():
            self._cases.labels(city).set(waiting.n)
            self._case_age.labels(city).set(waiting.age_s)
        self._disk_free.set(disk_free)
        for kind, is_on in alarms:
            self._alarms.labels(kind).set(is_on)

    def text(self) -> bytes:
        """Write everything down as Prometheus reads it."""
        return generate_latest(self.registry)


_KNOWN: Final = {
    "cities": "Cities the bot knows.",
    "entries": "Answers the bot knows.",
    "fingerprint": "The same number wherever the files are the same.",
}
_VITALS: Final = {
    "inbox_waiting": "Events not yet handled.",
    "inbox_oldest_seconds": "How long the oldest event waits.",
    "outbox_waiting": "Messages not yet out.",
    "outbox_oldest_seconds": "How long the oldest message waits.",
    "turns_failed_ever": "Turns that raised, since the first start.",
    "outbox_dead_ever": "Messages given up or dropped since their reader has blocked us, since the first start.",
    "outbox_uncertain_ever": "Messages that may have gone out twice, since the first start.",
}
_FIELDS: Final = {
    "inbox_oldest_seconds": "inbox_age_s",
    "outbox_oldest_seconds": "outbox_age_s",
    "turns_failed_ever": "failed",
    "outbox_dead_ever": "dead",
    "outbox_uncertain_ever": "uncertain",
}
