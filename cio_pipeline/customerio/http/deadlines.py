"""An end to every attempt, whatever the server does meanwhile."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
from typing import cast

from urllib3.connection import HTTPConnection
from urllib3.util.ssltransport import SSLTransport


class Deadlines:
    """When each thread's attempt must be over.

    Args:
        seconds: how long one attempt may take from the sending of its request.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._skipped_seconds = 0.0  # set by the thread that cuts
        self._running: dict[int, tuple[float, HTTPConnection]] = {}

    def begin(self, connection: HTTPConnection) -> None:
        """Note that this thread sends a request on a connection."""
        # One dictionary operation each: atomic under the interpreter lock.
        self._running[threading.get_ident()] = (
            self._now() + self._seconds,
            connection,
        )

    def done(self) -> bool:
        """Note that this thread's attempt is over; whether it was overdue."""
        deadline, _ = self._running.pop(threading.get_ident(), (math.inf, None))
        return self._now() > deadline

    def skip(self, seconds: float) -> None:
        """Leave out a time in which the process did not run."""
        self._skipped_seconds += seconds

    def busy(self) -> set[HTTPConnection]:
        """Give the connections that are in use."""
        return {connection for _, connection in list(self._running.values())}

    def cut_overdue(self) -> None:
        """End the waiting of every thread whose attempt has taken too long."""
        now = self._now()
        for thread, attempt in list(self._running.items()):
            deadline, connection = attempt
            if now > deadline:
                # Looked at once: its thread may be done with it at any moment.
                line = connection.sock
                if line is not None and self._running.get(thread) is attempt:
                    _shut_down(line)

    def _now(self) -> float:
        return time.monotonic() - self._skipped_seconds


def _shut_down(line: object) -> None:
    """End the waiting of a thread that reads or writes.

    A socket that is closed already, or ends in this moment, is left alone.
    """
    while isinstance(line, SSLTransport):  # TLS within TLS, to an HTTPS proxy
        line = line.socket
    with contextlib.suppress(OSError):
        # The plain method: ssl's own would pull its state away from under the
        # thread that is reading.
        socket.socket.shutdown(cast("socket.socket", line), socket.SHUT_RDWR)
