"""Plots as values; ``plots.html`` draws them as SVG. Pure.

Positions and sizes are in percent of the plot's area, from the left and from the
bottom, so that a plot fits every screen. Each plot also has its numbers, as a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from cio_pipeline.core.times import DAY_SECONDS

_MOST_STEPS = 4  # between the ticks of an axis
_TIME_STEPS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800),
    *(21_600, 43_200, DAY_SECONDS, 2 * DAY_SECONDS, 7 * DAY_SECONDS),
)
_MONTH_STEPS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 2_400, 6_000, 24_000)
_MONTH_SECONDS = 2_629_746
_FIRST_MONDAY = 4 * DAY_SECONDS
_LAST_YEAR = 9999
_THINNEST = 0.4  # of what must be seen, however small it is
_LABEL_HEIGHT = 13.0  # of a label at the end of a line


class Tick(NamedTuple):
    """A labelled position of an axis."""

    at: float
    label: str


class Bar(NamedTuple):
    """A bar from the bottom of its panel.

    Args:
        x: its left side.
        width: its width.
        height: its height.
        about: its value in words.
    """

    x: float
    width: float
    height: float
    about: str


class Line(NamedTuple):
    """A line with a name at its end.

    Args:
        name: what it shows.
        runs: its unbroken parts, each as ``x,y x,y``, with y from the top.
        label_at: the height of the name.
    """

    name: str
    runs: tuple[str, ...]
    label_at: float


class Band(NamedTuple):
    """A span of the horizontal axis in which something lasted.

    Args:
        x: its left side.
        width: its width.
        kind: what lasted; it selects the pattern.
        mark: its letter in the list of bands.
    """

    x: float
    width: float
    kind: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One of the areas of a plot; all share the horizontal axis.

    Args:
        heading: what it shows.
        unit: the unit of the vertical axis.
        ticks: of the vertical axis.
        bars: its bars.
        lines: its lines.
    """

    heading: str
    unit: str
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot, and its numbers.

    Args:
        about: what it shows, in a sentence.
        unit: the unit of the horizontal axis.
        ticks: of the horizontal axis.
        panels: from top to bottom.
        bands: behind the bars and lines of every panel.
        headings: of the columns of its numbers.
        rows: its numbers, as text.
    """

    about: str
    unit: str
    ticks: tuple[Tick, ...]
    panels: tuple[Panel, ...]
    bands: tuple[Band, ...] = ()
    headings: tuple[str, ...]
    rows: Sequence[Sequence[str]] = field(default=())


class Axis(NamedTuple):
    """An axis from one value to another.

    Args:
        low: the value at 0 %.
        high: the value at 100 %.
        ticks: its labelled positions.
    """

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def at(self, value: float) -> float:
        """Return the position of a value in percent, within the axis."""
        if self.high <= self.low:
            return 0.0
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 3)


def nice_step(span: float, most_steps: int = _MOST_STEPS) -> float:
    """Return 1, 2 or 5 times a power of ten, of which few fit into a span."""
    if span <= 0 or not math.isfinite(span):
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most_steps))
    steps = (power * factor for factor in (1, 2, 5, 10, 20))
    return next(step for step in steps if span <= step * most_steps * (1 + 1e-9))


def value_axis(highest: float) -> Axis:
    """Return an axis from 0 to at least a value, with ticks at round whole numbers.

    Args:
        highest: the highest value, 0 or more.
    """
    step = max(1.0, nice_step(highest))
    count = max(1, math.ceil(highest / step - 1e-9))
    top = count * step
    ticks = tuple(
        Tick(round(100 * n / count, 3), number(n * step)) for n in range(count + 1)
    )
    return Axis(0.0, top, ticks)


def number_axis(low: float, high: float) -> Axis:
    """Return an axis between two numbers, with ticks at round ones."""
    step = nice_step(high - low)
    axis = Axis(low, high, ())
    first = math.ceil(low / step - 1e-9)
    values = [n * step for n in range(first, first + _MOST_STEPS + 1)]
    ticks = (Tick(axis.at(v), number(v)) for v in values if v <= high + step * 1e-9)
    return axis._replace(ticks=tuple(ticks))


def log_axis(
    lowest: float, highest: float, label: Callable[[float], str]
) -> tuple[Axis, Callable[[float], float]]:
    """Return a logarithmic axis over the powers of ten around two values.

    Returns:
        The axis, and the function that returns the position of a value.
    """
    low = math.floor(math.log10(lowest))
    high = max(low + 1, math.ceil(math.log10(highest)))
    span = high - low
    ticks = tuple(
        Tick(round(100 * n / span, 3), label(10.0 ** (low + n)))
        for n in range(span + 1)
    )
    axis = Axis(low, high, ticks)
    return axis, lambda value: axis.at(math.log10(max(value, 10.0**low)))


def time_axis(start: float, seconds: float) -> Axis:
    """Return an axis of times in UTC, with ticks at round times.

    Args:
        start: the time at the left, in Unix seconds.
        seconds: the length of the axis.
    """
    end = start + max(seconds, 1.0)
    axis = Axis(start, end, ())
    edges = [
        each for each in time_edges(start, end, _MOST_STEPS) if start <= each <= end
    ]
    style = _time_style(edges, end - start)
    ticks = (Tick(axis.at(each), time_text(each, style)) for each in edges)
    return axis._replace(ticks=tuple(ticks))


def time_edges(low: float, high: float, most: int) -> list[float]:
    """Return round times in UTC, from one at or before ``low`` to one after ``high``.

    Args:
        low: Unix seconds.
        high: Unix seconds, not before ``low``.
        most: about how many spans between them there may be.
    """
    step = next((each for each in _TIME_STEPS if high - low <= each * most), None)
    if step is None:
        return _calendar_edges(low, high, most)
    shift = _FIRST_MONDAY if step == 7 * DAY_SECONDS else 0
    first = (low - shift) // step * step + shift
    return [first + n * step for n in range(int((high - first) // step) + 2)]


def _calendar_edges(low: float, high: float, most: int) -> list[float]:
    """Return the beginnings of months or years."""
    months = (high - low) / _MONTH_SECONDS
    step = next(each for each in _MONTH_STEPS if months <= each * most)
    first = datetime.fromtimestamp(low, UTC)
    month = (first.year * 12 + first.month - 1) // step * step
    edges: list[float] = []
    while not edges or edges[-1] <= high:
        year = min(max(1, month // 12), _LAST_YEAR)
        edges.append(datetime(year, month % 12 + 1, 1, tzinfo=UTC).timestamp())
        if month // 12 > _LAST_YEAR:
            break
        month += step
    return edges


def time_text(seconds: float, style: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return Unix seconds as a time in UTC; empty outside of the years 1 to 9999."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):{style}}"
    except (ValueError, OverflowError, OSError):
        return ""


def _time_style(edges: Sequence[float], span: float) -> str:
    step = edges[1] - edges[0] if len(edges) > 1 else span
    if step >= 365 * DAY_SECONDS:
        return "%Y"
    if step >= 28 * DAY_SECONDS:
        return "%Y-%m"
    if step >= DAY_SECONDS:
        return "%m-%d" if span < 300 * DAY_SECONDS else "%Y-%m-%d"
    if span > DAY_SECONDS:
        return "%m-%d %H:%M"
    return "%H:%M" if step >= 60 else "%H:%M:%S"


def span_text(seconds: int) -> str:
    """Return the length of a bar in words: ``5 minutes``."""
    for unit_seconds, unit in ((DAY_SECONDS, "day"), (3600, "hour"), (60, "minute")):
        if seconds % unit_seconds == 0:
            count = seconds // unit_seconds
            return unit if count == 1 else f"{count} {unit}s"
    return "second" if seconds == 1 else f"{seconds} seconds"


def number(value: float) -> str:
    """Return a number for a label: ``1,250``, ``0.5``, ``2.5e+12``."""
    if abs(value) >= 1e12 or 0 < abs(value) < 1e-4:
        return f"{value:.3g}"
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def bar(
    axis: Axis, height: Axis, span: tuple[float, float], value: float, about: str
) -> Bar:
    """Return the bar of a value; one above 0 is always visible.

    Args:
        axis: the horizontal axis.
        height: the vertical axis.
        span: from where to where the bar is on the horizontal axis.
        value: its value.
        about: its value in words.
    """
    x, right = axis.at(span[0]), axis.at(span[1])
    gap = min(0.15, (right - x) / 6)
    tall = max(1.5, height.at(value)) if value > 0 else 0.0
    return Bar(round(x + gap, 3), round(max(right - x - 2 * gap, 0.05), 3), tall, about)


def band(axis: Axis, start: float, end: float, kind: str, mark: str) -> Band:
    """Return a band; a short one is wide enough to be seen."""
    x = axis.at(start)
    width = max(_THINNEST, axis.at(end) - x)
    return Band(round(min(x, 100 - width), 3), round(width, 3), kind, mark)


def line(name: str, points: Iterable[tuple[float, float] | None]) -> Line:
    """Return a line through points in percent; None breaks it."""
    runs: list[list[str]] = [[]]
    last = 0.0
    for point in points:
        if point is None:
            runs.append([])
            continue
        x, last = point
        runs[-1].append(f"{x:.2f},{100 - last:.2f}")
    # A single point is drawn as a short line.
    drawn = (run if len(run) > 1 else run * 2 for run in runs if run)
    return Line(name, tuple(" ".join(run) for run in drawn), last)


def apart(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return lines whose names do not cover each other."""
    lowest = 0.0
    placed: list[Line] = []
    for each in sorted(lines, key=lambda each: each.label_at):
        at = max(each.label_at, lowest)
        lowest = at + _LABEL_HEIGHT
        placed.append(each._replace(label_at=at))
    over = max(0.0, lowest - _LABEL_HEIGHT - 100)
    return tuple(each._replace(label_at=each.label_at - over) for each in placed)
