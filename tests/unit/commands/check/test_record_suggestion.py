"""What the records of a file probably are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cio_pipeline.commands.check.record_suggestion import SeenValues, suggest_records
from cio_pipeline.commands.check.suggestion import SeenKeys
from cio_pipeline.core.config import parse_config


def suggest(*records: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the configuration for some records, which is valid, and the notes."""
    seen = SeenKeys(is_text=False)
    for record in records:
        seen.add(record)
    configuration = seen.configuration()
    parse_config(json.dumps(configuration).encode(), "c.json")
    return configuration, seen.records_kind().notes


def test_people_with_an_id_have_the_usual_configuration() -> None:
    """Nothing is recognised, so nothing is said."""
    configuration, notes = suggest(
        {"id": 1, "email": "ada@x.org", "plan": "a"},
        {"id": 2, "email": "bob@x.org", "plan": "b"},
    )

    assert configuration["userId"] == "id"
    assert not {"kind", "action", "event", "object"} & set(configuration)
    assert notes == []


@pytest.mark.parametrize("name", ["email", "Mail", "user_login"])
def test_people_without_an_id_are_identified_by_their_email(name: str) -> None:
    """Whatever the name of the column."""
    configuration, notes = suggest({name: "ada@x.org"}, {name: "Bob@X.org"})

    assert configuration["userId"] == {"from": name, "kind": "email"}
    assert repr(name) in notes[0]


@pytest.mark.parametrize(
    ("values", "table"),
    [
        ("IUD", {"I": "upsert", "U": "upsert", "D": "delete"}),
        ("I", {"I": "upsert", "U": "upsert", "D": "delete"}),
        ("cr", {"c": "upsert", "r": "upsert", "u": "upsert", "d": "delete"}),
        (
            ["INSERT", "DELETE"],
            {"INSERT": "upsert", "UPDATE": "upsert", "DELETE": "delete"},
        ),
        (["Add", "Remove"], {"Add": "upsert", "Remove": "delete"}),
    ],
)
def test_operations_of_an_export_of_changes(values: Any, table: Any) -> None:
    """Also those that are not in the first records."""
    configuration, notes = suggest(*({"id": n, "Op": v} for n, v in enumerate(values)))

    assert configuration["action"] == {"from": "Op", "values": table}
    assert configuration["mappings"] == []
    assert "'Op'" in notes[0]


@pytest.mark.parametrize(
    "record",
    [
        {"op": "plus"},
        {"op": 1},
        {"operation": "add to cart"},
        {"letter": "D"},
        {"deleted": True},
    ],
)
def test_other_keys_and_words_are_no_operations(record: dict[str, Any]) -> None:
    """A wrong guess would delete people."""
    assert "action" not in suggest({"id": 1, **record})[0]


def test_a_mark_of_deleted_rows_is_an_operation() -> None:
    """Debezium's and Fivetran's, true or false."""
    configuration, _ = suggest({"id": 1, "_fivetran_deleted": False})

    assert configuration["action"] == {
        "from": "_fivetran_deleted",
        "values": {"false": "upsert", "true": "delete"},
    }


def test_events_have_a_name_a_time_and_a_person() -> None:
    """An id besides the person's is the event's."""
    configuration, notes = suggest(
        {
            "id": "e1",
            "user_id": 7,
            "event": "bought",
            "timestamp": 1_795_000_000,
            "n": 1,
        }
    )

    assert configuration["kind"] == "event"
    assert configuration["userId"] == "user_id"
    assert configuration["event"] == {
        "name": {"from": "event"},
        "timestamp": {"from": "timestamp"},
        "id": {"from": "id"},
    }
    assert [each["to"] for each in configuration["mappings"]] == ["n"]
    assert "look like events" in notes[0]


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1, "event": "bought"},
        {"id": 1, "event": "bought", "timestamp": "soon"},
        {"event": "bought", "timestamp": 1_795_000_000},
    ],
)
def test_without_one_of_the_three_it_is_no_event(record: dict[str, Any]) -> None:
    """A person may have an attribute of that name."""
    assert "kind" not in suggest(record)[0]


def test_objects_have_the_id_of_an_account_and_of_no_person() -> None:
    """The number of the object type is not in the file."""
    configuration, notes = suggest({"account_id": "a", "seats": 5})
    people, _ = suggest({"account_id": "a", "user_id": 1})

    assert configuration["kind"] == "object"
    assert configuration["object"] == {"type": "1", "id": {"from": "account_id"}}
    assert "userId" not in configuration
    assert "object.type" in notes[0]
    assert "kind" not in people


def test_a_key_that_only_some_records_have_is_not_used_for_events() -> None:
    """The others would be dead letters."""
    values = SeenValues()
    values.add({"user_id": 1, "event": "a", "time": 1})
    values.add({"user_id": 1, "time": 1})

    assert "kind" not in suggest_records(values, "user_id", ["time"]).keys
