"""The history of runs, including the active one."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cio_pipeline.core.counts import counts_from, document_of
from cio_pipeline.core.latency import percentiles_from
from cio_pipeline.core.progress import Progress, progress_from
from cio_pipeline.core.runs import RunRecord, RunSummary
from cio_pipeline.core.timeline import TimelineChange
from cio_pipeline.store.timelines import begin_timeline, write_change

if TYPE_CHECKING:
    from cio_pipeline.store.queue.job_queue import JobQueue

KEPT_RUNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """An active run's state, written about every second.

    Args:
        written_at: UTC, ISO 8601.
        progress: its progress; None if another version wrote it.
    """

    written_at: str
    progress: Progress | None


def start_run(queue: JobQueue, run: RunRecord) -> None:
    """Add a run, and mark earlier ones that did not end as killed."""
    # Once a second, so a power cut undoes no more than that.
    with queue.transaction(is_durable=True) as tx:
        tx.execute(
            "UPDATE runs SET status = 'stopped', reason = 'killed',"
            " ended_at = json_extract(counts, '$.written_at')"
            " WHERE status = 'running'"
        )
        tx.execute(
            "INSERT INTO runs (run_id, command, source, pid, status, started_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (run.run_id, run.command, run.source, run.pid, run.status, run.started_at),
        )
        tx.execute(
            "DELETE FROM runs WHERE id <= (SELECT MAX(id) FROM runs) - ?",
            (KEPT_RUNS,),
        )
        begin_timeline(tx)


def save_run(
    queue: JobQueue,
    summary: RunSummary,
    *,
    timeline: TimelineChange | None = None,
    heartbeat: Heartbeat | None = None,
    ended_at: str | None = None,
) -> None:
    """Write a run's state.

    Args:
        queue: its queue.
        summary: its counts.
        timeline: what is new in its timeline, which agrees with the counts; None to
            leave it as it is.
        heartbeat: given while it is active.
        ended_at: given when it has ended.
    """
    counts = document_of(summary) | (document_of(heartbeat) if heartbeat else {})
    status = "running" if ended_at is None else summary.status
    # Once a second, so a power cut undoes no more than that.
    with queue.transaction(is_durable=True) as tx:
        updated = tx.execute(
            "UPDATE runs SET status = ?, reason = ?, ended_at = ?, counts = ?"
            " WHERE run_id = ?",
            (status, summary.reason, ended_at, json.dumps(counts), summary.run_id),
        )
        # If the disk was full at the start, the run is not in the history.
        if timeline is not None and updated.rowcount:
            write_change(tx, summary.run_id, timeline)


def list_runs(
    connection: sqlite3.Connection, limit: int
) -> list[tuple[RunRecord, Heartbeat | None]]:
    """Return the last runs, newest first, with the heartbeat of each active one."""
    rows = connection.execute(
        "SELECT run_id, command, source, pid, status, reason, started_at, ended_at,"
        " counts FROM runs ORDER BY id DESC LIMIT ?",
        (limit,),
    ).fetchall()
    return [(_run_record(row), _heartbeat(row)) for row in rows]


def _run_record(row: tuple[str, ...]) -> RunRecord:
    run_id, command, source, pid, status, reason, started_at, ended_at, text = row
    counts = json.loads(text)
    return RunRecord(
        run_id=run_id,
        command=command,
        source=source,
        pid=int(pid),
        status=status,
        reason=reason,
        started_at=started_at,
        ended_at=ended_at,
        counts=counts_from(counts),
        duration_seconds=float(counts.get("duration_seconds", 0.0)),
        latency_ms=percentiles_from(counts.get("latency_ms")),
    )


def _heartbeat(row: tuple[str, ...]) -> Heartbeat | None:
    counts = json.loads(row[-1])
    if "written_at" not in counts:
        return None
    return Heartbeat(
        written_at=counts["written_at"],
        progress=progress_from(counts.get("progress")),
    )
