"""What happens to a job after an attempt."""

from __future__ import annotations

import pytest

from cio_pipeline.core.jobs import Ack, Nack, Rejected, Retryable, Synced, ToDeadLetters
from cio_pipeline.pipeline.retry import decide
from tests.support.builders import make_job, no_answer, server_error, throttled


def test_a_success_is_acked() -> None:
    """The usual case."""
    settlement = decide(Synced(), make_job(), api_is_up=True, max_attempts=8, draw=0.5)

    assert settlement == Ack()


def test_a_refusal_is_a_dead_letter_at_once() -> None:
    """Guarantee 6: each refused user is sent once."""
    settlement = decide(
        Rejected("not_found", 404, "no"),
        make_job(),
        api_is_up=True,
        max_attempts=8,
        draw=0.5,
    )

    assert settlement == ToDeadLetters("not_found", 404, "no")


def test_the_last_strike_is_a_dead_letter() -> None:
    """`maxAttempts` tries of a job that fails while the API is up."""
    last = decide(
        server_error(), make_job(strikes=7), api_is_up=True, max_attempts=8, draw=0.5
    )
    one_before = decide(
        server_error(), make_job(strikes=6), api_is_up=True, max_attempts=8, draw=0.5
    )

    assert last == ToDeadLetters("retries_exhausted", 503, "busy")
    assert isinstance(one_before, Nack)
    assert one_before.is_strike


@pytest.mark.parametrize("outcome", [no_answer(), throttled()], ids=["silence", "429"])
def test_silence_and_throttling_are_never_a_strike(outcome: Retryable) -> None:
    """They say nothing about the job; guarantee 4 forbids a dead letter."""
    settlement = decide(
        outcome, make_job(strikes=100), api_is_up=True, max_attempts=1, draw=0.5
    )

    assert isinstance(settlement, Nack)
    assert not settlement.is_strike


def test_a_5xx_while_the_api_is_down_is_no_strike() -> None:
    """An outage makes no dead letters."""
    settlement = decide(
        server_error(), make_job(strikes=100), api_is_up=False, max_attempts=1, draw=0.5
    )

    assert settlement == Nack(0.25, is_strike=False)


def test_the_wait_is_never_shorter_than_retry_after() -> None:
    """The backoff may make `Retry-After` longer, but not shorter."""
    settlement = decide(
        server_error(at_least_seconds=9),
        make_job(),
        api_is_up=True,
        max_attempts=8,
        draw=0,
    )

    assert settlement == Nack(9.0, is_strike=True)
