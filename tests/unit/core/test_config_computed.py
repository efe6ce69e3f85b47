"""Mappings with more keys, and the messages about them."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.config_computed import ComputedMapping
from cio_pipeline.core.config_mappings import Mapping, check_mappings
from cio_pipeline.core.errors import ConfigError


def check(value: Any) -> tuple[Mapping, ...]:
    """Check the value of the key `mappings`."""
    return check_mappings(Checker("c.json"), "mappings", value)


def test_other_keys_make_a_computed_mapping() -> None:
    """It has the names that it reads, so that other columns need not be read."""
    found = check(
        [
            {"to": "a", "value": 1},
            {"to": "b", "template": "{x.y}-{z}-"},
            {"to": "c", "from": "k", "default": None, "onError": "skip"},
        ]
    )

    assert [each.names for each in found] == [(), ("x.y", "z"), ("k",)]
    assert found[1] == ComputedMapping(
        "{x.y}-{z}-",
        "b",
        template=(("", "x.y"), ("-", "z"), ("-", None)),
    )
    assert found[2] == ComputedMapping("k", "c", default=None, on_error="skip")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            [{"to": "a", "from": "", "default": 1}],
            ["'mappings[0].from'", "empty text"],
        ),
        (
            [{"to": "a", "from": "a", "value": 1}],
            ["'mappings[0].value'", "only one of 'from', 'value'"],
        ),
        (
            [{"to": "a", "template": "{a}", "from": "b"}],
            ["'mappings[0].template'", "only one of 'from', 'template'"],
        ),
        (
            [{"to": "a", "value": 1, "default": 2}],
            ["'mappings[0].default'", "no effect on a constant"],
        ),
        (
            [{"to": "a", "value": 1, "onError": "skip"}],
            ["'mappings[0].onError'", "no effect on a constant"],
        ),
        ([{"to": "a", "value": float("nan")}], ["'mappings[0].value'", "too large"]),
        ([{"to": "a", "template": "a"}], ["'mappings[0].template'", "no {name}"]),
        ([{"to": "a", "template": "{a} {"}], ["'mappings[0].template'", "{{ or }}"]),
        ([{"to": "a", "template": "{a} {}"}], ["'mappings[0].template'", "{{ or }}"]),
        ([{"to": "a", "template": "{{a}}"}], ["'mappings[0].template'", "no {name}"]),
        ([{"to": "a", "template": 5}], ["'mappings[0].template'", "expected text"]),
        (
            [{"to": "a", "from": "a", "values": ["x"]}],
            ["'mappings[0].values'", "replacements, found a list"],
        ),
        (
            [{"to": "a", "from": "a", "values": {}}],
            ["'mappings[0].values'", "found no item"],
        ),
        (
            [{"to": "a", "from": "a", "transforms": "trim"}],
            ["'mappings[0].transforms'", "list of 'trim', 'lower', 'upper', 'sha256'"],
        ),
        (
            [{"to": "a", "from": "a", "transforms": ["trim", "lowre"]}],
            ["'mappings[0].transforms[1]'", "'lower'"],
        ),
        (
            [{"to": "a", "from": "a", "format": "DD/MM/YYYY"}],
            ["'mappings[0].format'", "needs the type 'timestamp'"],
        ),
        (
            [{"to": "a", "from": "a", "type": "timestamp", "format": "dd/mm/yyyy"}],
            ["'mappings[0].format'", "no month", "'DD/MM/YYYY HH:mm'"],
        ),
        (
            [{"to": "a", "from": "a", "type": "boolean", "decimal": ","}],
            ["'mappings[0].decimal'", "'number' or 'integer'"],
        ),
        (
            [{"to": "a", "from": "a", "type": "number", "decimal": ";"}],
            ["'mappings[0].decimal'", "';'"],
        ),
        (
            [{"to": "a", "from": "a", "onError": "ignore"}],
            ["'mappings[0].onError'", "dead_letter, skip"],
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_keys_that_do_not_fit_are_refused(value: Any, words: list[str]) -> None:
    """With the path of the key, and what is expected there."""
    with pytest.raises(ConfigError) as caught:
        check(value)

    assert [word for word in words if word not in str(caught.value)] == []
    assert "\n" not in str(caught.value)
