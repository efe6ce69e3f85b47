"""Who may read the live page."""

from __future__ import annotations

import pytest

from cio_pipeline.commands.status.server import is_from_here


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8000", None),
        ("localhost:8000", None),
        ("localhost", "http://localhost"),
        ("LOCALHOST:9000", None),  # a forwarded port
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_this_machine_may_read(host: str, origin: str | None) -> None:
    """Also through a forwarded port."""
    assert is_from_here([host], origin)


@pytest.mark.parametrize(
    ("hosts", "origin"),
    [
        (None, None),
        ([], None),
        (["127.0.0.1", "evil.example"], None),
        (["evil.example:8000"], None),  # its name now means 127.0.0.1
        (["127.0.0.1.evil.example"], None),
        (["localhost.evil.example"], None),
        (["evil@localhost"], "http://evil.example"),
        (["[::1"], None),
        ([""], None),
        (["127.0.0.1:8000"], "http://evil.example"),
        (["127.0.0.1:8000"], "http://127.0.0.1:9000"),
        (["127.0.0.1:8000"], "null"),
    ],
)
def test_nobody_else_may(hosts: list[str] | None, origin: str | None) -> None:
    """A page of the web could read it otherwise."""
    assert not is_from_here(hosts, origin)
