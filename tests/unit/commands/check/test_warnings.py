"""What `check` warns of in one payload, without a file or a process."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.commands.check.warnings import payload_warnings
from cio_pipeline.core.jobs import Payload

ACME = {"identifiers": {"object_type_id": "1", "object_id": "acme"}}


def kinds_of(name: str, value: Any) -> set[str]:
    """Return the kinds of warnings about one attribute."""
    return {each.kind for each in payload_warnings(Payload("7", {name: value}))}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cio_relationships", {"action": "remove", "relationships": [ACME]}),
        ("cio_relationships", {"relationships": [ACME]}),
        ("cio_relationships", {"action": "add_relationships"}),
        ("cio_relationships", ["acme"]),
        ("cio_relationships", [{"identifiers": {"object_id": "acme"}}]),
        (
            "cio_relationships",
            [{"identifiers": {"object_type_id": 1, "object_id": "acme"}}],
        ),
        ("cio_relationships", [{**ACME, "relationship_attributes": "owner"}]),
        ("cio_subscription_preferences", {"topics": {"topic_7": "yes"}}),
        ("cio_subscription_preferences", {"topics": ["topic_7"]}),
        ("cio_subscription_preferences.topics.topic_7", 1),
        ("_timestamp", 1_767_312_000_000),  # milliseconds
        ("_timestamp", True),
        ("_update", "true"),
        ("unsubscribed", "true"),
        ("id", 7),
        ("email", 5),
        ("anonymous_id", 5),
    ],
)
def test_a_reserved_name_with_another_form_is_warned_of(name: str, value: Any) -> None:
    """Customer.io refuses it, or reads something else, for each record of the file."""
    assert "reserved_attribute" in kinds_of(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cio_relationships", [ACME] * 40),  # 1,000 bytes is the limit of attributes
        ("cio_relationships", []),
        ("cio_relationships", [{"identifiers": {"cio_object_id": "a1"}}]),
        (
            "cio_relationships",
            {"action": "delete_relationships", "relationships": [ACME]},
        ),
        ("cio_subscription_preferences", {"topics": {"topic_7": False}}),
        ("cio_subscription_preferences.topics.topic_7", True),
        ("_timestamp", 0),
        ("id", "7"),
        ("email", None),
    ],
)
def test_the_documented_forms_are_not_warned_of(name: str, value: Any) -> None:
    """A warning that is often wrong is not read any more."""
    assert kinds_of(name, value) == set()
