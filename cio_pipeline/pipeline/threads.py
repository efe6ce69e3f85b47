"""The threads of a run: started, named, joined."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from cio_pipeline.core.errors import StopRun
from cio_pipeline.machine import has_room_for_thread


@dataclass(slots=True)
class ThreadGroup:
    """Starts and joins threads, and reports their errors.

    The threads are daemons: one that is stuck in a system call cannot keep the process
    alive after its deadline. Each role is started once, by one thread; other threads
    may ask for it at the same time.

    Args:
        on_failure: called in the failing thread, with its error.
    """

    on_failure: Callable[[BaseException], None]
    _threads: dict[str, list[threading.Thread]] = field(
        default_factory=dict, init=False
    )

    def start(self, role: str, work: Callable[[], None], count: int = 1) -> None:
        """Start ``count`` threads that do the same work, named after their role.

        Raises:
            StopRun: the system does not allow as many.
        """
        threads = self._threads.setdefault(role, [])
        may_begin: Future[bool] = Future()  # no thread works before all are started
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
                    f"the system allowed only {number} of {count} threads. Lower"
                    " parallelism, or raise the limit of threads (ulimit -u, the"
                    " container's pids.max) or of memory (ulimit -v); the work is kept",
                    reason="too_many_threads",
                ) from error
            threads.append(thread)  # only now, because it could not be joined before
        may_begin.set_result(True)

    def is_done(self, role: str) -> bool:
        """Return whether every thread of a role has ended."""
        return not any(thread.is_alive() for thread in self._threads.get(role, ()))

    def join(self, role: str, seconds: float) -> bool:
        """Wait at most this long for a role's threads; return whether they ended."""
        deadline = time.monotonic() + seconds
        for thread in self._threads.get(role, ()):
            thread.join(max(0.0, deadline - time.monotonic()))
        return self.is_done(role)

    def _run(self, work: Callable[[], None], may_begin: Future[bool]) -> None:
        try:
            if may_begin.result():
                work()
        except Exception as error:  # noqa: BLE001  # a thread's top; the owner raises it
            self.on_failure(error)


def _start(thread: threading.Thread) -> None:
    if not has_room_for_thread():
        raise RuntimeError("no memory for one more thread")
    thread.start()
