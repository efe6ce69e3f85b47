"""Values for tests, with only what matters spelled out."""

from __future__ import annotations

from cio_pipeline.model import Job, Retryable


def make_job(
    job_id: int = 1,
    user_id: str = "u1",
    *,
    body: bytes = b"{}",
    attempts: int = 0,
    strikes: int = 0,
) -> Job:
    """Build a job that differs from any other only in what is named."""
    return Job(
        id=job_id,
        user_id=user_id,
        body=body,
        record_index=job_id - 1,
        load_id=1,
        attempts=attempts,
        strikes=strikes,
    )


def server_error(at_least_seconds: float = 0.0) -> Retryable:
    """Build what a 503 comes to."""
    return Retryable(
        kind="server",
        at_least_seconds=at_least_seconds,
        http_status=503,
        message="busy",
    )


def no_answer() -> Retryable:
    """Build what a refused connection comes to."""
    return Retryable(kind="no_reply", message="refused")


def throttled(at_least_seconds: float = 0.0) -> Retryable:
    """Build what a 429 comes to."""
    return Retryable(
        kind="throttled",
        at_least_seconds=at_least_seconds,
        http_status=429,
        message="slow down",
    )
