"""The status of several shards as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cio_pipeline.core.progress import sum_of_progress
from cio_pipeline.core.runs import RunningRun, RunRecord, Status
from cio_pipeline.core.shard import Shard, source_in
from cio_pipeline.store.status import SHOWN_RUNS, read_status


def read_statuses(folders: Mapping[Shard, Path], now: datetime) -> Status:
    """Return the status of one queue, or the sum of several.

    Args:
        folders: the queue of each shard.
        now: the time, for the age of the heartbeat.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    statuses = {shard: read_status(path, now) for shard, path in folders.items()}
    if len(statuses) == 1:
        return next(iter(statuses.values()))
    return sum_of_statuses(statuses)


def sum_of_statuses(statuses: Mapping[Shard, Status]) -> Status:
    """Return the sum; the names of sources have the shard."""
    each = statuses.values()
    runs = [_named(run, s) for s, status in statuses.items() for run in status.runs]
    runs.sort(key=lambda run: run.started_at, reverse=True)
    return Status(
        pending=sum(status.pending for status in each),
        in_flight=sum(status.in_flight for status in each),
        dead_letters=sum(status.dead_letters for status in each),
        synced_total=sum(status.synced_total for status in each),
        running=_sum_of_running([s.running for s in each if s.running]),
        runs=tuple(runs[:SHOWN_RUNS]),
    )


def _named(run: RunRecord, shard: Shard) -> RunRecord:
    return replace(run, source=source_in(shard, run.source or "(resume)"))


def _sum_of_running(runs: list[RunningRun]) -> RunningRun | None:
    """Return the sum, with the process of the first one and the oldest heartbeat."""
    if not runs:
        return None
    oldest = max(runs, key=lambda run: run.heartbeat_age_seconds)
    progress = sum_of_progress([run.progress for run in runs if run.progress])
    return RunningRun(
        run_id=", ".join(run.run_id for run in runs),
        pid=oldest.pid,
        rate=sum(run.rate for run in runs),
        eta_seconds=progress.eta_seconds if progress else None,
        heartbeat_at=oldest.heartbeat_at,
        heartbeat_age_seconds=oldest.heartbeat_age_seconds,
        progress=progress,
    )
