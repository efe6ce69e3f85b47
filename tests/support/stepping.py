"""Doing something between two lines of a function, as another thread would."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# Long enough for what needs no lock that the function has.
_HEAD_START_SECONDS = 0.02
_LONG_SECONDS = 20.0


@contextmanager
def at_line(
    function: str, step: int, action: Callable[[], None]
) -> Iterator[list[int]]:
    """Have another thread act before one line of a function.

    Where it needs a lock that the function has there, it acts as soon as it can.

    Args:
        function: the function's name.
        step: which of the lines that are run, from 0.
        action: what is called.

    Yields:
        The line's number, once it was reached.
    """
    lines = iter(range(step + 1))
    reached: list[int] = []
    thread = threading.Thread(target=action)

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_name != function:
            return None
        if event == "line" and not reached and next(lines, step) == step:
            reached.append(frame.f_lineno)
            thread.start()
            thread.join(_HEAD_START_SECONDS)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield reached
    finally:
        sys.settrace(before)
        if reached:
            thread.join(_LONG_SECONDS)
