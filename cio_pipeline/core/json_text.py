"""JSON text that is exact: numbers of any size, nothing silently made null.

Pure. orjson does nearly all of it; the standard library takes over where orjson
gives up (integers over 64 bits, lone surrogates, deep nesting).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import cast

import orjson

from cio_pipeline.core.jobs import JsonValue

# A body in the queue has to be read again, from any depth of the call stack. The
# limit is far below Python's recursion limit of 1,000, and no loss: a value with
# more levels is longer than the 1,000 bytes that Customer.io takes.
MOST_LEVELS = 500

_exact = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":")
).encode
_exact_ascii = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def encode(value: JsonValue) -> bytes:
    """Write compact JSON in UTF-8.

    Raises:
        ValueError: a number is infinite or not a number, an integer has more
            digits than Python turns into text, or it has more than `MOST_LEVELS`
            levels, itself included.
    """
    try:
        text = orjson.dumps(value)
    except TypeError:  # among other reasons, for more than 254 levels
        if _has_too_many_levels(value):
            raise ValueError("it is nested too deeply") from None
        return _encode_exactly(value)
    # orjson writes numbers that JSON lacks as null; so does a real null, so look
    # closer only where there is one.
    if b"null" in text and _holds_no_number(value):
        raise ValueError("a number is too large for JSON")
    return text


def decode(text: bytes) -> JsonValue:
    """Read JSON, integers of any size exactly.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return cast("JsonValue", json.loads(text))
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error


def decode_object(text: bytes) -> dict[str, JsonValue] | None:
    """Return the object that JSON text holds; None if it holds something else."""
    try:
        document = decode(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def encode_lenient(value: JsonValue) -> bytes:
    """Write JSON of a record that could not be mapped, as far as it goes.

    Infinite numbers become the text ``Infinity``, ``-Infinity`` or ``NaN``; what
    cannot be written at all becomes null.
    """
    try:
        return encode(_with_words_for_infinity(value))
    except (ValueError, RecursionError):
        return b"null"


def _encode_exactly(value: JsonValue) -> bytes:
    try:
        return _exact(value).encode()
    except UnicodeEncodeError:
        return _exact_ascii(value).encode()


def _has_too_many_levels(value: JsonValue) -> bool:
    """Count without recursion, as the value may be nested to any depth."""
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [item for each in level for item in _items(each)]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def _items(value: JsonValue) -> Iterable[JsonValue]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _holds_no_number(value: JsonValue) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(map(_holds_no_number, value.values()))
    return isinstance(value, list) and any(map(_holds_no_number, value))


def _with_words_for_infinity(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, dict):
        return {key: _with_words_for_infinity(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_words_for_infinity(item) for item in value]
    return value
