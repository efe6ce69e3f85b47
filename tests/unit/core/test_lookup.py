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
