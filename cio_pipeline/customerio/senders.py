"""The two ways to send jobs: one per request, or many.

A sender makes one attempt for the jobs of one lease and returns the outcomes.
`SENDERS` has the sender for each value of ``api`` in the configuration. No other part
of a run depends on how jobs are written for Customer.io.

A job's operation decides what is sent: `SingleSender` chooses the request, and
`BatchSender` writes an item (`items`). Queue, leases, throttle and consumer do not
depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.jobs import ONE_JOB, Halt, Job, LeaseSize, Outcomes
from cio_pipeline.core.limits import BATCH_LIMIT_BYTES
from cio_pipeline.customerio.batch import judge_batch, make_body
from cio_pipeline.customerio.items import item_bytes, items_of
from cio_pipeline.customerio.outcome import judge
from cio_pipeline.customerio.reserved import in_v1_form
from cio_pipeline.customerio.track_api import TrackClient


class Sender(Protocol):
    """Sends the jobs of one lease as one request. Thread-safe.

    Args:
        lease_size: how many jobs a lease has.
    """

    lease_size: ClassVar[LeaseSize]

    def send(self, jobs: Sequence[Job]) -> Halt | Outcomes:
        """Make one attempt.

        Args:
            jobs: at least one job, of different users, within `lease_size`.

        Returns:
            An outcome for each job, or the halt that ends the run.
        """


@dataclass(frozen=True, slots=True)
class SingleSender:
    """Sends one person, event or object per request.

    Version 1 of the API takes what it can express. Its paths do not name the kind of
    an identifier, and it has no objects; these are sent to ``POST /api/v2/entity``,
    which takes one item of a batch.
    """

    client: TrackClient
    clock: Clock

    lease_size: ClassVar[LeaseSize] = ONE_JOB

    def send(self, jobs: Sequence[Job]) -> Halt | Outcomes:
        """Make one attempt for one job."""
        (job,) = jobs
        if job.operation.kind is not None:
            return self._send_item(job)
        if job.operation.action == "upsert":
            reply = self.client.upsert(in_v1_form(job))
        else:
            reply = self.client.act(job)
        outcome = judge(reply, self.clock.utc_now())
        return outcome if isinstance(outcome, Halt) else Outcomes([outcome], outcome)

    def _send_item(self, job: Job) -> Halt | Outcomes:
        items = items_of(job)
        if len(items) == 1:
            reply = self.client.send_entity(items[0], job.attempts)
        else:
            reply = self.client.send_batch(make_body([job]), job.attempts)
        return judge_batch(reply, 1, self.clock.utc_now())


@dataclass(frozen=True, slots=True)
class BatchSender:
    """Sends many people, events or objects per request: ``POST /api/v2/batch``."""

    client: TrackClient
    clock: Clock

    # The size limits a body; the count only limits the memory of a lease.
    lease_size: ClassVar[LeaseSize] = LeaseSize(5000, BATCH_LIMIT_BYTES, item_bytes)

    def send(self, jobs: Sequence[Job]) -> Halt | Outcomes:
        """Make one attempt for many jobs."""
        attempts = max(job.attempts for job in jobs)
        reply = self.client.send_batch(make_body(jobs), attempts)
        return judge_batch(reply, len(jobs), self.clock.utc_now())


SENDERS: Mapping[str, type[SingleSender | BatchSender]] = {
    "customers": SingleSender,
    "batch": BatchSender,
}
