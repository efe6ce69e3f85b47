from __future__ import annotations

import signal
import threading

import pytest

from cio_pipeline.console.signals import StopSignals

PATIENCE_SECONDS = 10.0


@pytest.mark.timeout(PATIENCE_SECONDS)
def test_a_signal_amid_a_wait_does_not_wait_for_itself() -> None:
    """The main thread may hold the event's lock at the moment the signal comes."""
    stop = threading.Event()

    with StopSignals(stop) as signals:
        with stop._cond:  # type: ignore[attr-defined]  # noqa: SLF001  # what `wait` holds
            signal.raise_signal(signal.SIGTERM)

        assert stop.wait(PATIENCE_SECONDS)

    assert signals.received == signal.SIGTERM


def test_afterwards_signals_mean_what_they_did() -> None:
    """Outside the block Ctrl-C ends the program, as ever."""
    before = signal.getsignal(signal.SIGINT)

    with StopSignals(threading.Event()):
        pass

    assert signal.getsignal(signal.SIGINT) is before
