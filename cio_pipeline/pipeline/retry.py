"""What to do with a job after an attempt: ack, retry later, or dead letter. Pure."""

from __future__ import annotations

from cio_pipeline.core.jobs import (
    RETRIES_EXHAUSTED,
    Ack,
    Job,
    JobOutcome,
    Nack,
    Rejected,
    Settlement,
    Synced,
    ToDeadLetters,
)
from cio_pipeline.customerio.backoff import backoff_seconds

_ACK = Ack()


def decide(
    outcome: JobOutcome,
    job: Job,
    *,
    api_is_up: bool,
    max_attempts: int,
    draw: float,
) -> Settlement:
    """Return what to do with a job after an attempt.

    Only a 5xx or a similar answer is a strike, and only while the API is up: silence
    and a 429 say nothing about this job.

    Args:
        outcome: the outcome of the attempt.
        job: the job, before this attempt is counted.
        api_is_up: whether the API answers other requests.
        max_attempts: the number of strikes that makes a dead letter.
        draw: a random number in [0, 1), for the jitter.
    """
    if isinstance(outcome, Synced):
        return _ACK
    if isinstance(outcome, Rejected):
        return ToDeadLetters(outcome.reason, outcome.http_status, outcome.message)
    is_strike = outcome.kind == "server" and api_is_up
    if is_strike and job.strikes + 1 >= max_attempts:
        return ToDeadLetters(RETRIES_EXHAUSTED, outcome.http_status, outcome.message)
    wait = max(outcome.at_least_seconds, backoff_seconds(job.attempts, draw))
    return Nack(wait, is_strike=is_strike)
