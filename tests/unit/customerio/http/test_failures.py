"""The words for failures."""

from __future__ import annotations

import ssl

import pytest
import urllib3
from urllib3.connection import HTTPConnection

from cio_pipeline.core.jobs import Reply
from cio_pipeline.customerio.http.exchange import BrokenAnswer
from cio_pipeline.customerio.http.failures import explain, proxy_password_wanted

CONNECTION = HTTPConnection("127.0.0.1", 9)
REFUSED = urllib3.exceptions.NewConnectionError(
    CONNECTION, "Failed to establish a new connection: [Errno 111] Connection refused"
)
UNTRUSTED = ssl.SSLCertVerificationError("self-signed certificate")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (REFUSED, "Connection refused"),
        (
            urllib3.exceptions.NameResolutionError(
                "track.x", CONNECTION, OSError("gone")
            ),
            "name could not be resolved",
        ),
        (urllib3.exceptions.ConnectTimeoutError(), "timed out"),
        (TimeoutError(), "no answer in time"),
        (ConnectionResetError(104, "reset by peer"), "reset by peer"),
        (BrokenAnswer("not HTTP"), "not HTTP"),
        (ssl.SSLError("bad record"), "TLS"),
    ],
    ids=["refused", "name", "connect", "timeout", "reset", "broken", "tls"],
)
def test_a_failure_is_one_clause_without_python_in_it(
    error: Exception, words: str
) -> None:
    """A person reads it in the log and at the end of the run."""
    reply = explain(error, None)

    assert words in reply.problem
    assert "object at 0x" not in reply.problem
    assert not reply.is_untrusted


def test_a_certificate_is_found_below_other_errors() -> None:
    """Waiting does not help against it, so the run stops."""
    chained = OSError("connect")
    chained.__cause__ = UNTRUSTED

    for error in (UNTRUSTED, urllib3.exceptions.SSLError(UNTRUSTED), chained):
        assert explain(error, None).is_untrusted


def test_a_proxy_that_cannot_be_reached_is_named_as_the_proxy() -> None:
    """Otherwise a person would suspect Customer.io."""
    connection = HTTPConnection("127.0.0.1", 9)
    connection.proxy = urllib3.util.parse_url("http://127.0.0.1:9")

    assert "proxy" in explain(ConnectionResetError(104, "reset"), connection).problem
    assert "proxy" not in explain(ConnectionResetError(104, "reset"), None).problem


def test_only_a_proxy_asks_for_a_password() -> None:
    """Only 407 does, for a request or for CONNECT."""
    wanted = OSError("Tunnel connection failed: 407 Proxy Authentication Required")

    for answer in (wanted, Reply(407)):
        stop = proxy_password_wanted(answer)
        assert stop is not None
        assert stop.reason == "proxy_unusable"
    for other in (OSError("Tunnel connection failed: 403"), Reply(401), Reply(403)):
        assert proxy_password_wanted(other) is None
