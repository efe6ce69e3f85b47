"""Requests of the App API."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from cio_pipeline.core.identifiers import IdentifierKind
from cio_pipeline.core.jobs import Reply
from cio_pipeline.customerio.app_api import AppClient, app_url_of_region

KEY = "app-k3y-of-the-workspace"


class EchoingTransport:
    """Connections to a server that returns the request with its headers."""

    def endpoint(self, url: str) -> Any:
        """Return an endpoint."""
        return SimpleNamespace(url=url)

    def send(
        self, endpoint: Any, method: str, path: str, body: bytes, head: bytes
    ) -> Reply:
        """Return the request as the answer."""
        line = f"{method} {endpoint.url}{path}\n".encode()
        return Reply(400, line + head + b"\n" + body)


def client() -> AppClient:
    """Return a client of the EU's App API."""
    transport: Any = EchoingTransport()
    return AppClient(transport, app_url_of_region("eu"), KEY)


@pytest.mark.parametrize(
    ("identifier", "kind", "path"),
    [
        ("a/b c", "id", "a%2Fb%20c/attributes?id_type=id"),
        ("a@x.io", "email", "a%40x.io/attributes?id_type=email"),
        ("cio_01", "cio_id", "cio_01/attributes?id_type=cio_id"),
    ],
)
def test_one_person_is_asked_for_by_path(
    identifier: str, kind: IdentifierKind, path: str
) -> None:
    """An id with a slash must not become another path."""
    reply = client().look_up(identifier, kind)

    assert isinstance(reply, Reply)
    first_line = reply.body.decode().splitlines()[0]
    assert first_line == f"GET https://api-eu.customer.io/v1/customers/{path}"


def test_many_are_asked_for_in_a_body() -> None:
    """Only ids are possible."""
    reply = client().look_up_many(["1", "2"])

    assert isinstance(reply, Reply)
    lines = reply.body.splitlines()
    assert lines[0] == b"POST https://api-eu.customer.io/v1/customers/attributes"
    assert orjson.loads(lines[-1]) == {"ids": ["1", "2"]}


def test_an_answer_that_repeats_the_key_is_without_it() -> None:
    """Parts of answers are logged and shown."""
    reply = client().look_up("1", "id")

    assert isinstance(reply, Reply)
    assert b"Bearer" in reply.body
    assert KEY.encode() not in reply.body
