"""Where a queue stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from cio_pipeline.model import RunRecord, Status
from cio_pipeline.reports.wording import duration, table

_COLUMNS = (
    ("started (UTC)", "left"),
    ("command", "left"),
    ("data", "left"),
    ("ended", "left"),
    ("synced", "right"),
    ("dead", "right"),
    ("pending", "right"),
    ("took", "right"),
)


def status_json(status: Status) -> str:
    """Write the status as one JSON document."""
    return json.dumps(asdict(status), indent=2)


def status_text(status: Status, now: datetime, width: int = 100) -> str:
    """Say where a queue stands, and list its last runs.

    Args:
        status: what to tell.
        now: the time, in UTC, for how long a run has been going.
        width: the widest line.
    """
    lines = [
        f"pending       {status.pending:>12,}",
        f"in flight     {status.in_flight:>12,}",
        f"dead letters  {status.dead_letters:>12,}",
        f"synced so far {status.synced_total:>12,}",
        "",
        _going(status),
    ]
    if status.runs:
        rows = [_row(run, now) for run in status.runs]
        lines += ["", "last runs", table(_COLUMNS, rows, width)]
    return "\n".join(lines)


def _going(status: Status) -> str:
    run = status.running
    if run is None:
        return "No run is going."
    left = "" if run.eta_seconds is None else f", {duration(run.eta_seconds)} left"
    return (
        f"Run {run.run_id} (process {run.pid}) is going: {run.rate:,.0f} users/s{left}"
    )


def _row(run: RunRecord, now: datetime) -> list[str]:
    seconds = run.duration_seconds
    if run.status == "running":
        seconds = (now - datetime.fromisoformat(run.started_at)).total_seconds()
    return [
        run.started_at[:19].replace("T", " "),
        run.command,
        run.source or "",
        run.status if run.reason is None else run.reason,
        f"{run.synced:,}",
        f"{run.dead_lettered:,}",
        f"{run.pending:,}",
        duration(max(0.0, seconds)),
    ]
