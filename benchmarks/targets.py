"""What the figures must show, and whether they do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from workbench import OURS

Results = dict[str, Any]


class Target(NamedTuple):
    """One line of the table at the end.

    Args:
        what: what is compared with what.
        wanted: the bound, as text.
        found: what was measured.
        holds: whether that is within the bound.
    """

    what: str
    wanted: str
    found: float
    holds: bool


def check(results: Results) -> list[Target]:
    """Compare the tables with what they must show; missing tables are skipped."""
    checks = {
        "start": _start,
        "reading": _reading,
        "no latency": _peers,
        "80 ms": _latency,
        "batches": _batches,
        "shards": _shards,
        "changed-only": _changed_only,
        "resume": _resume,
        "scale": _scale,
    }
    tables = {name: results[name] for name in checks if name in results}
    targets = [target for name in tables for target in checks[name](tables[name])]
    return targets + _memory(row for rows in tables.values() for row in rows)


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
    rate = {(row["client"], row["latency ms"]): row["users/s"] for row in rows}
    fast, distant = rate[OURS, 0.0], rate[OURS, 80.0]
    script = "script: json.load, batch()"
    return [
        _at_least("times the batch script's users/s", 1.0, fast / rate[script, 0.0]),
        _at_least("the same with 80 ms an answer", 1.0, distant / rate[script, 80.0]),
        _at_least("batch users/s at 80 ms, of that at 0 ms", 0.9, distant / fast),
    ]


def _shards(rows: list[Results]) -> list[Target]:
    return [
        _at_least("users/s of two shards, times one run's", 1.7, rows[1]["times one"])
    ]


def _changed_only(rows: list[Results]) -> list[Target]:
    """Check a run of each size; the growth from the first size to the last."""
    runs = {(row["run"], row["users"]): row for row in rows}
    few, many = rows[0]["users"], rows[-1]["users"]
    first, second = runs["first", few], runs["1 % changed", few]
    targets = [
        _at_most(
            "CPU of -changed-only, times a plain run's", 1.4, first["times its CPU"]
        ),
        _at_least(
            "rate of the last tenth, times the first's", 0.9, first["last tenth's rate"]
        ),
        _at_most(
            "CPU of 1 % changed, times read and map", 1.5, second["times its CPU"]
        ),
    ]
    return targets + [
        _at_most(
            f"CPU a user at {many:,}, times {few:,}: {run}",
            1.15,
            runs[run, many]["us CPU a user"] / runs[run, few]["us CPU a user"],
        )
        for run in ("first", "1 % changed")
        if many > few
    ]


def _scale(rows: list[Results]) -> list[Target]:
    small, large = (row for row in rows if row["api"] == "customers")
    return [
        _at_most("MB more than at 10,000", 15, large["peak MB"] - small["peak MB"]),
        _at_most(
            "time a user, of that at 10,000",
            1.1,
            large["us a user"] / small["us a user"],
        ),
        _at_most("state MB after a million", 64, large["state MB after"]),
    ]


def _resume(rows: list[Results]) -> list[Target]:
    few, many = (row["s to the first request"] for row in rows)
    return [_at_most("s to the first request, a million / 10,000", 2.0, many / few)]


def _reading(rows: list[Results]) -> list[Target]:
    most = {
        "JSON array, flat": 2.0,
        "JSON array, nested": 1.6,
        "JSON Lines": 1.5,
        "CSV": 1.5,
    }
    return [
        _at_most(
            f"CPU of reading {row['data']}, times the parser's",
            most[row["data"]],
            row["times its CPU"],
        )
        for row in rows
    ]


def _start(rows: list[Results]) -> list[Target]:
    most = {"-help": 5.0, "status": 15.0, "dead-letters": 15.0}
    return [
        _at_most(
            f"CPU of {row['command']}, times {row['beside']}",
            most[row["command"]],
            row["times its CPU"],
        )
        for row in rows
        if row["command"] in most
    ]


def _memory(rows: Iterable[Results]) -> list[Target]:
    """Check every run of ours, whatever its mode."""
    ours = (row for row in rows if row.get("client", OURS) == OURS)
    peaks = [row["peak MB"] for row in ours if "peak MB" in row]
    return [_at_most("peak MB of any run of ours", 100, max(peaks))] if peaks else []


def _at_least(what: str, bound: float, found: float) -> Target:
    return Target(what, f"≥ {bound:,}", found, found >= bound)


def _at_most(what: str, bound: float, found: float) -> Target:
    return Target(what, f"≤ {bound:,}", found, found <= bound)
