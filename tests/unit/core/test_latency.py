"""Times of answers: little memory, and close to the truth."""

from __future__ import annotations

import random
import threading

import pytest

from cio_pipeline.core.latency import (
    LAST_BUCKET,
    Latencies,
    Percentiles,
    bucket_of,
    percentile,
    percentiles,
    percentiles_from,
    upper_bound,
)


@pytest.mark.parametrize("seconds", [0.0003, 0.001, 0.02, 0.3, 4.0, 100.0])
def test_a_time_is_within_its_bucket(seconds: float) -> None:
    """Each is 19 % wide."""
    bucket = bucket_of(seconds)

    assert upper_bound(bucket - 1) <= seconds * (1 + 1e-9)
    assert seconds < upper_bound(bucket)


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0.0, 0), (-1.0, 0), (0.0002, 0), (1e9, LAST_BUCKET)]
)
def test_times_outside_of_the_buckets_are_in_the_outer_ones(
    seconds: float, bucket: int
) -> None:
    """A clock can go wrong."""
    assert bucket_of(seconds) == bucket


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_percentiles_are_within_a_tenth(share: float) -> None:
    """Of what a sorted list would say."""
    draw = random.Random(1)
    times = sorted(draw.lognormvariate(-3.5, 0.8) for _ in range(5000))
    latencies = Latencies()
    for seconds in times:
        latencies.add(seconds)
    latencies.take()

    estimate = percentile(latencies.buckets, share)

    assert estimate == pytest.approx(times[int(5000 * share)], rel=0.1)


def test_what_many_threads_add_is_taken_once() -> None:
    """A lost time would be a lost answer in the picture."""
    latencies = Latencies()
    threads = [
        threading.Thread(target=lambda: [latencies.add(0.01) for _ in range(1000)])
        for _ in range(4)
    ]
    taken = 0
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += latencies.take().total()
    taken += latencies.take().total()

    assert taken == latencies.buckets.total() == 4000
    assert latencies.seconds == pytest.approx(40)
    assert latencies.take().total() == 0


def test_no_answer_has_no_percentiles() -> None:
    """And what another version wrote is not guessed at."""
    assert percentiles({}) is None
    assert percentiles_from(None) is None
    assert percentiles_from({"p50": 1}) is None
    assert percentiles_from({"p50": 1, "p95": 2, "p99": 3}) == Percentiles(1, 2, 3)
