"""Plots as positions: where bars, lines, ticks and names are."""

from __future__ import annotations

import itertools

import pytest

from cio_pipeline.console.pages.plots import (
    Axis,
    Line,
    apart,
    band,
    bar,
    line,
    log_axis,
    nice_step,
    number,
    time_axis,
    value_axis,
)


@pytest.mark.parametrize(
    ("span", "step"), [(4, 1), (4.1, 2), (7, 2), (100, 50), (0.03, 0.01), (0, 1)]
)
def test_ticks_are_at_round_numbers(span: float, step: float) -> None:
    """Nobody can read 0, 1.75, 3.5."""
    assert nice_step(span) == pytest.approx(step)


@pytest.mark.parametrize("highest", [0, 0.2, 1, 7, 999, 1_000_000, 3.5e9])
def test_the_highest_value_is_within_the_axis(highest: float) -> None:
    """A bar over the edge would look as high as the edge."""
    axis = value_axis(highest)

    assert axis.high >= highest
    assert 2 <= len(axis.ticks) <= 6
    assert (axis.ticks[0].at, axis.ticks[-1].at) == (0, 100)


def test_a_logarithmic_axis_has_powers_of_ten() -> None:
    """1 ms and 10 s are both seen."""
    axis, at = log_axis(0.003, 2.0, "{:g}".format)

    assert [tick.label for tick in axis.ticks] == ["0.001", "0.01", "0.1", "1", "10"]
    assert at(0.1) == 50
    assert at(0.0) == 0


@pytest.mark.parametrize("seconds", [0, 1, 59, 3_600, 86_400, 40 * 86_400, 4e9])
def test_times_have_a_few_ticks_at_round_times(seconds: float) -> None:
    """From a run of a second to a column with birthdays."""
    axis = time_axis(1_800_000_000.5, seconds)

    assert 1 <= len(axis.ticks) <= 5
    assert all(0 <= tick.at <= 100 for tick in axis.ticks)
    assert len({tick.label for tick in axis.ticks}) == len(axis.ticks)


def test_what_is_small_is_still_seen() -> None:
    """One dead letter among a million is the one that is looked for."""
    across, up = Axis(0, 1000, ()), Axis(0, 1_000_000, ())

    assert bar(across, up, (0, 10), 1, "1").height > 1
    assert bar(across, up, (0, 10), 0, "0").height == 0
    last = band(across, 999.99, 1000, "outage", "A")
    assert last.width > 0.1
    assert last.x + last.width <= 100


def test_a_gap_breaks_a_line_and_a_single_point_stays() -> None:
    """Seconds without an answer have no percentile."""
    drawn = line("p50", [(0, 10), (1, 20), None, (5, 30)])

    assert drawn.runs == ("0.00,90.00 1.00,80.00", "5.00,70.00 5.00,70.00")
    assert drawn.label_at == 30
    assert line("p50", []).runs == ()


def test_names_of_lines_do_not_cover_each_other() -> None:
    """Three percentiles that are equal still have three names, within the area."""
    lines = apart([Line(name, (), 99.0) for name in ("p50", "p95", "p99")])

    heights = [each.label_at for each in lines]
    assert heights == sorted(heights)
    assert all(after - before > 10 for before, after in itertools.pairwise(heights))
    assert heights[-1] <= 100


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1250.0, "1,250"), (0.5, "0.5"), (2.5e12, "2.5e+12"), (1e-7, "1e-07")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    """A label has little room."""
    assert number(value) == text
