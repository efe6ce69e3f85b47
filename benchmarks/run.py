"""Measures speed, cost and memory, and prints tables.

    make bench

Each figure is against a server in a process of its own (`server.py`). What it is
compared with is measured in turns with it, in the same run: targets are ratios, which
hold although absolute figures drift. A complete run writes its results to
``benchmarks/results.json``.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import tables
from measure import HERE
from targets import check
from workbench import Row, Workbench, cores

RESULTS = HERE / "results.json"


class Table(NamedTuple):
    """A table of figures.

    Args:
        key: its name in the results.
        title: the line above it.
        measure: returns its rows; none where it cannot be measured.
    """

    key: str
    title: str
    measure: Callable[[Workbench], list[Row]]


TABLES = {
    "start": Table("start", "starting up", tables.start),
    "reading": Table("reading", "reading a data file", tables.reading),
    "steps": Table("steps", "api: batch, where the CPU of a user goes", tables.steps),
    "no_latency": Table(
        "no latency", "no latency, 25 in flight, one request a user", tables.no_latency
    ),
    "with_latency": Table(
        "80 ms", "80 ms an answer, one request a user", tables.with_latency
    ),
    "batches": Table(
        "batches", "api: batch, users a second of the complete process", tables.batches
    ),
    "shards": Table("shards", "api: batch, shards beside each other", tables.shards),
    "changed_only": Table(
        "changed-only", "-changed-only, batches", tables.changed_only
    ),
    "resume": Table("resume", "resume", tables.resume),
    "scale": Table("scale", "scale, no latency", tables.scale),
}


def main() -> int:
    """Measure the tables that are named, or all."""
    arguments = _parse_arguments()
    began = time.monotonic()
    results: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {cores()} cores",
    }
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(
            Path(folder), is_quick=arguments.quick, is_large=arguments.large
        )
        for name in arguments.tables or TABLES:
            table = TABLES[name]
            if rows := table.measure(bench):
                results[table.key] = rows
                _print_table(table.title, rows)
    results["targets"] = [target._asdict() for target in check(results)]
    if results["targets"]:
        _print_table("what it must show", results["targets"])
    print(f"\ntook {time.monotonic() - began:.0f} s")
    if not arguments.tables and not arguments.quick:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the users")
    parser.add_argument(
        "--large", action="store_true", help="-changed-only with 5,000,000 users too"
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    arguments = parser.parse_args()
    if unknown := set(arguments.tables) - set(TABLES):
        parser.error(f"no such table: {', '.join(sorted(unknown))}")
    return arguments


def _print_table(title: str, rows: list[Row]) -> None:
    columns = list(rows[0])
    cells = [columns, *([_format(row[c]) for c in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print(f"\n{title}\n")
    for first, *others in cells:
        padded = (cell.rjust(n) for cell, n in zip(others, widths[1:], strict=True))
        print("  ".join([first.ljust(widths[0]), *padded]), flush=True)


def _format(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "NO"
        case float():
            return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


if __name__ == "__main__":
    sys.exit(main())
