"""Arrow's types become JSON values, or a problem of one record."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow cannot be installed")

from cio_pipeline.source.arrow_values import (  # noqa: E402  # needs pyarrow
    can_be_json,
    convert_column,
    select_parts,
    to_records,
)

UUID = "12345678-1234-5678-1234-567812345678"
INFINITY = "infinite or not a number (NaN), which JSON does not have"
TOO_EXACT = "more digits than a JSON number keeps"
NO_TIME = "not a time in the years 1 to 9999"


def moment(value: int, unit: str, zone: str | None = None) -> Any:
    """Return an array with one time."""
    return pa.array([value], pa.int64()).cast(pa.timestamp(unit, zone))


def opaque(text: str) -> Any:
    """Return an array with one PostgreSQL numeric, as its driver returns it."""
    kind = pa.opaque(pa.string(), "numeric", "PostgreSQL")
    return pa.ExtensionArray.from_storage(kind, pa.array([text]))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (pa.array(["Ada"]), "Ada"),
        (pa.array(["Ada"], pa.large_string()), "Ada"),
        (pa.array(["Ada"], pa.string_view()), "Ada"),
        (pa.array(["Ada"]).dictionary_encode(), "Ada"),
        (pa.array([2**63 - 1]), 2**63 - 1),
        (pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
        (pa.array([True]), True),
        (pa.array([None]), None),
        (pa.array([0.1]), 0.1),
        (pa.array([0.1], pa.float32()), 0.1),
        (pa.array([0.5], pa.float16()), 0.5),
        (pa.array([Decimal("12.50")]), 12.5),
        (pa.array([Decimal(10**30)], pa.decimal128(38, 0)), 10**30),
        (pa.array([Decimal(1500)], pa.decimal128(5, -2)), 1500),
        (opaque("42"), 42),
        (opaque("-0.0000001"), -1e-07),
        (moment(0, "s"), "1970-01-01T00:00:00"),
        (moment(1_700_000_000_120_000, "us", "UTC"), "2023-11-14T22:13:20.12Z"),
        (moment(1_700_000_000_000, "ms", "Europe/Oslo"), "2023-11-14T22:13:20Z"),
        (moment(1, "ns"), "1970-01-01T00:00:00.000000001"),
        (pa.array([dt.date(2024, 1, 2)]), "2024-01-02"),
        (pa.array([dt.date(2024, 1, 2)], pa.date64()), "2024-01-02"),
        (pa.array([dt.time(3, 4, 5)]), "03:04:05"),
        (pa.array([{"a": {"b": 1}, "c": None}]), {"a": {"b": 1}, "c": None}),
        (pa.array([["x", None]]), ["x", None]),
        (pa.array([[1, 2]], pa.list_(pa.int8(), 2)), [1, 2]),
        (
            pa.array([[{"a": 1}]], pa.large_list(pa.struct({"a": pa.int8()}))),
            [{"a": 1}],
        ),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())), {"k": 1}),
        (pa.array([[(7, "x")]], pa.map_(pa.int8(), pa.string())), {"7": "x"}),
        (
            pa.ExtensionArray.from_storage(
                pa.uuid(),
                pa.array([bytes.fromhex(UUID.replace("-", ""))], pa.binary(16)),
            ),
            UUID,
        ),
        (
            pa.ExtensionArray.from_storage(
                pa.json_(), pa.array(['{"n":12345678901234567890}'])
            ),
            {"n": 12345678901234567890},
        ),
    ],
    ids=lambda each: str(each.type) if isinstance(each, pa.Array) else "",
)
def test_a_value_keeps_what_it_is(column: Any, value: object) -> None:
    """Numbers stay exact and times readable, at any depth."""
    converted = convert_column(column, "x")

    assert (repr(converted.values), converted.problems) == (repr([value]), {})


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        (pa.array([None, b"\x01"]), "'x' has the type binary, which JSON"),
        (pa.array([None, dt.timedelta(1)]), "'x' has the type duration[us], which"),
        (pa.array([None, math.nan]), INFINITY),
        (pa.array([None, -math.inf], pa.float32()), INFINITY),
        (pa.array([None, Decimal("0.12345678901234567890")]), TOO_EXACT),
        (pa.array([0, 2**62], pa.int64()).cast(pa.timestamp("s")), NO_TIME),
        (pa.array([0, 2**31 - 1], pa.int32()).cast(pa.date32()), NO_TIME),
        (pa.array([None, {"a": b"\x01"}]), "'x.a' has the type binary"),
        (pa.array([[1.0], [2.0, math.nan]]), INFINITY),
        (
            pa.array([[("a", 1.0)], [("b", math.inf)]], pa.map_("string", "double")),
            INFINITY,
        ),
    ],
    ids=lambda each: str(each.type) if isinstance(each, pa.Array) else "",
)
def test_a_value_that_json_cannot_hold_is_a_problem_of_its_row(
    column: Any, problem: str
) -> None:
    """One such value is one dead letter, and the other records are sent."""
    converted = convert_column(column, "x")

    assert list(converted.problems) == [1]
    assert problem in converted.problems[1]


def test_text_that_is_not_utf8_is_a_problem_of_its_row() -> None:
    """Some writers put any bytes into columns of text."""
    offsets = pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0")
    column = pa.Array.from_buffers(
        pa.string(), 2, [None, offsets, pa.py_buffer(b"a\xff")]
    )

    converted = convert_column(column, "x")

    assert converted.values == ["a", "\ufffd"]
    assert converted.problems == {1: "'x' is not UTF-8"}


def test_slices_of_nested_columns_have_the_right_values() -> None:
    """A batch is read in slices; the values below a slice start elsewhere."""
    column = pa.array([[{"a": 1}], None, [], [{"a": 2}, {"a": 3}]])

    converted = convert_column(column.slice(1), "x")

    assert converted.values == [None, [], [{"a": 2}, {"a": 3}]]


def test_only_the_parts_that_a_name_reaches_are_selected() -> None:
    """A wide table is read as far as it is mapped, and no further."""
    schema = pa.schema(
        {
            "id": pa.string(),
            "a": pa.struct({"b": pa.struct({"c": pa.int8(), "d": pa.int8()})}),
            "a.b": pa.int8(),
            "m": pa.map_(pa.string(), pa.string()),
            "other": pa.string(),
        }
    )

    assert select_parts(schema, {"m.key", "id", "a.b.c", "no", "no.no"}) == {
        "id": None,
        "a": {"b": {"c": None}},
        "m": None,
    }
    # A key of the record comes before a path into it.
    assert select_parts(schema, ["a.b"]) == {"a.b": None}


def test_fields_that_are_not_wanted_make_no_problem() -> None:
    """A column of bytes beside the mapped one is nobody's dead letter."""
    column = pa.array([{"name": "Ada", "photo": b"\x01"}])

    (record,) = to_records({"user": column}, 1, 5, {"user": {"name": None}})

    assert record == (5, {"user": {"name": "Ada"}}, None)


def test_rows_without_columns_are_records() -> None:
    """All of a partition's values may be in its folder's name."""
    assert [record.value for record in to_records({}, 2, 0, {})] == [{}, {}]


def test_a_type_without_json_values_is_known_before_reading() -> None:
    """`check -suggest` leaves such a column out."""
    assert can_be_json(pa.struct({"a": pa.int8()}))
    assert not can_be_json(pa.binary())
    assert not can_be_json(pa.opaque(pa.binary(), "inet", "PostgreSQL"))
