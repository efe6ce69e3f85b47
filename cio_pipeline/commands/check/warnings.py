"""Warnings about payloads that are valid, but probably wrong. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, cast

from cio_pipeline.commands.check.record_warnings import (
    EventWarning,
    IdentifierWarning,
    values_of,
)
from cio_pipeline.commands.check.value_warnings import IdWarning, TimeWarning
from cio_pipeline.core.identifiers import IdentifierKind, Identity, identity
from cio_pipeline.core.jobs import JsonValue, Payload
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.limits import (
    ATTRIBUTE_VALUE_LIMIT_BYTES,
    EVENT_DATA_LIMIT_BYTES,
    PAYLOAD_LIMIT_BYTES,
)
from cio_pipeline.customerio.reserved import BESIDE_ATTRIBUTES, action_and_entries

_TOPIC = "cio_subscription_preferences.topics."  # followed by a topic's name
_OBJECTS = ({"object_type_id", "object_id"}, {"cio_object_id"})

WarningKind = Literal[
    IdWarning,
    TimeWarning,
    IdentifierWarning,
    EventWarning,
    "created_at_not_a_timestamp",
    "value_too_long",
    "payload_too_large",
    "identifier_changed",
    "reserved_attribute",
    "nothing_mapped",
    "user_repeated",
    "object_repeated",
    "event_repeated",
    "email_of_another",
    "id_of_another",
    "header_repeated",
    "row_without_values",
    "rows_unordered",
    "sheet_not_read",
    "value_left_out",
    "footer",
    "column_repeated",
    "escapes_kept",
    "first_row_is_data",
    "guard_removed",
    "null_text",
    "title_skipped",
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
    "phone_not_e164": "the phone number is not in the international form that"
    " Customer.io requires, such as +15551234567",
    "email_not_an_address": "the email is not an address; Customer.io may refuse it",
    "event_old": "the event is older than 72 hours: it is stored, but Customer.io"
    " starts no campaign because of it",
    "event_time_unlikely": "the time is before 1980 or after tomorrow: is it in another"
    " unit? Export Unix seconds or 2026-01-31T12:30:00Z",
    "event_data_too_large": "the data of the event is larger than Customer.io's limit"
    f" of {EVENT_DATA_LIMIT_BYTES:,} bytes and will be refused",
    "nothing_mapped": "the record has none of the mapped keys; only the user id will"
    " be sent",
    "user_repeated": "a user is in the file more than once; the records are sent one"
    " after another, and the last one wins",
    "object_repeated": "an object is in the file more than once; the records are sent"
    " one after another, and the last one wins",
    "event_repeated": "records are the same event, so Customer.io counts them once: if"
    " they are different events, add a key to the data that differs",
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
    "id_of_totals": "the user id is the word in front of a row of totals, and a person"
    " with that id will be created: remove the row",
    "id_blanks_around": "the user id has blanks around it, which makes it another"
    " person than without them: remove them from the data",
    "created_at_unlikely": "the time is before 1980 or after tomorrow: is it a"
    " spreadsheet's number of days, or in another unit? Export Unix seconds or"
    " 2026-01-31T12:30:00Z",
    "time_unlikely": "the time is in 1970 or after 2200: is it a spreadsheet's number"
    " of days, or in another unit? Export Unix seconds or 2026-01-31T12:30:00Z",
    "header_repeated": "the table repeats its header: the row is skipped",
    "row_without_values": "a row of the table has no values: it is skipped",
    "rows_unordered": "a user is in several rows of the query, and the last row wins,"
    " but the query has no ORDER BY: a database returns rows in any order",
    "sheet_not_read": "the workbook has another sheet, which is not read: select one"
    " with -sheet",
    "value_left_out": "the value cannot be converted and will be left out, because"
    ' its mapping has "onError": "skip"; Customer.io keeps the value that it has',
    "footer": "a row below the table has text only in its first cell:"
    " it is skipped as a footer",
    "column_repeated": "a column has the name of a column before it, and gets a number:"
    " 'name (2)'; map that name, or rename the column",
    "escapes_kept": "text has backslashes as PostgreSQL's COPY and MySQL's INTO OUTFILE"
    ' write them; they are kept: set "backslashEscapes": true if they are escapes',
    "first_row_is_data": "the first row of the table looks like a record, but is"
    ' read as the header: if the file has no header, set "columns"',
    "guard_removed": "a cell has an apostrophe or a formula that protects it in a"
    " spreadsheet: it is removed",
    "null_text": "the value is a word that programs write for null, and it is sent as"
    ' text: of a CSV file, "nulls" names such words',
    "title_skipped": "a row before the header is skipped as a title",
}


_Forms = dict[str, Callable[[JsonValue], bool]]


class PayloadWarning(NamedTuple):
    """A warning about a payload.

    Args:
        kind: what is wrong, a key of `MEANINGS`.
        attribute: the attribute that it is about; None if it is about the user.
    """

    kind: WarningKind
    attribute: str | None = None


def payload_warnings(payload: Payload) -> list[PayloadWarning]:
    """Return the warnings about what is mapped, in any order."""
    if payload.operation.action not in ("upsert", "track"):
        return []
    found: list[PayloadWarning] = []
    if not payload.attributes:
        found.append(PayloadWarning("nothing_mapped"))
    person, forms = payload.identity, _FORMS_OF[payload.operation.record]
    for name, value in values_of(payload).items():
        if name == "created_at" and not _is_whole_seconds(value):
            found.append(PayloadWarning("created_at_not_a_timestamp", name))
        if not _has_documented_form(name, value, forms):
            found.append(PayloadWarning("reserved_attribute", name))
        if payload.operation.record == "event":
            continue  # its data has a limit only together
        if name == person.kind and _is_another(person, value):
            found.append(PayloadWarning("identifier_changed", name))
        if name not in BESIDE_ATTRIBUTES and _is_too_long(value):
            found.append(PayloadWarning("value_too_long", name))
    return found


def _is_another(person: Identity, value: JsonValue) -> bool:
    return identity(cast("IdentifierKind", person.kind), str(value)) != person


def _has_documented_form(name: str, value: JsonValue, forms: _Forms) -> bool:
    has_form = forms.get(_TOPIC if name.startswith(_TOPIC) else name)
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


# For each name with a special meaning: whether a value has the form of the published
# schemas, which is the same for both values of `api`.
_FORMS_OF: dict[str, _Forms] = {
    "person": {
        "_timestamp": _is_time,
        "_update": _is_flag,
        "anonymous_id": _is_text_or_null,
        "cio_relationships": _are_relationships,
        "cio_subscription_preferences": _are_preferences,
        _TOPIC: _is_flag,
        "email": _is_text_or_null,
        "id": _is_text_or_null,
        "unsubscribed": _is_flag,
    },
    "event": dict.fromkeys(("from_address", "recipient", "reply_to"), _is_text_or_null),
    "object": {},
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
