"""The chart of dead letters over time."""

from __future__ import annotations

import pytest

from cio_pipeline.commands.dead_letters.timeline import draw_timeline
from cio_pipeline.store import Timeline


def test_one_moment_is_a_bar_in_the_middle() -> None:
    """Not a wall from side to side."""
    chart = draw_timeline(Timeline(bucket_seconds=1, counts={1_800_000_000: 3}))

    (bar,) = chart.bars
    assert (bar.index, chart.spans, bar.letters) == (14, 30, 3)
    assert (bar.start, chart.span) == ("08:00:00", "second")
    assert chart.ticks == ("07:59:46", "08:00:01", "08:00:16")


@pytest.mark.parametrize(
    ("length", "span", "start"),
    [
        (30, "30 seconds", "08:00:00"),
        (60, "minute", "08:00"),
        (600, "10 minutes", "08:00"),
        (3_600, "hour", "01-15 08:00"),
        (86_400, "day", "2027-01-15"),
        (14 * 86_400, "14 days", "2027-01-14"),
    ],
)
def test_spans_are_named_for_people(length: int, span: str, start: str) -> None:
    """Days where days pass, seconds where seconds do."""
    at = 1_800_000_000 // length * length
    chart = draw_timeline(Timeline(bucket_seconds=length, counts={at: 1}))

    assert (chart.span, chart.bars[0].start) == (span, start)
