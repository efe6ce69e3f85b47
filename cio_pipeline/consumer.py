"""The sending stage: one lease, one attempt, one settled outcome at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from cio_pipeline.model import (
    Halt,
    Job,
    NoReply,
    Outcome,
    Rejected,
    Reply,
    Retryable,
    Settlement,
    Synced,
    ToDeadLetters,
)
from cio_pipeline.policy import decide, judge
from cio_pipeline.store import Leases
from cio_pipeline.tally import Tally
from cio_pipeline.throttle import Throttle


class Sender(Protocol):
    """What a consumer needs of a client."""

    def upsert(self, job: Job) -> Reply | NoReply:
        """Make one attempt."""


class Consumer:
    """What each of the ``parallelism`` threads does.

    All of them share one consumer: it has no state of its own.

    Args:
        leases: where jobs come from and go back to.
        sender: makes the attempts.
        throttle: says when.
        tally: counts the requests.
        max_attempts: strikes that make a dead letter.
        on_halt: told once a thread learns that no request can succeed.
        clock: monotonic seconds.
        draw: a random number in [0, 1).
        log: the run's logger.
    """

    def __init__(
        self,
        *,
        leases: Leases,
        sender: Sender,
        throttle: Throttle,
        tally: Tally,
        max_attempts: int,
        on_halt: Callable[[Halt], None],
        clock: Callable[[], float],
        draw: Callable[[], float],
        log: FilteringBoundLogger,
    ) -> None:
        self._leases = leases
        self._sender = sender
        self._throttle = throttle
        self._tally = tally
        self._max_attempts = max_attempts
        self._on_halt = on_halt
        self._clock = clock
        self._draw = draw
        self._log = log

    def work(self, stop: Event) -> None:
        """Send jobs until all are settled, or until told to stop."""
        while (job := self._leases.lease()) is not None:
            if not self._throttle.wait_for_turn(stop):
                self._leases.release(job)
                return
            self._attempt(job)

    def _attempt(self, job: Job) -> None:
        sent_at = self._clock()
        self._tally.request_sent(is_retry=job.attempts > 0)
        outcome = judge(self._sender.upsert(job), datetime.now(UTC))
        if isinstance(outcome, Halt):
            self._leases.release(job)
            self._on_halt(outcome)
            return
        settlement = self._decide(outcome, job, sent_at)
        self._leases.settle(job, settlement)
        self._tell(job, outcome, settlement)

    def _decide(
        self, outcome: Synced | Retryable | Rejected, job: Job, sent_at: float
    ) -> Settlement:
        if isinstance(outcome, Retryable):
            api_is_up = self._throttle.failed(job.user_id, outcome, sent_at)
        else:
            self._throttle.succeeded(job.user_id, sent_at)
            api_is_up = True
        return decide(
            outcome,
            job,
            api_is_up=api_is_up,
            max_attempts=self._max_attempts,
            draw=self._draw(),
        )

    def _tell(self, job: Job, outcome: Outcome, settlement: Settlement) -> None:
        if isinstance(settlement, ToDeadLetters):
            self._throttle.forget(job.user_id)
            self._log.warning(
                "job_dead_lettered",
                **_facts(job),
                reason=settlement.reason,
                http_status=settlement.http_status,
                message=settlement.message,
            )
        elif isinstance(outcome, Retryable):
            self._log.debug(
                "attempt_failed",
                **_facts(job),
                http_status=outcome.http_status,
                message=outcome.message,
            )
        else:
            self._log.debug("job_synced", user_id=job.user_id, attempt=job.attempts + 1)


def _facts(job: Job) -> dict[str, str | int]:
    return {
        "user_id": job.user_id,
        "record_index": job.record_index,
        "attempt": job.attempts + 1,
    }
