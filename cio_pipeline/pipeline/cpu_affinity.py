"""Keep all threads of a process on one CPU core.

Only one thread runs Python at a time, because they share the interpreter lock. On
several cores, each change of thread wakes another core. With 25 threads on two idle
cores, that doubled the CPU time and halved the speed
(docs/decisions/0005-one-core.md).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection
from pathlib import Path


def keep_to_one_core(index: int | None = None) -> None:
    """Keep this thread, and every thread it starts, on one core.

    Does nothing if the system does not allow it or there is no interpreter lock.

    Args:
        index: the number of this process among several, so that they use different
            cores; None to stay on the current core.
    """
    has_lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    if not has_lock or not hasattr(os, "sched_setaffinity"):
        return
    with contextlib.suppress(OSError):
        core = choose_core(
            os.sched_getaffinity(0), current=_current_core(), index=index
        )
        os.sched_setaffinity(0, {core})


def choose_core(
    allowed: Collection[int], *, current: int | None, index: int | None
) -> int:
    """Return the core to use.

    Args:
        allowed: the numbers of the allowed cores; at least one.
        current: the core that the process is on, or None if unknown.
        index: as in `keep_to_one_core`.
    """
    cores = sorted(allowed)
    if index is not None:
        return cores[index % len(cores)]
    return current if current in allowed and current is not None else cores[0]


def _current_core() -> int | None:
    """Read the core that this process ran on last (proc(5), field 39 of stat)."""
    try:
        fields = Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()
        return int(fields[36])
    except (OSError, ValueError, IndexError):
        return None
