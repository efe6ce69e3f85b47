"""Leases on a real file: which jobs wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

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
from tests.support.stepping import at_line

FITS = 10  # jobs of one byte in a lease of ten
LONG_SECONDS = 20.0
# Columns of a dead letter: reason, status, message, attempts, time, run.
REFUSED = ("rejected", 400, "no", 1, NOON.isoformat(), "r")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty queue."""
    make_private_folder(tmp_path / "state")
    with Store(tmp_path / "state") as opened:
        yield opened


class Filling:
    """A queue that is being filled while leases of several jobs are taken.

    The clock does not advance, so no wait times out.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        identity = LoadIdentity(source="d", fingerprint="f", mapping="m")
        self._load = store.begin_loads([identity]).loads[0]
        self._loaded = 0
        self.leases = Leases(
            store.queue,
            parallelism=2,
            size=LeaseSize(FITS, FITS, lambda _: 1),
            run_id="r",
            clock=make_clock(),
        )

    def load(self, count: int) -> None:
        """Commit this many jobs of different users, and fetch them into memory."""
        numbers = range(self._loaded, self._loaded + count)
        self._loaded += count
        jobs = [NewJob(str(number), b"{}", number) for number in numbers]
        self.leases.jobs_came(
            self._store.enqueue(self._load, jobs, [], next_index=self._loaded)
        )

    def lease_in_thread(self) -> tuple[threading.Thread, list[Job]]:
        """Take a lease in another thread; return the thread and the list it fills."""
        found: list[Job] = []
        thread = threading.Thread(target=lambda: found.extend(self.leases.lease()))
        thread.start()
        return thread, found


def test_the_first_lease_does_not_wait_to_be_full(store: Store) -> None:
    """No job is in flight, so waiting gains nothing."""
    filling = Filling(store)
    filling.load(3)

    assert len(filling.leases.lease()) == 3


def test_while_jobs_are_in_flight_a_lease_waits_until_it_is_full(store: Store) -> None:
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


def test_after_the_load_a_lease_does_not_wait_to_be_full(store: Store) -> None:
    """No more jobs can come."""
    filling = Filling(store)
    filling.load(3)
    filling.leases.lease()
    filling.load(4)
    thread, found = filling.lease_in_thread()

    filling.leases.all_loaded()
    filling.leases.tend()
    thread.join(LONG_SECONDS)

    assert len(found) == 4


def test_when_no_job_is_in_flight_a_lease_need_not_be_full(store: Store) -> None:
    """A slow source must not delay the records that came already."""
    filling = Filling(store)
    filling.load(3)
    first = filling.leases.lease()
    filling.load(4)
    thread, found = filling.lease_in_thread()

    filling.leases.settle([(job, Ack()) for job in first])
    thread.join(LONG_SECONDS)

    assert len(found) == 4


def test_a_load_that_ends_at_any_line_of_a_fetch_ends_the_run(store: Store) -> None:
    """An end that is reported between two lines of the committer must not be missed."""
    step, has_more = 0, True
    while has_more:
        filling = Filling(store)
        filling.leases.jobs_came([])
        with at_line("_fetch", step, filling.leases.all_loaded) as called:
            filling.leases.tend()
        if not called:
            filling.leases.all_loaded()
        filling.leases.tend()

        thread, found = filling.lease_in_thread()
        thread.join(LONG_SECONDS)
        is_over = not thread.is_alive()
        filling.leases.close()

        assert is_over, f"it ended before line {step} of the fetch"
        assert found == []
        step, has_more = step + 1, bool(called)

    assert step > 5, "the lines were stepped through"


def test_a_full_window_that_backs_off_counts_as_resting(tmp_path: Path) -> None:
    """Otherwise one user's long `Retry-After` makes a run wait for a day in silence."""
    make_private_folder(tmp_path / "state")
    with Store(tmp_path / "state") as store:
        identity = LoadIdentity(source="d", fingerprint="f", mapping="m")
        load = store.begin_loads([identity]).loads[0]
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
def test_held_jobs_are_settled_when_nothing_else_can_be_sent(
    store: Store, *, is_loaded: bool
) -> None:
    """Otherwise all consumers would wait for an answer that never comes.

    The window is full of one user's jobs, or there are no other jobs.
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
    load = store.begin_loads([identity]).loads[0]
    leases.jobs_came(store.enqueue(load, jobs, [], next_index=count))
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
    """No consumer waits for the disk; the row names the file of the job."""
    for source in ("old.json", "new.json"):
        load = store.begin_loads(
            [LoadIdentity(source=source, fingerprint=source, mapping="m")]
        ).loads[0]
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
