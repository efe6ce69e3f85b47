"""The rate that all threads share."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.pipeline.rate_limit import PLANNED_SHARE, RateLimit


def test_requests_leave_evenly_not_in_bursts() -> None:
    """`requestsPerSecond` is a smooth bound: one every 1/rate seconds."""
    pace = RateLimit(100, now=0.0)

    moments = [pace.reserve(0.0) for _ in range(101)]

    assert math.isclose(moments[-1] - moments[0], 1.0 / PLANNED_SHARE)
    assert all(
        math.isclose(later - earlier, 0.01 / PLANNED_SHARE)
        for earlier, later in itertools.pairwise(moments)
    )


def test_time_that_nobody_used_is_not_saved_up() -> None:
    """A quiet second must not be followed by a burst."""
    pace = RateLimit(10, now=0.0)
    pace.reserve(0.0)

    after_a_pause = [pace.reserve(5.0) for _ in range(3)]

    step = 0.1 / PLANNED_SHARE
    assert after_a_pause == pytest.approx([5.0, 5.0 + step, 5.0 + 2 * step])


def test_without_a_bound_everybody_goes_at_once() -> None:
    """`requestsPerSecond: 0`."""
    pace = RateLimit(0, now=0.0)

    assert [pace.reserve(1.0) for _ in range(3)] == [1.0, 1.0, 1.0]


def test_a_429_pauses_everybody() -> None:
    """Guarantee 4: it slows all threads, not only the one that met it."""
    pace = RateLimit(0, now=0.0)

    pace.slow_down(now=1.0, pause_seconds=4.0)

    assert pace.reserve(1.5) == 5.0


def test_a_429_lowers_the_rate_below_what_was_sent() -> None:
    """An unbounded run has no other figure to go by than what it did."""
    pace = RateLimit(0, now=0.0)
    for number in range(200):
        pace.count_sent(number / 200)

    is_first = pace.slow_down(now=1.0, pause_seconds=1.0)

    assert is_first
    assert pace.rate == 140.0


def test_threads_that_meet_the_same_limit_lower_the_rate_once() -> None:
    """25 requests in flight may all come back with 429."""
    pace = RateLimit(1000, now=0.0)
    for number in range(100):
        pace.count_sent(number / 100)

    answers = [pace.slow_down(now=1.0, pause_seconds=1.0) for _ in range(25)]

    assert answers == [True] + [False] * 24
    assert pace.rate == 70.0


def test_the_rate_recovers_step_by_step_up_to_its_ceiling() -> None:
    """Successes raise it again; it never passes the bound."""
    pace = RateLimit(100, now=0.0)
    pace.slow_down(now=0.0, pause_seconds=1.0)
    rates = []

    for second in range(2, 60):
        pace.reserve(float(second))
        rates.append(pace.rate)

    assert rates[0] < 20
    assert rates == sorted(rates)
    assert rates[-1] == 100


def test_an_unbounded_rate_becomes_unbounded_again() -> None:
    """A 429 in the first minute must not slow the run for ever."""
    pace = RateLimit(0, now=0.0)
    pace.slow_down(now=0.0, pause_seconds=1.0)

    for second in range(2, 200):
        pace.reserve(float(second))

    assert pace.rate == math.inf


@given(
    st.floats(1, 5000),
    st.lists(st.floats(0, 0.05), min_size=2, max_size=100),
    st.lists(st.tuples(st.integers(0, 99), st.floats(0, 3)), max_size=5),
)
def test_no_second_ever_holds_more_than_the_ceiling(
    ceiling: float, steps: list[float], slowdowns: list[tuple[int, float]]
) -> None:
    """Whatever the timing; a 429 voids the moments that were still to come.

    Each 429 may let one request follow the last too soon, if it asks for no pause.
    """
    pace = RateLimit(ceiling, now=0.0)
    now, moments = 0.0, []
    for number, step in enumerate(steps):
        now += step
        for at, pause in slowdowns:
            if at == number:
                before = pace.paused_until
                pace.slow_down(now, pause)
                if pace.paused_until != before:
                    moments = [moment for moment in moments if moment <= now]
        moments.append(pace.reserve(now))

    for first in moments:
        within = [moment for moment in moments if first <= moment < first + 0.999]
        assert len(within) <= math.ceil(ceiling) + len(slowdowns)
    assert pace.rate <= ceiling


@given(st.floats(1, 3000), st.lists(st.floats(0, 0.3), min_size=2, max_size=400))
def test_threads_that_wake_late_never_make_up_a_burst(
    ceiling: float, delays: list[float]
) -> None:
    """A server that counts a second's arrivals must have no reason for a 429."""
    pace = RateLimit(ceiling, now=0.0)
    left: list[float] = []
    awake = sorted(pace.reserve(0.0) + delay for delay in delays)

    for woken_at in awake:
        now = max(woken_at, left[-1] if left else 0.0)
        now += max(0.0, pace.seconds_until(woken_at, now))
        pace.count_sent(now)
        left.append(now)

    for first in left:
        within = [moment for moment in left if first <= moment < first + 0.999]
        assert len(within) <= math.ceil(ceiling)
