"""Runs the program and kills it, as by `kill -9`, at a named step.

    python kill_at.py MODULE:FUNCTION:call|return OCCURRENCE ARGUMENT...

The interpreter's profiling hook watches for the function; the program itself
knows nothing of it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


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
                    os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(look)
    sys.setprofile(look)


def main() -> int:
    """Set the trap, and run the program."""
    point, occurrence, *arguments = sys.argv[1:]
    module, function, event = point.split(":")
    watch_for(module, function, event, int(occurrence))
    from cio_pipeline.cli import main as run  # noqa: PLC0415  # after the trap

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
