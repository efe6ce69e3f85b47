"""SIGINT, SIGTERM and SIGHUP: the first stops a run, the second exits at once."""

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
    """A signal asked the program to end while there is nothing to finish.

    Args:
        number: the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def raised_signals() -> Iterator[None]:
    """Raise `Interrupted` on SIGTERM and SIGHUP, as Python does on SIGINT.

    This ends every wait of the main thread, even in opening a named pipe that has
    no writer. Without it, the first process of a container ignores both signals.
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
    """Return the signals that stop a run; not SIGHUP if it is ignored (`nohup`)."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


class StopSignals:
    """Turns signals into a stop event, in a ``with`` block of the main thread.

    The second signal exits at once and leaves the leases unsettled. A crash does
    the same, so nothing is lost.

    Args:
        stop: the first signal sets it.
        on_second: called before the process exits at once. It interrupts the main
            thread anywhere, so it must not wait for a lock.
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
        # The main thread may hold the event's lock right now, because it waits on
        # the event most of the time. Setting it here could deadlock.
        try:
            _thread.start_new_thread(self._stop.set, ())
        except RuntimeError:  # the system allows no more threads
            self._on_second()
            os._exit(128 + number)
