"""The values that describe a run: its start, its counts and its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.latency import Percentiles
from cio_pipeline.core.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a run did; field names are those of the ``-json`` result.

    Args:
        run_id: its start (UTC) and six random hexadecimal digits.
        status: ``completed``, ``completed_with_dead_letters`` or ``stopped``.
        reason: why it stopped (`console.stop_reasons`); None if it did not.
        counts: what it did.
        duration_seconds: how long it took.
        latency_ms: how long its answers took; None if there was none.
    """

    run_id: str
    status: Literal["completed", "completed_with_dead_letters", "stopped"]
    reason: str | None
    counts: Counts
    duration_seconds: float
    latency_ms: Percentiles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run in the history; the defaults are those of a run that starts.

    Args:
        run_id: as in `RunSummary`.
        command: ``sync`` or ``resume``.
        source: the data file's name; None for ``resume``.
        pid: the run's process.
        status: ``running``, or as in `RunSummary`.
        reason: as in `RunSummary`; also ``killed``.
        started_at: when it started (UTC, ISO 8601).
        ended_at: when it ended (UTC, ISO 8601); None while it runs. For a run that
            was killed, its last heartbeat, or None.
        counts: what it did, up to its end or its last heartbeat.
        duration_seconds: how long it took, up to the same time.
        latency_ms: as in `RunSummary`, up to the same time.
    """

    run_id: str
    command: str
    source: str | None
    pid: int
    status: str = "running"
    reason: str | None = None
    started_at: str
    ended_at: str | None = None
    counts: Counts = field(default_factory=Counts)
    duration_seconds: float = 0.0
    latency_ms: Percentiles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningRun:
    """The run that is active now, as ``status`` shows it.

    Args:
        run_id: as in `RunSummary`.
        pid: the process that holds the queue's lock.
        rate: jobs settled per second, lately.
        eta_seconds: the time left at that rate; None if unknown.
        heartbeat_at: when it last wrote its progress, or its start (UTC, ISO 8601).
        heartbeat_age_seconds: how long ago that was.
        progress: what it wrote; None before the first time, or if another version
            wrote it.
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
    """The state of a queue; field names are those of ``status -json``.

    Args:
        pending: jobs in the queue, including those in flight.
        in_flight: jobs that consumers had at the run's last heartbeat.
        dead_letters: dead letters kept.
        synced_total: jobs that Customer.io accepted, over all runs.
        running: the active run, or None.
        runs: the last runs, newest first.
    """

    pending: int
    in_flight: int
    dead_letters: int
    synced_total: int
    running: RunningRun | None
    runs: tuple[RunRecord, ...]
