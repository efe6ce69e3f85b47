"""The sending stage: leases jobs, sends them and settles the outcomes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from cio_pipeline.core.jobs import (
    NOT_IN_FILE,
    Halt,
    Job,
    JobOutcome,
    Outcomes,
    Rejected,
    Retryable,
    Settlement,
    Synced,
    ToDeadLetters,
)
from cio_pipeline.customerio.outcome import stop_run
from cio_pipeline.customerio.senders import Sender
from cio_pipeline.pipeline.first_answers import ENOUGH_USERS
from cio_pipeline.pipeline.parts import RunParts
from cio_pipeline.pipeline.retry import decide


@dataclass(frozen=True, slots=True)
class Consumer:
    """The work of each of the ``parallelism`` threads, which share one consumer.

    Args:
        run: the parts of the run.
        sender: makes the attempts.
    """

    run: RunParts
    sender: Sender

    def work(self) -> None:
        """Send jobs until all are settled or the run stops."""
        while (jobs := self.run.leases.lease()) or not self.run.leases.is_over:
            if not jobs:
                self._settle_held()
            elif not self._send_all(jobs):
                return

    def _send_all(self, jobs: list[Job]) -> bool:
        """Send the jobs of a lease; return False if the run stops first."""
        bodies = [jobs]
        while bodies:
            body = bodies.pop()
            if not self.run.throttle.wait_for_turn(self.run.stop, len(body)):
                self.run.leases.release(body)
                for unsent in bodies:
                    self.run.leases.release(unsent)
                return False
            bodies += self._attempt(body)
        return True

    def _attempt(self, jobs: list[Job]) -> list[list[Job]]:
        """Send jobs in one request and settle them.

        Returns:
            The lists of jobs to send instead: both halves, if the request was refused
            without saying which job is bad. The others must not become dead letters.
        """
        sent_at = self.run.clock.monotonic()
        self.run.counters.request_sent(is_retry=any(job.attempts for job in jobs))
        outcomes = self.sender.send(jobs)
        if isinstance(outcomes, Halt):
            self.run.leases.release(jobs)
            self.run.fail(stop_run(outcomes))
            return []
        if outcomes.is_answered:
            self.run.recorder.latencies.add(self.run.clock.monotonic() - sent_at)
        api_is_up = self._update_throttle(jobs[0], outcomes, sent_at)
        if isinstance(outcomes.of_all, Synced):
            self._ack(jobs)
            return []
        draw = self.run.clock.random()  # the same wait, so they share a request again
        settled = [
            (job, outcome, self._decide(job, outcome, draw, api_is_up=api_is_up))
            for job, outcome in zip(jobs, outcomes.of_jobs, strict=True)
        ]
        shared = outcomes.of_all
        if shared and len(jobs) > 1 and _has_dead_letter(settled):
            middle = len(jobs) // 2
            return [jobs[middle:], jobs[:middle]]
        if isinstance(shared, Rejected) and not self._is_final(jobs[0], shared):
            return []
        self.run.leases.settle([(job, settlement) for job, _, settlement in settled])
        for job, outcome, settlement in settled:
            self._record(job, outcome, settlement)
        if outcomes.is_accepted:
            self._settle_held()  # the address is right
        return []

    def _ack(self, jobs: list[Job]) -> None:
        """Settle jobs that were all accepted, the usual case, without a value each."""
        self.run.leases.ack(jobs)
        if self.run.log.is_enabled_for(logging.DEBUG):
            for job in jobs:
                self.run.log.debug("job_synced", **_facts(job))
        self._settle_held()  # the address is right

    def _is_final(self, job: Job, refused: Rejected) -> bool:
        """Return whether a refusal is final; if not, hold the job or stop the run."""
        verdict = self.run.throttle.refused(job.user_id, refused)
        if verdict == "held":
            settlement = self._decide(job, refused, 0.0, api_is_up=True)
            self.run.leases.hold(job, settlement)
        elif verdict == "wrong_address":
            self.run.leases.release([job])
            message = (
                f"nothing was accepted, and {ENOUGH_USERS} different users were"
                f" refused with HTTP {refused.http_status}"
            )
            self.run.fail(stop_run(Halt("wrong_address", message)))
        return verdict == "final"

    def _settle_held(self) -> None:
        held = self.run.leases.take_held()
        if held:
            self.run.leases.settle(held)
        for job, settlement in held:
            if isinstance(settlement, ToDeadLetters):
                self._record_dead_letter(job, settlement)

    def _update_throttle(self, first: Job, outcomes: Outcomes, sent_at: float) -> bool:
        """Report a result to all threads; return whether a failure may be a strike."""
        if isinstance(outcomes.of_all, Retryable):
            return self.run.throttle.failed(first.user_id, outcomes.of_all, sent_at)
        self.run.throttle.succeeded(first.user_id, sent_at)
        if outcomes.is_accepted:
            self.run.throttle.accepted()
        return True

    def _decide(
        self, job: Job, outcome: JobOutcome, draw: float, *, api_is_up: bool
    ) -> Settlement:
        return decide(
            outcome,
            job,
            api_is_up=api_is_up,
            max_attempts=self.run.config.max_attempts,
            draw=draw,
        )

    def _record(self, job: Job, outcome: JobOutcome, settlement: Settlement) -> None:
        if isinstance(settlement, ToDeadLetters):
            self._record_dead_letter(job, settlement)
        elif isinstance(outcome, Retryable):
            self.run.log.debug(
                "attempt_failed",
                **_facts(job),
                http_status=outcome.http_status,
                message=outcome.message,
            )
        else:
            self.run.log.debug("job_synced", **_facts(job))

    def _record_dead_letter(self, job: Job, settlement: ToDeadLetters) -> None:
        self.run.throttle.forget(job.user_id)
        self.run.counters.dead_lettered(settlement.reason)
        self.run.log.warning(
            "job_dead_lettered",
            **_facts(job),
            reason=settlement.reason,
            http_status=settlement.http_status,
            message=settlement.message,
        )


def _has_dead_letter(settled: Iterable[tuple[Job, JobOutcome, Settlement]]) -> bool:
    return any(isinstance(settlement, ToDeadLetters) for _, _, settlement in settled)


def _facts(job: Job) -> dict[str, str | int | None]:
    what = {} if job.code is None else {"operation": job.code}
    index = None if job.record_index == NOT_IN_FILE else job.record_index
    return {
        **what,
        "user_id": job.user_id,
        "record_index": index,
        "attempt": job.attempts + 1,
    }
