"""One value of a data file: exact values and clear errors."""

from __future__ import annotations

import pytest

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source.values import broken_value, has_long_number, parse_record


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        (b"1234567890123456789", True),
        (b"123456789012345678", False),
        (b"1234567890.1234567890", False),
        (b'"00000000000000000000"', True),
    ],
)
def test_a_number_that_may_be_over_64_bits_is_noticed(
    text: bytes, *, is_long: bool
) -> None:
    """Orjson would read it as a float, and an id would change."""
    assert has_long_number(text) is is_long


def test_a_long_id_is_kept_to_its_last_digit() -> None:
    """Ids of Twitter and Snowflake have 19 digits."""
    record = parse_record("d", b'{"id": 123456789012345678901}', 0, 0)

    assert record.value == {"id": 123456789012345678901}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"a": {"b": [1, 1e999]}}', "a.b.1"),
        (b'{"a": "\xff"}', "byte 107"),
        (b"[" * 100_000 + b"]" * 100_000, "nested"),
    ],
    ids=["number", "not UTF-8", "nesting"],
)
def test_a_problem_of_one_record_does_not_end_the_file(text: bytes, words: str) -> None:
    """The record becomes a dead letter."""
    record = parse_record("d", text, 100, 7)

    assert record.record_index == 7
    assert words in (record.problem or "")


def test_a_syntax_error_ends_the_file() -> None:
    """It is unknown where the next record starts."""
    with pytest.raises(DataFileError) as caught:
        parse_record("d.json", b'{"a": NaN}', 100, 7)

    assert caught.value.byte_offset == 106
    assert "7 complete records" in str(caught.value)


@pytest.mark.parametrize(
    "text", [b'{"a": 1', b'{"a": "x', b'{"a": tr', b'{"a"', b"[1, 2", b'{"a": -']
)
def test_an_incomplete_value_is_reported_as_incomplete(text: bytes) -> None:
    """For example an interrupted download: all that is there is valid."""
    error = broken_value("d", text, 10, 1, "it is cut off")

    assert "it is cut off" in str(error)
    assert error.byte_offset == 10 + len(text)
