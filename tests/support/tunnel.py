"""A proxy on 127.0.0.1 that answers as the hosts of Customer.io."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import trustme

HOSTS = (
    "track.customer.io",
    "track-eu.customer.io",
    "api.customer.io",
    "api-eu.customer.io",
)


class Tunnel:
    """Answers ``CONNECT``, then speaks TLS as the host that was asked for.

    Args:
        answer: makes the answer to a request: its host, request line in, bytes out.
    """

    def __init__(self, folder: Path, answer: Callable[[str, str], bytes]) -> None:
        authority = trustme.CA()
        self.bundle = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.bundle))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*HOSTS).configure_cert(self._context)
        self._answer = answer
        self.requests: list[tuple[str, str]] = []
        self.authorizations: set[str] = set()
        tunnel = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                tunnel._serve(self)  # one thing in two classes

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def environment(self) -> dict[str, str]:
        """What sends a process through it."""
        host, port = self._server.server_address[:2]
        return {
            "HTTPS_PROXY": f"http://{host!s}:{port}",
            "REQUESTS_CA_BUNDLE": str(self.bundle),
        }

    def _serve(self, handler: Any) -> None:
        host = _read_head(handler.rfile)[0].split()[1].partition(":")[0]
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with self._context.wrap_socket(handler.connection, server_side=True) as tls:
            file = tls.makefile("rb")
            while head := _read_head(file):
                length = next(
                    (line for line in head if line.lower().startswith("content-len")),
                    "x: 0",
                )
                file.read(int(length.partition(":")[2]))
                self.requests.append((host, head[0]))
                self.authorizations |= {
                    line.partition(": ")[2]
                    for line in head
                    if line.lower().startswith("authorization:")
                }
                tls.sendall(self._answer(host, head[0]))
            file.close()


def _read_head(file: Any) -> list[str]:
    lines = []
    while (line := file.readline().decode().strip()) != "":
        lines.append(line)
    return lines
