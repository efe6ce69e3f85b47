"""The bar chart of when letters failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cio_pipeline.core.times import DAY_SECONDS
from cio_pipeline.store import Timeline

# So that one span with letters is a thin bar, and does not fill the chart.
_FEWEST_BARS = 30


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of time.

    Args:
        index: its position in the chart, from 0.
        letters: how many failed in it, at least 1.
        start: when it begins, as text.
    """

    index: int
    letters: int
    start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A bar for each span that has letters.

    Args:
        bars: the spans with letters.
        spans: how many spans fit in the chart.
        span: the length of each, as text.
        ticks: labels for the chart's start, middle and end.
        tallest: the span with the most letters; None if there are none.
    """

    bars: tuple[Bar, ...]
    spans: int
    span: str
    ticks: tuple[str, str, str]
    tallest: Bar | None


def draw_timeline(timeline: Timeline) -> Chart:
    """Return the chart, with empty spans on both sides if there are few bars."""
    length = timeline.bucket_seconds
    if not timeline.counts:
        return Chart(bars=(), spans=0, span="", ticks=("", "", ""), tallest=None)
    first, last = min(timeline.counts), max(timeline.counts)
    needed = (last - first) // length + 1
    spans = max(needed, _FEWEST_BARS)
    start = first - (spans - needed) // 2 * length
    style = _style(length, spans * length)
    bars = tuple(
        Bar((at - start) // length, letters, _time_text(at, style))
        for at, letters in sorted(timeline.counts.items())
    )
    ends = (start, start + spans // 2 * length, start + spans * length)
    return Chart(
        bars=bars,
        spans=spans,
        span=_span(length),
        ticks=(
            _time_text(ends[0], style),
            _time_text(ends[1], style),
            _time_text(ends[2], style),
        ),
        tallest=max(bars, key=lambda bar: bar.letters),
    )


def _style(length: int, range_seconds: int) -> str:
    if length >= DAY_SECONDS:
        return "%Y-%m-%d"
    if range_seconds > DAY_SECONDS:
        return "%m-%d %H:%M"
    return "%H:%M" if length >= 60 else "%H:%M:%S"


def _time_text(at: int, style: str) -> str:
    return f"{datetime.fromtimestamp(at, UTC):{style}}"


def _span(seconds: int) -> str:
    for unit_seconds, unit in ((DAY_SECONDS, "day"), (3600, "hour"), (60, "minute")):
        if seconds % unit_seconds == 0:
            count = seconds // unit_seconds
            return unit if count == 1 else f"{count} {unit}s"
    return "second" if seconds == 1 else f"{seconds} seconds"
