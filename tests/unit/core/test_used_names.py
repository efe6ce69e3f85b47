"""Which parts of a record a configuration uses."""

from __future__ import annotations

import json

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
