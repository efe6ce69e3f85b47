"""The rate that all threads share."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.pipeline.rate_limit import (
    PLANNED_SHARE,
    RateLimit,
    most_at_once,
    pace,
)


def test_requests_leave_evenly_not_in_bursts() -> None:
    """`requestsPerSecond` spaces requests evenly: one every 1/rate seconds."""
    limit = RateLimit(100, now=0.0)

    times = [limit.reserve(0.0) for _ in range(101)]

    assert math.isclose(times[-1] - times[0], 1.0 / PLANNED_SHARE)
    assert all(
        math.isclose(later - earlier, 0.01 / PLANNED_SHARE)
        for earlier, later in itertools.pairwise(times)
    )


def test_unused_time_is_not_saved_up() -> None:
    """A quiet second must not be followed by a burst."""
    limit = RateLimit(10, now=0.0)
    limit.reserve(0.0)

    after_a_pause = [limit.reserve(5.0) for _ in range(3)]

    step = 0.1 / PLANNED_SHARE
    assert after_a_pause == pytest.approx([5.0, 5.0 + step, 5.0 + 2 * step])


def test_without_a_bound_everybody_goes_at_once() -> None:
    """`requestsPerSecond: 0`."""
    limit = RateLimit(0, now=0.0)

    assert [limit.reserve(1.0) for _ in range(3)] == [1.0, 1.0, 1.0]


def test_a_429_pauses_everybody() -> None:
    """Guarantee 4: it slows all threads, not only the one that met it."""
    limit = RateLimit(0, now=0.0)

    limit.slow_down(now=1.0, pause_seconds=4.0)

    assert limit.reserve(1.5) == 5.0


def test_a_429_lowers_the_rate_below_what_was_sent() -> None:
    """Without a configured rate, the rate that was really sent is used."""
    limit = RateLimit(0, now=0.0)
    for number in range(200):
        limit.count_sent(number / 200)

    is_first = limit.slow_down(now=1.0, pause_seconds=1.0)

    assert is_first
    assert limit.rate == 140.0


def test_threads_that_meet_the_same_limit_lower_the_rate_once() -> None:
    """All 25 requests in flight may get a 429."""
    limit = RateLimit(1000, now=0.0)
    for number in range(100):
        limit.count_sent(number / 100)

    answers = [limit.slow_down(now=1.0, pause_seconds=1.0) for _ in range(25)]

    assert answers == [True] + [False] * 24
    assert limit.rate == 70.0


def test_the_rate_recovers_step_by_step_up_to_its_ceiling() -> None:
    """It rises again, but never above the ceiling."""
    limit = RateLimit(100, now=0.0)
    limit.slow_down(now=0.0, pause_seconds=1.0)
    rates = []

    for second in range(2, 60):
        limit.reserve(float(second))
        rates.append(limit.rate)

    assert rates[0] < 20
    assert rates == sorted(rates)
    assert rates[-1] == 100


def test_an_unbounded_rate_becomes_unbounded_again() -> None:
    """A 429 in the first minute must not slow the run forever."""
    limit = RateLimit(0, now=0.0)
    limit.slow_down(now=0.0, pause_seconds=1.0)

    for second in range(2, 200):
        limit.reserve(float(second))

    assert limit.rate == math.inf


@given(
    st.floats(1, 5000),
    st.lists(st.floats(0, 0.05), min_size=2, max_size=100),
    st.lists(st.tuples(st.integers(0, 99), st.floats(0, 3)), max_size=5),
)
def test_no_second_ever_holds_more_than_the_ceiling(
    ceiling: float, steps: list[float], slowdowns: list[tuple[int, float]]
) -> None:
    """For every timing; after a 429, times reserved before are not used.

    A 429 without a pause may let one request follow the last one too soon.
    """
    limit = RateLimit(ceiling, now=0.0)
    now, times = 0.0, []
    for number, step in enumerate(steps):
        now += step
        for at, pause in slowdowns:
            if at == number:
                before = limit.paused_until
                limit.slow_down(now, pause)
                if limit.paused_until != before:
                    times = [time for time in times if time <= now]
        times.append(limit.reserve(now))

    for first in times:
        within = [time for time in times if first <= time < first + 0.999]
        assert len(within) <= math.ceil(ceiling) + len(slowdowns)
    assert limit.rate <= ceiling


@given(st.floats(1, 3000), st.lists(st.floats(0, 0.3), min_size=2, max_size=400))
def test_threads_that_wake_late_never_make_up_a_burst(
    ceiling: float, delays: list[float]
) -> None:
    """A server that counts requests per second must have no reason for a 429."""
    limit = RateLimit(ceiling, now=0.0)
    sent: list[float] = []
    awake = sorted(limit.reserve(0.0) + delay for delay in delays)

    for woken_at in awake:
        now = max(woken_at, sent[-1] if sent else 0.0)
        now += max(0.0, limit.seconds_until(woken_at, now))
        limit.count_sent(now)
        sent.append(now)

    for first in sent:
        within = [time for time in sent if first <= time < first + 0.999]
        assert len(within) <= math.ceil(ceiling)


@given(
    st.floats(0.5, 200),
    st.lists(st.tuples(st.integers(1, 200), st.floats(0, 0.5)), max_size=60),
)
def test_no_second_has_more_users_than_the_ceiling(
    ceiling: float, bodies: list[tuple[int, float]]
) -> None:
    """Bodies have different numbers of users, and threads wake late."""
    limit = RateLimit(ceiling, now=0.0)
    sent: list[tuple[float, int]] = []
    for size, delay in bodies:
        users = min(size, most_at_once(ceiling))
        at = limit.reserve(0.0, users) + delay
        now = max(at, sent[-1][0] if sent else 0.0)
        now += max(0.0, limit.seconds_until(at, now, users))
        limit.count_sent(now, users)
        sent.append((now, users))

    for first, _ in sent:
        within = sum(users for at, users in sent if first <= at < first + 0.999)
        assert within <= max(1, math.ceil(ceiling))


def test_users_leave_evenly_over_a_longer_time() -> None:
    """A body of many makes the next one wait as long as its users take."""
    limit = RateLimit(100, now=0.0)

    times = [limit.reserve(0.0, 50) for _ in range(21)]

    assert times[-1] == pytest.approx(10.0 / PLANNED_SHARE)


@pytest.mark.parametrize(
    ("ceiling", "most"), [(0, 1), (0.01, 1), (1, 1), (30, 30), (10**6, 5000)]
)
def test_one_request_has_at_most_the_users_of_a_second(
    ceiling: float, most: int
) -> None:
    """More could never be sent within the ceiling."""
    assert most_at_once(ceiling) == most


def test_a_pace_gives_the_wait_before_each_request() -> None:
    """The App API's ten a second."""
    now = [5.0]
    wait = pace(10, lambda: now[0])

    waits = [wait() for _ in range(3)]

    step = 0.1 / PLANNED_SHARE
    assert waits == pytest.approx([0.0, step, 2 * step])
