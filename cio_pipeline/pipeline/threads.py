"""Threads with one owner, a name and an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from cio_pipeline.core.errors import StopRun
from cio_pipeline.machine import has_room_for_thread


class ThreadGroup:
    """Starts threads, joins them, and passes on the error any of them ends with.

    They are daemons, so that one stuck in a system call cannot hold the process
    back past its deadline; nevertheless each is joined. A role is started once, by
    one thread; others may ask for it meanwhile, so its threads are noted at once,
    before the first of them runs.

    Args:
        on_failure: called in the failing thread, with its error.
    """

    def __init__(self, on_failure: Callable[[BaseException], None]) -> None:
        self._on_failure = on_failure
        self._threads: dict[str, list[threading.Thread]] = {}

    def start(self, role: str, work: Callable[[], None], count: int = 1) -> None:
        """Start ``count`` threads that do the same work, named after it.

        Raises:
            StopRun: the system lets no more be started.
        """
        threads = self._threads.setdefault(role, [])
        may_begin: Future[bool] = Future()  # none does anything before all are there
        for number in range(count):
            thread = threading.Thread(
                target=self._run,
                args=(work, may_begin),
                name=f"{role}-{number}",
                daemon=True,
            )
            try:
                _start(thread)
            except (RuntimeError, MemoryError) as error:
                may_begin.set_result(False)
                raise StopRun(
                    f"the system let {number} of {count} threads be started, and no"
                    " more. Lower parallelism, or raise the limit of threads (ulimit"
                    " -u, the container's pids.max) or of memory (ulimit -v); the work"
                    " is kept",
                    reason="too_many_threads",
                ) from error
            threads.append(thread)  # only now: it could not be joined before
        may_begin.set_result(True)

    def is_done(self, role: str) -> bool:
        """Whether every thread of a role that was started has ended."""
        return not any(thread.is_alive() for thread in self._threads.get(role, ()))

    def join(self, role: str, seconds: float) -> bool:
        """Wait for a role's threads to end, for so long at most; whether they did."""
        deadline = time.monotonic() + seconds
        for thread in self._threads.get(role, ()):
            thread.join(max(0.0, deadline - time.monotonic()))
        return self.is_done(role)

    def _run(self, work: Callable[[], None], may_begin: Future[bool]) -> None:
        try:
            if may_begin.result():
                work()
        except Exception as error:  # noqa: BLE001  # a thread's top; the owner raises it
            self._on_failure(error)


def _start(thread: threading.Thread) -> None:
    if not has_room_for_thread():
        raise RuntimeError("no memory for one more thread")
    thread.start()
