"""Broken and hostile servers: a run ends in bounded time and loses nothing."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from tests.support.program import Outcome, Program, balances
from tests.support.raw_server import RawServer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
USERS = [{"id": n, "name": "a"} for n in range(3)]
BASIC = b"c2FuZGJveC1zaXRlOnNhbmRib3gta2V5"


def run_against(
    folder: Path,
    server: RawServer,
    url: str | None = None,
    **environment: str,
) -> Outcome:
    """Sync a few users with short limits; a run that hangs fails its test."""
    program = Program(folder, url or server.url)
    program.configure(timeoutSeconds=1, maxOutageSeconds=3, parallelism=3)
    data = program.write_data(USERS)
    return program.run("sync", "-data", data, "-json", **environment)


def send(data: bytes) -> Callable[[socket.socket, bytes], None]:
    """Return a behaviour: send something and close."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        connection.close()

    return behave


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 ABC OK\r\n\r\n",
        b"\x00\x01\x02\x03",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 3_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
    ],
    ids=[
        "closes",
        "half a header",
        "half a body",
        "half a chunk",
        "no chunk",
        "no status",
        "no HTTP",
        "a header of megabytes",
        "thousands of headers",
        "a page",
    ],
)
def test_invalid_answers_are_an_outage(tmp_path: Path, reply: bytes) -> None:
    """Exit 3 after `maxOutageSeconds`, the work kept, no dead letters."""
    with RawServer(send(reply)) as server:
        outcome = run_against(tmp_path, server)

    assert outcome.code == 3, outcome.stderr
    assert outcome.result["reason"] == "unreachable"
    assert outcome.result["pending"] == 3
    assert outcome.result["dead_lettered"] == 0
    assert balances(outcome.result)
    assert "Traceback" not in outcome.stderr


def test_silence_and_dripping_answers_are_cut_off(tmp_path: Path) -> None:
    """A byte now and then prevents every timeout, but not the deadline."""

    def drip(connection: socket.socket, request: bytes) -> None:
        slowly = {
            b"/0 ": b"H" * 1000,
            b"/1 ": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1000,
            b"/2 ": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"a" * 1000,
        }
        data = next(text for path, text in slowly.items() if path in request)
        for byte in data:
            connection.sendall(bytes([byte]))
            if not server.wait_unless_closing(0.4):
                return

    with RawServer(drip) as server:
        outcome = run_against(tmp_path, server)

    assert outcome.code == 3
    assert outcome.result["pending"] == 3


def test_an_endless_body_ends(tmp_path: Path) -> None:
    """It is read up to a limit, and is not from Customer.io."""

    def pour(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while server.wait_unless_closing(0):
            connection.sendall(b"x" * 65536)

    with RawServer(pour) as server:
        outcome = run_against(tmp_path, server)

    assert outcome.code == 3
    assert outcome.result["pending"] == 3
    assert "a proxy, a firewall or a login page" in outcome.stderr


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n \r\n",
    ],
    ids=["204", "HTTP/1.0", "blank"],
)
def test_odd_successes_are_successes(tmp_path: Path, reply: bytes) -> None:
    """An empty body means the same as `{}`."""
    with RawServer(send(reply)) as server:
        outcome = run_against(tmp_path, server)

    assert outcome.code == 0
    assert outcome.result["synced"] == 3


LENIENT = {
    b"/0 ": b"HTTP/1.1 200 OK\r\nVia: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    b"/1 ": b"HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 2\n\n{}",
    b"/2 ": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\n{}\n0\n\n"
    ),
}


def test_answers_that_old_proxies_write_are_taken_at_once(tmp_path: Path) -> None:
    """Each comes on its own connection, which the server keeps open."""
    connections = set()

    def behave(connection: socket.socket, request: bytes) -> None:
        connections.add(connection.getpeername())
        answer = next(text for path, text in LENIENT.items() if path in request)
        connection.sendall(answer)

    with RawServer(behave) as server:
        outcome = run_against(tmp_path, server)

    assert outcome.code == 0, outcome.stderr
    assert outcome.result["synced"] == 3
    assert outcome.result["retries"] == 0
    assert len(server.requests) == len(connections) == 3


@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_a_refusal_that_a_proxy_has_packed_is_read(tmp_path: Path, mode: str) -> None:
    """The dead letter has its message, without the keys in it."""
    message = f"no such attribute {BASIC.decode()}"
    item = {"batch_index": 1, "field": "", "message": message}
    document = {"customers": {"meta": {"error": message}}, "batch": {"errors": [item]}}
    body = gzip.compress(json.dumps(document[mode]).encode())
    status = {"customers": b"400 Bad", "batch": b"207 Some"}[mode]
    head = b"HTTP/1.1 %s\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    with RawServer(send(head % (status, len(body)) + body)) as server:
        program = Program(tmp_path, server.url, {"api": mode})
        outcome = program.sync(USERS)
        letters = program.run("dead-letters", "-json")

    assert outcome.code == 1, outcome.stderr
    assert outcome.result["dead_lettered"] == {"customers": 3, "batch": 1}[mode]
    assert "no such attribute [hidden]" in letters.stdout


@pytest.mark.parametrize(
    "words",
    [rb"\ud800 lone", rb"nul \u0000", b"\xff\xfe no UTF-8", rb"\u001b[31m red"],
    ids=["half a character", "NUL", "no UTF-8", "terminal"],
)
@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_a_refusal_with_lone_surrogates_is_a_dead_letter(
    tmp_path: Path, words: bytes, mode: str
) -> None:
    """One answer must not stop the queue or its reports forever."""
    whole = b'{"meta":{"error":"%s"}}' % words
    items = b",".join(
        b'{"batch_index":%d,"field":"%s","message":"%s"}' % (n, words, words)
        for n in range(3)
    )
    answers = {
        "customers": (b"400 Bad", whole),
        "batch": (b"207 Some", b'{"errors":[' + items + b"]}"),
    }
    status, body = answers[mode]
    head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    with RawServer(send(head + body)) as server:
        program = Program(tmp_path, server.url, {"api": mode})
        outcome = program.sync(USERS)
        reports = [
            program.run("dead-letters", *options)
            for options in (["-json"], ["-format", "csv"], [])
        ]

    assert outcome.code == 1, outcome.stderr
    assert outcome.result["dead_lettered"] == 3
    assert [report.code for report in reports] == [0, 0, 0]
    assert "\x1b" not in reports[-1].stdout, "it would steer a terminal"


def redirect(location: str) -> Callable[[socket.socket, bytes], None]:
    """Return a behaviour: redirect."""
    return send(
        b"HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
        b"Connection: close\r\nLocation: %s\r\n\r\n" % location.encode()
    )


def test_a_redirect_elsewhere_stops_the_run_and_keeps_the_keys(tmp_path: Path) -> None:
    """Keys never reach another host."""
    with RawServer(send(OK)) as thief, RawServer(redirect(thief.url + "/x")) as server:
        outcome = run_against(tmp_path, server)

    assert outcome.code == 3
    assert outcome.result["reason"] == "redirected"
    assert outcome.result["pending"] == 3
    assert thief.requests == []
    assert outcome.result["retries"] == 0, "it stopped at once"


def test_a_redirect_loop_stops_the_run(tmp_path: Path) -> None:
    """After a few redirects the run stops for a person to check."""
    with RawServer(redirect("/api/v1/customers/1")) as server:
        outcome = run_against(tmp_path, server)

    assert outcome.code == 3
    assert outcome.result["reason"] == "redirected"
    assert len(server.requests) <= 3 * 6


def test_a_redirect_on_the_same_server_is_followed_with_keys_and_body(
    tmp_path: Path,
) -> None:
    """The same request is sent again."""

    def move(connection: socket.socket, request: bytes) -> None:
        if b" /moved/" in request:
            connection.sendall(OK)
        else:
            path = request.split(b" ")[1]
            connection.sendall(
                b"HTTP/1.1 308 Moved\r\nContent-Length: 0\r\nLocation: /moved"
                + path
                + b"\r\n\r\n"
            )

    with RawServer(move) as server:
        outcome = run_against(tmp_path, server)

    moved = [request for request in server.requests if b" /moved/" in request]
    assert outcome.code == 0
    assert len(moved) == 3
    assert all(request.startswith(b"PUT ") and BASIC in request for request in moved)
    assert all(request.endswith(b'{"name":"a"}') for request in moved)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Return an unknown certificate authority."""
    return trustme.CA()


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return a server's TLS context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def answer_ok(connection: socket.socket, _: bytes) -> None:
    """Answer every request with a success."""
    connection.sendall(OK)


@pytest.mark.parametrize("problem", ["unknown CA", "expired", "wrong name"])
def test_an_invalid_certificate_stops_the_run_at_once(
    tmp_path: Path, authority: trustme.CA, problem: str
) -> None:
    """TLS certificates are always checked, and waiting does not help."""
    name = "other.example" if problem == "wrong name" else "127.0.0.1"
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = authority.issue_cert(
        name,
        not_before=past,
        not_after=past + dt.timedelta(1) if problem == "expired" else None,
    )
    known = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(known))
    bundle = {} if problem == "unknown CA" else {"REQUESTS_CA_BUNDLE": str(known)}

    with RawServer(answer_ok, tls(certificate)) as server:
        outcome = run_against(tmp_path, server, **bundle)

    assert outcome.code == 3, outcome.stderr
    assert outcome.result["reason"] == "untrusted_certificate"
    assert outcome.result["pending"] == 3
    assert server.requests == [], "the keys were not shown"
    assert outcome.result["retries"] == 0, "it stopped at once"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_ca_named_in_the_environment_is_trusted(
    tmp_path: Path, authority: trustme.CA, variable: str
) -> None:
    """Companies have their own CAs."""
    known = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(known))
    others = {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_CERT_FILE": ""}

    with RawServer(answer_ok, tls(authority.issue_cert("127.0.0.1"))) as server:
        environment = others | {variable: str(known)}
        outcome = run_against(tmp_path, server, **environment)

    assert outcome.code == 0, outcome.stderr
    assert len(server.requests) == 3


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_missing_ca_bundle_is_reported_at_once(
    tmp_path: Path, authority: trustme.CA, variable: str
) -> None:
    """It is no outage: waiting for `maxOutageSeconds` would not help."""
    others = {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_CERT_FILE": ""}
    missing = str(tmp_path / "missing.pem")

    with RawServer(answer_ok, tls(authority.issue_cert("127.0.0.1"))) as server:
        outcome = run_against(tmp_path, server, **others | {variable: missing})

    assert outcome.code == 3
    assert outcome.result["reason"] == "ca_bundle_missing"
    assert outcome.result["pending"] == 3
    assert missing in outcome.stderr


def test_a_proxy_from_the_environment_is_used(tmp_path: Path) -> None:
    """For plain HTTP the proxy gets the complete address."""
    with RawServer(answer_ok) as proxy:
        outcome = run_against(
            tmp_path,
            proxy,
            "http://customer.test/base",
            http_proxy=proxy.url,
            NO_PROXY="",
            no_proxy="",
        )

    assert outcome.code == 0, outcome.stderr
    assert {request.split(b" ")[1] for request in proxy.requests} == {
        b"http://customer.test/base/api/v1/customers/%d" % n for n in range(3)
    }


@pytest.mark.parametrize("proxy", ["nonsense://:secret@[bad", "http://u:secret@[bad"])
def test_an_invalid_proxy_is_reported_in_one_line(tmp_path: Path, proxy: str) -> None:
    """The message names the environment variable, and not the proxy's password."""
    with RawServer(answer_ok) as server:
        outcome = run_against(
            tmp_path,
            server,
            "http://customer.test",
            http_proxy=proxy,
            NO_PROXY="",
            no_proxy="",
        )

    assert outcome.code == 3, outcome.stderr
    assert outcome.result["reason"] == "proxy_unusable"
    assert outcome.result["pending"] == 3
    assert "Traceback" not in outcome.stderr
    assert "secret" not in outcome.stderr


def test_a_plain_proxy_is_shown_its_password_and_customer_io_its_keys(
    tmp_path: Path,
) -> None:
    """A proxy answers 407 without its password, which may be percent-encoded."""
    with RawServer(answer_ok) as proxy:
        outcome = run_against(
            tmp_path,
            proxy,
            "http://customer.test:80",
            http_proxy=f"http://user:p%40ss@127.0.0.1:{proxy.port}",
            NO_PROXY="other.test",
            no_proxy="",
        )

    assert outcome.code == 0, outcome.stderr
    for request in proxy.requests:
        assert b"\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n" in request
        assert b"\r\nHost: customer.test\r\n" in request
        assert b"Authorization: Basic " + BASIC in request


def test_a_connection_that_the_server_closed_in_between_is_no_failure(
    tmp_path: Path,
) -> None:
    """Servers close idle connections; the next request opens a new one."""

    def once(connection: socket.socket, request: bytes) -> None:
        answer_ok(connection, request)
        connection.close()

    with RawServer(once) as server:
        outcome = run_against(tmp_path, server)

    assert outcome.code == 0
    assert outcome.result["synced"] == 3
