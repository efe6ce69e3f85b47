"""What the last runs did over time.

The tables are created by the first run. Each step is a row of some dozen bytes, so
that a heartbeat writes only what is new.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, fields
from itertools import chain
from typing import Any

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.timeline import HoldSpan, Step, Timeline, TimelineChange

# Older runs keep their counts, but not their timelines.
_KEPT_TIMELINES = 30
_TABLES = {
    "run_timelines": "(run_id TEXT PRIMARY KEY, step_seconds INTEGER NOT NULL,"
    " holds TEXT NOT NULL)",
    "run_steps": "(run_id TEXT NOT NULL, at INTEGER NOT NULL, step TEXT NOT NULL,"
    " PRIMARY KEY (run_id, at)) WITHOUT ROWID",
}
_COUNTS = ("synced", "skipped", "dead_lettered", "requests", "retries")


def begin_timeline(tx: sqlite3.Connection) -> None:
    """Create the tables if there are none, and delete the oldest timelines."""
    for name, columns in _TABLES.items():
        tx.execute(f"CREATE TABLE IF NOT EXISTS {name} {columns}")
        tx.execute(
            f"DELETE FROM {name} WHERE run_id NOT IN"  # noqa: S608  # our own names
            " (SELECT run_id FROM runs ORDER BY id DESC LIMIT ?)",
            (_KEPT_TIMELINES,),
        )


def write_change(tx: sqlite3.Connection, run_id: str, change: TimelineChange) -> None:
    """Write what is new in a run's timeline."""
    if change.replaces_all:
        tx.execute("DELETE FROM run_steps WHERE run_id = ?", (run_id,))
    tx.executemany(
        "INSERT OR REPLACE INTO run_steps VALUES (?, ?, ?)",
        [(run_id, step.at, _step_text(step)) for step in change.steps],
    )
    holds = json.dumps([asdict(hold) for hold in change.holds])
    tx.execute(
        "INSERT INTO run_timelines VALUES (?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET"
        " step_seconds = excluded.step_seconds, holds = excluded.holds"
        " WHERE step_seconds <> excluded.step_seconds OR holds <> excluded.holds",
        (run_id, change.step_seconds, holds),
    )


def read_timeline(connection: sqlite3.Connection, run_id: str) -> Timeline | None:
    """Return a run's timeline; None if none was kept."""
    if not _has_tables(connection):
        return None
    row = connection.execute(
        "SELECT step_seconds, holds FROM run_timelines WHERE run_id = ?", (run_id,)
    ).fetchone()
    if row is None:
        return None
    steps = connection.execute(
        "SELECT at, step FROM run_steps WHERE run_id = ? ORDER BY at", (run_id,)
    )
    return Timeline(
        step_seconds=row[0],
        steps=tuple(_step(at, text) for at, text in steps),
        holds=tuple(HoldSpan(**_known(hold)) for hold in json.loads(row[1])),
    )


def _has_tables(connection: sqlite3.Connection) -> bool:
    found = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name = 'run_steps'"
    ).fetchone()
    return found is not None


def _step_text(step: Step) -> str:
    """Return the counts, then pairs of bucket and answers."""
    counts = [getattr(step.counts, name) for name in _COUNTS]
    pairs = chain.from_iterable(sorted(step.latencies.items()))
    return ",".join(map(str, [*counts, *pairs]))


def _step(at: int, text: str) -> Step:
    numbers = list(map(int, text.split(",")))
    counts = Counts(**dict(zip(_COUNTS, numbers, strict=False)))
    pairs = numbers[len(_COUNTS) :]
    return Step(at, counts, dict(zip(pairs[::2], pairs[1::2], strict=True)))


def _known(document: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a hold that this version knows."""
    names = {each.name for each in fields(HoldSpan)}
    return {name: value for name, value in document.items() if name in names}
