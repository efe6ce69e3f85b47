"""Warnings about identifiers, events and objects."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.commands.check.record_warnings import (
    event_warnings,
    identifier_warning,
    values_of,
)
from cio_pipeline.core.jobs import Payload
from cio_pipeline.core.operations import Operation

NOON = 1_795_521_600
HOUR = 3600


def event(timestamp: Any, data: Any = None) -> Payload:
    """Return an event."""
    parts = {"name": "x", "timestamp": timestamp, "id": "1", "data": data or {}}
    return Payload("7", parts, Operation("event", "track"))


@pytest.mark.parametrize(
    ("user_id", "operation", "is_named", "warning"),
    [
        ("7", Operation(), False, None),
        ("a@b.io", Operation(), False, "id_read_as_email"),
        ("cio_7", Operation(), False, "id_read_as_cio_id"),
        ("a@b.io", Operation(), True, None),
        ("a@b.io", Operation(kind="id"), True, None),
        ("ada", Operation(kind="email"), True, "email_not_an_address"),
        ("+15551234567", Operation(kind="phone"), True, None),
        ("0171 123", Operation(kind="phone"), True, "phone_not_e164"),
        ("15551234567", Operation(kind="phone"), True, "phone_not_e164"),
        ("a@b.io", Operation("object", "upsert", "1"), False, None),
    ],
)
def test_an_identifier_that_may_be_read_as_another_kind(
    user_id: str, operation: Operation, is_named: bool, warning: str | None
) -> None:
    """A kind that the configuration names is meant."""
    payload = Payload(user_id, {}, operation)

    assert identifier_warning(payload, is_named=is_named) == warning


@pytest.mark.parametrize(
    ("timestamp", "warnings"),
    [
        (NOON, []),
        (NOON - 71 * HOUR, []),
        (NOON - 73 * HOUR, ["event_old"]),
        (NOON + 25 * HOUR, ["event_time_unlikely"]),
        (45_322, ["event_time_unlikely"]),
        (None, []),
    ],
)
def test_the_time_of_an_event(timestamp: Any, warnings: list[str]) -> None:
    """Older than 72 hours, it starts no campaign."""
    assert list(event_warnings(event(timestamp), NOON)) == warnings


def test_the_data_of_an_event_has_one_limit_together() -> None:
    """100,000 bytes as JSON."""
    fits = event(NOON, {"x": "y" * 99_990})
    too_large = event(NOON, {"x": "y" * 100_000})

    assert list(event_warnings(fits, NOON)) == []
    assert list(event_warnings(too_large, NOON)) == ["event_data_too_large"]


def test_what_is_mapped_is_the_data_of_an_event() -> None:
    """Else its name and time would be checked as attributes."""
    assert values_of(event(NOON, {"n": 1})) == {"n": 1}
    assert values_of(Payload("7", {"n": 1})) == {"n": 1}
