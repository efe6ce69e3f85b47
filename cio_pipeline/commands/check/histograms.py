"""Histograms of numbers and times, in spans of equal length between round values."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import TypedDict

from cio_pipeline.console.pages.plots import nice_step, time_edges

_MOST_BARS = 20
# The part of the values at each end that may be outside of the bars.
_TAIL = 0.005
# If the values between the tails are this much closer together, the rest is outside.
_FAR = 3.0

HistogramBar = TypedDict(
    "HistogramBar", {"from": float | None, "to": float | None, "records": int}
)


def histogram(
    ordered: Sequence[float], total: int, *, is_time: bool
) -> list[HistogramBar]:
    """Count values in spans of equal length.

    Args:
        ordered: the values, or a sample of them, the lowest first.
        total: how many values there are.
        is_time: whether they are Unix seconds.

    Returns:
        The spans, each from its first value to the next span's. If a few values are
        far from the others, the first span has no start, or the last one no end.
    """
    if not ordered:
        return []
    low, high = _bounds(ordered)
    if is_time:
        edges = time_edges(low, high, _MOST_BARS)
    else:
        step = _step(low, high, ordered)
        first, last = math.floor(low / step), math.floor(high / step)
        edges = [n * step for n in range(first, last + 2)]
    positions = [bisect_left(ordered, edge) for edge in edges]
    share = total / len(ordered)
    bars: list[HistogramBar] = [
        {"from": start, "to": end, "records": round((after - before) * share)}
        for start, end, before, after in zip(
            edges, edges[1:], positions, positions[1:], strict=False
        )
    ]
    below, above = positions[0], len(ordered) - positions[-1]
    if below:
        count = round(below * share)
        bars.insert(0, {"from": None, "to": edges[0], "records": count})
    if above:
        count = round(above * share)
        bars.append({"from": edges[-1], "to": None, "records": count})
    return bars


def _bounds(ordered: Sequence[float]) -> tuple[float, float]:
    """Return the lowest and the highest value, without a few that are far away."""
    low, high = ordered[0], ordered[-1]
    tail = int(len(ordered) * _TAIL)
    inner = ordered[tail], ordered[-1 - tail]
    spread = inner[1] - inner[0]
    return inner if spread and high - low > _FAR * spread else (low, high)


def _step(low: float, high: float, ordered: Sequence[float]) -> float:
    step = nice_step(max(high - low, abs(high) * 1e-12), _MOST_BARS)
    if high == low:
        step = nice_step(abs(high) or 1.0)
    is_whole = all(float(each).is_integer() for each in ordered)
    return max(step, 1.0) if is_whole else step
