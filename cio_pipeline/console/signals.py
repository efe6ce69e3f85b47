"""SIGINT, SIGTERM and SIGHUP: the first stops a run, the second ends it at once."""

from __future__ import annotations

import _thread
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to end, while nothing has to be brought to an end.

    Args:
        number: the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def raised_signals() -> Iterator[None]:
    """Raise SIGTERM and SIGHUP as `Interrupted`, as Python does with SIGINT.

    Whatever the main thread waits for then ends, the opening of a named pipe that
    nobody writes into as well. Without it the first process of a container would
    ignore both signals.
    """
    previous = {
        number: signal.signal(number, _interrupt)
        for number in _stop_signals()
        if number != signal.SIGINT
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)


def _stop_signals() -> list[signal.Signals]:
    """Return the signals that stop: not SIGHUP where it was ignored (`nohup`)."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


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
        for number in _stop_signals():
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
