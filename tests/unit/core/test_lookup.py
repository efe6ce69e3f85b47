"""Names in a record."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.core.lookup import MISSING, find, is_empty


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a", 1),
        ("b", None),
        ("c.d", 2),
        ("e.f", 3),
        ("c.x", MISSING),
        ("a.x", MISSING),
        ("x", MISSING),
    ],
)
def test_a_name_is_a_key_or_a_path(name: str, value: Any) -> None:
    """A key with a dot comes before a path."""
    record: Any = {"a": 1, "b": None, "c": {"d": 2}, "e.f": 3, "e": {"f": 4}}

    assert find(record, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emails.0.value", "a@example.com"),
        ("emails.1.value", "b@example.com"),
        ("emails.2.value", MISSING),
        ("emails.-1", MISSING),
        ("emails.x", MISSING),
        ("emails.99999999999999999999", MISSING),
        ("Attributes.email", "c@example.com"),
        ("Attributes.custom:plan.x", MISSING),
        ("fields.7", "pro"),
        ("fields.0", {"id": 7, "value": "pro"}),
        ("tags.0", "x"),
        ("tags.name", MISSING),
        ("mixed.a", MISSING),
        ("empty.0", MISSING),
    ],
)
def test_a_path_goes_through_lists(name: str, value: Any) -> None:
    """By index, or by name in a list of names and values."""
    record: Any = {
        "emails": [{"value": "a@example.com"}, {"value": "b@example.com"}],
        "Attributes": [
            {"Name": "sub", "Value": "1"},
            {"Name": "email", "Value": "c@example.com"},
            {"Name": "email", "Value": "second"},
            {"Name": "custom:plan", "Value": "pro"},
        ],
        "fields": [{"id": 7, "value": "pro"}],
        "tags": ["x"],
        "mixed": [{"name": "a", "value": 1}, 2],
        "empty": [],
    }

    assert find(record, name) == value


def test_a_missing_value_is_the_same_in_every_process() -> None:
    """The text of the mappings tells an unfinished load from another one."""
    assert "0x" not in repr(MISSING)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MISSING, True),
        (None, True),
        ("", True),
        (" \u00a0", True),
        (0, False),
        (False, False),
        ([], False),
    ],
)
def test_a_value_may_say_nothing(value: Any, expected: bool) -> None:
    """Zero and false say something."""
    assert is_empty(value) is expected
