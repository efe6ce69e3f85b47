"""A web server with files, on 127.0.0.1, which can fail in the ways that servers do."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass
class FileServer:
    """Serves files, with or without ranges.

    Args:
        files: the content of each path.
        has_ranges: whether parts are returned.
        etag: a version for all files; None for no ETag.
        drops: how many of the next answers end after their first byte.
        redirects: where a path is now.
        status: what all requests are answered with; None for the files.
        password: the ``Authorization`` that is needed, or None.
        context: for HTTPS, or None.
        requests: the ``Range`` of each request, and its target.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    has_ranges: bool = True
    etag: str | None = "v1"
    drops: int = 0
    redirects: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    password: str | None = None
    context: Any = None
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def __enter__(self) -> Self:
        files = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                files.answer(self)

            def do_HEAD(self) -> None:
                files.answer(self)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if self.context is not None:
            self._server.socket = self.context.wrap_socket(
                self._server.socket, server_side=True
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, path: str) -> str:
        """Return the address of a file."""
        scheme = "http" if self.context is None else "https"
        host = "127.0.0.1" if self.context is None else "localhost"
        return f"{scheme}://{host}:{self._server.server_address[1]}{path}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        wanted = request.headers.get("Range")
        self.requests.append((request.path, wanted))
        path = request.path.partition("?")[0]
        if path in self.redirects:
            self._send(request, 302, b"", Location=self.redirects[path])
        elif self.password not in (None, request.headers.get("Authorization")):
            self._send(request, 401, b"")
        elif self.status is not None or path not in self.files:
            self._send(request, self.status or 404, b"a page about the error")
        elif wanted and self.has_ranges:
            self._send_range(request, self.files[path], wanted)
        else:
            self._send(request, 200, self.files[path], **self._version())

    def _send_range(
        self, request: BaseHTTPRequestHandler, content: bytes, wanted: str
    ) -> None:
        first, last = wanted.removeprefix("bytes=").split("-")
        part = content[int(first) : int(last) + 1]
        about = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
        if part:
            names = {"Content-Range": about, **self._version()}
            self._send(request, 206, part, **names)
        else:
            self._send(
                request, 416, b"", **{"Content-Range": f"bytes */{len(content)}"}
            )

    def _version(self) -> dict[str, str]:
        return {} if self.etag is None else {"ETag": f'"{self.etag}"'}

    def _send(
        self, request: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str
    ) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        is_first = request.headers.get("Range") == "bytes=0-0"
        if self.drops and body and not is_first:
            self.drops -= 1
            body = body[:1]
        if request.command != "HEAD":
            request.wfile.write(body)
