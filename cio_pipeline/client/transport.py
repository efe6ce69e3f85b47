"""Connections: made once by requests, used a million times through urllib3.

requests knows how to read proxies and CA bundles from the environment, and
builds the urllib3 pool that fits them. Preparing a request anew for each send is
most of what requests costs, so sending goes to the pool directly.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, ProtocolError, SSLError

from cio_pipeline.model import NoReply, Reply

# An answer says what it has to say in its first kilobytes; past that the rest
# is dropped with its connection, so that an endless body ends.
BODY_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server to send to.

    Args:
        url: its base address.
        pool: its connections.
        target_prefix: what stands before a path in the request line: the base
            address's path, or all of the address where a plain proxy wants it.
    """

    url: str
    pool: HTTPConnectionPool
    target_prefix: str


class Transport:
    """Connections to one or more servers, kept alive. Thread-safe.

    Args:
        pool_size: connections to one server at most; one a consumer thread.
        connect_timeout_seconds: time to connect.
        read_timeout_seconds: time between two pieces of an answer.
    """

    def __init__(
        self,
        *,
        pool_size: int,
        connect_timeout_seconds: float,
        read_timeout_seconds: float,
    ) -> None:
        self._timeout = urllib3.Timeout(
            connect=connect_timeout_seconds, read=read_timeout_seconds
        )
        self.limits = (connect_timeout_seconds, read_timeout_seconds)
        self._deadlines = _Deadlines(connect_timeout_seconds + read_timeout_seconds)
        self._adapter = HTTPAdapter(pool_maxsize=pool_size, pool_block=True)
        self.session = requests.Session()
        self.session.mount("https://", self._adapter)
        self.session.mount("http://", self._adapter)
        self._endpoints: dict[str, Endpoint] = {}
        self._lock = threading.Lock()  # guards _endpoints

    def verification(self, url: str) -> tuple[bool | str, Mapping[str, str]]:
        """The CA bundle and the proxies that the environment asks for.

        requests heeds ``REQUESTS_CA_BUNDLE``; ``SSL_CERT_FILE``, which OpenSSL's
        own users set, is heeded after it. Certificates are always checked.
        """
        settings = self.session.merge_environment_settings(url, {}, None, None, None)
        verify = settings["verify"]
        if not isinstance(verify, str):
            verify = os.environ.get("SSL_CERT_FILE") or True
        return verify, settings["proxies"]

    def endpoint(self, url: str) -> Endpoint:
        """Get the connections to a base address, made the first time."""
        with self._lock:
            if url not in self._endpoints:
                self._endpoints[url] = self._connect_to(url)
            return self._endpoints[url]

    def send(
        self,
        endpoint: Endpoint,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
    ) -> Reply | NoReply:
        """Make one attempt.

        Args:
            endpoint: where to.
            method: the HTTP method.
            path: percent-encoded, beginning with a slash; sent as it is.
            body: the request's body.
            headers: all of its headers but ``Content-Length`` and ``Host``.
        """
        try:
            response = endpoint.pool.urlopen(
                method,
                endpoint.target_prefix + path,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=self._timeout,
                preload_content=False,
                decode_content=False,
            )
            return _read(response)
        except (HTTPError, OSError) as error:
            return _no_reply(error)
        finally:
            self._deadlines.done()

    def cut_overdue(self) -> None:
        """End attempts that have taken longer than any honest one could.

        Time-outs bound the wait for the next byte; a server that sends a byte
        now and then would be waited for without end.
        """
        self._deadlines.cut_overdue()

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.session.close()

    def _connect_to(self, url: str) -> Endpoint:
        request = requests.Request("GET", url).prepare()
        verify, proxies = self.verification(url)
        pool = cast(
            "HTTPConnectionPool",
            self._adapter.get_connection_with_tls_context(
                request, verify, proxies=dict(proxies)
            ),
        )
        pool.ConnectionCls = _watched(pool.ConnectionCls, self._deadlines)
        path = urlsplit(url).path.rstrip("/")
        proxy = select_proxy(url, dict(proxies))
        is_plainly_proxied = proxy is not None and url.startswith("http://")
        prefix = url.rstrip("/") if is_plainly_proxied else path
        return Endpoint(url, pool, prefix)


def _read(response: urllib3.BaseHTTPResponse) -> Reply:
    try:
        body = response.read(BODY_LIMIT_BYTES)
    except BaseException:
        response.close()
        raise
    is_whole = len(body) < BODY_LIMIT_BYTES
    if not is_whole:
        response.close()
    response.release_conn()
    if is_whole and getattr(response, "length_remaining", None):
        # urllib3 says so only at the next read.
        raise ProtocolError("the answer was cut off")
    headers = response.headers
    return Reply(
        response.status, body, headers.get("Retry-After"), headers.get("Location")
    )


def _no_reply(error: Exception) -> NoReply:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__ or _first_exception(cause.args)
    if cause is not None:
        return NoReply(f"the certificate was not accepted: {cause}", is_untrusted=True)
    if isinstance(error, SSLError):
        return NoReply(f"TLS failed: {_clause(error)}")
    return NoReply(_clause(error))


def _first_exception(values: tuple[Any, ...]) -> BaseException | None:
    return next((value for value in values if isinstance(value, BaseException)), None)


def _clause(error: Exception) -> str:
    """Say what happened without urllib3's object addresses and paths."""
    inner = _first_exception(error.args)
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "the host's name could not be resolved"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return f"could not connect ({str(error).rpartition(': ')[2]})"
    if isinstance(error, urllib3.exceptions.ConnectTimeoutError):
        return "connecting timed out"
    if isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.ProxyError):
        return f"the proxy could not be used ({inner or error})"
    return f"the connection broke ({type(inner or error).__name__}: {inner or error})"


class _Deadlines:
    """When each thread's attempt must be over.

    Args:
        seconds: how long one attempt may take from the sending of its request.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[int, tuple[float, HTTPConnection]] = {}

    def begin(self, connection: HTTPConnection) -> None:
        # One dictionary operation each: atomic under the interpreter lock.
        self._running[threading.get_ident()] = (
            time.monotonic() + self._seconds,
            connection,
        )

    def done(self) -> None:
        self._running.pop(threading.get_ident(), None)

    def cut_overdue(self) -> None:
        now = time.monotonic()
        for deadline, connection in list(self._running.values()):
            if now > deadline and connection.sock is not None:
                try:
                    # The plain method: ssl's own would pull its state away from
                    # under the thread that is reading.
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
                except OSError:
                    continue  # it ended in this moment


def _watched(base: Any, deadlines: _Deadlines) -> type[HTTPConnection]:  # noqa: ANN401  # the pool's own class
    class Watched(base):  # type: ignore[misc]  # the pool's own class
        def request(self, method: str, url: str, **keywords: object) -> None:
            deadlines.begin(self)
            super().request(method, url, **keywords)

    return Watched
