"""Connections that are kept, and closed by the other end when it likes."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from cio_pipeline.core.jobs import NoReply, Reply
from cio_pipeline.customerio import Transport
from tests.support.program import Program, balances
from tests.support.raw_server import RawServer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
HEAD = b"A: b\r\n"
Closing = Callable[[socket.socket], None]


def closed_after_every(count: int, close: Closing) -> Callable[..., None]:
    """Return a behaviour: close each connection after this many answers."""
    answers: Counter[int] = Counter()

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK)
        answers[id(connection)] += 1
        if answers[id(connection)] >= count:
            del answers[id(connection)]
            close(connection)

    return behave


def plainly(connection: socket.socket) -> None:
    """Close."""
    connection.close()


def with_a_notice(connection: socket.socket) -> None:
    """Send TLS's closing message, then close."""
    assert isinstance(connection, ssl.SSLSocket)
    connection.settimeout(0.01)
    with contextlib.suppress(OSError):
        connection.unwrap()
    connection.close()


@pytest.mark.parametrize(
    ("is_tls", "close"),
    [(False, plainly), (True, plainly), (True, with_a_notice)],
    ids=["plain", "TLS", "TLS with a notice"],
)
def test_a_server_that_closes_kept_connections_costs_no_retry(
    tmp_path: Path, close: Closing, *, is_tls: bool
) -> None:
    """A server may close after any answer; that is no failure and no outage."""
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    people = [{"id": n, "name": f"n{n}"} for n in range(600)]

    with RawServer(closed_after_every(3, close), context if is_tls else None) as server:
        program = Program(tmp_path, server.url, {"parallelism": 25})
        data = program.write_data(people)
        outcome = program.run(
            "sync", "-data", data, "-json", REQUESTS_CA_BUNDLE=str(bundle)
        )

    assert outcome.code == 0, outcome.stderr
    assert outcome.result["synced"] == 600
    assert outcome.result["retries"] == 0
    assert outcome.result["requests"] == 600
    assert "outage" not in outcome.stderr
    assert balances(outcome.result)


def new_transport() -> Transport:
    """Return a transport with short timeouts."""
    return Transport(connect_timeout_seconds=5.0, read_timeout_seconds=5.0)


def put(transport: Transport, url: str, path: str = "/p") -> Reply | NoReply:
    """Make one attempt."""
    return transport.send(transport.endpoint(url), "PUT", path, b"{}", HEAD)


def test_a_new_connection_that_is_closed_at_once_is_not_tried_again() -> None:
    """One call is one attempt: only a kept connection may be out of date."""
    with RawServer(lambda connection, _: connection.close()) as server:
        reply = put(new_transport(), server.url)

    assert isinstance(reply, NoReply)
    assert len(server.requests) == 1


def put_twice_where_the_second_gets(answer: bytes) -> tuple[Reply | NoReply, int]:
    """Send two requests on one connection; it closes after this second answer.

    Returns:
        The second reply, and the number of requests.
    """

    def behave(connection: socket.socket, request: bytes) -> None:
        if b"/second" in request:
            connection.sendall(answer)
            connection.close()
        else:
            connection.sendall(OK)

    with RawServer(behave) as server:
        transport = new_transport()
        put(transport, server.url, "/first")
        reply = put(transport, server.url, "/second")
    return reply, len(server.requests)


@pytest.mark.parametrize("begun", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_request_is_not_repeated_after_an_answer_began(begun: bytes) -> None:
    """The server may have acted on the request, so the caller decides."""
    reply, requests = put_twice_where_the_second_gets(begun)

    assert isinstance(reply, NoReply)
    assert requests == 2


def test_a_kept_connection_that_is_closed_twice_is_one_failure() -> None:
    """The request is repeated only once."""
    reply, requests = put_twice_where_the_second_gets(b"")

    assert isinstance(reply, NoReply)
    assert requests == 3


def test_nothing_is_sent_after_the_transport_is_closed() -> None:
    """A thread that outlives its run must not send during the next one."""
    with RawServer(lambda connection, _: connection.sendall(OK)) as server:
        transport = new_transport()
        put(transport, server.url)
        transport.close()
        reply = put(transport, server.url)

    assert isinstance(reply, NoReply)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://a.test", b"a.test"),
        ("http://a.test:80/base/", b"a.test"),
        ("https://a.test:443", b"a.test"),
        ("https://a.test:80", b"a.test:80"),
        ("http://[::1]:80", b"[::1]"),
        ("http://[::1]:8080", b"[::1]:8080"),
        ("http://[::1]", b"[::1]"),
    ],
)
def test_the_host_header_has_no_default_port(url: str, host: bytes) -> None:
    """As in browsers (RFC 9110, 4.2.3)."""
    assert new_transport().endpoint(url).head == b"Host: " + host + b"\r\n"
