"""Conversion of a value to the type that its mapping names. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from cio_pipeline.core.config_mappings import ValueKind
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.limits import ATTRIBUTE_VALUE_LIMIT_BYTES
from cio_pipeline.core.text import kind_of
from cio_pipeline.core.times import unix_seconds

if TYPE_CHECKING:
    from cio_pipeline.core.number_text import DecimalSign

# Converts a value; the key or dotted path of the value is for messages.
Convert: TypeAlias = Callable[[JsonValue, str], JsonValue]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MOST = ATTRIBUTE_VALUE_LIMIT_BYTES  # characters of a number
_INTEGER = re.compile(r"([+-]?\d+)(\.0*)?", re.ASCII)
_DAY_OR_MONTH_FIRST = re.compile(r"\s*\d{1,2}[./-]\d{1,2}[./-]\d{2}", re.ASCII)
# MongoDB's Extended JSON, canonical and relaxed: the type as an object's only key.
_MONGO_VALUES = (
    "$date",
    "$numberLong",
    "$numberInt",
    "$numberDouble",
    "$numberDecimal",
)
_MONGO_IDS = ({"$oid"}, {"$uuid"})


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


def seconds_of(value: JsonValue, name: str) -> int | None:
    """Return a record's time as Unix seconds; None for null or blank text.

    Args:
        value: the value; it may be inside MongoDB's typed objects.
        name: its key or dotted path.

    Raises:
        ValueError: it is not a time.
    """
    is_mongo_date = "$date" in name.split(".") or (
        isinstance(value, dict) and "$date" in value
    )
    # A number in MongoDB's $date is always milliseconds, however small.
    return unix_seconds(without_mongo(value), is_milliseconds=is_mongo_date)


def _to_timestamp(value: JsonValue, name: str) -> JsonValue:
    try:
        return seconds_of(value, name)
    except ValueError:
        hint = ""
        if isinstance(value, str) and _DAY_OR_MONTH_FIRST.match(value):
            hint = '; add "format" to the mapping: "DD/MM/YYYY" or "MM/DD/YYYY"'
        raise RecordError(f"{name!r} is not a time ({kind_of(value)}){hint}") from None


def _to_formatted_time(
    value: JsonValue,
    name: str,
    *,
    time_format: str,
    read: Callable[[str], int | None],
) -> JsonValue:
    value = without_mongo(value)
    if value is None:
        return None
    is_digits = isinstance(value, int) and not isinstance(value, bool)
    text = str(value).strip() if is_digits or isinstance(value, str) else "-"
    try:
        return read(text) if text else None
    except ValueError:
        raise RecordError(
            f"{name!r} is not a time in the format {time_format!r} ({kind_of(value)})"
        ) from None


def _to_number(
    value: JsonValue, name: str, *, decimal: DecimalSign | None = None
) -> JsonValue:
    value = without_mongo(value)
    if value is None or _is_number(value):
        return value
    if not isinstance(value, str):
        raise RecordError(f"{name!r} is not a number ({kind_of(value)})")
    text = value.strip()
    if not text:
        return None
    if decimal is not None or len(text) > _MOST or not _NUMBER.fullmatch(text):
        text = _plain_number(text, name, decimal)
    if _INTEGER.fullmatch(text) and "." not in text:
        return int(text)
    if math.isfinite(number := float(text)):
        return number
    raise RecordError(f"{name!r} is not a number (text)")


def _plain_number(text: str, name: str, decimal: DecimalSign | None) -> str:
    if len(text) > _MOST:
        raise RecordError(
            f"{name!r} is text of {len(text):,} characters, too long for a number"
        )
    # Most numbers are plain, and need not wait for this module.
    from cio_pipeline.core.number_text import plain_number  # noqa: PLC0415  # see above

    try:
        return plain_number(text, decimal)
    except ValueError:
        hint = ""
        if decimal is None and "," in text:
            hint = '; if it has a comma, add "decimal": "," or "." to the mapping'
        raise RecordError(f"{name!r} is not a number (text){hint}") from None


def _to_integer(
    value: JsonValue, name: str, *, decimal: DecimalSign | None = None
) -> JsonValue:
    value = without_mongo(value)
    if isinstance(value, str) and (text := value.strip()):
        if decimal is not None or len(text) > _MOST or not _NUMBER.fullmatch(text):
            text = _plain_number(text, name, decimal)
        integer = _INTEGER.fullmatch(text)
        # A float would round 12345678901234567890.0.
        value = integer[1] if integer else text
    number = _to_number(value, name)
    if isinstance(number, float):
        if not number.is_integer():
            raise RecordError(f"{name!r} is not a whole number")
        return int(number)
    return number


def _to_text(value: JsonValue, name: str) -> JsonValue:
    return value if value is None else text_of(value, name)


def text_of(value: JsonValue, name: str) -> str:
    """Return a value as text: a number as in JSON, true or false as words.

    Raises:
        RecordError: it is null, a list or an object (but not MongoDB's).
    """
    value = without_mongo(value)
    if isinstance(value, dict) and value.keys() in _MONGO_IDS:
        (value,) = value.values()
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise RecordError(
        f"{name!r} is {kind_of(value)}, expected text, a number, true or false"
    )


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
_TRUE_WORDS = (
    "true t yes y on 1 1.0 -1 checked \x01 wahr vrai verdadero vero verdadeiro waar"
    " prawda sant sand sann ja oui si sí sì sim"
)
_FALSE_WORDS = (
    "false f no n off 0 0.0 unchecked \x00 falsch faux falso onwaar fałsz falskt falsk"
    " usann nein non nee nej nei não"
)
_TRUE_OR_FALSE: dict[str | float, bool] = {
    **dict.fromkeys(_TRUE_WORDS.split(" "), True), 1: True,
    **dict.fromkeys(_FALSE_WORDS.split(" "), False), 0: False,
}  # fmt: skip
CONVERTERS: dict[ValueKind, Convert | None] = {
    "as_is": None,
    "timestamp": _to_timestamp,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "text": _to_text,
}


def converter_of(
    kind: ValueKind, time_format: str | None, decimal: DecimalSign | None
) -> Convert | None:
    """Return the conversion to a type, which raises `RecordError`; None for no type.

    Args:
        kind: the type.
        time_format: for ``timestamp``: a format, as in `compile_time_format`.
        decimal: for ``number`` and ``integer``: the decimal sign.
    """
    if time_format is not None:
        from cio_pipeline.core.time_formats import compile_time_format  # noqa: PLC0415  # few need it

        read = compile_time_format(time_format)
        return partial(_to_formatted_time, time_format=time_format, read=read)
    if decimal is not None:
        convert = _to_integer if kind == "integer" else _to_number
        return partial(convert, decimal=decimal)
    return CONVERTERS[kind]


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
