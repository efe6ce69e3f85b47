"""The sending stage: one lease, its attempts, their settled outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Event

from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.jobs import (
    Halt,
    Job,
    JobOutcome,
    Outcomes,
    Rejected,
    Retryable,
    Settlement,
    ToDeadLetters,
)
from cio_pipeline.customerio.senders import Sender
from cio_pipeline.pipeline.counters import Tally
from cio_pipeline.pipeline.first_answers import ENOUGH_USERS
from cio_pipeline.pipeline.retry import decide
from cio_pipeline.pipeline.throttle import Throttle
from cio_pipeline.store import Leases


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
        clock: time and chance.
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
        clock: Clock,
        log: FilteringBoundLogger,
    ) -> None:
        self._leases = leases
        self._sender = sender
        self._throttle = throttle
        self._tally = tally
        self._max_attempts = max_attempts
        self._on_halt = on_halt
        self._clock = clock
        self._log = log

    def work(self, stop: Event) -> None:
        """Send jobs until all are settled, or until told to stop."""
        while (jobs := self._leases.lease()) or not self._leases.is_over:
            if not jobs:
                self._settle_held()
            elif not self._send_all(jobs, stop):
                return

    def _send_all(self, jobs: list[Job], stop: Event) -> bool:
        """Send a lease, in halves if need be; return False if told to stop first."""
        bodies = [jobs]
        while bodies:
            body = bodies.pop()
            if not self._throttle.wait_for_turn(stop):
                self._leases.release(body)
                for unsent in bodies:
                    self._leases.release(unsent)
                return False
            bodies += self._attempt(body)
        return True

    def _attempt(self, jobs: list[Job]) -> list[list[Job]]:
        """Send a body and settle its jobs.

        Returns:
            What to send next instead: both halves of a body that was refused as a
            whole, because one bad item must not make dead letters of the others.
        """
        sent_at = self._clock.monotonic()
        self._tally.request_sent(is_retry=any(job.attempts for job in jobs))
        outcomes = self._sender.send(jobs)
        if isinstance(outcomes, Halt):
            self._leases.release(jobs)
            self._on_halt(outcomes)
            return []
        api_is_up = self._tell_throttle(jobs[0], outcomes, sent_at)
        draw = self._clock.random()  # one wait for all: they come back as one body
        settled = [
            (job, outcome, self._decide(job, outcome, draw, api_is_up=api_is_up))
            for job, outcome in zip(jobs, outcomes.of_jobs, strict=True)
        ]
        whole = outcomes.of_all
        if whole and len(jobs) > 1 and _are_some_dead(settled):
            middle = len(jobs) // 2
            return [jobs[middle:], jobs[:middle]]
        if isinstance(whole, Rejected) and not self._is_final(jobs[0], whole):
            return []
        self._leases.settle([(job, settlement) for job, _, settlement in settled])
        for job, outcome, settlement in settled:
            self._tell(job, outcome, settlement)
        if outcomes.is_accepted:
            self._settle_held()  # the address is right
        return []

    def _is_final(self, job: Job, refused: Rejected) -> bool:
        """Whether a refusal is the user's own; if not, hold it or stop the run."""
        verdict = self._throttle.refused(job.user_id, refused)
        if verdict == "held":
            settlement = self._decide(job, refused, 0.0, api_is_up=True)
            self._leases.hold(job, settlement)
        elif verdict == "wrong_address":
            self._leases.release([job])
            self._on_halt(
                Halt(
                    "wrong_address",
                    f"nothing was accepted, and {ENOUGH_USERS} different users were"
                    f" refused with HTTP {refused.http_status}",
                )
            )
        return verdict == "final"

    def _settle_held(self) -> None:
        held = self._leases.take_held()
        if held:
            self._leases.settle(held)
        for job, settlement in held:
            if isinstance(settlement, ToDeadLetters):
                self._tell_dead_letter(job, settlement)

    def _tell_throttle(self, first: Job, outcomes: Outcomes, sent_at: float) -> bool:
        """Let everybody learn from it; whether a failure may be held against it."""
        if isinstance(outcomes.of_all, Retryable):
            return self._throttle.failed(first.user_id, outcomes.of_all, sent_at)
        self._throttle.succeeded(first.user_id, sent_at)
        if outcomes.is_accepted:
            self._throttle.accepted()
        return True

    def _decide(
        self, job: Job, outcome: JobOutcome, draw: float, *, api_is_up: bool
    ) -> Settlement:
        return decide(
            outcome,
            job,
            api_is_up=api_is_up,
            max_attempts=self._max_attempts,
            draw=draw,
        )

    def _tell(self, job: Job, outcome: JobOutcome, settlement: Settlement) -> None:
        if isinstance(settlement, ToDeadLetters):
            self._tell_dead_letter(job, settlement)
        elif isinstance(outcome, Retryable):
            self._log.debug(
                "attempt_failed",
                **_facts(job),
                http_status=outcome.http_status,
                message=outcome.message,
            )
        else:
            self._log.debug("job_synced", **_facts(job))

    def _tell_dead_letter(self, job: Job, settlement: ToDeadLetters) -> None:
        self._throttle.forget(job.user_id)
        self._tally.dead_lettered(settlement.reason)
        self._log.warning(
            "job_dead_lettered",
            **_facts(job),
            reason=settlement.reason,
            http_status=settlement.http_status,
            message=settlement.message,
        )


def _are_some_dead(settled: Iterable[tuple[Job, JobOutcome, Settlement]]) -> bool:
    return any(isinstance(settlement, ToDeadLetters) for _, _, settlement in settled)


def _facts(job: Job) -> dict[str, str | int]:
    return {
        "user_id": job.user_id,
        "record_index": job.record_index,
        "attempt": job.attempts + 1,
    }
