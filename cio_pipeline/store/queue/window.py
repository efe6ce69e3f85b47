"""The jobs in memory: who may be sent next, in what order.

Pure: no lock, no clock, no disk. A window holds the oldest pending jobs of the
queue. For each user it lets one job out at a time, the oldest; the others wait
behind it, however often it has to be repeated.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable

from cio_pipeline.core.identifiers import Identity, identity_of
from cio_pipeline.core.jobs import Job, LeaseSize


class Window:
    """The oldest pending jobs, one lane a user.

    Args:
        enough_ready: how many jobs that may go at once are worth holding.
        most_jobs: how many jobs are held at most, those that wait included.
        most_bytes: how many bytes of bodies are held at most; one job is always
            let in, whatever its size.
        cost: what a job takes of a request.
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
        # Users with a job that is ready, out or backing off; behind it stand
        # their later jobs. None, the common case, saves a deque a user.
        self._lanes: dict[Identity, deque[Job] | None] = {}
        self.out = 0
        self.ready_cost = 0

    def __len__(self) -> int:
        return self._jobs

    @property
    def room(self) -> int:
        """How many more jobs may come in."""
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
        """Let jobs in; they must come in queue order, after all before them."""
        for job in jobs:
            self._jobs += 1
            self._bytes += len(job.body)
            user = identity_of(job.user_id)
            if user not in self._lanes:
                self._lanes[user] = None
                self._make_ready(job)
                continue
            waiting = self._lanes[user]
            if waiting is None:
                waiting = self._lanes[user] = deque()
            waiting.append(job)

    def take(self, now: float) -> Job | None:
        """Let the next job out, or None while none may go."""
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
        """Say which job `take` would let out."""
        if self._backing_off and self._backing_off[0][0] <= now:
            return self._backing_off[0][2]
        return self._ready[0] if self._ready else None

    def finish(self, job: Job) -> None:
        """Forget a job that was out; its user's next one may go."""
        self.out -= 1
        self._jobs -= 1
        self._bytes -= len(job.body)
        user = identity_of(job.user_id)
        waiting = self._lanes[user]
        if waiting:
            self._make_ready(waiting.popleft())
        else:
            del self._lanes[user]

    def put_back(self, job: Job, not_before: float) -> None:
        """Take back a job that was out; its user waits until it may go again."""
        self.out -= 1
        heapq.heappush(self._backing_off, (not_before, job.id, job))

    def next_due(self) -> float | None:
        """When the first job that backs off may go; None if none does."""
        return self._backing_off[0][0] if self._backing_off else None

    def is_stuck(self, held: int) -> bool:
        """Whether nothing goes on before ``held`` jobs that are out come back."""
        return self.out == held and not self._ready and not self._backing_off

    def _make_ready(self, job: Job) -> None:
        self._ready.append(job)
        self.ready_cost += self._cost(job)

    @property
    def is_resting(self) -> bool:
        """Whether jobs are held, but all that could go are backing off."""
        return bool(self._backing_off) and not self._ready and self.out == 0


def window_for(parallelism: int, size: LeaseSize) -> Window:
    """Return a window: enough at hand for the next leases, bounded whatever comes.

    Args:
        parallelism: how many leases there are at once.
        size: how much each of them takes.
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
