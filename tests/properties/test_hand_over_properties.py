"""Jobs come into memory from the loader and from the file: each once, in order."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cio_pipeline.core.jobs import Ack, Job, LeaseSize, NewJob
from cio_pipeline.store import Leases, LoadIdentity, Store
from tests.support.builders import make_clock
from tests.support.stepping import at_line

# A lease of two jobs makes a window of four: most chunks fit only in part.
SIZE = LeaseSize(2, 2, lambda _: 1)
_jobs = st.integers(0, 7)


class Loading:
    """A file that is loaded while its jobs are sent; each is another user's.

    Args:
        folder: an empty folder.
        earlier: jobs that an earlier run left in the queue.
    """

    def __init__(self, folder: Path, earlier: int) -> None:
        self.store = Store(folder)
        identity = LoadIdentity(source="d", fingerprint="f", mapping="m")
        self._load = self.store.begin_loads([identity]).loads[0]
        self.committed: list[int] = []
        self.sent: list[int] = []
        self._enqueue(earlier)
        self.leases = Leases(
            self.store.queue, parallelism=1, size=SIZE, run_id="r", clock=make_clock()
        )

    def load(self, count: int) -> None:
        """Commit a chunk and hand it over, as the loader does."""
        self.leases.jobs_came(self._enqueue(count))

    def fetch_while_loading(self, count: int, step: int) -> None:
        """Fetch as the committer does; a chunk comes between two of its lines."""
        self.leases.jobs_came([])
        with at_line("_fetch", step, lambda: self.load(count)):
            self.leases.tend()

    def send(self) -> None:
        """Send one request, where anything is in memory."""
        self.leases.jobs_came([])
        self.leases.tend()
        if self.leases.is_over or len(self.sent) == len(self.committed):
            return
        jobs = self.leases.lease()
        self.sent += [job.id for job in jobs]
        self.leases.settle([(job, Ack()) for job in jobs])

    def send_the_rest(self) -> None:
        """Send until all is sent."""
        self.leases.all_loaded()
        for _ in range(len(self.committed) + 1):
            self.send()

    def _enqueue(self, count: int) -> list[Job]:
        first = len(self.committed)
        jobs = [NewJob(str(n), b"{}", n) for n in range(first, first + count)]
        enqueued = self.store.enqueue(self._load, jobs, [], next_index=first + count)
        self.committed += [job.id for job in enqueued]
        return enqueued


@pytest.mark.timeout(60)
@settings(max_examples=60, deadline=None)
@given(
    earlier=_jobs,
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("load"), _jobs),
            st.tuples(st.just("fetch_while_loading"), _jobs, st.integers(0, 15)),
            st.tuples(st.just("send")),
        ),
        max_size=12,
    ),
)
def test_each_job_is_sent_once_and_in_order(
    earlier: int, steps: list[tuple[str, ...]]
) -> None:
    """A gap would lose a record until the next run; a twin would send it twice."""
    with tempfile.TemporaryDirectory() as folder:
        loading = Loading(Path(folder), earlier)
        with loading.store:
            for name, *arguments in steps:
                getattr(loading, name)(*arguments)
            loading.send_the_rest()

            assert loading.sent == loading.committed
            assert loading.leases.is_over
