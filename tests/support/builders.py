"""Values for tests; a test gives only the fields that matter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.jobs import Job, Retryable
from cio_pipeline.core.progress import Progress

# A run in the midst of reading its file.
LOADING = Progress(
    command="sync",
    source="users.json",
    seconds=72.4,
    is_loading=True,
    bytes_read=30_000_000,
    size_bytes=48_000_000,
    total=120_000,
    counts=Counts(
        records=75_000,
        synced=51_234,
        dead_lettered=3,
        pending=23_763,
        requests=51_249,
        retries=12,
    ),
    in_flight=25,
    rate=980.4,
    eta_seconds=70.2,
    hold=None,
)


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def make_clock(monotonic: Callable[[], float] = lambda: 0.0) -> Clock:
    """Return a clock that always shows noon; a test can move it."""
    return Clock(monotonic=monotonic, utc_now=lambda: NOON, random=lambda: 0.0)


def make_job(
    job_id: int = 1,
    user_id: str = "u1",
    *,
    body: bytes = b"{}",
    attempts: int = 0,
    strikes: int = 0,
) -> Job:
    """Return a job; arguments change single fields."""
    return Job(
        id=job_id,
        user_id=user_id,
        body=body,
        record_index=job_id - 1,
        code=None,
        load_id=1,
        attempts=attempts,
        strikes=strikes,
    )


def server_error(at_least_seconds: float = 0.0) -> Retryable:
    """Return the outcome of a 503."""
    return Retryable(
        kind="server",
        at_least_seconds=at_least_seconds,
        http_status=503,
        message="busy",
    )


def no_answer() -> Retryable:
    """Return the outcome of a refused connection."""
    return Retryable(kind="no_reply", message="refused")


def throttled(at_least_seconds: float = 0.0) -> Retryable:
    """Return the outcome of a 429."""
    return Retryable(
        kind="throttled",
        at_least_seconds=at_least_seconds,
        http_status=429,
        message="slow down",
    )
