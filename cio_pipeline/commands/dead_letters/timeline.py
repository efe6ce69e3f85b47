"""The bar chart of when letters failed."""

from __future__ import annotations

from cio_pipeline.console.pages.plots import (
    Panel,
    Plot,
    bar,
    span_text,
    time_axis,
    time_text,
    value_axis,
)
from cio_pipeline.core.text import counted
from cio_pipeline.store import Timeline

# So that one span with letters is a thin bar, and does not fill the chart.
_FEWEST_BARS = 30


def timeline_plot(timeline: Timeline) -> Plot:
    """Return the chart, with empty spans on both sides if there are few bars.

    Args:
        timeline: with at least one letter.
    """
    length = timeline.bucket_seconds
    counts = sorted(timeline.counts.items())
    first, last = counts[0][0], counts[-1][0]
    needed = (last - first) // length + 1
    spans = max(needed, _FEWEST_BARS)
    start = first - (spans - needed) // 2 * length
    axis = time_axis(start, spans * length)
    at, most = max(counts, key=lambda each: each[1])
    height = value_axis(most)
    span = span_text(length)
    return Plot(
        about=f"Dead letters over time, one bar for each {span}; the highest is"
        f" {most:,}, from {time_text(at)}",
        unit="time, UTC",
        ticks=axis.ticks,
        panels=(
            Panel(
                heading="Dead letters",
                unit=f"for each {span}",
                ticks=height.ticks,
                bars=tuple(
                    bar(
                        axis,
                        height,
                        (at, at + length),
                        letters,
                        f"{time_text(at)}: {counted(letters, 'letter')}",
                    )
                    for at, letters in counts
                ),
            ),
        ),
        headings=("from, UTC", "dead letters"),
        rows=[(time_text(at), f"{letters:,}") for at, letters in counts],
    )
