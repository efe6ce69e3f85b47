"""Values that databases and APIs put into an object or list of their own. Pure.

MongoDB: ``{"$oid": "65a0…"}``. DynamoDB: ``{"S": "text"}``, ``{"N": "5"}``,
``{"M": {…}}``. Cognito, Zendesk: ``[{"Name": "email", "Value": "ada@…"}]``.
"""

from __future__ import annotations

from collections.abc import Mapping

from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.lookup import values_by_name

_OBJECT_ID = "$oid"
_DYNAMO_TYPES: dict[str, type] = {
    "S": str,
    "N": str,
    "BOOL": bool,
    "NULL": bool,
    "M": dict,
    "L": list,
    "SS": list,
    "NS": list,
    "B": str,
    "BS": list,
}


def are_of_dynamo(record: Mapping[str, JsonValue]) -> bool:
    """Return whether all values of an object have DynamoDB's types."""
    return bool(record) and all(map(_is_of_dynamo, record.values()))


def parts_of(value: JsonValue) -> Mapping[str, JsonValue] | None:
    """Return the values inside a value, by the next key of their path; None if none."""
    if isinstance(value, dict):
        return value
    return values_by_name(value) if isinstance(value, list) else None


def is_object_id(value: JsonValue) -> bool:
    """Return whether a value is an id as MongoDB writes it."""
    return isinstance(value, dict) and value.keys() == {_OBJECT_ID}


def _is_of_dynamo(value: JsonValue) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((kind, inside),) = value.items()
    return kind in _DYNAMO_TYPES and isinstance(inside, _DYNAMO_TYPES[kind])
