"""Values that have an object or a list of their own."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.commands.check.typed_values import (
    are_of_dynamo,
    is_object_id,
    parts_of,
)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"id": {"S": "a"}, "n": {"N": "1"}, "x": {"NULL": True}}, True),
        ({"m": {"M": {}}, "l": {"L": []}, "s": {"SS": ["a"]}}, True),
        ({"id": {"S": "a"}, "plan": "pro"}, False),
        ({"size": {"S": 5}}, False),
        ({"id": {"S": "a", "N": "1"}}, False),
        ({}, False),
    ],
)
def test_dynamos_types_are_recognized(record: Any, expected: bool) -> None:
    """Only if all values have one: an object with a key S is ordinary data."""
    assert are_of_dynamo(record) is expected


def test_parts_are_in_objects_and_in_lists_of_names_and_values() -> None:
    """Each part is a mapping of its own."""
    pairs: Any = [{"Name": "email", "Value": "a"}, {"Name": "sub", "Value": "b"}]

    assert parts_of(pairs) == {"email": "a", "sub": "b"}
    assert parts_of({"a": 1}) == {"a": 1}
    assert (parts_of(["a"]), parts_of("a"), parts_of([])) == (None, None, None)


def test_mongos_ids_are_recognized() -> None:
    """They are mapped as text."""
    assert is_object_id({"$oid": "a"})
    assert not is_object_id({"$oid": "a", "b": 1})
