"""Mapping of records to payloads. Pure, except that `Mapper` notes unused mappings."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from cio_pipeline.core.config import Mapping, ValueKind
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.jobs import JsonValue, Payload, Record
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.limits import ATTRIBUTE_VALUE_LIMIT_BYTES, ID_LIMIT_BYTES
from cio_pipeline.core.text import did_you_mean, kind_of
from cio_pipeline.core.times import unix_seconds

_MISSING = object()
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"([+-]?\d+)(\.0*)?", re.ASCII)
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
# MongoDB's Extended JSON, canonical and relaxed: the type as an object's only key.
_MONGO_VALUES = (
    "$date",
    "$numberLong",
    "$numberInt",
    "$numberDouble",
    "$numberDecimal",
)


class Mapper:
    """Applies a configuration's mappings. Not thread-safe.

    A payload depends only on its record. The mapper also notes which mappings have
    not found a value so far.

    Args:
        user_id: the key or dotted path of the user id.
        mappings: the configured mappings; targets differ.
    """

    def __init__(self, user_id: str, mappings: Sequence[Mapping]) -> None:
        self._user_id = user_id
        self._mappings = [
            (mapping.source, mapping.target, _CONVERTERS[mapping.kind])
            for mapping in mappings
        ]
        self._unused = {mapping.target for mapping in mappings}

    @property
    def unused(self) -> list[str]:
        """The ``from`` of each mapping whose key no record has had so far."""
        return [
            source for source, target, _ in self._mappings if target in self._unused
        ]

    def map(self, record: Record) -> Payload:
        """Return a record's payload, without missing keys, but with nulls.

        Raises:
            RecordError: it is not an object, has no usable id, or a value cannot be
                converted to its mapping's type.
        """
        value = _object_of(record)
        user_id = self._user_id_in(value)
        attributes: dict[str, JsonValue] = {}
        for source, target, convert in self._mappings:
            found = _find(value, source)
            if found is _MISSING:
                continue
            attributes[target] = found if convert is None else convert(found, source)
        if self._unused:
            self._unused.difference_update(attributes)
        return Payload(user_id, attributes)

    def map_to_json(self, record: Record) -> tuple[Payload, bytes]:
        """Return a record's payload, and its attributes as JSON text.

        Raises:
            RecordError: as `map`; or JSON cannot hold the attributes (`encode`).
        """
        try:
            payload = self.map(record)
            return payload, encode(payload.attributes)
        except ValueError as error:
            raise RecordError(str(error)) from error

    def user_id_of(self, record: Record) -> str:
        """Return a record's user id, without mapping the rest.

        Raises:
            RecordError: it is not an object, or has no usable id.
        """
        return self._user_id_in(_object_of(record))

    def _user_id_in(self, value: dict[str, JsonValue]) -> str:
        return _usable_id(_find(value, self._user_id), self._user_id, value)


def _object_of(record: Record) -> dict[str, JsonValue]:
    if record.problem is not None:
        raise RecordError(record.problem)
    if not isinstance(record.value, dict):
        raise RecordError(f"the record is {kind_of(record.value)}, expected an object")
    return record.value


def _find(record: dict[str, JsonValue], name: str) -> JsonValue:
    """Look a name up: first as a key, then as a path into nested objects."""
    if name in record:
        return record[name]
    if "." not in name:
        return _MISSING  # type: ignore[return-value]  # compared by identity
    here: JsonValue = record
    for key in name.split("."):
        if not isinstance(here, dict) or key not in here:
            return _MISSING  # type: ignore[return-value]  # as above
        here = here[key]
    return here


def _usable_id(value: JsonValue, name: str, record: dict[str, JsonValue]) -> str:
    if value is _MISSING:
        near = _near(name, record)
        hint = "" if near is None else f"; {did_you_mean(near, name)}"
        raise RecordError(f"the record has no {name!r}, its user id{hint}")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise RecordError(
            f"the user id {name!r} is {kind_of(value)}, expected text or a whole number"
        )
    if not value.strip():
        raise RecordError(f"the user id {name!r} is empty or blank")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise RecordError(f"the user id {name!r} is not valid Unicode") from None
    if size > ID_LIMIT_BYTES:
        raise RecordError(
            f"the user id {name!r} has {size} bytes;"
            f" Customer.io accepts up to {ID_LIMIT_BYTES}"
        )
    return value


def _near(name: str, record: dict[str, JsonValue]) -> str | None:
    """Return the key that was meant: ``ID`` or ``user_id`` for ``id``, or reversed."""
    expected = _words(name)
    for key in record:
        words = _words(key)
        fewer = min(len(words), len(expected))
        if fewer and words[-fewer:] == expected[-fewer:]:
            return key
    return None


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def convert(value: JsonValue, kind: ValueKind, name: str) -> JsonValue:
    """Return a value converted to a mapping's type.

    Args:
        value: the record's value.
        kind: the type.
        name: the key or dotted path of the value, for messages.

    Raises:
        RecordError: the value cannot be converted.
    """
    converter = _CONVERTERS[kind]
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
_CONVERTERS: dict[ValueKind, Callable[[JsonValue, str], JsonValue] | None] = {
    "as_is": None,
    "timestamp": _to_timestamp,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
}


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
