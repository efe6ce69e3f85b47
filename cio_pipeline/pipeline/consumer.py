"""The sending stage: one lease, its attempts, their settled outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.jobs import (
    Halt,
    Job,
    NoReply,
    Rejected,
    Reply,
    Retryable,
    Settlement,
    Synced,
    ToDeadLetters,
)
from cio_pipeline.customerio.batch import (
    judge_batch,
    make_body,
)
from cio_pipeline.customerio.outcome import judge
from cio_pipeline.customerio.reserved import in_v1_form
from cio_pipeline.pipeline.counters import Tally
from cio_pipeline.pipeline.first_answers import ENOUGH_USERS
from cio_pipeline.pipeline.retry import decide
from cio_pipeline.pipeline.throttle import Throttle
from cio_pipeline.store import Leases

Judged = Synced | Retryable | Rejected


class Sender(Protocol):
    """What a consumer needs of a client."""

    def upsert(self, job: Job) -> Reply | NoReply:
        """Make one attempt for one job."""

    def send_batch(self, body: bytes, attempts: int) -> Reply | NoReply:
        """Make one attempt for many."""


class Consumer:
    """What each of the ``parallelism`` threads does.

    All of them share one consumer: it has no state of its own. A lease of one
    job is sent as one person, a lease of more as a batch.

    Args:
        leases: where jobs come from and go back to.
        sender: makes the attempts.
        throttle: says when.
        tally: counts the requests.
        is_batch: whether jobs are sent as batches.
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
        is_batch: bool,
        max_attempts: int,
        on_halt: Callable[[Halt], None],
        clock: Clock,
        log: FilteringBoundLogger,
    ) -> None:
        self._leases = leases
        self._sender = sender
        self._throttle = throttle
        self._tally = tally
        self._is_batch = is_batch
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
            What is to be sent next in its stead: both halves of a body that was
            refused whole, for one bad item must not condemn the others.
        """
        sent_at = self._clock.monotonic()
        self._tally.request_sent(is_retry=any(job.attempts for job in jobs))
        judged = self._send(jobs)
        if isinstance(judged, Halt):
            self._leases.release(jobs)
            self._on_halt(judged)
            return []
        api_is_up = self._tell_throttle(jobs[0], judged, sent_at)
        draw = self._clock.random()  # one wait for all: they come back as one body
        outcomes = judged if isinstance(judged, list) else [judged] * len(jobs)
        settled = [
            (job, outcome, self._decide(job, outcome, draw, api_is_up=api_is_up))
            for job, outcome in zip(jobs, outcomes, strict=True)
        ]
        if self._is_condemned_whole(judged, settled):
            middle = len(jobs) // 2
            return [jobs[middle:], jobs[:middle]]
        if isinstance(judged, Rejected) and not self._is_final(jobs[0], judged):
            return []
        self._leases.settle([(job, settlement) for job, _, settlement in settled])
        for job, outcome, settlement in settled:
            self._tell(job, outcome, settlement)
        if not isinstance(judged, Retryable | Rejected):
            self._settle_held()  # something was accepted, so the address is right
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

    def _send(self, jobs: list[Job]) -> Judged | Halt | list[Synced | Rejected]:
        if not self._is_batch:
            return judge(
                self._sender.upsert(in_v1_form(jobs[0])), self._clock.utc_now()
            )
        attempts = max(job.attempts for job in jobs)
        reply = self._sender.send_batch(make_body(jobs), attempts)
        return judge_batch(reply, len(jobs), self._clock.utc_now())

    def _tell_throttle(
        self, first: Job, judged: Judged | list[Synced | Rejected], sent_at: float
    ) -> bool:
        """Let everybody learn from it; whether a failure may be held against it."""
        if isinstance(judged, Retryable):
            return self._throttle.failed(first.user_id, judged, sent_at)
        self._throttle.succeeded(first.user_id, sent_at)
        if not isinstance(judged, Rejected):
            self._throttle.accepted()
        return True

    def _decide(
        self, job: Job, outcome: Judged, draw: float, *, api_is_up: bool
    ) -> Settlement:
        return decide(
            outcome,
            job,
            api_is_up=api_is_up,
            max_attempts=self._max_attempts,
            draw=draw,
        )

    @staticmethod
    def _is_condemned_whole(
        judged: object, settled: Sequence[tuple[Job, Judged, Settlement]]
    ) -> bool:
        return (
            len(settled) > 1
            and not isinstance(judged, list)
            and any(isinstance(s, ToDeadLetters) for _, _, s in settled)
        )

    def _tell(self, job: Job, outcome: Judged, settlement: Settlement) -> None:
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


def _facts(job: Job) -> dict[str, str | int]:
    return {
        "user_id": job.user_id,
        "record_index": job.record_index,
        "attempt": job.attempts + 1,
    }
