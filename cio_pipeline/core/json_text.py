"""Exact JSON text: numbers of any size, and no value silently becomes null.

Pure. orjson does nearly all of it. The standard library does what orjson cannot:
integers over 64 bits, lone surrogates, deep nesting.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import cast

import orjson

from cio_pipeline.core.jobs import JsonValue

# A body in the queue is read again later, at any depth of the call stack. So the
# limit is far below Python's recursion limit of 1,000. Nothing is lost: a value with
# more levels is longer than the 1,000 bytes that Customer.io accepts.
MOST_LEVELS = 500

_exact = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":")
).encode
_exact_ascii = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def encode(value: JsonValue) -> bytes:
    """Write compact JSON in UTF-8.

    Raises:
        ValueError: a number is infinite or NaN, an integer has more digits than
            Python converts to text, or there are more than `MOST_LEVELS` levels,
            the top one included.
    """
    try:
        # A copy, because orjson's own result keeps a buffer of 4 KB.
        text = b"%b" % orjson.dumps(value)
    except TypeError:  # among other reasons, for more than 254 levels
        if _has_too_many_levels(value):
            raise ValueError("it is nested too deeply") from None
        return _encode_exactly(value)
    # orjson writes infinity and NaN as null. So only a text with "null" needs a check.
    # `find` takes a third of the time of `in`.
    if text.find(b"null") >= 0 and _has_infinity(value):
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
    """Return the object in a JSON text; None if it is something else."""
    try:
        document = decode(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def encode_lenient(value: JsonValue) -> bytes:
    """Write a record that could not be mapped as JSON, as far as possible.

    Infinite numbers become the text ``Infinity``, ``-Infinity`` or ``NaN``. A record
    that still cannot be written becomes null.
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
    """Count levels without recursion: the value may have any depth."""
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


def _has_infinity(value: JsonValue) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(map(_has_infinity, value.values()))
    return isinstance(value, list) and any(map(_has_infinity, value))


def _with_words_for_infinity(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, dict):
        return {key: _with_words_for_infinity(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_words_for_infinity(item) for item in value]
    return value
