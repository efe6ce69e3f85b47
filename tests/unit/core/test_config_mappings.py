"""The mappings of a configuration, and the messages about them."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.config_mappings import Mapping, check_mappings
from cio_pipeline.core.errors import ConfigError


def check(value: Any) -> tuple[Mapping, ...]:
    """Check the value of the key `mappings`."""
    return check_mappings(Checker("c.json"), "mappings", value)


def test_mappings_keep_their_order() -> None:
    """A type is optional."""
    found = check(
        [{"from": "b", "to": "x"}, {"from": "a", "to": "y", "type": "number"}]
    )

    assert found == (Mapping("b", "x"), Mapping("a", "y", "number"))


def test_a_plain_mapping_stays_what_it_was() -> None:
    """Its text is part of a load's identity: an unfinished load continues."""
    (found,) = check([{"from": "a", "to": "y", "type": "number"}])

    assert repr(found) == "Mapping(source='a', target='y', kind='number')"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, ["'mappings'", "list", "an object"]),
        (["x"], ["'mappings[0]'", "'from'", "'to'"]),
        ([{"from": "a"}], ["'mappings[0].to'", "required"]),
        ([{"to": "a"}], ["'mappings[0].from'", "required", "'template'"]),
        ([{"to": "a", "from": ""}], ["'mappings[0].from'", "empty text"]),
        ([{"from": "a", "to": ""}], ["'mappings[0].to'"]),
        (
            [{"from": "a", "too": "b", "to": "c"}],
            ["'mappings[0].too'", "'to'"],
        ),
        (
            [{"from": "a", "to": "x"}, {"from": "b", "to": "x"}],
            ["'mappings[1].to'", "'x'", "mappings[0]"],
        ),
        ([{"from": "a", "to": "é" * 76}], ["152 bytes", "150"]),
        (
            [{"from": f"k{n}", "to": f"k{n}"} for n in range(301)],
            ["301", "300"],
        ),
        (
            [{"from": "a", "to": "b", "type": "timestmap"}],
            ["'mappings[0].type'", "'timestamp'"],
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_message_has_the_mapping_and_what_was_expected(
    value: Any, words: list[str]
) -> None:
    """It names the file, the mapping's index and what was found."""
    with pytest.raises(ConfigError) as caught:
        check(value)

    assert [word for word in words if word not in str(caught.value)] == []
