"""ULIDs that are the same for the same event."""

from __future__ import annotations

import pytest

from cio_pipeline.core.ulid import is_ulid, ulid


def test_a_ulid_has_the_time_in_its_first_ten_characters() -> None:
    """The example of the specification: this time is written 01ARYZ6S41."""
    made = ulid(1469918176385, b"content")

    assert made.startswith("01ARYZ6S41")
    assert len(made) == 26
    assert is_ulid(made)


def test_the_same_content_has_the_same_ulid_and_another_has_another() -> None:
    """That is how Customer.io counts an event once."""
    made = {ulid(1000, content) for content in (b"a", b"b", b"a")}

    assert len(made) == 2
    assert ulid(1000, b"a") != ulid(2000, b"a")


@pytest.mark.parametrize("time", [-1, 0, 2**48 - 1, 2**48, 10**20])
def test_a_time_that_a_ulid_cannot_hold_makes_a_valid_one(time: int) -> None:
    """An event of 1969 is as good as another."""
    assert is_ulid(ulid(time, b""))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01AK4N8V8G8KVA4HN8Y50CCZ59", True),
        ("01ak4n8v8g8kva4hn8y50ccz59", True),
        ("81AK4N8V8G8KVA4HN8Y50CCZ59", False),
        ("01AK4N8V8G8KVA4HN8Y50CCZ5", False),
        ("01AK4N8V8G8KVA4HN8Y50CCZ5U", False),
        ("order-17", False),
        ("", False),
    ],
)
def test_a_ulid_is_recognised(text: str, expected: bool) -> None:
    """Customer.io accepts no other id."""
    assert is_ulid(text) is expected
