"""What a run did over time, as a plot. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from cio_pipeline.console.formatting import duration, milliseconds
from cio_pipeline.console.pages.plots import (
    Axis,
    Band,
    Bar,
    Line,
    Panel,
    Plot,
    apart,
    band,
    bar,
    line,
    log_axis,
    nice_step,
    span_text,
    time_axis,
    time_text,
    value_axis,
)
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.latency import percentile
from cio_pipeline.core.progress import HoldKind
from cio_pipeline.core.runs import RunRecord
from cio_pipeline.core.text import counted
from cio_pipeline.core.timeline import HoldSpan, Step, Timeline

_MOST_BARS = 120
_MOST_BANDS = 200
# Shorter ones are shown only if the API asked for them, or failed.
_SHORTEST_SECONDS = 1.0
_ALWAYS_SHOWN = ("throttled", "outage")
_MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_HOLDS: Mapping[HoldKind, str] = {
    "region": "asked Customer.io for the region of the workspace",
    "throttled": "pause: Customer.io asked the program to slow down (429)",
    "outage": "outage: Customer.io did not answer, or only with errors",
    "backoff": "all remaining users waited for their next attempt",
    "answers": "no answer came",
    "data": "no more data came",
    "stopping": "the run was stopping",
    "refusals": "read what Customer.io refused after it had accepted it",
}


class ShownHold(NamedTuple):
    """A time without progress, as it is listed.

    Args:
        mark: its letter in the plot; empty if there are more than letters.
        kind: as in `HoldSpan`.
        time: from when to when, in UTC.
        about: what it was.
    """

    mark: str
    kind: str
    time: str
    about: str


def run_plot(run: RunRecord, timeline: Timeline) -> Plot:
    """Return the plot of a run.

    Args:
        run: the run.
        timeline: what it did; its steps begin with the run.
    """
    start = datetime.fromisoformat(run.started_at).timestamp()
    length = _length(run, timeline)
    steps = timeline.merged(length).steps
    seconds = max(run.duration_seconds, steps[-1].at + length if steps else 1.0)
    axis = time_axis(start, seconds)
    span = span_text(length)
    holds = _worth_showing(timeline.holds)
    panels = [
        _panel(axis, start, steps, length, "synced"),
        _panel(axis, start, steps, length, "retries"),
        _panel(axis, start, steps, length, "dead_lettered"),
    ]
    if any(step.latencies for step in steps):
        panels.append(_answers(axis, start, steps, length))
    return Plot(
        about=f"What the run did over time, for each {span}:"
        f" {counted(run.counts.synced, 'job')} synced,"
        f" {run.counts.retries:,} retried, {run.counts.dead_lettered:,} dead letters",
        unit="time, UTC",
        ticks=axis.ticks,
        panels=tuple(panels),
        bands=tuple(_bands(axis, start, holds)),
        headings=(
            *("from, UTC", "synced", "unchanged", "retried", "dead letters"),
            *("50 % within", "95 %", "99 %", "no progress"),
        ),
        rows=[_row(start, step, length, holds) for step in steps],
    )


def shown_holds(run: RunRecord, holds: Sequence[HoldSpan]) -> list[ShownHold]:
    """Return the list of the times in which a run made no progress."""
    start = datetime.fromisoformat(run.started_at).timestamp()
    return [
        ShownHold(
            _mark(index),
            hold.kind,
            f"{time_text(start + hold.start, '%H:%M:%S')} to"
            f" {time_text(start + hold.end, '%H:%M:%S')}",
            _about(hold),
        )
        for index, hold in enumerate(_worth_showing(holds))
    ]


def _worth_showing(holds: Sequence[HoldSpan]) -> list[HoldSpan]:
    return [
        hold
        for hold in holds
        if hold.kind in _ALWAYS_SHOWN or hold.end - hold.start >= _SHORTEST_SECONDS
    ][:_MOST_BANDS]


def _about(hold: HoldSpan) -> str:
    seconds = duration(max(0.1, hold.end - hold.start))
    times = f", {hold.times:,} times within" if hold.times > 1 else ","
    problem = f": {hold.problem}" if hold.problem else ""
    return f"{_HOLDS.get(hold.kind, hold.kind)}{times} {seconds}{problem}"


def _mark(index: int) -> str:
    return _MARKS[index] if index < len(_MARKS) else ""


def _length(run: RunRecord, timeline: Timeline) -> int:
    """Return the length of a bar, a multiple of the timeline's steps."""
    last = timeline.steps[-1].at + timeline.step_seconds if timeline.steps else 1
    steps = max(run.duration_seconds, last) / timeline.step_seconds
    return timeline.step_seconds * max(1, int(nice_step(steps, _MOST_BARS)))


def _panel(
    axis: Axis, start: float, steps: Sequence[Step], length: int, name: str
) -> Panel:
    heading, unit, divisor = {
        "synced": ("Synced", "per second", length),
        "retries": ("Retried", f"for each {span_text(length)}", 1),
        "dead_lettered": ("Dead letters", f"for each {span_text(length)}", 1),
    }[name]
    values = [(step, getattr(step.counts, name)) for step in steps]
    height = value_axis(max((n / divisor for _, n in values), default=0.0))
    return Panel(
        heading=heading,
        unit=unit,
        ticks=height.ticks,
        bars=tuple(
            _bar(axis, height, start + step.at, length, count, divisor)
            for step, count in values
            if count
        ),
    )


def _bar(
    axis: Axis, height: Axis, start: float, length: int, count: int, divisor: int
) -> Bar:
    about = f"{time_text(start, '%H:%M:%S')}: {count:,}"
    return bar(axis, height, (start, start + length), count / divisor, about)


def _answers(axis: Axis, start: float, steps: Sequence[Step], length: int) -> Panel:
    seconds = {
        name: [percentile(s.latencies, share) if s.latencies else None for s in steps]
        for name, share in _SHARES.items()
    }
    known = [each for values in seconds.values() for each in values if each]
    height, at = log_axis(min(known), max(known), lambda s: milliseconds(1000 * s))

    def drawn(name: str) -> Line:
        points = _points(axis, start, steps, seconds[name], at, length)
        return line(name, points)

    return Panel(
        heading="Time of an answer",
        unit="50 %, 95 % and 99 % took at most this long; logarithmic",
        ticks=height.ticks,
        lines=apart([drawn(name) for name in _SHARES]),
    )


def _points(
    axis: Axis,
    start: float,
    steps: Sequence[Step],
    values: Sequence[float | None],
    at: Callable[[float], float],
    length: int,
) -> Iterator[tuple[float, float] | None]:
    """Yield a point in the middle of each step; None where there is no value."""
    expected = None
    for step, value in zip(steps, values, strict=True):
        if value is None or step.at != expected:
            yield None
        if value is not None:
            yield axis.at(start + step.at + length / 2), at(value)
        expected = step.at + length


def _bands(axis: Axis, start: float, holds: Sequence[HoldSpan]) -> Iterator[Band]:
    for index, hold in enumerate(holds):
        ends = start + hold.start, start + hold.end
        yield band(axis, ends[0], ends[1], hold.kind, _mark(index))


def _row(
    start: float, step: Step, length: int, holds: Sequence[HoldSpan]
) -> tuple[str, ...]:
    counts: Counts = step.counts
    took = (
        milliseconds(1000 * percentile(step.latencies, share)) if step.latencies else ""
        for share in _SHARES.values()
    )
    held = {
        hold.kind.replace("throttled", "pause (429)")
        for hold in holds
        if hold.start < step.at + length and hold.end >= step.at
    }
    return (
        time_text(start + step.at),
        f"{counts.synced:,}",
        f"{counts.skipped:,}",
        f"{counts.retries:,}",
        f"{counts.dead_lettered:,}",
        *took,
        ", ".join(sorted(held)),
    )
