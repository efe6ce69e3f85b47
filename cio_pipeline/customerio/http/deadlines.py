"""Ends every attempt that takes too long."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import cast

from urllib3.connection import HTTPConnection
from urllib3.util.ssltransport import SSLTransport


@dataclass(slots=True)
class Deadlines:
    """The deadline of each thread's attempt.

    Args:
        seconds: how long one attempt may take after its request is sent.
    """

    seconds: float
    _skipped_seconds: float = field(default=0.0, init=False)  # set by one thread
    _running: dict[int, tuple[float, HTTPConnection]] = field(
        default_factory=dict, init=False
    )

    def begin(self, connection: HTTPConnection) -> None:
        """Note that this thread sends a request on a connection."""
        # One dictionary operation each: atomic under the interpreter lock.
        deadline = self._now() + self.seconds
        self._running[threading.get_ident()] = (deadline, connection)

    def done(self) -> bool:
        """Note that this thread's attempt is over; return whether it was overdue."""
        deadline, _ = self._running.pop(threading.get_ident(), (math.inf, None))
        return self._now() > deadline

    def skip(self, seconds: float) -> None:
        """Do not count seconds in which the process did not run."""
        self._skipped_seconds += seconds

    def busy(self) -> set[HTTPConnection]:
        """Return the connections that are in use."""
        return {connection for _, connection in list(self._running.values())}

    def cut_overdue(self) -> None:
        """End every attempt that has taken too long."""
        now = self._now()
        for thread, attempt in list(self._running.items()):
            deadline, connection = attempt
            if now > deadline:
                # Read once, because its thread may finish at any time.
                sock = connection.sock
                if sock is not None and self._running.get(thread) is attempt:
                    _shut_down(sock)

    def _now(self) -> float:
        return time.monotonic() - self._skipped_seconds


def _shut_down(sock: object) -> None:
    """End the wait of a thread that reads or writes; ignore a closed socket."""
    while isinstance(sock, SSLTransport):  # TLS within TLS, to an HTTPS proxy
        sock = sock.socket
    with contextlib.suppress(OSError):
        # The plain method: ssl's own would change state that the reading thread uses.
        socket.socket.shutdown(cast("socket.socket", sock), socket.SHUT_RDWR)
