"""Requests of the Track API."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.customerio.track_api import (
    basic_token,
    encode_identifier,
    track_url_of_region,
)


@pytest.mark.parametrize(
    ("user_id", "segment"),
    [
        ("7", "7"),
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("ada@x.io", "ada%40x.io"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("%2e", "%252e"),
        ("ü", "%C3%BC"),
    ],
)
def test_a_user_id_is_one_segment_of_the_path(user_id: str, segment: str) -> None:
    """Otherwise `..` would be another request, and `a/b` another user."""
    assert encode_identifier(user_id) == segment


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_user_id_is_read_back_the_same(user_id: str) -> None:
    """Two users must never share a path."""
    segment = encode_identifier(user_id)

    assert unquote(segment) == user_id
    assert not set(segment) & set("/?# ")
    assert segment.isascii()


def test_the_token_is_that_of_basic_authentication() -> None:
    """The example of RFC 7617, 2."""
    token = basic_token("Aladdin", "open sesame")

    assert token == "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_each_region_has_its_own_address() -> None:
    """Data of the EU must not be sent to the US."""
    assert track_url_of_region("us") == "https://track.customer.io"
    assert track_url_of_region("eu") == "https://track-eu.customer.io"
