"""The values that describe a run: its start, its counts and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cio_pipeline.core.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a run did; field names are those of the ``-json`` result.

    ``resumed + records = synced + skipped + dead_lettered + pending``, always.

    Args:
        status: ``completed``, ``completed_with_dead_letters`` or ``stopped``.
        reason: why it stopped, in a short word; None where it did not.
        records: records read from the data file in this run.
        resumed: jobs found queued at the start.
        pending: jobs left in the queue.
    """

    run_id: str
    status: Literal["completed", "completed_with_dead_letters", "stopped"]
    reason: str | None
    records: int
    resumed: int
    synced: int
    skipped: int
    dead_lettered: int
    pending: int
    requests: int
    retries: int
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run in the history that ``status`` shows.

    Args:
        status: ``running``, or as in `RunSummary`.
        started_at, ended_at: UTC, ISO 8601; ``ended_at`` None while it runs.
        source: the data file's name, or None for ``resume``.
    """

    run_id: str
    command: str
    source: str | None
    pid: int
    status: str
    reason: str | None
    started_at: str
    ended_at: str | None
    records: int
    resumed: int
    synced: int
    skipped: int
    dead_lettered: int
    pending: int
    requests: int
    retries: int
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningRun:
    """The run that is going now, as ``status`` tells it.

    Args:
        rate: jobs settled a second, lately.
        eta_seconds: the time left at that rate; None while nothing moves.
        heartbeat_at: when it last wrote how it stands, or else began (UTC, ISO
            8601).
        heartbeat_age_seconds: how long ago that was.
        progress: what it wrote then; None before the first time, or where
            another version wrote it.
    """

    run_id: str
    pid: int
    rate: float
    eta_seconds: float | None
    heartbeat_at: str
    heartbeat_age_seconds: float
    progress: Progress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a queue stands; field names are those of ``status -json``."""

    pending: int
    in_flight: int
    dead_letters: int
    synced_total: int
    running: RunningRun | None
    runs: tuple[RunRecord, ...]
