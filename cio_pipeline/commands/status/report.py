"""The report of a queue's status."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from cio_pipeline.console.formatting import duration, fitted, full_seconds, table
from cio_pipeline.console.progress_view import progress_line, progress_lines
from cio_pipeline.core.counts import document_of
from cio_pipeline.core.runs import RunningRun, RunRecord, Status
from cio_pipeline.core.text import visible

_COLUMNS = (
    ("started (UTC)", "left"),
    ("data", "left"),
    ("ended", "left"),
    ("synced", "right"),
    ("dead", "right"),
    ("pending", "right"),
    ("took", "right"),
)
_DATA = 1  # the column whose cells are shortened
_NARROWEST_NAME = 8
_COLUMN_GAP = 3  # what `table` puts between two columns
# Columns left out on a narrow terminal, in this order: pending, data, ended, took.
_LEAST_WANTED = (5, 1, 2, 6)
# A run writes its heartbeat every second; after this time without one it is stuck.
_STUCK_SECONDS = 5.0


def status_json(status: Status, *, indent: int | None = 2) -> str:
    """Return the status as one JSON document; on one line without an indent.

    The keys are the fields of `Status` and of the values in it, with the fields of
    `Counts` among those of a run and of its progress::

        {"pending": int, "in_flight": int, "dead_letters": int,
         "synced_total": int,
         "running": null | {
             "run_id": str, "pid": int,
             "rate": float,              jobs per second
             "eta_seconds": float | null,
             "heartbeat_at": str,        UTC, ISO 8601
             "heartbeat_age_seconds": float,
             "progress": null | {...}},  as in `Progress`; "hold" as in `Hold`
         "runs": [{...}]}                as in `RunRecord`, newest first
    """
    return json.dumps(document_of(status), indent=indent)


def status_text(status: Status, now: datetime, width: int) -> str:
    """Return the status and the last runs as text."""
    lines = status_lines(status, now, width)
    return "\n".join(line.plain.rstrip() for line in lines)


def status_lines(
    status: Status, now: datetime, width: int, *, is_ascii: bool = False
) -> list[Text]:
    """Return the status and the last runs as lines.

    Args:
        status: what to show.
        now: the local time, with its offset.
        width: the widest line.
        is_ascii: whether the terminal supports only ASCII.
    """
    lines = [
        Text(f"pending       {status.pending:>12,}"),
        Text(f"in flight     {status.in_flight:>12,}"),
        Text(f"dead letters  {status.dead_letters:>12,}"),
        Text(f"synced so far {status.synced_total:>12,}"),
        Text(),
        *_running(status.running, now, width, is_ascii=is_ascii),
    ]
    return lines + (_history(status.runs, now, width) if status.runs else [])


def status_line(status: Status, now: datetime) -> str:
    """Return the status as one line, for a pipe."""
    run = status.running
    if run is None:
        left = f"{status.pending:,} pending, {status.dead_letters:,} dead letters"
        return f"{now:%H:%M:%S} no run is active: {left}"
    progress = progress_line(run.progress, now) if run.progress else "a run is active"
    return f"{now:%H:%M:%S} {stuck_text(run) or progress}"


def _running(
    run: RunningRun | None, now: datetime, width: int, *, is_ascii: bool
) -> list[Text]:
    if run is None:
        return [Text("No run is active.")]
    lines = [Text(fitted(f"process {run.pid}, run {run.run_id}:", width))]
    if run.progress is not None:
        lines += progress_lines(run.progress, now=now, width=width, is_ascii=is_ascii)
    stuck = stuck_text(run)
    if stuck:
        lines.append(Text(stuck, "red"))
    return lines


def stuck_text(run: RunningRun) -> str:
    """Return that a run shows no sign of life; empty if it does."""
    age = run.heartbeat_age_seconds
    if age < _STUCK_SECONDS:
        return ""
    return (
        f"no heartbeat for {full_seconds(age)}: process {run.pid} is suspended, or its"
        " disk does not respond"
    )


def _row(run: RunRecord, now: datetime) -> list[str]:
    seconds = run.duration_seconds
    if run.status == "running":
        seconds = (now - datetime.fromisoformat(run.started_at)).total_seconds()
    return [
        run.started_at[:16].replace("T", " "),
        run.source or "(resume)",
        ended_text(run),
        f"{run.counts.synced:,}",
        f"{run.counts.dead_lettered + run.counts.refused_later:,}",
        f"{run.counts.pending:,}",
        duration(max(0.0, seconds)),
    ]


def ended_text(run: RunRecord) -> str:
    """Return how a run ended, in a word or two."""
    if run.reason is not None:
        return run.reason.replace("_", " ")
    return "running" if run.status == "running" else "done"


def _history(runs: Sequence[RunRecord], now: datetime, width: int) -> list[Text]:
    rows = [_row(run, now) for run in runs]
    kept = list(range(len(_COLUMNS)))
    for column in _LEAST_WANTED:
        if _fits([[row[each] for each in kept] for row in rows], kept, width):
            break
        kept.remove(column)
    columns = [_COLUMNS[each] for each in kept]
    rows = [[row[each] for each in kept] for row in rows]
    if _DATA in kept:
        rows = _with_names_fitted(columns, rows, width)
    drawn = table(columns, rows, width)
    return [Text(), Text("last runs"), *map(Text, drawn.splitlines())]


def _fits(rows: list[list[str]], kept: list[int], width: int) -> bool:
    """Return whether the columns fit, with the file's name as short as allowed."""
    headings = [_COLUMNS[each][0] for each in kept]
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    if _DATA in kept:
        name = kept.index(_DATA)
        widths[name] = min(widths[name], _NARROWEST_NAME)
    return sum(widths) + _COLUMN_GAP * (len(widths) - 1) <= width


def _with_names_fitted(
    columns: list[tuple[str, str]], rows: list[list[str]], width: int
) -> list[list[str]]:
    """Shorten the file names in their middle, so that the other columns fit."""
    headings = [heading for heading, _ in columns]
    others = sum(
        max(map(len, column)) + _COLUMN_GAP
        for index, column in enumerate(zip(headings, *rows, strict=True))
        if index != _DATA
    )
    room = max(_NARROWEST_NAME, width - others)
    return [
        [*row[:_DATA], fitted(visible(row[_DATA]), room), *row[_DATA + 1 :]]
        for row in rows
    ]
