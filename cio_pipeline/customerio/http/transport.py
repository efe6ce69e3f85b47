"""Connections: opened with requests and urllib3, kept by the thread that sends.

requests reads proxies and CA bundles from the environment and makes the urllib3 pool
for them; urllib3 connects, opens tunnels and checks certificates. `exchange` then sends
each request.
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

# The server may have closed a connection that was idle this long: it is checked before
# it is used again.
_IDLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server to send to.

    Args:
        url: its base address.
        pool: makes its connections.
        target_prefix: what comes before a path in the request line: the path of the
            base address, or the complete address for a proxy without a tunnel.
        head: the header lines of every request to it.
        is_tunnelled: whether its connections need a tunnel through a proxy.
    """

    url: str
    pool: HTTPConnectionPool
    target_prefix: str
    head: bytes
    is_tunnelled: bool


class _ThreadConnections(threading.local):
    """One thread's open connections, by the server's address."""

    def __init__(self) -> None:
        self.connections: dict[str, HTTPConnection] = {}
        self.used_at = 0.0


class Transport:
    """Connections to one or more servers, kept alive. Thread-safe.

    Args:
        connect_timeout_seconds: the longest time to connect.
        read_timeout_seconds: the longest wait for the next part of an answer.
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
        self._own = _ThreadConnections()
        self._is_closed = False

    def _verification(self, url: str) -> tuple[bool | str, Mapping[str, str]]:
        """Return the CA bundle and the proxies of the environment.

        requests reads ``REQUESTS_CA_BUNDLE``; if it is not set, ``SSL_CERT_FILE``,
        which OpenSSL reads, is used. Certificates are always checked.

        Raises:
            StopRun: the CA bundle does not exist.
        """
        settings = self._session.merge_environment_settings(url, {}, None, None, None)
        verify = settings["verify"]
        if not isinstance(verify, str):
            verify = os.environ.get("SSL_CERT_FILE") or True
        if isinstance(verify, str) and not Path(verify).exists():
            raise StopRun(
                f"the CA bundle {verify} does not exist. Correct REQUESTS_CA_BUNDLE,"
                " CURL_CA_BUNDLE or SSL_CERT_FILE in the environment. The work is kept",
                reason="ca_bundle_missing",
            )
        return verify, settings["proxies"]

    def endpoint(self, url: str) -> Endpoint:
        """Return the server at a base address, with the proxy of the environment.

        Raises:
            StopRun: the proxy or the CA bundle of the environment cannot be used.
        """
        with self._lock:
            if url not in self._endpoints:
                try:
                    self._endpoints[url] = self._find(url)
                except (requests.RequestException, HTTPError) as error:
                    # Without the error's text, which may contain the proxy's password.
                    raise StopRun(
                        "the proxy that HTTPS_PROXY (or a similar variable) names"
                        " cannot be used: its address is invalid, or it is a SOCKS"
                        " proxy, which needs the PySocks package. The work is kept",
                        reason="proxy_unusable",
                    ) from error
            return self._endpoints[url]

    def send(
        self, endpoint: Endpoint, method: str, path: str, body: bytes, head: bytes
    ) -> Reply | NoReply:
        """Make one attempt.

        The server may close a kept connection at any time. If no byte of an answer
        came on one, the request is repeated once, on a new connection (RFC 9112, 9.3.1:
        it is idempotent). Both are one attempt, and at most one of them is answered.

        Args:
            endpoint: the server.
            method: the HTTP method.
            path: the percent-encoded path, with a leading slash; sent unchanged.
            body: the request's body.
            head: header lines besides the endpoint's own and ``Content-Length``.
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
        """Send a request on a kept connection, or on a new one.

        Raises:
            Unanswered: the server had closed the kept connection.
            StopRun: this machine allows no more connections, or the proxy asks for a
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
        # In this order: either `close` sees the connection as busy, or we see the flag.
        self._deadlines.begin(connection)
        if self._is_closed:
            raise BrokenAnswer("the run has ended")

    def skip(self, seconds: float) -> None:
        """Do not count seconds in which the process did not run."""
        self._deadlines.skip(seconds)

    def cut_overdue(self) -> None:
        """End attempts that have taken too long.

        Timeouts only limit the wait for the next byte, so a server that sends a byte
        now and then could keep an attempt going forever.
        """
        self._deadlines.cut_overdue()

    def close(self) -> None:
        """Close every connection that is not in use.

        A connection in use stays open: its file descriptor could be reused for another
        file while its thread still writes to it.
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
        # For a SOCKS proxy, requests are the same as without one.
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
        """Return this thread's connection to a server, if it is open."""
        own, now = self._own, time.monotonic()
        connection = own.connections.get(endpoint.url)
        was_idle = now - own.used_at > _IDLE_SECONDS
        own.used_at = now
        if connection is not None and was_idle and not connection.is_connected:
            self._drop(endpoint)
            return None
        return connection

    def _connect(self, endpoint: Endpoint) -> HTTPConnection:
        """Open a connection to a server, for this thread.

        Raises:
            HTTPError, CertificateError, OSError: it could not be opened.
        """
        pool = endpoint.pool
        # As urllib3's urlopen does before its first request. There is no public way to
        # get a connection with its tunnel and a checked certificate.
        connection = cast("HTTPConnection", pool._new_conn())  # noqa: SLF001  # see above
        self._own.connections[endpoint.url] = connection
        with self._lock:
            self._open.add(connection)
        connect_seconds, read_seconds = self._limits
        connection.timeout = connect_seconds
        if endpoint.is_tunnelled:
            pool._prepare_proxy(connection)  # noqa: SLF001  # see above
        pool._validate_conn(connection)  # noqa: SLF001  # see above
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(read_seconds)
        return connection

    def _drop(self, endpoint: Endpoint) -> HTTPConnection | None:
        connection = self._own.connections.pop(endpoint.url, None)
        if connection is not None:
            with self._lock:
                self._open.discard(connection)
            connection.close()
        return connection


def _host_in(parts: SplitResult) -> str:
    """Return the ``Host`` header, without the scheme's default port."""
    host = parts.netloc.rpartition("@")[2]
    if parts.port == {"http": 80, "https": 443}.get(parts.scheme):
        return host.rpartition(":")[0]
    return host
