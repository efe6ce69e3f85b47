"""The jobs in memory: which may be sent next, and in which order.

Pure: no lock, clock or disk. A window has the oldest pending jobs of the queue. Only
the oldest job of each user can be out; the others wait until it is settled, even if
it is repeated many times.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable

from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.jobs import Job, LeaseSize


class Window:
    """The oldest pending jobs, in one lane per user.

    Args:
        enough_ready: how many ready jobs are enough.
        most_jobs: the most jobs, including those that wait.
        most_bytes: the most bytes of bodies; one job of any size is always allowed.
        cost: returns a job's share of a request.
    """

    def __init__(
        self,
        *,
        enough_ready: int,
        most_jobs: int,
        most_bytes: int,
        cost: Callable[[Job], int],
    ) -> None:
        self._cost = cost
        self._enough_ready = enough_ready
        self._most_jobs = most_jobs
        self._most_bytes = most_bytes
        self._jobs = 0
        self._bytes = 0
        self._ready: deque[Job] = deque()
        self._backing_off: list[tuple[float, int, Job]] = []
        # Users with a job that is ready, out or backing off -> their later jobs.
        # None, the common case, saves a deque per user.
        self._lanes: dict[Identity, deque[Job] | None] = {}
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

    def admit(self, jobs: Iterable[Job]) -> None:
        """Add jobs, in queue order, after all earlier ones."""
        for job in jobs:
            self._jobs += 1
            self._bytes += len(job.body)
            user = job.identity
            if user not in self._lanes:
                self._lanes[user] = None
                self._make_ready(job)
                continue
            waiting = self._lanes[user]
            if waiting is None:
                waiting = self._lanes[user] = deque()
            waiting.append(job)

    def take(self, now: float) -> Job | None:
        """Take the next job out; None if none may be sent now."""
        job = self.peek(now)
        if job is None:
            return None
        self.out += 1
        if self._backing_off and self._backing_off[0][2] is job:
            heapq.heappop(self._backing_off)
        else:
            self._ready.popleft()
            self.ready_cost -= self._cost(job)
        return job

    def peek(self, now: float) -> Job | None:
        """Return the job that `take` would return."""
        if self._backing_off and self._backing_off[0][0] <= now:
            return self._backing_off[0][2]
        return self._ready[0] if self._ready else None

    def finish(self, job: Job) -> None:
        """Remove a job that was out; its user's next one becomes ready."""
        self.out -= 1
        self._jobs -= 1
        self._bytes -= len(job.body)
        user = job.identity
        waiting = self._lanes[user]
        if waiting:
            self._make_ready(waiting.popleft())
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

    def _make_ready(self, job: Job) -> None:
        self._ready.append(job)
        self.ready_cost += self._cost(job)

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
            cost=size.cost,
        )
    return Window(
        enough_ready=2 * size.most_jobs,
        most_jobs=100_000,
        most_bytes=64_000_000,
        cost=size.cost,
    )
