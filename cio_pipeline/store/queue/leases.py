"""Leases of jobs, in memory. Settlements reach the disk in groups.

Consumers call `lease`, `settle` and `release`, which take a lock and do no I/O. One
committer thread calls `tend`, which commits the settlements in one transaction and
fetches the next jobs. A lease ends with its process: what was not committed is
pending again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import assert_never

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.jobs import Ack, Job, LeaseSize, Nack, Settlement, ToDeadLetters
from cio_pipeline.store.dead_letters.table import insert_dead_letters, letter_of
from cio_pipeline.store.queue.job_queue import JobQueue
from cio_pipeline.store.queue.window import window_for

# At most this many settlements wait for their commit; a consumer that would add
# another waits. So it limits how much a crash can send twice.
GROUP_JOBS = 500
GROUP_SECONDS = 0.05
_FETCH_JOBS = 2000
_LOOK_AGAIN_SECONDS = 0.5
# How long a lease that is not full waits for more jobs, while others are out.
_FILL_SECONDS = 0.5


@dataclass(slots=True)
class _Group:
    """Settlements for one commit."""

    acked: list[Job] = field(default_factory=list)
    retried: dict[int, Job] = field(default_factory=dict)
    dead: list[tuple[Job, ToDeadLetters]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.acked) + len(self.retried) + len(self.dead)

    def followed_by(self, later: _Group) -> _Group:
        """Return one group of this and of what was settled after it."""
        return _Group(
            self.acked + later.acked,
            self.retried | later.retried,
            self.dead + later.dead,
        )


class Leases:
    """The leased jobs and the next ones. Thread-safe.

    Args:
        queue: the queue of the jobs.
        parallelism: how many consumers there are.
        size: how many jobs a lease has.
        run_id: the run, for dead letters.
        clock: the time.
    """

    def __init__(
        self,
        queue: JobQueue,
        *,
        parallelism: int,
        size: LeaseSize,
        run_id: str,
        clock: Clock,
    ) -> None:
        self._queue = queue
        self._size = size
        self._clock = clock
        self._run_id = run_id
        # Guards the window, the group and their counts. Notified when a job may be
        # free, a group has been committed, or everything is over.
        self._changed = threading.Condition()
        self._window = window_for(parallelism, size)
        # Held during a commit, so that groups reach the disk in order: the committer
        # commits, and at the end the run does.
        self._one_commit = threading.Lock()
        self._group = _Group()
        self._committing = 0
        self._held: list[tuple[Job, Settlement]] = []
        self._is_closed = False
        self._is_exhausted = False
        # The loader's thread sets it without the lock: setting a flag is atomic.
        self._all_loaded = False
        self._may_have_more = True
        self._needs_tending = threading.Event()
        self._fetched_up_to = 0  # the newest job that has been in memory
        self._committed_at = clock.monotonic()  # only the committer uses it
        self.counts = Counts()  # what has been committed since the start

    # -- for consumers -----------------------------------------------------

    def lease(self) -> list[Job]:
        """Wait for jobs that may be sent now, and return the oldest ones.

        A user with a leased or backing-off job is skipped. So one user's records
        keep their order, and no lease has two jobs of one user.

        Returns:
            An empty list when everything is settled, after `close`, and when
            the held jobs must be settled first.
        """
        with self._changed:
            full_by = self._clock.monotonic() + _FILL_SECONDS
            while not (self.is_over or self._is_only_held_left()):
                now = self._clock.monotonic()
                if now < full_by and self._is_filling():
                    if self._may_have_more:
                        self._needs_tending.set()
                    self._changed.wait(full_by - now)
                    continue
                jobs = self._window.take(now)
                if jobs:
                    if self._may_have_more and self._window.is_low:
                        self._needs_tending.set()
                    return jobs
                due = self._window.next_due()
                wait = _LOOK_AGAIN_SECONDS if due is None else max(0.0, due - now)
                self._changed.wait(min(wait, _LOOK_AGAIN_SECONDS))
            self._changed.notify_all()
            return []

    def ack(self, jobs: Sequence[Job]) -> None:
        """Take back jobs that are all done: as `settle`, but faster."""
        with self._settling():
            self._group.acked += jobs
            self._forget(jobs)

    def settle(self, settled: Sequence[tuple[Job, Settlement]]) -> None:
        """Take back jobs after their attempt; they are committed later.

        Waits while a full group is not committed yet.
        """
        with self._settling():
            for job, settlement in settled:
                self._settle_one(job, settlement)

    @contextmanager
    def _settling(self) -> Iterator[None]:
        with self._changed:
            # After `close` only jobs in flight come back. They do not wait: a job
            # that was answered and not committed would be sent twice.
            while not self._is_closed and self._is_group_full():
                self._needs_tending.set()
                self._changed.wait(_LOOK_AGAIN_SECONDS)
            yield
            if self.is_over:
                self._changed.notify_all()
            else:
                # A user's next job may be free, or a backoff may end sooner.
                self._wake()

    def hold(self, job: Job, settlement: Settlement) -> None:
        """Keep a leased job and its settlement until `take_held`."""
        with self._changed:
            self._held.append((job, settlement))
            self._changed.notify_all()  # it may be all that is left

    def take_held(self) -> list[tuple[Job, Settlement]]:
        """Return the held jobs, to be settled now."""
        if not self._held:  # the usual case; a job held just now is taken later
            return []
        with self._changed:
            held, self._held = self._held, []
            return held

    @property
    def is_over(self) -> bool:
        """Whether everything is settled, or there are no more leases."""
        return self._is_closed or (self._is_exhausted and len(self._window) == 0)

    def release(self, jobs: Sequence[Job]) -> None:
        """Take back jobs that were not sent."""
        with self._changed:
            for job in jobs:
                self._window.put_back(job, self._clock.monotonic())
            self._changed.notify(len(jobs))

    # -- for the loader ----------------------------------------------------

    def jobs_came(self, jobs: Sequence[Job]) -> None:
        """Add jobs that were just committed to the window, as far as there is room.

        These are not read back from the file. The others are fetched later; so are all
        of them if older jobs have not been fetched yet.

        Args:
            jobs: all that one commit added to the queue, in order.
        """
        with self._changed:
            # Ids are consecutive: no job is between the newest in memory and these.
            if jobs and jobs[0].id == self._fetched_up_to + 1:
                taken = jobs[: self._window.room]
                self._admit(taken)
                if len(taken) == len(jobs):
                    return
            self._may_have_more = True
        self._needs_tending.set()

    def all_loaded(self) -> None:
        """Note that no more jobs will come."""
        self._all_loaded = True
        self._may_have_more = True
        self._needs_tending.set()

    # -- for the committer ----------------------------------------------------

    def tend(self) -> None:
        """Commit what was settled and fetch the next jobs, when it is time.

        Waits at most `GROUP_SECONDS`.

        Raises:
            StateUnwritable, StateError: the group was not committed; its jobs
                are still pending in the file.
        """
        self._needs_tending.wait(GROUP_SECONDS)
        self._needs_tending.clear()
        is_full = len(self._group) >= GROUP_JOBS
        if is_full or self._clock.monotonic() - self._committed_at >= GROUP_SECONDS:
            self.commit()
        self._fetch()

    def commit(self) -> None:
        """Commit all settlements so far: acks, attempts and dead letters.

        After a crash just before the commit, those jobs are sent again; just after
        it, none of them. A commit that fails is repeated with the next one: if later
        settlements reached the disk alone, the next run would send older records
        last.
        """
        with self._one_commit:
            self._committed_at = self._clock.monotonic()
            with self._changed:
                group, self._group = self._group, _Group()
                self._committing = len(group)
            if not len(group):
                return
            try:
                self._write(group)
            except BaseException:
                with self._changed:
                    self._group = group.followed_by(self._group)
                    self._committing = 0
                raise
            with self._changed:
                self._committing = 0
                self.counts += Counts(
                    synced=len(group.acked),
                    removed=sum(
                        job.operation.removes for job in group.acked if job.code
                    ),
                    dead_lettered=len(group.dead),
                )
                self._changed.notify_all()

    def _write(self, group: _Group) -> None:
        acked, dead = group.acked, [job for job, _ in group.dead]
        failed_at, run_id = self._clock.timestamp(), self._run_id
        letters = [
            letter_of(job, settlement, failed_at=failed_at, run_id=run_id)
            for job, settlement in group.dead
        ]
        with self._queue.transaction() as tx:
            self._queue.delete(tx, [job.id for job in acked + dead])
            self._queue.note_attempts(tx, group.retried.values())
            insert_dead_letters(tx, letters)
            tx.execute("UPDATE totals SET synced = synced + ?", (len(acked),))
            self._queue.deliveries.note_settled(tx, acked, dead)
            self._queue.sent_log.note_acked(tx, acked)

    # -- for the run -------------------------------------------------------

    def close(self) -> None:
        """Lease nothing more; every waiting `lease` returns."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @property
    def in_flight(self) -> int:
        """How many jobs are leased and not answered."""
        return self._window.out - len(self._held)

    def resting_seconds(self) -> float:
        """Return how long nothing can be sent because all jobs are backing off.

        That is all that are left, or all that fit in memory: the jobs of users that
        back off can fill it.
        """
        with self._changed:
            due = self._window.next_due()
            may_come = not self._is_exhausted and self._window.room > 0
            if due is None or not self._window.is_resting or may_come:
                return 0.0
            return max(0.0, due - self._clock.monotonic())

    def _is_group_full(self) -> bool:
        return len(self._group) + self._committing >= GROUP_JOBS

    def _is_only_held_left(self) -> bool:
        """Whether nothing more can be sent before the held jobs are settled."""
        may_come = not self._is_exhausted and self._window.room > 0
        held = len(self._held)
        return held > 0 and not may_come and self._window.is_stuck(held)

    def _settle_one(self, job: Job, settlement: Settlement) -> None:
        match settlement:
            case Ack():
                self._group.acked.append(job)
                self._forget([job])
            case Nack():
                tried = job._replace(
                    attempts=job.attempts + 1,
                    strikes=job.strikes + settlement.is_strike,
                )
                self._group.retried[job.id] = tried
                not_before = self._clock.monotonic() + settlement.wait_seconds
                self._window.put_back(tried, not_before)
            case ToDeadLetters():
                tried = job._replace(attempts=job.attempts + 1)
                self._group.dead.append((tried, settlement))
                self._forget([job])
            case _:
                assert_never(settlement)

    def _forget(self, jobs: Sequence[Job]) -> None:
        if self._group.retried:
            for job in jobs:
                self._group.retried.pop(job.id, None)
        self._window.finish(jobs)

    def _is_filling(self) -> bool:
        """Whether to wait for a fuller lease.

        As with small packets (RFC 896): a small lease may go while none is out; the
        next one waits until it is full, all jobs have come, or a reply is back.
        """
        window, size = self._window, self._size
        return (
            size.most_jobs > 1
            and window.out > 0
            and window.ready_cost < size.most_bytes
            and window.room > 0
            and not self._is_exhausted
        )

    def _fetch(self) -> None:
        """Fetch the next jobs while there is room for them.

        The loader may add jobs meanwhile, so each job is added once and in order.
        """
        while self._may_have_more and (room := min(self._window.room, _FETCH_JOBS)):
            # The order matters. A job that comes from here on sets `_may_have_more`
            # again; one that came before is found by the fetch below.
            self._may_have_more = False
            all_loaded = self._all_loaded
            jobs = self._queue.fetch(self._fetched_up_to, room)
            with self._changed:
                self._admit([job for job in jobs if job.id > self._fetched_up_to])
                if len(jobs) == room:
                    self._may_have_more = True
                elif all_loaded:
                    self._is_exhausted = True
                    self._changed.notify_all()

    def _admit(self, jobs: Sequence[Job]) -> None:
        if jobs:
            self._fetched_up_to = jobs[-1].id
            self._window.admit(jobs)
            self._wake()

    def _wake(self) -> None:
        """Wake a consumer for each lease that is ready, and one more.

        The others would only look and wait again.
        """
        self._changed.notify(1 + self._window.ready_leases)
