"""Runs the program and kills it, as by `kill -9`, at a named step.

    python kill_at.py MODULE:FUNCTION:EVENT OCCURRENCE ARGUMENT...

The events are `call` and `return`; `before_commit` and `after_commit`: of the
transaction that the function makes; and `during`: some milliseconds into a call,
which the occurrence says. The interpreter's profiling hook watches for the
function; the program has no hooks for it.

How to add a kill point:

1. Choose a function of the package. MODULE is its dotted module, FUNCTION its
   qualified name (`Class.method`): `cio_pipeline.store.store:Store.finish_load`.
2. Choose the event. For a commit, the function must itself contain the line
   `with ... transaction()`; a function that it calls is another point.
3. Add `("MODULE:FUNCTION:EVENT", OCCURRENCE)` to `POINTS` in steps.py; for a commit,
   add `("MODULE:FUNCTION", OCCURRENCE)` to `_TRANSACTIONS`, which makes both events.
   docs/guarantees.md has the number of points.
4. Run `pytest tests/crash/test_points.py -k FUNCTION`. A point that the run never
   reaches fails: the process must end by SIGKILL. So does one after a rename.
5. For one test alone, set `program.kill_at = ("MODULE:FUNCTION:EVENT", OCCURRENCE)`,
   and set it to None before the program runs again.
"""

from __future__ import annotations

import linecache
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


Look = Callable[[FrameType, str, Any], None]


def kill_now() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch_for_commit(module: str, function: str, event: str, occurrence: int) -> None:
    """Kill this process just before or after the COMMIT of a function's transaction.

    The COMMIT is a call of C's made by `JobQueue.transaction`, which a `with` in
    the function entered: two frames up, past the context manager.
    """
    seen = 0
    wanted = {"before_commit": "c_call", "after_commit": "c_return"}[event]
    ending = "/" + module.replace(".", "/") + ".py"
    lock = threading.Lock()

    def look(frame: FrameType, what: str, called: Any) -> None:
        nonlocal seen
        if what != wanted or called.__name__ != "execute":
            return
        if frame.f_code.co_qualname != "JobQueue.transaction":
            return
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        owner = frame.f_back and frame.f_back.f_back
        if "COMMIT" not in line or owner is None:
            return
        is_it = owner.f_code.co_qualname == function
        if is_it and owner.f_code.co_filename.endswith(ending):
            with lock:
                seen += 1
                if seen == occurrence:
                    kill_now()

    set_watch(look)


def watch_for_call(module: str, function: str, milliseconds: int) -> None:
    """Kill this process a given time after a function was called."""
    ending = "/" + module.replace(".", "/") + ".py"

    def look(frame: FrameType, what: str, _: Any) -> None:
        code = frame.f_code
        if what != "call" or code.co_qualname != function:
            return
        if code.co_filename.endswith(ending):
            threading.Timer(milliseconds / 1000, kill_now).start()

    set_watch(look)


def set_watch(look: Look) -> None:
    """Watch every thread."""
    threading.setprofile(look)
    sys.setprofile(look)


def watch_for(module: str, function: str, event: str, occurrence: int) -> None:
    """Kill this process at the given call of, or return from, a function."""
    seen = 0
    ending = "/" + module.replace(".", "/") + ".py"
    lock = threading.Lock()

    def look(frame: FrameType, what: str, _: Any) -> None:
        nonlocal seen
        code = frame.f_code
        if what != event or code.co_qualname != function:
            return
        if code.co_filename.endswith(ending):
            with lock:
                seen += 1
                if seen == occurrence:
                    kill_now()

    set_watch(look)


def main() -> int:
    """Set the trap, and run the program."""
    point, occurrence, *arguments = sys.argv[1:]
    module, function, event = point.split(":")
    if event.endswith("_commit"):
        watch_for_commit(module, function, event, int(occurrence))
    elif event == "during":
        watch_for_call(module, function, int(occurrence))
    else:
        watch_for(module, function, event, int(occurrence))
    from cio_pipeline.cli import main as run  # noqa: PLC0415  # after the trap

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
