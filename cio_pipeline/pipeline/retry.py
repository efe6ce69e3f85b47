"""What is done about an outcome: acknowledge, send again later, or set aside."""

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
    """Say what is done with a job after an attempt.

    Only an answer can be a strike, and only a 5xx or its like while the API is
    otherwise alive: silence and 429 say nothing about this one job.

    Args:
        outcome: what the attempt came to.
        job: the job as it was leased, before this attempt is counted.
        api_is_up: whether the API is answering others.
        max_attempts: strikes that make a dead letter.
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
