"""The window as a state machine, against a model of a few lines."""

from __future__ import annotations

from collections import defaultdict, deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cio_pipeline.core.jobs import Job, LeaseSize
from cio_pipeline.store.queue.window import Window
from tests.support.builders import make_job

SIZE = LeaseSize(3, 30, lambda job: job.id)


class WindowMachine(RuleBasedStateMachine):
    """Jobs come, go out, come back and finish in any order that can be."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Window(enough_ready=20, most_jobs=20, most_bytes=200, size=SIZE)
        self.waiting: dict[str, deque[int]] = defaultdict(deque)
        self.out: dict[int, Job] = {}
        self.due: dict[int, float] = {}
        self.now = 0.0
        self.last_id = 0

    @rule(users=st.lists(st.sampled_from("abcd"), max_size=6), size=st.integers(0, 60))
    def admit(self, users: list[str], size: int) -> None:
        """Admit jobs if there is room."""
        jobs = []
        for user in users[: self.window.room]:
            self.last_id += 1
            jobs.append(make_job(self.last_id, user, body=b"x" * size))
            self.waiting[user].append(self.last_id)
        self.window.admit(jobs)

    @rule()
    def take(self) -> None:
        """Jobs that go out are their users' oldest, alone, due, and fit together."""
        jobs = self.window.take(self.now)

        free = {
            line[0]
            for line in self.waiting.values()
            if line
            and line[0] not in self.out
            and self.due.get(line[0], 0.0) <= self.now
        }
        ids = [job.id for job in jobs]
        assert set(ids) <= free
        assert len(set(ids)) == len(ids) <= SIZE.most_jobs
        assert bool(ids) == bool(free)
        assert len(ids) <= 1 or sum(ids) <= SIZE.most_bytes
        for job in jobs:
            self.out[job.id] = job
            self.due.pop(job.id, None)

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        """After a job is done, its user's next one may go."""
        job = self.out.pop(data.draw(st.sampled_from(sorted(self.out))))
        self.window.finish([job])
        assert self.waiting[job.user_id].popleft() == job.id

    @precondition(lambda self: self.out)
    @rule(data=st.data(), wait=st.floats(0, 5))
    def put_back(self, data: st.DataObject, wait: float) -> None:
        """A job that backs off keeps its position."""
        job = self.out.pop(data.draw(st.sampled_from(sorted(self.out))))
        tried = job._replace(attempts=job.attempts + 1)
        self.window.put_back(tried, self.now + wait)
        self.due[job.id] = self.now + wait

    @rule(seconds=st.floats(0, 3))
    def pass_time(self, seconds: float) -> None:
        """Time goes on."""
        self.now += seconds

    @invariant()
    def counts_agree(self) -> None:
        """Nothing is forgotten, and nothing is held twice."""
        assert len(self.window) == sum(map(len, self.waiting.values()))
        assert self.window.out == len(self.out)
        assert self.window.next_due() == min(self.due.values(), default=None)
        heads = {line[0] for line in self.waiting.values() if line}
        assert self.window.ready_cost == sum(heads - set(self.out) - set(self.due))


TestWindow = WindowMachine.TestCase
TestWindow.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
