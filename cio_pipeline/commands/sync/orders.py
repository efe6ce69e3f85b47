"""The orders that a driver sends to one of its shards, on standard input.

A line is the multiple of the shard's own rate that it may use for some seconds. The
end of the input means: stop. So a shard ends with the worker that has started it.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable
from functools import partial

# A shard that hears nothing for this time falls back to its own rate.
LEASE_SECONDS = 10.0


def follow_orders(
    descriptor: int,
    scale: Callable[[float], None],
    lease_seconds: float = LEASE_SECONDS,
) -> None:
    """Follow the orders in a thread of its own, until the process ends.

    Args:
        descriptor: an open file, from which they are read.
        scale: called with the multiple of the rate.
        lease_seconds: how long an order is valid.
    """
    work = partial(_follow, descriptor, scale, lease_seconds)
    threading.Thread(target=work, name="orders", daemon=True).start()


def _follow(
    descriptor: int, scale: Callable[[float], None], lease_seconds: float
) -> None:
    unread = b""
    while True:
        ready, _, _ = select.select([descriptor], [], [], lease_seconds)
        if not ready:
            scale(1.0)
            continue
        chunk = os.read(descriptor, 4096)
        if not chunk:
            os.kill(os.getpid(), signal.SIGTERM)
            return
        *lines, unread = (unread + chunk).split(b"\n")
        if lines:
            scale(float(lines[-1]))
