"""What records are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cio_pipeline.core.config import Config, parse_config
from cio_pipeline.core.config_records import PLAIN_RECORDS, are_plain, required_keys


def configure(**changes: Any) -> Config:
    """Read a configuration."""
    document = {"parallelism": 1, "userId": "id", "mappings": [], **changes}
    return parse_config(json.dumps(document).encode(), "c.json")


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "person"},
        {"people": "all"},
        {"action": "upsert"},
        {"relationships": []},
    ],
)
def test_a_default_that_is_written_is_still_the_default(keys: dict[str, Any]) -> None:
    """Such a file is read as quickly as one without the key."""
    assert not are_plain(keys)
    assert configure(**keys).records == PLAIN_RECORDS


def test_only_objects_need_no_user_id() -> None:
    """They have an id of their own."""
    assert "userId" in required_keys({"kind": "event"})
    assert "userId" not in required_keys({"kind": "object"})
    assert are_plain({"userId": "id"})
    assert not are_plain({"userId": {"from": "a", "kind": "id"}})


@pytest.mark.parametrize("action", ["upsert", "unsuppress"])
def test_nothing_is_asked_about_what_removes_nothing(action: str) -> None:
    """Only deleting and suppressing lose data."""
    assert configure(action=action).records.removals == ()


def test_a_default_that_removes_is_asked_about() -> None:
    """A value that nobody thought of would delete people."""
    rule = {"from": "op", "values": {"I": "upsert"}, "default": "delete"}

    assert configure(action=rule).records.removals == ("delete",)
