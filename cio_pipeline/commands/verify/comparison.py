"""Compare what was mapped with what Customer.io has. Pure.

The App API returns the value of every attribute as a string: 12.5 as ``"12.5"``,
true as ``"true"``, objects and lists as JSON text (``customerio-api.md``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from cio_pipeline.core.identifiers import identity
from cio_pipeline.core.jobs import JsonValue

# Instructions to Customer.io, which are not attributes and cannot be looked up. A
# topic of the preferences (mapped as `….topics.NAME`) cannot be either.
_NOT_KEPT = frozenset(
    {
        "_timestamp",
        "_update",
        "anonymous_id",
        "cio_id",
        "cio_relationships",
        "cio_subscription_preferences",
    }
)
_NUMBER_DIGITS = 400


class Difference(NamedTuple):
    """One attribute that differs.

    Args:
        attribute: its name.
        wanted: what was mapped.
        found: what Customer.io has, as text; None if it has no such attribute.
    """

    attribute: str
    wanted: JsonValue
    found: str | None


class FoundPerson(NamedTuple):
    """A person as returned by the App API.

    Args:
        attributes: values by name, the identifiers among them.
    """

    attributes: Mapping[str, str]


def differences(
    wanted: Mapping[str, JsonValue], found: FoundPerson
) -> list[Difference]:
    """Return the mapped attributes that differ; other attributes are ignored."""
    return [
        Difference(name, value, text)
        for name, value in wanted.items()
        if name.partition(".topics.")[0] not in _NOT_KEPT
        and not is_same(value, text := found.attributes.get(name))
        and not _is_removed_flag(name, value, text)
        and not _is_same_email(name, value, text)
    ]


def is_same(wanted: JsonValue, found: str | None) -> bool:
    """Return whether a text is the same as the value that was sent.

    Null and empty text remove an attribute, so they match a missing one.
    """
    if wanted is None or wanted == "":
        return found in (None, "", "null")
    return found is not None and _is_same_value(wanted, found)


def _is_removed_flag(name: str, wanted: JsonValue, found: str | None) -> bool:
    """Whether it is a removed ``unsubscribed``, which is returned as false."""
    return name == "unsubscribed" and wanted in (None, "") and found == "false"


def _is_same_email(name: str, wanted: JsonValue, found: str | None) -> bool:
    """Whether it is an ``email`` that differs only in case."""
    if name != "email" or not isinstance(wanted, str) or found is None:
        return False
    return identity("email", wanted) == identity("email", found)


def _is_same_value(wanted: JsonValue, found: str) -> bool:
    match wanted:
        case bool():
            return found.lower() == str(wanted).lower()
        case str():
            return found == wanted
        case int() | float():
            return _is_same_number(wanted, found)
    try:
        return _is_same_json(wanted, json.loads(found))
    except (ValueError, RecursionError):
        return False


def _is_same_number(wanted: float, found: str) -> bool:
    """Compare by value: 12.50 is 12.5, and 1e3 is 1000."""
    if len(found) > _NUMBER_DIGITS:
        return str(wanted) == found
    try:
        number = Decimal(found)
    except InvalidOperation:
        return False
    if not number.is_finite():  # "sNaN" cannot even be compared
        return False
    return number == wanted if isinstance(wanted, int) else float(number) == wanted


def _is_same_json(wanted: JsonValue, found: JsonValue) -> bool:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(
            _is_same_json(value, found[key]) for key, value in wanted.items()
        )
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(_is_same_json, wanted, found))
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    return wanted == found
