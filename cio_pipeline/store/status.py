"""Reading a queue's status."""

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


def read_status(folder: Path, now: datetime, *, most_runs: int = _SHOWN_RUNS) -> Status:
    """Return a queue's status, also during a run.

    Args:
        folder: the workspace's folder.
        now: the time, for the age of the heartbeat.
        most_runs: how many of the last runs it has, at most.

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
        history = list_runs(connection, most_runs)
    running = _running(folder, history, now)
    progress = running.progress if running else None
    return Status(
        pending=totals.pending,
        in_flight=progress.in_flight if progress else 0,
        dead_letters=totals.dead_letters,
        synced_total=totals.synced,
        running=running,
        runs=tuple(_mark_killed(run, running) for run, _ in history),
    )


def last_ended_at(folder: Path, statuses: Collection[str]) -> str | None:
    """Return when a run last ended with one of some statuses; None if none did.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    with open_reader(folder) as connection:
        history = list_runs(connection, KEPT_RUNS) if connection else []
    return next((run.ended_at for run, _ in history if run.status in statuses), None)


def _running(
    folder: Path, history: list[tuple[RunRecord, Heartbeat | None]], now: datetime
) -> RunningRun | None:
    # The lock is tried only if a run may hold it: trying it can stop a run that
    # starts at the same time.
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


def _age(time: str, now: datetime) -> float:
    age = (now - datetime.fromisoformat(time)).total_seconds()
    return max(0.0, age)  # a clock can be set back


def _mark_killed(run: RunRecord, running: RunningRun | None) -> RunRecord:
    if run.status != "running" or (running and running.run_id == run.run_id):
        return run
    return replace(run, status="stopped", reason="killed")
