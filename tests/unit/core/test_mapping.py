"""Mapping of records to payloads."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.core.config_computed import ComputedMapping
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.jobs import Payload, Record
from cio_pipeline.core.mapping import Mapper


def map_one(value: Any, *mappings: Mapping, user_id: str = "id") -> Any:
    """Map one record."""
    return Mapper(user_id, mappings).map(Record(0, value))


def test_only_mapped_keys_are_sent_under_their_new_names() -> None:
    """The request's own example."""
    payload = map_one(
        {"id": 1, "computed_ltv": 2.5, "name": "A", "other": 1},
        Mapping("computed_ltv", "ltv"),
        Mapping("name", "name"),
    )

    assert payload == Payload("1", {"ltv": 2.5, "name": "A"})


def test_a_missing_key_is_left_out_and_null_is_sent() -> None:
    """Customer.io keeps its value, unless the record has null."""
    payload = map_one({"id": 1, "b": None}, Mapping("a", "a"), Mapping("b", "b"))

    assert payload.attributes == {"b": None}


def test_a_key_with_dots_wins_over_the_path() -> None:
    """`from` is a key; it is a path only if there is no such key."""
    record = {"id": 1, "a.b": "key", "a": {"b": "path", "c": "deep"}}

    payload = map_one(record, Mapping("a.b", "x"), Mapping("a.c", "y"))

    assert payload.attributes == {"x": "key", "y": "deep"}


@pytest.mark.parametrize("value", [{"a": 1}, {"a": [{"b": 1}]}, {"a": None}, {}])
def test_a_path_that_leads_nowhere_is_a_missing_key(value: dict[str, Any]) -> None:
    """Lists are not objects: their indexes are not names."""
    assert map_one({"id": 1, **value}, Mapping("a.b", "x")).attributes == {}


@pytest.mark.parametrize(
    ("value", "user_id"),
    [
        ("x", "x"),
        (0, "0"),
        (-5, "-5"),
        (10**40, "1" + "0" * 40),
        ("é" * 75, "é" * 75),
        ("..", ".."),
        ("\x00", "\x00"),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_usable_ids(value: Any, user_id: str) -> None:
    """A non-empty text or an integer, at most 150 bytes of UTF-8."""
    assert map_one({"id": value}).user_id == user_id


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"id": None},
        {"id": ""},
        {"id": " \t\u00a0"},
        {"id": True},
        {"id": 1.0},
        {"id": []},
        {"id": {}},
        {"id": "x" * 151},
        {"id": "é" * 76},
        {"id": "\ud800"},
        [],
        "text",
        5,
        None,
        True,
    ],
    ids=repr,
)
def test_unusable_records_are_refused_with_a_reason(record: Any) -> None:
    """They become dead letters; the others are sent."""
    with pytest.raises(RecordError, match=r"id|record"):
        map_one(record)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("ID", "did you mean 'ID'"),
        ("user_id", "did you mean 'user_id'"),
        ("userId", "did you mean 'userId'"),
        ("paid", "its user id"),
    ],
)
def test_a_missing_id_is_reported_with_the_key_that_may_be_meant(
    key: str, hint: str
) -> None:
    """It is the most common reason why all records become dead letters."""
    with pytest.raises(RecordError) as caught:
        map_one({"name": "x", key: 5})

    assert str(caught.value).endswith((hint, hint + "?"))


def test_mappings_that_find_nothing_are_noted() -> None:
    """A mistyped `from` maps to nothing, and no record reports it."""
    mapper = Mapper("id", [Mapping("name", "name"), Mapping("nmae", "n", "number")])

    mapper.map(Record(0, {"id": 1}))
    before = mapper.unused
    mapper.map(Record(1, {"id": 2, "name": None}))

    assert (before, mapper.unused) == (["name", "nmae"], ["nmae"])


def test_a_value_that_cannot_be_made_may_be_left_out() -> None:
    """`onError` decides between the attribute and the person."""
    left_out: list[tuple[str, str]] = []
    mappings = [
        Mapping("name", "name"),
        ComputedMapping("at", "at", "timestamp", on_error="skip"),
        ComputedMapping("n", "n", "number", default=0),
    ]
    mapper = Mapper("id", mappings, lambda *each: left_out.append(each))

    payload = mapper.map(Record(0, {"id": 1, "name": "x", "at": "soon"}))

    assert payload.attributes == {"name": "x", "n": 0}
    assert left_out == [("at", "'at' is not a time (text)")]
    assert mapper.unused == ["n"]
    with pytest.raises(RecordError, match="'n' is not a number"):
        mapper.map(Record(1, {"id": 1, "n": "x"}))


def test_the_id_may_be_a_path() -> None:
    """`userId` follows the same rule as `from`."""
    assert map_one({"a": {"b": 7}}, user_id="a.b").user_id == "7"


def test_a_record_with_a_problem_is_refused_with_it() -> None:
    """For example a number that is too large for a float."""
    with pytest.raises(RecordError, match="too large"):
        Mapper("id", []).map(Record(0, {"id": 1}, "the number at 'x' is too large"))
