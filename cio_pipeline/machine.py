"""The system's clock, and its limits for one process: open files, threads, memory.

A limit is raised as far as needed and allowed. If that is not enough, the run stops
with an error that names the limit.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import random
import resource
import threading
import time
from datetime import UTC, datetime

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.errors import StopRun

# The queue, its log, the data file, the lock, the log file, name look-ups and so on:
# usually 15 files are open, sometimes a few more.
OWN_FILES = 24
# Enough for the deepest nesting that a parser allows, for every `ulimit -s`. With the
# usual 8 MB, 1000 threads would reserve 8 GB.
_STACK_BYTES = 2 * 1024 * 1024
_M_ARENA_MAX = -8  # of malloc.h
_ROOM_BYTES = 16 * 1024 * 1024  # more than a thread needs besides its stack
_TOO_MANY_OPEN = (errno.EMFILE, errno.ENFILE)  # for this process, for the machine

SYSTEM_CLOCK = Clock(
    monotonic=time.monotonic, utc_now=lambda: datetime.now(UTC), random=random.random
)


def prepare_threads() -> None:
    """Set the stack size of all threads that are started later, and share a heap.

    By default, glibc has a heap for each of up to 8 threads per core. Each would keep
    the memory of a batch's body.
    """
    with contextlib.suppress(ValueError):
        threading.stack_size(_STACK_BYTES)
    # Only glibc has `mallopt`, and not every Python has ctypes.
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes  # noqa: PLC0415  # most commands start no threads

        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def has_room_for_thread() -> bool:
    """Return whether there is memory for one more thread.

    A thread without memory for its first step ends silently, and
    `threading.Thread.start` then waits forever.
    """
    try:
        mmap.mmap(-1, _STACK_BYTES + _ROOM_BYTES).close()
    except OSError:
        return False
    return True


def allow_connections(count: int) -> None:
    """Allow this process enough open files for this many connections.

    Raises:
        StopRun: the system does not allow as many.
    """
    needed = count + OWN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _at_most(soft)
    if allowed >= needed:
        return
    wanted = min(needed, _at_most(hard))
    with contextlib.suppress(ValueError, OSError):  # macOS may allow less than `hard`
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        allowed = wanted
    if allowed < needed:
        possible = allowed - OWN_FILES
        advice = f"Set parallelism to {possible}, or raise" if possible > 0 else "Raise"
        raise StopRun(
            f"parallelism {count} needs {needed} open files, and the system allows this"
            f" process {allowed}. {advice} the limit (ulimit -n {needed}); the work is"
            " kept",
            reason="too_many_open_files",
        )


def allow_all_open_files() -> None:
    """Allow this process as many open files as the system permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # as above
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def limit_reached(error: BaseException) -> StopRun | None:
    """Return the error that ends the run if a limit of this machine is reached.

    Args:
        error: the error; its causes are checked too.

    Returns:
        The error for a person, or None for any other error.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError) or getattr(seen, "errno", 0) == errno.ENOMEM:
            return _out_of_memory()
        if isinstance(seen, OSError) and seen.errno in _TOO_MANY_OPEN:
            return StopRun(
                f"this machine allows no more connections ({seen.strerror}). Lower"
                " parallelism, or raise the limit of open files (ulimit -n); the work"
                " is kept",
                reason="too_many_open_files",
            )
        seen = seen.__cause__ or seen.__context__
    return None


def _out_of_memory() -> StopRun:
    return StopRun(
        "there is not enough memory. Lower parallelism, or allow this process more"
        " (ulimit -v, the container's limit); the work is kept",
        reason="out_of_memory",
    )


def _at_most(limit: int) -> int:
    return limit if limit != resource.RLIM_INFINITY else 1 << 62
