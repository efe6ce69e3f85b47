"""JSON text in the queue."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cio_pipeline.core.json_text import MOST_LEVELS, decode, encode, encode_lenient


def nested(levels: int) -> Any:
    """Return lists inside lists; the innermost is empty."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_deeper_nesting_is_refused_before_it_is_queued() -> None:
    """It becomes a dead letter, which names the record."""
    for value in (nested(MOST_LEVELS + 1), nested(5000), {"a": nested(MOST_LEVELS)}):
        with pytest.raises(ValueError, match="nested too deeply"):
            encode(value)


@pytest.mark.parametrize(
    "value",
    [{"n": 2**70}, {"n": -(2**64)}, ["\ud800"], {"a": None, "b": 1.5}, nested(300)],
    ids=["long", "negative", "surrogate", "null", "deep"],
)
def test_what_is_written_is_read_back_the_same(value: Any) -> None:
    """Orjson refuses some of these, but the queue must store them all."""
    assert decode(encode(value)) == value


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_infinity_is_refused_and_does_not_become_null(number: float) -> None:
    """A null would remove the attribute in Customer.io."""
    with pytest.raises(ValueError, match="too large"):
        encode({"a": None, "b": [number]})


def test_a_dead_letter_shows_a_record_as_far_as_possible() -> None:
    """A person must see what could not be sent."""
    assert encode_lenient({"a": math.inf, "b": [-math.inf]}) == (
        b'{"a":"Infinity","b":["-Infinity"]}'
    )
    assert encode_lenient(nested(5000)) == b"null"
