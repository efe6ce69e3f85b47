"""Histograms: round edges, and nothing lost."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime

import pytest

from cio_pipeline.commands.check.histograms import histogram

_RANDOM = random.Random(1)
VALUES = {
    "years": [float(_RANDOM.randint(1950, 2010)) for _ in range(1000)],
    "money": [_RANDOM.lognormvariate(3, 1.5) for _ in range(1000)],
    "equal": [7.0] * 5,
    "negative": [-3.5, -1.0, 2.0],
    "huge": [1e15, 1e15 + 1, 3e15],
    "tiny": [1e-9, 2e-9],
    "zero": [0.0],
}


@pytest.mark.parametrize("name", VALUES)
def test_every_value_is_in_one_span(name: str) -> None:
    """Spans touch, are few, and their counts add up."""
    ordered = sorted(VALUES[name])

    bars = histogram(ordered, len(ordered), is_time=False)

    assert sum(each["records"] for each in bars) == len(ordered)
    assert 1 <= len(bars) <= 24
    for before, after in itertools.pairwise(bars):
        assert before["to"] == after["from"]


def test_one_far_value_does_not_squeeze_the_others() -> None:
    """A customer of a billion among customers of a hundred."""
    ordered = [*map(float, range(1000)), 1e9]

    bars = histogram(ordered, len(ordered), is_time=False)

    assert len(bars) > 10
    assert bars[-1]["to"] is None
    assert bars[-1]["records"] >= 1
    assert sum(each["records"] for each in bars) == 1001


def test_counts_of_a_sample_are_scaled_to_all_values() -> None:
    """A bar shows people, not samples."""
    bars = histogram([1.0, 1.0, 2.0, 2.0], 4000, is_time=False)

    assert [each["records"] for each in bars] == [2000, 2000]


def test_times_are_counted_by_calendar_years() -> None:
    """A marketer asks about 2024, not about seconds."""
    times = sorted(
        datetime(year, month, 1, tzinfo=UTC).timestamp()
        for year in range(2015, 2027)
        for month in (1, 6, 12)
    )

    bars = histogram(times, len(times), is_time=True)

    assert {each["records"] for each in bars} == {3}
    starts = [datetime.fromtimestamp(each["from"] or 0, UTC) for each in bars]
    assert [f"{start:%Y-%m-%d}" for start in starts][:2] == ["2015-01-01", "2016-01-01"]


@pytest.mark.parametrize("times", [[0.0], [-62_135_596_800.0, 253_402_300_799.0]])
def test_all_times_that_can_be_sent_have_a_histogram(times: list[float]) -> None:
    """From the year 1 to 9999."""
    bars = histogram(times, len(times), is_time=True)

    assert sum(each["records"] for each in bars) == len(times)


def test_no_values_have_no_histogram() -> None:
    """A column of texts."""
    assert histogram([], 0, is_time=False) == []
