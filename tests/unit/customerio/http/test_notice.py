"""One POST to an address of the user's."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from cio_pipeline.customerio.http.notice import post_notice, secrets_in
from tests.support.raw_server import RawServer

DOCUMENT = {"text": "done", "result": {"synced": 1}}


def answer(head: bytes) -> Callable[[socket.socket, bytes], None]:
    """Answer every request alike."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 " + head + b"Content-Length: 2\r\n\r\nok")

    return behave


def test_it_is_one_json_post(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With no credentials, even if there are some for the host in `.netrc`."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(answer(b"200 OK\r\n")) as server:
        problem = post_notice(server.url + "/services/T0?x=1", DOCUMENT)

    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert problem is None
    assert head.startswith(b"POST /services/T0?x=1 HTTP/1.1\r\n")
    assert b"content-type: application/json" in head.lower()
    assert b"authorization" not in head.lower()
    assert json.loads(body) == DOCUMENT


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (b"204 No Content\r\n", None),
        (b"404 Not Found\r\n", "the answer was HTTP 404"),
        (b"500 Oops\r\n", "the answer was HTTP 500"),
        (b"302 Found\r\nLocation: /other\r\n", "the answer was HTTP 302"),
    ],
)
def test_only_a_2xx_is_a_success_and_redirects_are_not_followed(
    head: bytes, problem: str | None
) -> None:
    """The document is for this address alone."""
    with RawServer(answer(head)) as server:
        assert post_notice(server.url + "/hook-path", DOCUMENT) == problem

    assert len(server.requests) == 1


def test_failures_are_one_clause_without_the_address() -> None:
    """The libraries' errors have the complete path, which is a webhook's password."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    urls = [
        f"http://127.0.0.1:{port}/services/secret",
        f"https://127.0.0.1:{port}/services/secret",
        "http://nowhere.invalid/services/secret",
        "http://" + "a" * 70 + ".example/services/secret",
    ]

    problems = [post_notice(url, DOCUMENT) for url in urls]

    assert problems[:3] == ["it could not be reached"] * 3
    assert all(problem and "secret" not in problem for problem in problems)


def test_an_endless_answer_does_not_hold_the_program_up() -> None:
    """Only its status matters."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")

    with RawServer(behave) as server:
        assert post_notice(server.url, DOCUMENT) is None


def test_the_secrets_of_an_address() -> None:
    """What is hidden in the log."""
    url = "https://hooks.slack.com/services/T0/B0?token=xyz"

    assert set(secrets_in(url)) == {
        url,
        "/services/T0/B0",
        "/services/T0/B0?token=xyz",
        "token=xyz",
    }
    assert {*secrets_in("")} == {""}


def test_certificates_are_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the CA of the environment, as for Customer.io."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    with RawServer(answer(b"200 OK\r\n"), context) as server:
        refused = post_notice(server.url + "/hook-path", DOCUMENT)
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        accepted = post_notice(server.url + "/hook-path", DOCUMENT)

    assert refused == "its certificate was not accepted"
    assert accepted is None
