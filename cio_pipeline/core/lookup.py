"""Look up a name in a record. Pure."""

from __future__ import annotations

from enum import Enum
from typing import Final, cast

from cio_pipeline.core.jobs import JsonValue


class _Missing(Enum):
    """The type of `MISSING`. Its text is the same in every process."""

    MISSING = "missing"


# In place of a JSON value: there is none, not even null. Compare it with `is`.
MISSING: Final = cast("JsonValue", _Missing.MISSING)


def find(record: dict[str, JsonValue], name: str) -> JsonValue:
    """Return the value of a name, first as a key, then as a path into nested objects.

    In a list, the path's next key is an index from 0, or a name in a list of names and
    values (`values_by_name`). The value is `MISSING` if the record has neither.
    """
    if name in record:
        return record[name]
    if "." not in name:
        return MISSING
    here: JsonValue = record
    for key in name.split("."):
        if isinstance(here, dict):
            if key not in here:
                return MISSING
            here = here[key]
        elif isinstance(here, list):
            here = _find_in_list(here, key)
        else:
            return MISSING
    return here


def values_by_name(items: list[JsonValue]) -> dict[str, JsonValue] | None:
    """Return the values of a list of names and values; None if it is another list.

    Its elements are objects such as ``{"Name": "email", "Value": "ada@example.com"}``
    (Cognito) or ``{"id": 7, "value": "pro"}`` (custom fields of Zendesk).
    """
    found: dict[str, JsonValue] = {}
    for item in items:
        if not isinstance(item, dict):
            return None
        pairs = (
            pair for pair in _NAME_AND_VALUE if pair[0] in item and pair[1] in item
        )
        keys = next(pairs, None)
        if keys is None or not isinstance(name := item[keys[0]], str | int):
            return None
        found.setdefault(str(name), item[keys[1]])
    return found or None


_NAME_AND_VALUE = [
    (name, value)
    for value in ("Value", "value")
    for name in ("Name", "name", "Key", "key", "field", "attribute", "id", "label")
]


def _find_in_list(items: list[JsonValue], key: str) -> JsonValue:
    named = values_by_name(items) or {}
    if key in named:
        return named[key]
    is_index = key.isdecimal() and len(key) < _MOST_DIGITS and int(key) < len(items)
    return items[int(key)] if is_index else MISSING


_MOST_DIGITS = 10


def is_empty(value: JsonValue) -> bool:
    """Return whether a value says nothing: missing, null, or blank text."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is MISSING
