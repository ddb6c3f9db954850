"""Token buckets: a burst, then so many a second; nothing is given out twice and nothing full is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import TIDY_FROM, Buckets, Pace

EVERY = 1e-6


def test_a_burst_and_then_one_a_second() -> None:
    buckets: Buckets[str] = Buckets(Pace(30, 1.0))
    assert [buckets.take("ana", 100.0) for _ in range(30)] == [0.0] * 30
    assert buckets.take("ana", 100.0) == pytest.approx(1.0)
    assert buckets.take("eve", 100.0) == 0.0
    assert [buckets.take("ana", 100.0 + second) for second in (0.4, 1.0, 1.5)] == [pytest.approx(0.6), 0.0, pytest.approx(0.5)]
    assert buckets.take_some("ana", 111.0, 50) == 10
    assert buckets.take_some("ana", 1000.0, 50) == 30


def test_several_are_taken_together_or_not_at_all() -> None:
    buckets: Buckets[str] = Buckets(Pace(100, 10.0))
    assert buckets.take("ana", 0.0, 60) == 0.0
    assert buckets.take("ana", 0.0, 60) == pytest.approx(2.0)
    assert buckets.take("ana", 0.0, 40) == 0.0
    assert buckets.take("ana", 2.0, 20) == 0.0


def test_what_is_given_back_can_be_taken_again() -> None:
    buckets: Buckets[str] = Buckets(Pace(1, 1.0))
    buckets.give_back("nobody")
    assert [buckets.take("ana", 0.0) > 0 for _ in range(2)] == [False, True]
    buckets.give_back("ana")
    assert buckets.take("ana", 0.0) == 0.0


def test_full_buckets_are_forgotten() -> None:
    buckets: Buckets[int] = Buckets(Pace(2, 1.0))
    for key in range(10 * TIDY_FROM):
        buckets.take(key, key / 100)
    assert len(buckets) <= TIDY_FROM
    assert buckets.take(10 * TIDY_FROM - 1, 10 * TIDY_FROM / 100) == 0.0
    assert buckets.take(10 * TIDY_FROM - 1, 10 * TIDY_FROM / 100) > 0


@given(
    st.integers(1, 40),
    st.floats(0.05, 20.0),
    st.lists(st.floats(0.0, 5.0, allow_subnormal=False), min_size=1, max_size=120),
)
def test_never_more_than_promised_in_any_window(burst: int, per_s: float, pauses: list[float]) -> None:
    buckets: Buckets[str] = Buckets(Pace(burst, per_s))
    now, taken = 50.0, []
    for pause in pauses:
        now += pause
        wait_s = buckets.take("ana", now)
        assert wait_s >= 0
        if not wait_s:
            taken.append(now)
        else:
            assert buckets.wait("ana", now + wait_s + EVERY) == 0.0
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - taken[first]) * per_s + EVERY
