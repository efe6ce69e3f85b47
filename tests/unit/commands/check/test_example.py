"""One record before and after the mappings."""

from __future__ import annotations

from cio_pipeline.commands.check.example import Example, example_lines
from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.config_mappings import check_mappings
from cio_pipeline.core.jobs import Payload


def test_only_values_that_change_are_shown() -> None:
    """Most mappings copy a value; a reader looks for the others."""
    mappings = check_mappings(
        Checker("c.json"),
        "mappings",
        [
            {"from": "name", "to": "name"},
            {"from": "n", "to": "number", "type": "number"},
            {"template": "{name} {x.y}", "to": "t"},
            {"value": [1], "to": "c"},
            {"from": "none", "to": "left"},
            {"from": "none", "to": "d", "default": None},
            {"from": "long", "to": "l", "transforms": ["trim"]},
        ],
    )
    record = {"name": "A\x1b", "n": "5", "x": {"y": 1}, "long": "x" * 100}
    sent = {"number": 5, "t": "A\x1b 1", "c": [1], "d": None, "l": "x" * 100}

    lines = example_lines(Example(record, Payload("1", sent)), mappings)  # type: ignore[arg-type]  # any JSON

    cut = '"' + "x" * 58 + "…"
    assert lines == [
        '  number  "5" -> 5',
        '  t       name "A\\u001b", x.y 1 -> "A\\u001b 1"',
        "  c       (constant) -> [1]",
        "  d       (nothing) -> null",
        f"  l       {cut} -> {cut}",
    ]
