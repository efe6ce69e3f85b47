"""Sends a notice to an address of the user's: one POST with a JSON document."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

LONGEST_SECONDS = 10.0
_TIMEOUTS = (5.0, 5.0)  # to connect, and to wait for the answer


def post_notice(url: str, document: Mapping[str, Any]) -> str | None:
    """Send a document once.

    A redirect is not followed: the document is for this address. Credentials are not
    taken from ``.netrc``. Certificates are always checked.

    Args:
        url: the address, http or https.
        document: what to send.

    Returns:
        None if the answer was a 2xx; else the problem, one clause without the address.
    """
    problems: list[str | None] = []
    # A thread, because no timeout of requests limits the name's look-up or a slow
    # answer. It is a daemon, so it does not keep the process alive.
    thread = threading.Thread(
        target=lambda: problems.append(_post(url, document)),
        name="notice",
        daemon=True,
    )
    try:
        thread.start()
        thread.join(LONGEST_SECONDS)
    except RuntimeError:  # the system allows no more threads
        return "there is no thread for it"
    except KeyboardInterrupt:
        return "it was interrupted"
    return problems[0] if problems else f"no answer within {LONGEST_SECONDS:.0f} s"


def secrets_in(url: str) -> Iterator[str]:
    """Return the parts of an address that must not be shown.

    The path of a webhook is its password.
    """
    parts = urlsplit(url)  # an empty text has only empty parts
    yield url
    yield parts.path
    if parts.query:
        yield f"{parts.path}?{parts.query}"
        yield parts.query


def _post(url: str, document: Mapping[str, Any]) -> str | None:
    try:
        with contextlib.closing(requests.Session()) as session:
            session.auth = _without_credentials
            session.verify = os.environ.get("SSL_CERT_FILE") or True
            with session.post(
                url,
                json=document,
                timeout=_TIMEOUTS,
                allow_redirects=False,
                stream=True,  # the answer's body does not matter
            ) as answer:
                status = answer.status_code
    except requests.exceptions.SSLError:
        return "its certificate was not accepted"
    except requests.exceptions.Timeout:
        return "no answer in time"
    except requests.exceptions.ConnectionError:
        return "it could not be reached"
    except Exception as error:  # noqa: BLE001  # a notice must never end a run
        # Without the error's text, which has the address.
        return f"the request failed ({type(error).__name__})"
    return None if 200 <= status < 300 else f"the answer was HTTP {status}"


def _without_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
