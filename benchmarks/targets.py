"""What the figures must show, and whether they do."""

from __future__ import annotations

from typing import Any, NamedTuple

Results = dict[str, Any]


class Target(NamedTuple):
    """One line of the table at the end.

    Args:
        what: what is asked.
        wanted: the bound, as text.
        found: what was measured.
        holds: whether that is within the bound.
    """

    what: str
    wanted: str
    found: float
    holds: bool


def check(results: Results) -> list[Target]:
    """Hold the tables against what they must show; tables that lack are passed over."""
    checks = {
        "no latency": _peers,
        "80 ms": _latency,
        "batches": _batches,
        "scale": _scale,
        "resume": _resume,
        "start": _start,
    }
    return [
        target
        for name, judge in checks.items()
        if name in results
        for target in judge(results[name])
    ]


def _peers(rows: list[Results]) -> list[Target]:
    least = {"customerio (Python)": 2.5, "customerio-node": 2.0}
    return [
        _at_least(
            f"times {row['client']}'s users/s",
            least[row["client"]],
            row["ours is times"],
        )
        for row in rows
        if row["client"] in least
    ]


def _latency(rows: list[Results]) -> list[Target]:
    few, many = rows
    return [
        _at_least("share of what 25 threads can do at 80 ms", 0.98, few["share"]),
        _at_least("share of 1,000/s with 100 threads", 0.97, many["share"]),
        _at_most("cores used for that", 1.0, many["cores"]),
        _at_most("429s from a server that enforces it", 0, many["429"]),
    ]


def _batches(rows: list[Results]) -> list[Target]:
    one_by_one = 25 / 0.080
    ours = {row["latency ms"]: row for row in rows if row["client"] == "cio-pipeline"}
    return [
        _at_least("batch users/s, file to acked", 25_000, ours[0.0]["users/s"]),
        _at_least("times one by one at 80 ms", 20, ours[80.0]["users/s"] / one_by_one),
    ]


def _scale(rows: list[Results]) -> list[Target]:
    small, large = (row for row in rows if row["api"] == "customers")
    return [
        _at_most("peak MB at a million users", 100, large["peak MB"]),
        _at_most("MB more than at 10,000", 15, large["peak MB"] - small["peak MB"]),
        _at_most(
            "time a user, of that at 10,000",
            1.1,
            large["us a user"] / small["us a user"],
        ),
        _at_most("state MB after a million", 64, large["state MB after"]),
    ]


def _resume(rows: list[Results]) -> list[Target]:
    (row,) = rows
    seconds = row["s to the first request"]
    return [_at_most("s to the first request, a million pending", 1.0, seconds)]


def _start(rows: list[Results]) -> list[Target]:
    return [_at_most("CPU s of -help", 0.3, rows[0]["cpu s"])]


def _at_least(what: str, bound: float, found: float) -> Target:
    return Target(what, f"≥ {bound:,}", found, found >= bound)


def _at_most(what: str, bound: float, found: float) -> Target:
    return Target(what, f"≤ {bound:,}", found, found <= bound)
