"""The queue on disk as a state machine, with crashes, against a small model.

A crash is a copy of the file and its log, opened by a new process without memory.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from itertools import groupby
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cio_pipeline.core.jobs import ONE_JOB, Ack, Job, Nack, NewJob, ToDeadLetters
from cio_pipeline.store import Leases, LoadIdentity, Selection, Store
from cio_pipeline.store.queue.deliveries import Deliveries
from tests.support.builders import make_clock

REFUSED = ToDeadLetters("rejected", 400, "no")


class StoreMachine(RuleBasedStateMachine):
    """Load, lease, ack, repeat, bury, requeue, discard and crash, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folders = tempfile.TemporaryDirectory()
        self.lives = 0
        # The model: what is committed, and what is settled but not committed yet.
        self.users: dict[int, str] = {}
        self.attempts: dict[int, int] = {}
        self.pending: set[int] = set()
        self.dead: set[int] = set()
        self.synced = 0
        self.bodies: dict[int, bytes] = {}
        # What each user was last sent; None once nothing is known any more.
        self.held: dict[str, bytes | None] = {}
        self.keeps_deliveries = False
        self.open(self.next_folder())

    def teardown(self) -> None:
        """Close and clear away."""
        self.store.close()
        self.folders.cleanup()

    def next_folder(self) -> Path:
        """Return the next process's folder."""
        self.lives += 1
        return Path(self.folders.name) / str(self.lives)

    def open(self, folder: Path) -> None:
        """Open the state as a new process would."""
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.store = Store(folder)
        self.store.queue.deliveries = Deliveries(merge_users=2, recent_users=2)
        self.begin_run()

    def begin_run(self) -> None:
        """Start leasing jobs."""
        self.now = 0.0
        self.leases = Leases(
            self.store.queue,
            parallelism=3,
            size=ONE_JOB,
            run_id="r",
            clock=make_clock(lambda: self.now),
        )
        self.leased: dict[int, Job] = {}
        self.due: dict[int, float] = {}
        self.tried: dict[int, int] = {}
        self.settled: list[tuple[int, bytes | None]] = []
        self.fetch()

    def fetch(self) -> None:
        """Fetch pending jobs into memory."""
        self.leases.jobs_came([])
        self.leases.tend()

    def next_jobs(self) -> set[int]:
        """Return the jobs that may be leased: a user's oldest, if in memory and due."""
        settled = {job_id for job_id, _ in self.settled}
        left = sorted(self.pending - settled, key=self._by_user)
        oldest = {next(ids) for _, ids in groupby(left, key=self.users.__getitem__)}
        return {
            job_id
            for job_id in oldest - self.leased.keys()
            if self.due.get(job_id, 0.0) <= self.now
        }

    def changed(self, users: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Return those that must be sent, given what was delivered."""
        waiting = {self.users[job_id] for job_id in self.pending}
        kept = []
        for user, body in users:
            if user in waiting or self.held.get(user) != body:
                kept.append((user, body))
                waiting.add(user)
        return kept

    def _by_user(self, job_id: int) -> tuple[str, int]:
        return self.users[job_id], job_id

    @rule(
        users=st.lists(
            st.tuples(st.sampled_from("abc"), st.sampled_from([b"1", b"2"])),
            min_size=1,
            max_size=5,
        ),
        is_end=st.booleans(),
        changed_only=st.booleans(),
    )
    def load(
        self, users: list[tuple[str, bytes]], *, is_end: bool, changed_only: bool
    ) -> None:
        """Load a chunk, perhaps without what was delivered last."""
        if changed_only:
            self.store.keep_deliveries()
            self.keeps_deliveries = True
        identity = LoadIdentity(source="data.json", fingerprint=None, mapping="m")
        load = self.store.begin_loads([identity]).loads[0]
        jobs = [NewJob(*each, place) for place, each in enumerate(users)]
        kept = self.changed(users) if changed_only else users
        enqueued = self.store.enqueue(
            load, jobs, [], next_index=len(jobs), changed_only=changed_only
        )
        first = max(self.users, default=0) + 1
        assert [job.id for job in enqueued] == [first + n for n in range(len(kept))]
        if is_end:
            self.store.finish_load(load, len(jobs))
        for job_id, (user, body) in enumerate(kept, start=first):
            self.users[job_id] = user
            self.bodies[job_id] = body
            self.pending.add(job_id)
        self.leases.jobs_came(enqueued)
        self.fetch()

    @precondition(lambda self: self.next_jobs())
    @rule()
    def lease(self) -> None:
        """A leased job is its user's oldest, and keeps its attempts."""
        (job,) = self.leases.lease()
        assert job.id in self.next_jobs()
        assert (job.user_id, job.body) == (self.users[job.id], self.bodies[job.id])
        known = self.tried.get(job.id, self.attempts.get(job.id, 0))
        assert job.attempts == known
        self.due.pop(job.id, None)
        self.leased[job.id] = job

    @precondition(lambda self: self.leased)
    @rule(data=st.data(), how=st.sampled_from(["ack", "bury", "repeat", "release"]))
    def settle(self, data: st.DataObject, how: str) -> None:
        """A leased job comes back."""
        job = self.leased.pop(data.draw(st.sampled_from(sorted(self.leased))))
        if how == "ack":
            self.leases.settle([(job, Ack())])
            self.settled.append((job.id, job.body))
        elif how == "bury":
            self.leases.settle([(job, REFUSED)])
            self.settled.append((job.id, None))
        elif how == "repeat":
            self.leases.settle([(job, Nack(2.0, is_strike=True))])
            self.tried[job.id] = job.attempts + 1
            self.due[job.id] = self.now + 2.0
        else:
            self.leases.release([job])

    @rule()
    def commit(self) -> None:
        """Settlements reach the disk."""
        self.leases.commit()
        self.attempts |= self.tried
        for job_id, body in self.settled:
            self.pending.remove(job_id)
            if body is None:
                self.dead.add(job_id)
            else:
                self.synced += 1
            if self.keeps_deliveries:
                self.held[self.users[job_id]] = body
        self.settled = []

    @precondition(lambda self: self.settled or self.tried)
    @rule()
    def fail_to_commit(self) -> None:
        """The disk refuses one commit: nothing of it happened, nothing is forgotten."""
        connection = self.store.queue._writer  # noqa: SLF001  # the disk's stand-in
        connection.set_progress_handler(lambda: 1, 1)
        with contextlib.suppress(sqlite3.OperationalError):
            self.leases.commit()
        connection.set_progress_handler(None, 0)

    @rule()
    def crash(self) -> None:
        """The process ends; what was not committed never happened."""
        folder = self.next_folder()
        shutil.copytree(self.folder, folder)
        self.store.close()
        self.open(folder)

    @rule(data=st.data(), what=st.sampled_from(["requeue", "discard"]))
    def fix(self, data: st.DataObject, what: str) -> None:
        """Between two runs a person moves dead letters, or drops them."""
        self.commit()
        reason = data.draw(st.sampled_from(["rejected", "not_found"]))
        selection = Selection(reason=reason)
        if what == "requeue":
            moved = self.store.requeue(selection).moved
        else:
            moved = self.store.discard(selection)
        chosen = self.dead if reason == "rejected" else set()
        assert moved == len(chosen)
        if what == "requeue":
            self.pending |= chosen
            for job_id in chosen:
                self.attempts.pop(job_id, None)
        self.dead -= chosen
        self.begin_run()

    @rule(seconds=st.floats(0, 3))
    def pass_time(self, seconds: float) -> None:
        """Time goes on."""
        self.now += seconds
        if seconds >= 0.05:  # the committer would commit a group that waited so long
            self.commit()

    @invariant()
    def the_books_balance(self) -> None:
        """The counters and the tables equal the model."""
        totals = self.store.totals()
        rows = self.store.queue.read("SELECT _id FROM ack_queue_jobs")
        dead = self.store.queue.read("SELECT job_id FROM dead_letters")
        assert {job_id for (job_id,) in rows} == self.pending
        assert sorted(job_id for (job_id,) in dead) == sorted(self.dead)
        assert totals == (len(self.pending), self.synced, len(self.dead))


TestStore = StoreMachine.TestCase
TestStore.settings = settings(
    max_examples=120,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
