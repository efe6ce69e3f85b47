"""Mapping of records to payloads."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.core.config import Mapping
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.identifiers import identifier_kind
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.mapping import Mapper


def map_one(value: Any, *mappings: Mapping, user_id: str = "id") -> Any:
    """Map one record."""
    return Mapper(user_id, mappings).map(Record(0, value))


def typed(kind: Any, value: Any) -> Any:
    """Map one value with a type."""
    payload = map_one({"id": 1, "v": value}, Mapping("v", "v", kind))
    return payload.attributes["v"]


def test_only_mapped_keys_are_sent_under_their_new_names() -> None:
    """The request's own example."""
    payload = map_one(
        {"id": 1, "computed_ltv": 2.5, "name": "A", "other": 1},
        Mapping("computed_ltv", "ltv"),
        Mapping("name", "name"),
    )

    assert payload == ("1", {"ltv": 2.5, "name": "A"})


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


def test_the_id_may_be_a_path() -> None:
    """`userId` follows the same rule as `from`."""
    assert map_one({"a": {"b": 7}}, user_id="a.b").user_id == "7"


def test_a_record_with_a_problem_is_refused_with_it() -> None:
    """For example a number that is too large for a float."""
    with pytest.raises(RecordError, match="too large"):
        Mapper("id", []).map(Record(0, {"id": 1}, "the number at 'x' is too large"))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2021-03-04", 1614816000),
        ("20210304", 1614816000),
        ("2021-03-04T05:06:07Z", 1614834367),
        ("2021-03-04 05:06:07", 1614834367),
        ("2021-03-04T05:06:07+02:00", 1614827167),
        ("2021-03-04T05:06:07.999Z", 1614834367),
        ("1969-12-31T23:59:59.5Z", -1),
        (" 2021-03-04 ", 1614816000),
        (1614834367, 1614834367),
        (1614834367.9, 1614834367),
        (1614834367000, 1614834367),
        ("1614834367", 1614834367),
        ("1614834367000", 1614834367),
        ("99999999", 99999999),
        (0, 0),
        (-1, -1),
        (None, None),
        ("2024-01-31 12:30:00 UTC", 1706704200),
        ("2024-01-31 12:30:00.123456 UTC", 1706704200),
        ("2024-01-31 12:30:00.123456789Z", 1706704200),
        ("2024-01-31 12:30:00 GMT", 1706704200),
        ("2024-01-31t12:30:00z", 1706704200),
        ("2024-01-31T12:30Z", 1706704200),
        ("2024-01-31 12:30:00 +0000", 1706704200),
        ("2024-01-31 04:30:00.000 -0800", 1706704200),
        ("2024-01-31 12:30:00+00", 1706704200),
        ("20240131T123000Z", 1706704200),
        ("20240131123000", 1706704200),
        ("20240131123000.5", 1706704200),
        ("20240131123000123", 1706704200),
        (20240131123000, 1706704200),
        (20240131123000.0, 1706704200),
        (99991399999999, 99991399999),
        ("2016-12-31T23:59:60Z", 1483228800),
        ("2016-12-31T15:59:60.9-08:00", 1483228800),
        ("2024-01-31T24:00:00Z", 1706745600),
        ("2024-01-31 24:00", 1706745600),
        ("0000-00-00", None),
        ("0000-00-00 00:00:00", None),
        ("0000-00-00 00:00:00.000000", None),
        ("00000000000000", None),
        ({"$date": "2024-01-31T12:30:00Z"}, 1706704200),
        ({"$date": 1706704200000}, 1706704200),
        ({"$date": {"$numberLong": "-86400000"}}, -86400),
        ({"$date": {"$numberLong": "1500"}}, 1),
        ({"$numberLong": "1706704200"}, 1706704200),
    ],
)
def test_times_become_unix_seconds(value: Any, seconds: int | None) -> None:
    """Customer.io's `created_at` needs that; text without an offset is UTC."""
    assert typed("timestamp", value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2021-13-01",
        "2021-02-30",
        "2021-03-04T25:00:00",
        "04/03/2021",
        "nan",
        "1e999",
        True,
        [],
        {},
        10**30,
        10**4000,
        -1e300,
        float("inf"),
        "2024-01-31T12:30:60Z",
        "2024-01-31T24:59:60+01:00",
        "2024-01-31T24:00:01Z",
        "2024-01-31T24:00:00.5Z",
        "2024-01-31T12:60:00Z",
        "2024-01-31 12:30:00 PST",
        "2024-01-31 12:30:00 +25:00",
        "2024-01-31T",
        "0000-00-01",
        "20240131T" + "1" * 200_000 + "x",
        "2024-01-31T12:30:00." + "1" * 200_000 + "x",
        "9" * 200_000,
        {"$date": "soon"},
        {"$date": {"$numberLong": "1", "x": 2}},
    ],
    ids=lambda value: repr(value)[:12],
)
def test_a_value_that_is_not_a_time_is_refused(value: Any) -> None:
    """The record becomes a dead letter."""
    with pytest.raises(RecordError, match="not a time"):
        typed("timestamp", value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", "1.5", 1.5),
        ("number", " 7 ", 7),
        ("number", "12345678901234567890", 12345678901234567890),
        ("number", 2.5, 2.5),
        ("number", "", None),
        ("timestamp", "", None),
        ("timestamp", " ", None),
        ("integer", "7", 7),
        ("integer", "7.0", 7),
        ("integer", 7, 7),
        ("boolean", "true", True),
        ("boolean", "No", False),
        ("boolean", 1, True),
        ("boolean", False, False),
        ("boolean", "", None),
        ("boolean", None, None),
        ("boolean", "t", True),
        ("boolean", "F", False),
        ("boolean", "y", True),
        ("boolean", "n", False),
        ("boolean", "ON", True),
        ("boolean", "off", False),
        ("boolean", "1.0", True),
        ("boolean", "0.0", False),
        ("boolean", 1.0, True),
        ("boolean", 0.0, False),
        ("boolean", " TRUE ", True),
        ("boolean", "checked", True),
        ("boolean", "unchecked", False),
        ("boolean", "-1", True),
        ("boolean", "WAHR", True),
        ("boolean", "\x00", False),
        ("integer", "12345678901234567890.0", 12345678901234567890),
        ("integer", {"$numberLong": "5000000000"}, 5000000000),
        ("integer", {"$numberInt": "5"}, 5),
        ("number", {"$numberDecimal": "1.50"}, 1.5),
        ("number", {"$numberDouble": "2.0"}, 2.0),
        ("number", {"$numberLong": "7"}, 7),
        ("number", "9" * 1000, int("9" * 1000)),
    ],
)
def test_text_is_converted_to_a_mappings_type(
    kind: str,
    value: Any,
    expected: Any,
) -> None:
    """In CSV everything is text; an empty cell is null."""
    result = typed(kind, value)

    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "x"),
        ("number", "1e999"),
        ("number", True),
        ("number", "nan"),
        ("integer", "7.5"),
        ("boolean", "maybe"),
        ("boolean", 2),
        ("boolean", []),
        ("boolean", {}),
        ("boolean", 0.5),
        ("boolean", float("nan")),
        ("boolean", "x"),
        ("number", {"$oid": "1"}),
        ("number", {"$numberLong": "x"}),
        ("number", {"$numberDouble": "NaN"}),
        ("number", {"$numberLong": "1", "unit": "m"}),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, value: Any) -> None:
    """A dead letter is better than a wrong attribute."""
    with pytest.raises(RecordError):
        typed(kind, value)


@pytest.mark.parametrize(
    ("user_id", "kind"),
    [
        ("1", "id"),
        ("a@b.io", "email"),
        ("cio_0123", "cio_id"),
        ("@b.io", "id"),
        ("a@b", "id"),
        ("", "id"),
    ],
)
def test_an_identifiers_kind_follows_from_its_form(user_id: str, kind: str) -> None:
    """As Customer.io does in v1 paths."""
    assert identifier_kind(user_id) == kind


@pytest.mark.parametrize("kind", ["number", "integer"])
@pytest.mark.parametrize(
    "text", ["9" * 200_000, "9" * 200_000 + ".0", "0." + "1" * 9999]
)
def test_too_many_digits_have_our_own_message(kind: str, text: str) -> None:
    """Python's message advises to change its settings, which does not help."""
    with pytest.raises(RecordError, match=r"is text of .* characters, too long"):
        typed(kind, text)
