"""Which parts of a record a configuration uses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cio_pipeline.core.config import parse_config
from cio_pipeline.core.used_names import id_names, used_names


def test_the_id_and_each_mapping_are_used() -> None:
    """A column that is not among them is not read."""
    mappings = [
        {"from": "a.b", "to": "x"},
        {"from": "a.b", "to": "y"},
        {"template": "{c} {d.e}", "to": "z", "default": "?"},
        {"value": 1, "to": "one"},
    ]
    document = {"parallelism": 1, "userId": "user.id", "mappings": mappings}

    config = parse_config(json.dumps(document).encode(), "c.json")

    assert used_names(config) == {"user.id", "a.b", "c", "d.e"}
    assert id_names(config) == {"user.id"}


@pytest.mark.parametrize(
    ("keys", "names", "ids"),
    [
        (
            {
                "userId": [{"from": "a", "kind": "id"}, {"from": "b", "kind": "email"}],
                "action": {"from": "op", "values": {"D": "delete"}},
                "relationships": [{"objectType": "1", "from": "account"}],
            },
            {"a", "b", "op", "account", "x"},
            {"a", "b"},
        ),
        (
            {
                "kind": "object",
                "object": {"type": "1", "id": {"from": "account"}},
                "relationships": [{"kind": "id", "from": "owner"}],
            },
            {"account", "owner", "x"},
            {"account"},
        ),
        ({"kind": "event", "event": {"name": "x"}}, None, {"id"}),
    ],
)
def test_the_names_of_other_records_are_used(
    keys: dict[str, Any], names: set[str] | None, ids: set[str]
) -> None:
    """An event without an id is recognised by all columns, also those not mapped."""
    document = {
        "parallelism": 1,
        "userId": "id",
        "mappings": [{"from": "x", "to": "x"}],
    }
    config = parse_config(json.dumps(document | keys).encode(), "c.json")

    assert used_names(config) == names
    assert id_names(config) == ids
