"""Summaries of many values: exact for few, bounded and close for many."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from cio_pipeline.core.sketches import DistinctValues, FrequentValues, Sample


@pytest.mark.parametrize("count", [0, 1, 4096])
def test_few_different_values_are_counted_exactly(count: int) -> None:
    """Nobody wants "about 3 plans"."""
    sketch = DistinctValues()
    for number in [*range(count), *range(count)]:
        sketch.add(str(number).encode())

    assert sketch.is_exact
    assert sketch.count() == count


def test_many_different_values_are_estimated() -> None:
    """Within three standard errors, however often each occurs."""
    sketch = DistinctValues()
    for number in range(100_000):
        sketch.add(str(number % 50_000).encode())

    assert not sketch.is_exact
    assert sketch.count() == pytest.approx(50_000, rel=3 * 0.022)


def test_a_frequent_value_is_found_among_many_rare_ones() -> None:
    """Its count is too low by no more than the error that is named."""
    frequent = FrequentValues(size=50)
    values = [str(n) if n % 4 else "free" for n in range(20_000)]
    for start in range(0, len(values), 500):
        frequent.add(Counter(values[start : start + 500]))

    ((value, count),) = frequent.most_common(10)
    assert value == "free"
    assert count <= 5000 <= count + frequent.lost
    assert frequent.lost <= 20_000 / 50


def test_few_values_are_counted_exactly_and_those_that_occur_once_left_out() -> None:
    """A list of names that each occur once says nothing."""
    frequent = FrequentValues()
    frequent.add(Counter("aab"))
    frequent.add(Counter("ab"))
    frequent.add(Counter("c"))

    assert frequent.most_common(10) == [("a", 3), ("b", 2)]
    assert frequent.lost == 0
    assert "c" in frequent


def test_a_sample_has_every_number_until_it_is_full() -> None:
    """And then each has the same chance."""
    sample = Sample(random.Random(1).random, size=1000)
    sample.add(range(1000, 0, -1))
    assert sample.is_exact
    assert sample.ordered() == list(range(1, 1001))

    sample.add(range(1001, 50_001))

    kept = sample.ordered()
    assert not sample.is_exact
    assert (len(kept), sample.seen) == (1000, 50_000)
    assert kept[500] == pytest.approx(25_000, rel=0.15)
