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

    It is `MISSING` if the record has neither.
    """
    if name in record:
        return record[name]
    if "." not in name:
        return MISSING
    here: JsonValue = record
    for key in name.split("."):
        if not isinstance(here, dict) or key not in here:
            return MISSING
        here = here[key]
    return here


def is_empty(value: JsonValue) -> bool:
    """Return whether a value says nothing: missing, null, or blank text."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is MISSING
