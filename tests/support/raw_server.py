"""Servers that misbehave below HTTP, where no server library would."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

Behaviour = Callable[[socket.socket, bytes], None]


class RawServer:
    """Reads requests on 127.0.0.1 and lets a function answer them as it likes.

    Args:
        behave: called with the connection and each request, headers and body.
        context: speaks TLS where given.
    """

    def __init__(
        self, behave: Behaviour, context: ssl.SSLContext | None = None
    ) -> None:
        self._behave = behave
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._threads: list[threading.Thread] = []
        self._is_closing = threading.Event()
        self.requests: list[bytes] = []
        scheme = "https" if context else "http"
        self.port = self._listener.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closing.set()
        # Closing a listener does not wake the thread that waits on it.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def wait_unless_closing(self, seconds: float) -> bool:
        """Wait; False when the test has ended."""
        return not self._is_closing.wait(seconds)

    def _start(self, work: Callable[..., None], *values: object) -> None:
        thread = threading.Thread(target=work, args=values, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._is_closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        with contextlib.suppress(OSError), connection:
            wrapped = (
                self._context.wrap_socket(connection, server_side=True)
                if self._context
                else connection
            )
            with wrapped:
                while request := _read_request(wrapped):
                    self.requests.append(request)
                    self._behave(wrapped, request)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body
