"""What people ask of a queue beside running it: status and dead letters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cio_pipeline.core.runs import RunningRun, RunRecord, Status
from cio_pipeline.store.reader import open_reader, read_totals
from cio_pipeline.store.run_lock import holder
from cio_pipeline.store.runs import KEPT_RUNS, Heartbeat, list_runs

_SHOWN_RUNS = 10


def read_status(folder: Path, now: datetime) -> Status:
    """Say where a queue stands; works beside a run, and without one.

    Args:
        folder: the workspace's folder.
        now: the time, for how long ago a run gave a sign of life.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    with open_reader(folder) as connection:
        if connection is None:
            return Status(
                pending=0,
                in_flight=0,
                dead_letters=0,
                synced_total=0,
                running=None,
                runs=(),
            )
        totals = read_totals(connection)
        history = list_runs(connection, _SHOWN_RUNS)
    running = _running(folder, history, now)
    progress = running.progress if running else None
    return Status(
        pending=totals.pending,
        in_flight=progress.in_flight if progress else 0,
        dead_letters=totals.dead_letters,
        synced_total=totals.synced,
        running=running,
        runs=tuple(_as_it_is(run, running) for run, _ in history),
    )


def last_ended_at(folder: Path, statuses: Collection[str]) -> str | None:
    """Say when a run last ended with one of some statuses; None where none did.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    with open_reader(folder) as connection:
        history = list_runs(connection, KEPT_RUNS) if connection else []
    return next((run.ended_at for run, _ in history if run.status in statuses), None)


def _running(
    folder: Path, history: list[tuple[RunRecord, Heartbeat | None]], now: datetime
) -> RunningRun | None:
    # The lock is tried only where a run may hold it: a run that begins at the
    # moment of the look would be turned away.
    if not history or history[0][0].status != "running":
        return None
    pid = holder(folder)
    if pid is None:
        return None
    run, beat = history[0]
    progress = beat.progress if beat else None
    seen_at = beat.written_at if beat else run.started_at
    return RunningRun(
        run_id=run.run_id,
        pid=pid,
        rate=progress.rate if progress else 0.0,
        eta_seconds=progress.eta_seconds if progress else None,
        heartbeat_at=seen_at,
        heartbeat_age_seconds=_age(seen_at, now),
        progress=progress,
    )


def _age(moment: str, now: datetime) -> float:
    age = (now - datetime.fromisoformat(moment)).total_seconds()
    return max(0.0, age)  # clocks are set back now and then


def _as_it_is(run: RunRecord, running: RunningRun | None) -> RunRecord:
    """Tell a run that was killed from the one that is going."""
    if run.status != "running" or (running and running.run_id == run.run_id):
        return run
    return replace(run, status="stopped", reason="killed")
