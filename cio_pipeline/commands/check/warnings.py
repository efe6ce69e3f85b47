"""Warnings about payloads that are valid, but probably wrong. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from cio_pipeline.commands.check.value_warnings import IdWarning, TimeWarning
from cio_pipeline.core.identifiers import IdentifierKind, identity, identity_of
from cio_pipeline.core.jobs import JsonValue, Payload
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.limits import ATTRIBUTE_VALUE_LIMIT_BYTES, PAYLOAD_LIMIT_BYTES
from cio_pipeline.customerio.reserved import BESIDE_ATTRIBUTES, action_and_entries

_TOPIC = "cio_subscription_preferences.topics."  # followed by a topic's name
_OBJECTS = ({"object_type_id", "object_id"}, {"cio_object_id"})

WarningKind = Literal[
    IdWarning,
    TimeWarning,
    "created_at_not_a_timestamp",
    "value_too_long",
    "payload_too_large",
    "identifier_changed",
    "reserved_attribute",
    "id_read_as_email",
    "id_read_as_cio_id",
    "nothing_mapped",
    "user_repeated",
    "email_of_another",
    "id_of_another",
    "header_repeated",
    "row_without_values",
    "sheet_not_read",
    "value_left_out",
]
MEANINGS: dict[WarningKind, str] = {
    "created_at_not_a_timestamp": "created_at is not in whole Unix seconds, so date"
    ' segments do not match it: add "type": "timestamp" to its mapping',
    "value_too_long": "a value is longer than Customer.io's limit of"
    f" {ATTRIBUTE_VALUE_LIMIT_BYTES:,} bytes and will be refused",
    "payload_too_large": "the payload is larger than Customer.io's limit of"
    f" {PAYLOAD_LIMIT_BYTES // 1000} KB and will be refused",
    "identifier_changed": "this attribute is an identifier and differs from the user"
    " id: Customer.io will change the person's identifier, or fail silently if another"
    " person has it",
    "reserved_attribute": "this attribute has a special meaning in Customer.io, and its"
    " value does not have the documented form",
    "id_read_as_email": "the user id looks like an email address, and Customer.io"
    " will use it as one",
    "id_read_as_cio_id": "the user id begins with cio_, and Customer.io will use it"
    " as one of its own ids",
    "nothing_mapped": "the record has none of the mapped keys; only the user id will"
    " be sent",
    "user_repeated": "a user is in the file more than once; the records are sent one"
    " after another, and the last one wins",
    "email_of_another": "users have the email of another user of the file (upper and"
    " lower case are the same): Customer.io accepts this, and then fails silently or"
    " merges them, in no fixed order",
    "id_of_another": "users have the id of another user of the file: Customer.io"
    " accepts this, and then fails silently or merges them, in no fixed order",
    "id_reformatted": "the user id looks like a number that a spreadsheet or another"
    " program has rounded or reformatted: export the column as text",
    "id_guarded": "the user id has extra characters around it that protect it in a"
    " spreadsheet, and they are sent too: export the column without them",
    "id_spreadsheet_error": "the user id is an error value of a spreadsheet: correct"
    " the formula, or remove the rows",
    "id_no_value": "the user id is a word that means no value, and a person with that"
    " id will be created: remove the rows, or export an empty cell",
    "id_blanks_around": "the user id has blanks around it, which makes it another"
    " person than without them: remove them from the data",
    "created_at_unlikely": "the time is before 1980 or after tomorrow: is it a"
    " spreadsheet's number of days, or in another unit? Export Unix seconds or"
    " 2026-01-31T12:30:00Z",
    "time_unlikely": "the time is in 1970 or after 2200: is it a spreadsheet's number"
    " of days, or in another unit? Export Unix seconds or 2026-01-31T12:30:00Z",
    "header_repeated": "the CSV file repeats its header: the row is skipped",
    "row_without_values": "a row of the table has no values: it is skipped",
    "sheet_not_read": "the workbook has another sheet, which is not read: select one"
    " with -sheet",
    "value_left_out": "the value cannot be converted and will be left out, because"
    ' its mapping has "onError": "skip"; Customer.io keeps the value that it has',
}
# How Customer.io reads a user id because of its form.
_READ_AS: dict[IdentifierKind, WarningKind] = {
    "email": "id_read_as_email",
    "cio_id": "id_read_as_cio_id",
}


class PayloadWarning(NamedTuple):
    """A warning about a payload.

    Args:
        kind: what is wrong, a key of `MEANINGS`.
        attribute: the attribute that it is about; None if it is about the user.
    """

    kind: WarningKind
    attribute: str | None = None


def payload_warnings(payload: Payload) -> list[PayloadWarning]:
    """Return the warnings about a payload, in any order."""
    found: list[PayloadWarning] = []
    person = identity_of(payload.user_id)
    kind = person.kind
    if kind in _READ_AS:
        found.append(PayloadWarning(_READ_AS[kind]))
    if not payload.attributes:
        found.append(PayloadWarning("nothing_mapped"))
    for name, value in payload.attributes.items():
        if name == "created_at" and not _is_whole_seconds(value):
            found.append(PayloadWarning("created_at_not_a_timestamp", name))
        if not _has_documented_form(name, value):
            found.append(PayloadWarning("reserved_attribute", name))
        if name == kind and identity(kind, str(value)) != person:
            found.append(PayloadWarning("identifier_changed", name))
        if name not in BESIDE_ATTRIBUTES and _is_too_long(value):
            found.append(PayloadWarning("value_too_long", name))
    return found


def _has_documented_form(name: str, value: JsonValue) -> bool:
    has_form = _is_flag if name.startswith(_TOPIC) else _FORMS.get(name)
    return has_form is None or has_form(value)


def _is_flag(value: JsonValue) -> bool:
    return isinstance(value, bool)


def _is_text_or_null(value: JsonValue) -> bool:
    return value is None or isinstance(value, str)


def _is_time(value: JsonValue) -> bool:
    return value is not None and _is_whole_seconds(value)


def _is_whole_seconds(value: JsonValue) -> bool:
    return value is None or (type(value) is int and abs(value) < 100_000_000_000)


def _are_preferences(value: JsonValue) -> bool:
    topics = value.get("topics", {}) if isinstance(value, dict) else None
    return isinstance(topics, dict) and all(map(_is_flag, topics.values()))


def _are_relationships(value: JsonValue) -> bool:
    _, entries = action_and_entries(value)
    return isinstance(entries, list) and all(map(_is_relationship, entries))


def _is_relationship(value: JsonValue) -> bool:
    if not isinstance(value, dict):
        return False
    identifiers = value.get("identifiers")
    return (
        isinstance(identifiers, dict)
        and set(identifiers) in _OBJECTS
        and all(isinstance(each, str) for each in identifiers.values())
        and isinstance(value.get("relationship_attributes", {}), dict)
    )


# For each attribute with a special meaning: whether a value has the form of the
# published schemas, which is the same for both values of `api`.
_FORMS: dict[str, Callable[[JsonValue], bool]] = {
    "_timestamp": _is_time,
    "_update": _is_flag,
    "anonymous_id": _is_text_or_null,
    "cio_relationships": _are_relationships,
    "cio_subscription_preferences": _are_preferences,
    "email": _is_text_or_null,
    "id": _is_text_or_null,
    "unsubscribed": _is_flag,
}


def _is_too_long(value: JsonValue) -> bool:
    if isinstance(value, str):
        # At most 4 bytes for each character, so most values need no encoding.
        if len(value) * 4 <= ATTRIBUTE_VALUE_LIMIT_BYTES:
            return False
        return len(value.encode(errors="surrogatepass")) > ATTRIBUTE_VALUE_LIMIT_BYTES
    if isinstance(value, dict | list):
        return len(encode(value)) > ATTRIBUTE_VALUE_LIMIT_BYTES
    return False
