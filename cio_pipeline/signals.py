"""SIGINT and SIGTERM: the first asks the run to stop, the second ends it at once."""

from __future__ import annotations

import _thread
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Turns signals into a stop, inside a ``with`` block of the main thread.

    Ending at once leaves every lease unsettled; that is what a crash does too,
    so nothing is lost.

    Args:
        stop: set by the first signal.
        on_second: called before the process ends at once, in the midst of whatever
            the main thread does: it must take no lock that may be held.
    """

    def __init__(
        self,
        stop: threading.Event,
        on_second: Callable[[], object] = lambda: None,
    ) -> None:
        self._stop = stop
        self._on_second = on_second
        self._previous: dict[int, Any] = {}
        self.received: int | None = None

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.received is not None:
            self._on_second()
            os._exit(128 + number)
        self.received = number
        # The main thread waits on the event most of the time, and may hold its
        # lock at this very moment: setting it here could wait for ourselves.
        try:
            _thread.start_new_thread(self._stop.set, ())
        except RuntimeError:  # the system allows no more threads
            self._on_second()
            os._exit(128 + number)
