"""What a value looks like, and which type of a mapping fits it. Pure."""

from __future__ import annotations

import re
from typing import Literal

from cio_pipeline.core.config_mappings import ValueKind
from cio_pipeline.core.conversion import convert
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.jobs import JsonValue

Kind = Literal["text", "number", "integer", "boolean", "time", "null", "object", "list"]
UNFIT = "unfit"  # no conversion returns text

_KINDS: dict[type, Kind] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "list",
}
# No leading plus or zero: it may be a phone number or a postal code.
_INTEGER = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+)\.\d+", re.ASCII)
_TIME_NAME = re.compile(r"(_at|At|date|Date|time|Time|timestamp)$")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([Tt ].+)?", re.ASCII)
# Digits of a number that may be a time: milliseconds, 20240131123000, text 20240131.
_TIME_DIGITS = (13, 14)
_TIME_DIGITS_OF_TEXT = (8, *_TIME_DIGITS)
_USUAL_SECONDS = range(978_307_200, 4_102_444_800)  # the years 2001 to 2099
# What programs write for null, and nobody means otherwise.
NULL_TEXTS = frozenset(
    {"NULL", "(null)", "<null>", "[NULL]", "nan", "NaN", "NaT", "<NA>", "#N/A"}
)


def converted(value: JsonValue, kind: ValueKind) -> JsonValue:
    """Return a value converted to a type, or `UNFIT` if that is not possible."""
    try:
        return convert(value, kind, "")
    except RecordError:
        return UNFIT


def kind_of_value(name: str, value: JsonValue, *, is_text: bool) -> Kind:
    """Return the kind of a value; of a text, what it looks like.

    Args:
        name: its key.
        value: the value.
        is_text: whether all values of the data are text.
    """
    if isinstance(value, str):
        return _kind_of_text(name, value, is_text=is_text)
    kind = _KINDS[type(value)]
    is_time = kind == "integer" and _is_usual_time(name, value, _TIME_DIGITS)
    return "time" if is_time else kind


def kind_of_number_text(text: JsonValue) -> Kind:
    """Return the kind of a text that a database writes for a number."""
    if isinstance(text, str) and _INTEGER.fullmatch(text):
        return "integer"
    return "text" if converted(text, "number") == UNFIT else "number"


def _is_usual_time(name: str, value: JsonValue, digits: tuple[int, ...]) -> bool:
    """Whether a number is probably a time, by its digits and its key's name."""
    if len(str(value)) not in digits or not _TIME_NAME.search(name):
        return False
    return converted(value, "timestamp") in _USUAL_SECONDS


def _kind_of_text(name: str, text: str, *, is_text: bool) -> Kind:
    if not text.strip():
        return "null"
    if _DATE.fullmatch(text) and converted(text, "timestamp") != UNFIT:
        return "time"
    is_integer = _INTEGER.fullmatch(text) is not None
    digits = _TIME_DIGITS_OF_TEXT if is_text else _TIME_DIGITS
    if is_integer and _is_usual_time(name, text, digits):
        return "time"
    return _kind_of_cell(text, is_integer=is_integer) if is_text else "text"


def _kind_of_cell(text: str, *, is_integer: bool) -> Kind:
    if is_integer:
        return "integer"
    if _NUMBER.fullmatch(text) and converted(text, "number") != UNFIT:
        return "number"
    return "text" if converted(text, "boolean") == UNFIT else "boolean"
