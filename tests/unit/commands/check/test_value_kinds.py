"""What values look like."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.commands.check.value_kinds import kind_of_number_text, kind_of_value


@pytest.mark.parametrize(
    ("name", "value", "of_csv", "of_json"),
    [
        ("a", "12", "integer", "text"),
        ("a", "012", "text", "text"),
        ("a", "+47", "text", "text"),
        ("a", "1.50", "number", "text"),
        ("a", "1,249.50", "number", "text"),
        ("a", "1,249", "text", "text"),
        ("a", "1.249,50", "text", "text"),
        ("a", "TRUE", "boolean", "text"),
        ("a", "2024-01-31", "time", "time"),
        ("a", "2024-02-31", "text", "text"),
        ("a", "1/15/2024", "text", "text"),
        ("a", " ", "null", "null"),
        ("createdAt", "1554273912318", "time", "time"),
        ("a", "1554273912318", "integer", "text"),
        ("created_at", "20240131", "time", "text"),
        ("a", None, "null", "null"),
        ("a", [1], "list", "list"),
        ("seen_at", 1554273912318, "time", "time"),
    ],
)
def test_a_value_has_a_kind(name: str, value: Any, of_csv: str, of_json: str) -> None:
    """In CSV all values are text; in JSON text usually is text."""
    assert kind_of_value(name, value, is_text=True) == of_csv
    assert kind_of_value(name, value, is_text=False) == of_json


def test_a_databases_number_has_a_kind() -> None:
    """DynamoDB and MongoDB write numbers as text."""
    kinds = [kind_of_number_text(each) for each in ("5", "-5.5", "1e3", "x")]

    assert kinds == ["integer", "number", "number", "text"]
