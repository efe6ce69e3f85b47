"""Warnings about the identifiers of records, and about events and objects. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from cio_pipeline.core.identifiers import identifier_kind
from cio_pipeline.core.jobs import JsonValue, Payload
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.limits import EVENT_CAMPAIGN_SECONDS, EVENT_DATA_LIMIT_BYTES
from cio_pipeline.core.times import DAY_SECONDS

IdentifierWarning = Literal[
    "id_read_as_email", "id_read_as_cio_id", "phone_not_e164", "email_not_an_address"
]
EventWarning = Literal["event_old", "event_time_unlikely", "event_data_too_large"]

# How Customer.io reads an identifier because of its form.
_READ_AS: dict[str, IdentifierWarning] = {
    "email": "id_read_as_email",
    "cio_id": "id_read_as_cio_id",
}
_E164 = re.compile(r"\+[1-9]\d{5,14}", re.ASCII)
_YEAR_1980 = 315_532_800


def identifier_warning(payload: Payload, *, is_named: bool) -> IdentifierWarning | None:
    """Return a warning if the identifier of a person has the form of another kind.

    Args:
        payload: a person or an event.
        is_named: whether the configuration names the kinds of identifiers.
    """
    if payload.operation.record == "object":
        return None
    if not is_named:
        return _READ_AS.get(identifier_kind(payload.user_id))
    # Others have a form that shows their kind.
    if payload.operation.kind == "phone" and not _E164.fullmatch(payload.user_id):
        return "phone_not_e164"
    if payload.operation.kind == "email" and "@" not in payload.user_id:
        return "email_not_an_address"
    return None


def event_warnings(event: Payload, now_seconds: float) -> Iterator[EventWarning]:
    """Return the warnings about an event.

    Args:
        event: the event.
        now_seconds: Unix seconds.
    """
    time = event.attributes.get("timestamp")
    if isinstance(time, int):
        if not _YEAR_1980 <= time <= now_seconds + DAY_SECONDS:
            yield "event_time_unlikely"
        elif time < now_seconds - EVENT_CAMPAIGN_SECONDS:
            yield "event_old"
    if len(encode(event.attributes["data"])) > EVENT_DATA_LIMIT_BYTES:
        yield "event_data_too_large"


def values_of(payload: Payload) -> dict[str, JsonValue]:
    """Return what is mapped: a person's or object's attributes, or an event's data."""
    if payload.operation.record != "event":
        return payload.attributes
    data = payload.attributes["data"]
    assert isinstance(data, dict)  # noqa: S101  # as the mapper makes it
    return data
