"""The chart of dead letters over time."""

from __future__ import annotations

import pytest

from cio_pipeline.commands.dead_letters.timeline import timeline_plot
from cio_pipeline.store import Timeline


def test_one_moment_is_a_bar_in_the_middle() -> None:
    """Not a wall from side to side."""
    plot = timeline_plot(Timeline(bucket_seconds=1, counts={1_800_000_000: 3}))

    (panel,) = plot.panels
    (bar,) = panel.bars
    assert 40 < bar.x < 50
    assert 1 < bar.width < 4
    assert bar.about == "2027-01-15 08:00:00: 3 letters"
    assert plot.ticks[1].label == "08:00:00"


def test_the_numbers_are_in_a_table() -> None:
    """For those who cannot see the bars."""
    counts = {1_800_000_120: 1000, 1_800_000_000: 3}

    plot = timeline_plot(Timeline(bucket_seconds=60, counts=counts))

    assert plot.rows == [("2027-01-15 08:00:00", "3"), ("2027-01-15 08:02:00", "1,000")]
    assert "the highest is 1,000, from 2027-01-15 08:02:00" in plot.about


@pytest.mark.parametrize(
    ("length", "span"),
    [
        (1, "second"),
        (30, "30 seconds"),
        (60, "minute"),
        (600, "10 minutes"),
        (3_600, "hour"),
        (86_400, "day"),
        (14 * 86_400, "14 days"),
    ],
)
def test_spans_are_named_for_people(length: int, span: str) -> None:
    """Days where days pass, seconds where seconds do."""
    at = 1_800_000_000 // length * length
    plot = timeline_plot(Timeline(bucket_seconds=length, counts={at: 1}))

    assert plot.panels[0].unit == f"for each {span}"
