"""Connections: opened through requests and urllib3, kept by the thread that sends.

requests knows how to read proxies and CA bundles from the environment, and
builds the urllib3 pool that fits them; urllib3 connects, tunnels and checks
certificates. What then happens a million times is `exchange`'s.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.util.proxy import connection_requires_http_tunnel
from urllib3.util.ssl_match_hostname import CertificateError

from cio_pipeline.core.errors import StopRun
from cio_pipeline.core.jobs import NoReply, Reply
from cio_pipeline.customerio.http.deadlines import Deadlines
from cio_pipeline.customerio.http.exchange import (
    BrokenAnswer,
    Unanswered,
    exchange,
    header_lines,
    make_request,
)
from cio_pipeline.customerio.http.failures import explain, proxy_password_wanted
from cio_pipeline.machine import limit_reached

# A connection that rested this long may have been closed by the server: look
# before it is used. Between requests that follow at once the look is left out.
_RESTED_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server to send to.

    Args:
        url: its base address.
        pool: what makes its connections.
        target_prefix: what stands before a path in the request line: the base
            address's path, or all of the address where a plain proxy wants it.
        head: the header lines that every request to it has.
        is_tunnelled: whether a proxy has to be asked for a tunnel first.
    """

    url: str
    pool: HTTPConnectionPool
    target_prefix: str
    head: bytes
    is_tunnelled: bool


class _Lines(threading.local):
    """One thread's open connections, by the server's address."""

    def __init__(self) -> None:
        self.connections: dict[str, HTTPConnection] = {}
        self.used_at = 0.0


class Transport:
    """Connections to one or more servers, kept alive. Thread-safe.

    Args:
        connect_timeout_seconds: time to connect.
        read_timeout_seconds: time between two pieces of an answer.
    """

    def __init__(
        self, *, connect_timeout_seconds: float, read_timeout_seconds: float
    ) -> None:
        self._limits = (connect_timeout_seconds, read_timeout_seconds)
        self._deadlines = Deadlines(connect_timeout_seconds + read_timeout_seconds)
        self._adapter = HTTPAdapter()
        self._session = requests.Session()
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)
        self._endpoints: dict[str, Endpoint] = {}
        self._open: set[HTTPConnection] = set()
        self._lock = threading.Lock()  # guards _endpoints and _open
        self._lines = _Lines()
        self._is_closed = False

    def _verification(self, url: str) -> tuple[bool | str, Mapping[str, str]]:
        """The CA bundle and the proxies that the environment asks for.

        requests heeds ``REQUESTS_CA_BUNDLE``; ``SSL_CERT_FILE``, which OpenSSL's
        own users set, is heeded after it. Certificates are always checked.

        Raises:
            StopRun: the environment names a CA bundle that is not there.
        """
        settings = self._session.merge_environment_settings(url, {}, None, None, None)
        verify = settings["verify"]
        if not isinstance(verify, str):
            verify = os.environ.get("SSL_CERT_FILE") or True
        if isinstance(verify, str) and not Path(verify).exists():
            raise StopRun(
                f"there is no CA bundle {verify}, which the environment names"
                " (REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE). The work is"
                " kept",
                reason="ca_bundle_missing",
            )
        return verify, settings["proxies"]

    def endpoint(self, url: str) -> Endpoint:
        """Get to know a base address, as the environment says to reach it.

        Raises:
            StopRun: the environment names a proxy or a CA bundle that is none.
        """
        with self._lock:
            if url not in self._endpoints:
                try:
                    self._endpoints[url] = self._find(url)
                except (requests.RequestException, HTTPError) as error:
                    # Not its words: they may hold the proxy's password.
                    raise StopRun(
                        "the proxy that the environment names (HTTPS_PROXY and the"
                        " like) cannot be used: its address is none, or is SOCKS,"
                        " which needs the package PySocks. The work is kept",
                        reason="proxy_unusable",
                    ) from error
            return self._endpoints[url]

    def send(
        self, endpoint: Endpoint, method: str, path: str, body: bytes, head: bytes
    ) -> Reply | NoReply:
        """Make one attempt.

        A connection that was used before may have been closed by the server in
        this moment, as it may be at any time. Where not a byte of an answer has
        come from it, the request is repeated at once on a new one, and only then
        (RFC 9112, 9.3.1: it is idempotent); that is the same attempt, and at most
        one of the two is answered.

        Args:
            endpoint: where to.
            method: the HTTP method.
            path: percent-encoded, beginning with a slash; sent as it is.
            body: the request's body.
            head: the header lines beside the endpoint's own and the length's.
        """
        target = endpoint.target_prefix + path
        request = make_request(method, target, endpoint.head + head, body)
        kept = self._kept(endpoint)
        if kept is not None:
            with contextlib.suppress(Unanswered):
                return self._attempt(endpoint, request, kept)
        return self._attempt(endpoint, request)

    def _attempt(
        self,
        endpoint: Endpoint,
        request: bytes,
        kept: HTTPConnection | None = None,
    ) -> Reply | NoReply:
        """Send a request on a connection kept from the last one, or on a new one.

        Raises:
            Unanswered: a kept one turned out to have been closed.
            StopRun: this machine allows no more connections, or the proxy wants a
                password.
        """
        try:
            connection = kept or self._connect(endpoint)
            self._begin(connection)
            reply, is_reusable = exchange(connection.sock, request)
        except (BrokenAnswer, HTTPError, CertificateError, OSError) as error:
            was_overdue = self._deadlines.done()
            dropped = self._drop(endpoint)
            stop = limit_reached(error) or proxy_password_wanted(error)
            if stop is not None:
                raise stop from error
            if kept and isinstance(error, Unanswered) and not was_overdue:
                raise
            return explain(error, dropped)
        finally:
            self._deadlines.done()
        if not is_reusable:
            self._drop(endpoint)
        stop = proxy_password_wanted(reply)
        if stop is not None:
            raise stop
        return reply

    def _begin(self, connection: HTTPConnection) -> None:
        # In this order: `close` then sees that it is in use, or is seen here.
        self._deadlines.begin(connection)
        if self._is_closed:
            raise BrokenAnswer("the run has ended")

    def skip(self, seconds: float) -> None:
        """Leave a time in which the process did not run out of every deadline."""
        self._deadlines.skip(seconds)

    def cut_overdue(self) -> None:
        """End attempts that have taken longer than any honest one could.

        Time-outs bound the wait for the next byte; a server that sends a byte
        now and then would be waited for without end.
        """
        self._deadlines.cut_overdue()

    def close(self) -> None:
        """Close every connection that is not in use.

        One in use stays: its number could become another file's while its
        thread still writes to it.
        """
        self._is_closed = True
        busy = self._deadlines.busy()
        with self._lock:
            for connection in self._open - busy:
                connection.close()
            self._open &= busy
        self._session.close()

    def _find(self, url: str) -> Endpoint:
        request = requests.Request("GET", url).prepare()
        verify, proxies = self._verification(url)
        pool = cast(
            "HTTPConnectionPool",
            self._adapter.get_connection_with_tls_context(
                request, verify, proxies=dict(proxies)
            ),
        )
        parts = urlsplit(url)
        # A SOCKS proxy has none of it: what goes through is as without it.
        is_proxied = pool.proxy is not None
        is_tunnelled = is_proxied and connection_requires_http_tunnel(
            pool.proxy, pool.proxy_config, parts.scheme
        )
        headers = {"Host": _host_in(parts)}
        prefix = parts.path.rstrip("/")
        if is_proxied and not is_tunnelled:
            headers |= pool.proxy_headers
            prefix = url.rstrip("/")
        return Endpoint(url, pool, prefix, header_lines(headers), is_tunnelled)

    def _kept(self, endpoint: Endpoint) -> HTTPConnection | None:
        """Give the connection that this thread has to a server, if it is open."""
        lines, now = self._lines, time.monotonic()
        connection = lines.connections.get(endpoint.url)
        has_rested = now - lines.used_at > _RESTED_SECONDS
        lines.used_at = now
        if connection is not None and has_rested and not connection.is_connected:
            self._drop(endpoint)
            return None
        return connection

    def _connect(self, endpoint: Endpoint) -> HTTPConnection:
        """Open a connection to a server, for this thread.

        Raises:
            HTTPError, CertificateError, OSError: it could not be opened.
        """
        pool = endpoint.pool
        # What urllib3's urlopen does before its first request. It offers no
        # public way to get a connection that is tunnelled and checked.
        connection = cast("HTTPConnection", pool._new_conn())  # noqa: SLF001  # as just said
        self._lines.connections[endpoint.url] = connection
        with self._lock:
            self._open.add(connection)
        connect_seconds, read_seconds = self._limits
        connection.timeout = connect_seconds
        if endpoint.is_tunnelled:
            pool._prepare_proxy(connection)  # noqa: SLF001  # as above
        pool._validate_conn(connection)  # noqa: SLF001  # as above
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(read_seconds)
        return connection

    def _drop(self, endpoint: Endpoint) -> HTTPConnection | None:
        connection = self._lines.connections.pop(endpoint.url, None)
        if connection is not None:
            with self._lock:
                self._open.discard(connection)
            connection.close()
        return connection


def _host_in(parts: SplitResult) -> str:
    """Write the ``Host`` header: a port that goes without saying is not said."""
    host = parts.netloc.rpartition("@")[2]
    if parts.port == {"http": 80, "https": 443}.get(parts.scheme):
        return host.rpartition(":")[0]
    return host
