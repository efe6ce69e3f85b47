"""One core for all threads of a process that share an interpreter lock.

Only one of them runs Python at a time anyhow. Where they are spread over cores,
each hand-over of the lock wakes another core, which costs more than what it is
handed over for: twice the CPU and half the speed with 25 threads on two idle cores
(docs/decisions/0005-one-core.md).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection
from pathlib import Path


def keep_to_one_core(place: int | None = None) -> None:
    """Put this thread, and all that it will start, on one of its cores.

    Does nothing where that cannot be done, or where there is no such lock.

    Args:
        place: which of several processes this is, so that they take different
            cores; None to stay where the kernel has put it.
    """
    has_lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    if not has_lock or not hasattr(os, "sched_setaffinity"):
        return
    with contextlib.suppress(OSError):
        core = choose_core(
            os.sched_getaffinity(0), current=_current_core(), place=place
        )
        os.sched_setaffinity(0, {core})


def choose_core(
    allowed: Collection[int], *, current: int | None, place: int | None
) -> int:
    """Choose a core among those that may be used.

    Args:
        allowed: their numbers, one at least.
        current: the one that the process is on, if it is known.
        place: as in `keep_to_one_core`.
    """
    cores = sorted(allowed)
    if place is not None:
        return cores[place % len(cores)]
    return current if current in allowed and current is not None else cores[0]


def _current_core() -> int | None:
    """Read on which core this process ran last (proc(5), field 39 of stat)."""
    try:
        fields = Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()
        return int(fields[36])
    except (OSError, ValueError, IndexError):
        return None
