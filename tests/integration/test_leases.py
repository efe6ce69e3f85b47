"""Leases over a real file: what waits for what."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from cio_pipeline.core.jobs import (
    ONE_JOB,
    Ack,
    Job,
    LeaseSize,
    Nack,
    NewJob,
    ToDeadLetters,
)
from cio_pipeline.store import Leases, LoadIdentity, Store, make_private_folder
from tests.support.builders import NOON, make_clock

FITS = 10  # jobs of one byte in a lease of ten
LONG_SECONDS = 20.0
# Of a dead letter: its reason, status and message; attempts, when, and which run.
REFUSED = ("rejected", 400, "no", 1, NOON.isoformat(), "r")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty queue."""
    make_private_folder(tmp_path / "state")
    with Store(tmp_path / "state") as opened:
        yield opened


class Filling:
    """A queue that is being filled while leases of several jobs are taken.

    Time stands still, so nothing is ever given up on.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        identity = LoadIdentity(source="d", fingerprint="f", mapping="m")
        self._load = store.begin_load(identity)
        self._loaded = 0
        self.leases = Leases(
            store.queue,
            parallelism=2,
            size=LeaseSize(FITS, FITS, lambda _: 1),
            run_id="r",
            clock=make_clock(),
        )

    def load(self, count: int) -> None:
        """Commit so many jobs of different users, and bring them into memory."""
        numbers = range(self._loaded, self._loaded + count)
        self._loaded += count
        jobs = [NewJob(str(number), b"{}", number) for number in numbers]
        self._store.enqueue(self._load, jobs, [], next_index=self._loaded)
        self.leases.jobs_came()
        self.leases.tend()

    def lease_in_thread(self) -> tuple[threading.Thread, list[Job]]:
        """Ask for a lease as a consumer would; it comes when it comes."""
        found: list[Job] = []
        thread = threading.Thread(target=lambda: found.extend(self.leases.lease()))
        thread.start()
        return thread, found


def test_the_first_lease_does_not_wait_to_be_full(store: Store) -> None:
    """Nothing is out, so nothing is gained by waiting."""
    filling = Filling(store)
    filling.load(3)

    assert len(filling.leases.lease()) == 3


def test_while_others_are_out_a_lease_waits_until_it_is_full(store: Store) -> None:
    """Few full bodies instead of many small ones: the API counts requests."""
    filling = Filling(store)
    filling.load(3)
    filling.leases.lease()
    filling.load(4)
    thread, found = filling.lease_in_thread()
    thread.join(0.05)
    was_waiting = thread.is_alive()

    filling.load(8)
    thread.join(LONG_SECONDS)

    assert was_waiting
    assert len(found) == FITS


def test_when_all_has_come_nobody_waits_for_more(store: Store) -> None:
    """The last body is as full as it gets."""
    filling = Filling(store)
    filling.load(3)
    filling.leases.lease()
    filling.load(4)
    thread, found = filling.lease_in_thread()

    filling.leases.all_loaded()
    filling.leases.tend()
    thread.join(LONG_SECONDS)

    assert len(found) == 4


def test_when_the_others_are_back_what_is_there_goes(store: Store) -> None:
    """A slow source must not hold back what came already."""
    filling = Filling(store)
    filling.load(3)
    first = filling.leases.lease()
    filling.load(4)
    thread, found = filling.lease_in_thread()

    filling.leases.settle([(job, Ack()) for job in first])
    thread.join(LONG_SECONDS)

    assert len(found) == 4


def test_a_load_that_ends_at_any_line_of_a_fetch_ends_the_run(store: Store) -> None:
    """Told between two lines of the committer's, it must not be forgotten."""
    step, has_more = 0, True
    while has_more:
        filling = Filling(store)
        filling.leases.jobs_came()
        with told_at(step, filling.leases.all_loaded) as told:
            filling.leases.tend()
        if not told:
            filling.leases.all_loaded()
        filling.leases.tend()

        thread, found = filling.lease_in_thread()
        thread.join(LONG_SECONDS)
        is_over = not thread.is_alive()
        filling.leases.close()

        assert is_over, f"told before line {step} of the fetch"
        assert found == []
        step, has_more = step + 1, bool(told)

    assert step > 5, "the lines were stepped through"


@contextmanager
def told_at(step: int, tell: Callable[[], None]) -> Iterator[list[int]]:
    """Tell something as another thread would, before one line of `_fetch`.

    Args:
        step: which of the lines that are run, from 0.
        tell: what is called.

    Yields:
        The line's number, once it was told.
    """
    lines = iter(range(step + 1))
    told: list[int] = []

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_name != "_fetch":
            return None
        if event == "line" and not told and next(lines, step) == step:
            told.append(frame.f_lineno)
            tell()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield told
    finally:
        sys.settrace(before)


def test_a_memory_full_of_users_who_back_off_is_known_to_rest(tmp_path: Path) -> None:
    """Else a run waits for a day, and says nothing, where one user was told to."""
    make_private_folder(tmp_path / "state")
    with Store(tmp_path / "state") as store:
        identity = LoadIdentity(source="d", fingerprint="f", mapping="m")
        load = store.begin_load(identity)
        jobs = [NewJob("one", b"{}", n) for n in range(10_001)]
        store.enqueue(
            load, [*jobs, NewJob("two", b"{}", 10_001)], [], next_index=10_002
        )
        leases = Leases(
            store.queue,
            parallelism=1,
            size=ONE_JOB,
            run_id="r",
            clock=make_clock(),
        )
        leases.tend()
        before = leases.resting_seconds()
        (job,) = leases.lease()

        leases.settle([(job, Nack(86_400.0, is_strike=False))])
        leases.tend()

    assert before == 0.0
    assert leases.resting_seconds() == 86_400.0


@pytest.mark.parametrize("is_loaded", [True, False], ids=["the end", "a full window"])
def test_what_is_held_is_settled_once_nothing_else_can_go(
    store: Store, *, is_loaded: bool
) -> None:
    """Else all consumers would wait for an answer that nobody is going to get.

    A window full of one user's jobs lets nobody else in; at the end nobody comes.
    """
    leases = Leases(
        store.queue,
        parallelism=2,
        size=ONE_JOB,
        run_id="r",
        clock=make_clock(),
    )
    identity = LoadIdentity(source="d", fingerprint="f", mapping="m")
    count = 3 if is_loaded else 10_100
    jobs = [NewJob("ada", b"{}", n) for n in range(count)]
    store.enqueue(store.begin_load(identity), jobs, [], next_index=count)
    leases.jobs_came()
    if is_loaded:
        leases.all_loaded()
    for _ in range(10):
        leases.tend()

    (first,) = leases.lease()
    leases.hold(first, Ack())

    assert leases.in_flight == 0
    assert leases.lease() == []
    assert not leases.is_over
    assert leases.take_held() == [(first, Ack())]
    leases.settle([(first, Ack())])
    (second,) = leases.lease()
    assert second.record_index == 1


def test_a_refused_job_is_settled_in_memory_and_written_at_the_commit(
    store: Store,
) -> None:
    """No consumer waits for the disk; the row names the file that the job came from."""
    for source in ("old.json", "new.json"):
        load = store.begin_load(
            LoadIdentity(source=source, fingerprint=source, mapping="m")
        )
        store.enqueue(load, [NewJob(source, b"{}", 4)], [], next_index=5)
    leases = Leases(
        store.queue, parallelism=2, size=ONE_JOB, run_id="r", clock=make_clock()
    )
    leases.tend()
    (job,) = leases.lease()
    refusal = (job, ToDeadLetters("rejected", 400, "no"))
    settling = threading.Thread(target=leases.settle, args=([refusal],))

    with store.queue.transaction(), store.queue.action_lock:
        settling.start()
        settling.join(LONG_SECONDS)
        was_settled = not settling.is_alive()
    settling.join()
    before = store.queue.read("SELECT * FROM dead_letters")
    leases.commit()

    assert was_settled
    assert before == []
    assert store.queue.read(
        "SELECT job_id, source, user_id, record_index, payload, reason, http_status,"
        " message, attempts, failed_at, run_id FROM dead_letters"
    ) == [(job.id, "old.json", "old.json", 4, b"{}", *REFUSED)]
