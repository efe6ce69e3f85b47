"""Words for failures: the errors of urllib3, ssl and the system, for a person."""

from __future__ import annotations

import ssl
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.util.ssl_match_hostname import CertificateError

from cio_pipeline.core.errors import StopRun
from cio_pipeline.core.jobs import NoReply, Reply
from cio_pipeline.customerio.http.exchange import BrokenAnswer

_UNTRUSTED = (ssl.SSLCertVerificationError, CertificateError)


def explain(error: Exception, connection: HTTPConnection | None) -> NoReply:
    """Return why no answer came, in one clause without object addresses or paths.

    Args:
        error: the error of the attempt.
        connection: the connection of the attempt, if there was one.
    """
    if isinstance(error, BrokenAnswer):
        return NoReply(f"the connection failed ({error})")
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, _UNTRUSTED):
        cause = cause.__cause__ or cause.__context__ or _first_exception(cause.args)
    if cause is not None:
        return NoReply(f"the certificate was not accepted: {cause}", is_untrusted=True)
    clause = _clause(error)
    if isinstance(error, ssl.SSLError):
        return NoReply(f"TLS failed: {clause}")
    if connection and connection.proxy and not connection.has_connected_to_proxy:
        return NoReply(f"the proxy could not be used: {clause}")
    return NoReply(clause)


def proxy_password_wanted(answer: Exception | Reply) -> StopRun | None:
    """Return the error that ends the run if a proxy asks for a password, else None.

    Only a proxy answers 407 (RFC 9110, 15.5.8): to the request itself, or to
    ``CONNECT``, which http.client reports as an `OSError` with the status in it.
    """
    is_wanted = (
        answer.status == 407
        if isinstance(answer, Reply)
        else "Tunnel connection failed: 407" in str(answer)
    )
    if not is_wanted:
        return None
    return StopRun(
        "the proxy requires a user name and a password, or rejected the configured"
        " ones (407). Put them into its address in the environment"
        " (HTTPS_PROXY=http://user:password@host:port). The work is kept",
        reason="proxy_unusable",
    )


def _first_exception(values: tuple[Any, ...]) -> BaseException | None:
    return next((value for value in values if isinstance(value, BaseException)), None)


def _clause(error: Exception) -> str:
    """Return what happened, without urllib3's object addresses and paths."""
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
    return f"the connection failed ({type(inner or error).__name__}: {inner or error})"
