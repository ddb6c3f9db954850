"""Alarms: told when something begins and when it is over, and seldom."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

from bot.alarms import AT_MOST, Alarms, Notice, Reading, above, below

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
BAD, WELL, BETWEEN = Reading(True, "7 ×"), Reading(False), Reading(None)


def told(alarms: Alarms, reading: Reading, minutes: float = 0) -> list[Notice]:
    return list(alarms.judge({"queue": reading}, NOON + timedelta(minutes=minutes)))


def test_once_when_it_begins_and_once_when_it_is_over() -> None:
    alarms = Alarms()
    assert told(alarms, WELL) == []
    assert told(alarms, BAD, 1) == [Notice("queue", is_over=False, figure="7 ×")]
    assert dict(alarms.states())["queue"]
    assert told(alarms, BAD, 2) == told(alarms, BETWEEN, 3) == []
    assert told(alarms, WELL, 4) == [Notice("queue", is_over=True)]
    assert told(alarms, WELL, 5) == []
    assert not any(dict(alarms.states()).values())


def test_what_comes_back_within_the_hour_is_told_when_it_lasts() -> None:
    alarms = Alarms()
    assert told(alarms, BAD, 0)
    assert told(alarms, WELL, 5)
    assert told(alarms, BAD, 10) == []
    assert told(alarms, WELL, 11) == [], "nobody heard that it began"
    assert told(alarms, BAD, 20) == []
    assert told(alarms, BAD, 59) == []
    assert told(alarms, BAD, 60) == [Notice("queue", is_over=False, figure="7 ×")]
    assert told(alarms, WELL, 61) == [Notice("queue", is_over=True)]


def test_kinds_do_not_silence_one_another() -> None:
    alarms = Alarms()
    found = list(alarms.judge({"queue": BAD, "disk": BAD, "sweep": WELL}, NOON))
    assert [notice.kind for notice in found] == ["queue", "disk"]


def test_between_limit_and_half_of_it_nothing_changes() -> None:
    assert [above(value, 60, "").is_bad for value in (0, 29, 30, 60, 61)] == [False, False, None, None, True]
    assert [below(value, 100, "").is_bad for value in (0, 99, 100, 150, 151)] == [True, True, None, None, False]


def test_whatever_happens_a_beginning_is_told_at_most_once_an_hour_and_every_told_one_ends() -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance, alarms, begun, is_on = random.Random(seed), Alarms(), [], False
    for minute in range(5_000):
        for notice in told(alarms, chance.choice((BAD, WELL, BETWEEN)), minute):
            assert notice.is_over == is_on
            is_on = not notice.is_over
            begun += [] if notice.is_over else [minute]
    assert len(begun) > 50
    assert min(b - a for a, b in itertools.pairwise(begun)) >= AT_MOST / timedelta(minutes=1)
