"""Conversion of a value to the type that its mapping names. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from cio_pipeline.core.config_mappings import ValueKind
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.limits import ATTRIBUTE_VALUE_LIMIT_BYTES
from cio_pipeline.core.text import kind_of
from cio_pipeline.core.times import unix_seconds

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"([+-]?\d+)(\.0*)?", re.ASCII)
# MongoDB's Extended JSON, canonical and relaxed: the type as an object's only key.
_MONGO_VALUES = (
    "$date",
    "$numberLong",
    "$numberInt",
    "$numberDouble",
    "$numberDecimal",
)


def convert(value: JsonValue, kind: ValueKind, name: str) -> JsonValue:
    """Return a value converted to a mapping's type.

    Args:
        value: the record's value.
        kind: the type.
        name: the key or dotted path of the value, for messages.

    Raises:
        RecordError: the value cannot be converted.
    """
    converter = CONVERTERS[kind]
    return value if converter is None else converter(value, name)


def without_mongo(value: JsonValue) -> JsonValue:
    """Return the value inside MongoDB's typed objects, such as ``{"$date": …}``."""
    while isinstance(value, dict) and len(value) == 1:
        ((key, inside),) = value.items()
        if key not in _MONGO_VALUES:
            break
        value = inside
    return value


def _to_timestamp(value: JsonValue, name: str) -> JsonValue:
    is_mongo_date = "$date" in name.split(".") or (
        isinstance(value, dict) and "$date" in value
    )
    try:
        # A number in MongoDB's $date is always milliseconds, however small.
        return unix_seconds(without_mongo(value), is_milliseconds=is_mongo_date)
    except ValueError:
        raise RecordError(f"{name!r} is not a time ({kind_of(value)})") from None


def _to_number(value: JsonValue, name: str) -> JsonValue:
    value = without_mongo(value)
    if value is None or _is_number(value):
        return value
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if len(text) > ATTRIBUTE_VALUE_LIMIT_BYTES:
            raise RecordError(
                f"{name!r} is text of {len(text):,} characters, too long for a number"
            )
        if _INTEGER.fullmatch(text) and "." not in text:
            return int(text)
        if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
    raise RecordError(f"{name!r} is not a number ({kind_of(value)})")


def _to_integer(value: JsonValue, name: str) -> JsonValue:
    value = without_mongo(value)
    if isinstance(value, str) and (integer := _INTEGER.fullmatch(value.strip())):
        value = integer[1]  # a float would round 12345678901234567890.0
    number = _to_number(value, name)
    if isinstance(number, float):
        if not number.is_integer():
            raise RecordError(f"{name!r} is not a whole number")
        return int(number)
    return number


def _to_boolean(value: JsonValue, name: str) -> JsonValue:
    if value is None or isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else value
    if word == "":
        return None
    if isinstance(word, str | int | float) and word in _TRUE_OR_FALSE:
        return _TRUE_OR_FALSE[word]
    raise RecordError(f"{name!r} is neither true nor false ({kind_of(value)})")


# What programs write: PostgreSQL t and f, pandas 1.0 and 0.0, Access -1, spreadsheets
# a word of their language, forms on and off, MySQL one byte for BIT(1).
_TRUE_WORDS = "true t yes y on 1 1.0 -1 checked wahr vrai verdadero vero \x01"
_FALSE_WORDS = "false f no n off 0 0.0 unchecked falsch faux falso \x00"
_TRUE_OR_FALSE: dict[str | float, bool] = {
    **dict.fromkeys(_TRUE_WORDS.split(" "), True), 1: True,
    **dict.fromkeys(_FALSE_WORDS.split(" "), False), 0: False,
}  # fmt: skip
CONVERTERS: dict[ValueKind, Callable[[JsonValue, str], JsonValue] | None] = {
    "as_is": None,
    "timestamp": _to_timestamp,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
}


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
