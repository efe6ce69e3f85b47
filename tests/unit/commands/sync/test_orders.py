"""The orders of a driver, on a pipe."""

from __future__ import annotations

import os
import queue
import signal
import threading

from cio_pipeline.commands.sync.orders import follow_orders


def test_orders_scale_the_rate_and_the_end_stops_the_process() -> None:
    """A shard ends with the worker that has started it."""
    reader, writer = os.pipe()
    factors: queue.Queue[float] = queue.Queue()
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        follow_orders(reader, factors.put)
        os.write(writer, b"2.5")
        os.write(writer, b"00000\n1.000000\n")
        assert factors.get(timeout=10) == 1.0
        os.write(writer, b"4.000000\n")
        assert factors.get(timeout=10) == 4.0
        os.close(writer)
        assert ended.wait(10)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_shard_that_hears_nothing_falls_back_to_its_share() -> None:
    """The driver may be gone, and others may have the rest."""
    reader, writer = os.pipe()
    factors: queue.Queue[float] = queue.Queue()
    os.write(writer, b"3.000000\n")

    follow_orders(reader, factors.put, 0.05)

    assert [factors.get(timeout=10) for _ in range(3)] == [3.0, 1.0, 1.0]
