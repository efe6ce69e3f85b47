"""`status -serve`: the page of the current run, live, for browsers on this machine.

It only reads, listens on 127.0.0.1 only, and refuses requests for another host name:
otherwise a page of the web whose name was changed to 127.0.0.1 (DNS rebinding) could
read it. Changes reach the browsers as server-sent events (WHATWG HTML, 9.2).
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cio_pipeline.commands.status.feed import NOTHING, Feed
from cio_pipeline.commands.status.page import run_page, run_parts
from cio_pipeline.commands.status.reports import read_report
from cio_pipeline.console.output import print_note, write
from cio_pipeline.console.signals import StopSignals
from cio_pipeline.core.errors import UsageError

_UPDATE_SECONDS = 1.0
# A large state takes long to read. It may be read for this share of the time.
_READING_SHARE = 0.1
_KEEP_ALIVE_SECONDS = 10.0
_IDLE_SECONDS = 30.0
_END_SECONDS = 1.0
_HOST_NAMES = ("127.0.0.1", "localhost")
_HEADERS = {
    "Cache-Control": "no-store",
    # The rest of the policy is in the page; frames can only be forbidden here.
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def serve(arguments: argparse.Namespace, folder: Path) -> None:
    """Serve the page until a signal.

    Raises:
        UsageError: the port cannot be used.
        StateError: the state is damaged or of a newer version.
    """
    stop = threading.Event()
    feed = Feed()

    def page() -> str:
        now = datetime.now(UTC)
        report = read_report(folder, now, arguments.run)
        return "".join(run_page(report, now=now, is_live=True))

    page()  # a mistake in the command line ends it here
    with StopSignals(stop), _listen(arguments.port or 0, feed, page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        write([f"http://127.0.0.1:{server.server_port}/"])
        print_note("open this address in a browser on this machine; Ctrl-C ends it")
        while not stop.is_set():
            took = _update(feed, folder, arguments.run) if feed.viewers else 0.0
            stop.wait(max(_UPDATE_SECONDS, took / _READING_SHARE))
        feed.end()
        feed.wait_until_empty(_END_SECONDS)
        server.shutdown()


def _update(feed: Feed, folder: Path, run_id: str | None) -> float:
    """Publish the current state; return how many seconds that took."""
    began = time.monotonic()
    now = datetime.now(UTC)
    report = read_report(folder, now, run_id)
    run = report.run
    feed.publish(run.run_id if run else "", run_parts(report, now=now))
    return time.monotonic() - began


def _listen(port: int, feed: Feed, page: Callable[[], str]) -> _Server:
    try:
        return _Server(port, feed, page)
    except OSError as error:
        raise UsageError(
            f"port {port} on 127.0.0.1 cannot be used: {error.strerror}. Use another"
            " -port"
        ) from error


class _Server(ThreadingHTTPServer):
    """The server.

    Args:
        port: on 127.0.0.1; 0 for any free one.
        feed: what the viewers wait for.
        page: returns the page.
    """

    daemon_threads = True
    block_on_close = False  # a browser that does not read must not keep the process

    def __init__(self, port: int, feed: Feed, page: Callable[[], str]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.feed = feed
        self.page = page

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a browser that has left; that is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    """Answers one browser."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        """Answer with the page or with events."""
        if not is_from_here(self.headers.get_all("Host"), self.headers.get("Origin")):
            self._answer(HTTPStatus.FORBIDDEN, "this address is for this machine only")
        elif self.path == "/":
            self._answer(HTTPStatus.OK, self.server.page(), kind="html")
        elif self.path == "/events":
            self._send_events()
        else:
            self._answer(HTTPStatus.NOT_FOUND, "not found")

    def version_string(self) -> str:
        """Return the Server header."""
        return "cio-pipeline"

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _answer(self, status: HTTPStatus, text: str, *, kind: str = "plain") -> None:
        body = text.encode(errors="backslashreplace")
        self._begin(status, f"text/{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _begin(self, status: HTTPStatus, content_type: str) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)

    def _send_events(self) -> None:
        feed = self.server.feed
        if not feed.join():
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "too many viewers")
            return
        try:
            self._begin(HTTPStatus.OK, "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self._send_editions(feed)
        finally:
            feed.leave()

    def _send_editions(self, feed: Feed) -> None:
        seen = NOTHING
        while not feed.is_over:
            latest = feed.wait(seen, _KEEP_ALIVE_SECONDS)
            if latest.number > seen.number:
                parts = {"run": latest.run_id, "parts": latest.since(seen)}
                self._send_event("parts", json.dumps(parts))
                seen = latest
            else:  # so that a browser that has left is noticed
                self.wfile.write(b": nothing new\n\n")
        self._send_event("end", "")

    def _send_event(self, name: str, data: str) -> None:
        self.wfile.write(f"event: {name}\ndata: {data}\n\n".encode())


def is_from_here(hosts: list[str] | None, origin: str | None) -> bool:
    """Return whether a request is for this machine, and from a page of ours.

    The port may be any, because it can be forwarded (``ssh -L``).

    Args:
        hosts: all ``Host`` headers.
        origin: the ``Origin`` header, which a browser adds.
    """
    if hosts is None or len(hosts) != 1:
        return False
    try:
        name = urlsplit(f"//{hosts[0]}").hostname
    except ValueError:
        return False
    return name in _HOST_NAMES and origin in (None, f"http://{hosts[0]}")
