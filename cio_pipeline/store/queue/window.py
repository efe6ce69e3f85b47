"""The jobs in memory: which may be sent next, and in which order.

Pure: no lock, clock or disk. A window has the oldest pending jobs of the queue. Only
the oldest job of each user can be out; the others wait until it is settled, even if
it is repeated many times.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from typing import TypeAlias

from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.jobs import Job, LeaseSize

# A job, its user, and what it costs.
_Ready: TypeAlias = tuple[Job, Identity, int]


class Window:
    """The oldest pending jobs, in one lane per user.

    Args:
        enough_ready: how many ready jobs are enough.
        most_jobs: the most jobs, including those that wait.
        most_bytes: the most bytes of bodies; one job of any size is always allowed.
        size: how many jobs a lease has.
    """

    def __init__(
        self,
        *,
        enough_ready: int,
        most_jobs: int,
        most_bytes: int,
        size: LeaseSize,
    ) -> None:
        self._size = size
        self._enough_ready = enough_ready
        self._most_jobs = most_jobs
        self._most_bytes = most_bytes
        self._jobs = 0
        self._bytes = 0
        self._ready: deque[_Ready] = deque()
        self._backing_off: list[tuple[float, int, Job]] = []
        # Users with a job that is ready, out or backing off -> their later jobs.
        # None, the common case, saves a deque per user.
        self._lanes: dict[Identity, deque[Job] | None] = {}
        # The ids of jobs that are out or backing off -> their users.
        self._users: dict[int, Identity] = {}
        self.out = 0
        self.ready_cost = 0

    def __len__(self) -> int:
        return self._jobs

    @property
    def room(self) -> int:
        """How many more jobs can be admitted."""
        if self._bytes >= self._most_bytes:
            return 0
        return max(
            0,
            min(self._most_jobs - self._jobs, self._enough_ready - len(self._ready)),
        )

    @property
    def is_low(self) -> bool:
        """Whether it is time to fetch more."""
        return 2 * len(self._ready) < self._enough_ready and self.room > 0

    @property
    def ready_leases(self) -> int:
        """How many full leases could be taken now."""
        size = self._size
        by_bytes = self.ready_cost // size.most_bytes if size.most_bytes else 0
        return max(by_bytes, len(self._ready) // size.most_jobs)

    def admit(self, jobs: Sequence[Job]) -> None:
        """Add jobs, in queue order, after all earlier ones."""
        self._jobs += len(jobs)
        for job in jobs:
            self._bytes += len(job.body)
            user = job.identity
            if user not in self._lanes:
                self._lanes[user] = None
                self._make_ready(job, user)
                continue
            waiting = self._lanes[user]
            if waiting is None:
                waiting = self._lanes[user] = deque()
            waiting.append(job)

    def take(self, now: float) -> list[Job]:
        """Take out the next jobs for a lease; none if none may be sent now."""
        jobs: list[Job] = []
        room = self._size.most_bytes
        while len(jobs) < self._size.most_jobs:
            is_due = bool(self._backing_off) and self._backing_off[0][0] <= now
            if is_due:
                job = self._backing_off[0][2]
                cost = self._size.cost(job)
            elif self._ready:
                job, user, cost = self._ready[0]
            else:
                break
            room -= cost
            if jobs and room < 0:
                break
            if is_due:
                heapq.heappop(self._backing_off)
            else:
                self._ready.popleft()
                self.ready_cost -= cost
                self._users[job.id] = user
            jobs.append(job)
        self.out += len(jobs)
        return jobs

    def finish(self, jobs: Sequence[Job]) -> None:
        """Remove jobs that were out; their users' next ones become ready."""
        self.out -= len(jobs)
        self._jobs -= len(jobs)
        for job in jobs:
            self._bytes -= len(job.body)
            user = self._users.pop(job.id)
            waiting = self._lanes[user]
            if waiting:
                self._make_ready(waiting.popleft(), user)
            else:
                del self._lanes[user]

    def put_back(self, job: Job, not_before: float) -> None:
        """Take back a job that was out; its user waits until ``not_before``."""
        self.out -= 1
        heapq.heappush(self._backing_off, (not_before, job.id, job))

    def next_due(self) -> float | None:
        """Return when the first backoff ends; None if there is none."""
        return self._backing_off[0][0] if self._backing_off else None

    def is_stuck(self, held: int) -> bool:
        """Return whether only ``held`` jobs are out and no other can be sent."""
        return self.out == held and not self._ready and not self._backing_off

    def _make_ready(self, job: Job, user: Identity) -> None:
        cost = self._size.cost(job)
        self._ready.append((job, user, cost))
        self.ready_cost += cost

    @property
    def is_resting(self) -> bool:
        """Whether all jobs that could be sent are backing off."""
        return bool(self._backing_off) and not self._ready and self.out == 0


def window_for(parallelism: int, size: LeaseSize) -> Window:
    """Return a window with enough jobs for the next leases, and limited memory.

    Args:
        parallelism: how many leases there are at once.
        size: how many jobs each of them has.
    """
    if size.most_jobs == 1:
        return Window(
            enough_ready=max(1000, 4 * parallelism),
            most_jobs=10_000,
            most_bytes=16_000_000,
            size=size,
        )
    return Window(
        enough_ready=2 * size.most_jobs,
        most_jobs=20_000,
        most_bytes=24_000_000,
        size=size,
    )
