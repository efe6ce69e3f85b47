"""Converts Arrow columns to JSON values. Pure.

    integers, booleans, text    as they are
    floats                      as they are; those of 32 bits get the shortest digits
    decimals                    exact integers, or floats that have the same digits
    timestamps, dates, times    ISO 8601 text; with a time zone: in UTC, with ``Z``
    structs, maps, lists        objects and lists
    JSON and UUIDs              the JSON value; text

JSON has no value for the others (bytes, intervals, NaN, a decimal with more digits
than a float keeps): such a value is None, and its row has a problem.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate, chain, count, repeat
from typing import Any, TypeAlias
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue, Record, make_record
from cio_pipeline.source.values import parse_record

# Which parts of a table are read: each column or field, and its own parts; None
# means all of it.
Parts: TypeAlias = "Mapping[str, Parts | None]"
# In years 1 to 9999. Arrow writes others with a sign, more digits or as words.
_DATE = re.compile(r"(?!0000)\d{4}-")


@dataclass(slots=True)
class Converted:
    """The values of a column.

    Args:
        values: one for each row; None also for those that JSON cannot hold.
        problems: why, by the position of the row.
    """

    values: list[Any]
    problems: dict[int, str] = field(default_factory=dict)


def select_parts(schema: Iterable[pa.Field], names: Iterable[str]) -> Parts:
    """Return the parts of a table that a mapping's names can reach.

    A name is a column, or else a dotted path into its structs (`Mapper` looks names
    up in the same way). Names that are not in the table are left out.

    Args:
        schema: the columns, or the fields of a struct.
        names: the keys and dotted paths.
    """
    fields = {each.name: each for each in schema}
    paths: dict[str, list[str]] = {}
    chosen: dict[str, Parts | None] = {}
    for name in names:
        first, _, rest = name.partition(".")
        if name in fields:
            chosen[name] = None
        elif rest and first in fields:
            paths.setdefault(first, []).append(rest)
    for first, below in paths.items():
        kind = fields[first].type
        if first not in chosen:
            chosen[first] = select_parts(kind, below) if types.is_struct(kind) else None
    return {name: chosen[name] for name in fields if name in chosen}


def can_be_json(kind: pa.DataType) -> bool:
    """Return whether JSON can hold a type's values."""
    return types.is_struct(kind) or _converter_of(kind) is not None


def to_records(
    columns: Mapping[str, pa.Array], rows: int, first_index: int, parts: Parts | None
) -> Iterator[Record]:
    """Return the rows of a batch as records.

    Args:
        columns: the columns by name, all with this many rows.
        rows: how many rows there are.
        first_index: the index of the first row.
        parts: which parts of the columns are wanted; None for all.
    """
    converted = [
        convert_column(column, name, parts and parts.get(name))
        for name, column in columns.items()
    ]
    problems: dict[int, str] = {}
    for column in converted:
        problems = column.problems | problems
    names = tuple(columns)
    table: Iterable[tuple[Any, ...]] = zip(
        *(column.values for column in converted), strict=True
    )
    if not converted:
        table = repeat((), rows)
    records = (dict(zip(names, row, strict=True)) for row in table)
    reasons = map(problems.get, range(rows)) if problems else repeat(None)
    return map(make_record, zip(count(first_index), records, reasons))


def convert_column(
    column: pa.Array, name: str, parts: Parts | None = None
) -> Converted:
    """Convert a column, or a part of one.

    Args:
        column: the values.
        name: its dotted path, for problems.
        parts: which of its fields are wanted; None for all.
    """
    kind = column.type
    if types.is_struct(kind):
        return _structs(column, name, parts)
    convert = _converter_of(kind)
    if convert is None:
        return _unusable(column, f"{name!r} has the type {_name_of(kind)}")
    return convert(column, name)


def _plain(column: pa.Array, _name: str) -> Converted:
    return Converted(column.to_pylist())


def _texts(column: pa.Array, name: str) -> Converted:
    try:
        return Converted(column.to_pylist())
    except UnicodeDecodeError:
        pass  # find out which
    values: list[str | None] = []
    problems: dict[int, str] = {}
    for row, value in enumerate(column.cast(pa.large_string()).view(pa.large_binary())):
        raw = value.as_py()
        text = None if raw is None else raw.decode("utf-8", "replace")
        values.append(text)
        if text is not None and text.encode() != raw:
            problems[row] = f"{name!r} is not UTF-8"
    return Converted(values, problems)


def _floats(column: pa.Array, name: str) -> Converted:
    if types.is_float64(column.type):
        values = column.to_pylist()
    else:  # 0.1 in 32 bits is 0.1, not 0.10000000149011612
        texts = column.cast(pa.float32()).cast(pa.string()).to_pylist()
        values = [None if text is None else float(text) for text in texts]
    is_finite = pc.all(pc.is_finite(column)).as_py()
    return Converted(values, {} if is_finite is not False else _infinite(values, name))


def _infinite(values: Sequence[float | None], name: str) -> dict[int, str]:
    problem = f"{name!r} is infinite or not a number (NaN), which JSON does not have"
    return {
        row: problem
        for row, value in enumerate(values)
        if value is not None and not math.isfinite(value)
    }


def _decimals(column: pa.Array, name: str) -> Converted:
    return _numbers(column.to_pylist(), name)


def _numeric_texts(column: pa.Array, name: str) -> Converted:
    texts = column.storage.to_pylist()
    return _numbers([None if text is None else Decimal(text) for text in texts], name)


def _numbers(decimals: Iterable[Decimal | None], name: str) -> Converted:
    values: list[int | float | str | None] = []
    problems: dict[int, str] = {}
    for row, number in enumerate(decimals):
        if number is None:
            values.append(None)
            continue
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and exponent >= 0:
            values.append(int(number))
            continue
        rounded = float(number)
        values.append(rounded)
        if math.isfinite(rounded) and Decimal(repr(rounded)) != number:
            values[-1] = str(number)
            problems[row] = (
                f"{name!r} is a decimal with more digits than a JSON number keeps;"
                " round it, or make it text"
            )
    floats = [value if isinstance(value, float) else None for value in values]
    return Converted(values, problems | _infinite(floats, name))


def _times(column: pa.Array, name: str) -> Converted:
    if types.is_timestamp(column.type) and column.type.tz is not None:
        column = column.cast(pa.timestamp(column.type.unit, "UTC"))
    texts = column.cast(pa.string())
    texts = pc.replace_substring(texts, " ", "T", max_replacements=1)
    for zeros, kept in ((r"(\.\d*?)0+(Z?)$", r"\1\2"), (r"\.(Z?)$", r"\1")):
        texts = pc.replace_substring_regex(texts, zeros, kept)
    values = texts.to_pylist()
    if types.is_time(column.type):
        return Converted(values)
    problem = f"{name!r} is not a time in the years 1 to 9999"
    problems = {
        row: problem
        for row, value in enumerate(values)
        if value is not None and not _DATE.match(value)
    }
    return Converted(values, problems)


def _uuids(column: pa.Array, _name: str) -> Converted:
    values = column.storage.to_pylist()
    return Converted([None if raw is None else str(UUID(bytes=raw)) for raw in values])


def _json_texts(column: pa.Array, name: str) -> Converted:
    converted = _texts(column.storage, name)
    for row, text in enumerate(converted.values):
        if text is None or row in converted.problems:
            continue
        try:
            record = parse_record(name, text.encode(), 0, 0)
        except DataFileError:
            converted.problems[row] = f"{name!r} is not JSON"
            continue
        converted.values[row] = record.value
        if record.problem is not None:
            converted.problems[row] = f"in {name!r}, {record.problem}"
    return converted


def _dictionary(column: pa.Array, name: str) -> Converted:
    return convert_column(column.dictionary_decode(), name)


def _runs(column: pa.Array, name: str) -> Converted:
    return convert_column(pc.run_end_decode(column), name)


def _structs(column: pa.Array, name: str, parts: Parts | None) -> Converted:
    fields = [
        (part.name, values)
        for part, values in zip(column.type, column.flatten(), strict=True)
        if parts is None or part.name in parts
    ]
    inside = [
        convert_column(values, f"{name}.{key}", parts and parts.get(key))
        for key, values in fields
    ]
    keys = [key for key, _ in fields]
    rows: Iterable[tuple[Any, ...]] = zip(
        *(each.values for each in inside), strict=True
    )
    if not inside:
        rows = repeat((), len(column))
    problems: dict[int, str] = {}
    for each in inside:
        problems = each.problems | problems
    values = [
        dict(zip(keys, row, strict=True)) if is_valid else None
        for row, is_valid in zip(rows, column.is_valid().to_pylist(), strict=True)
    ]
    return Converted(values, problems)


def _lists(column: pa.Array, name: str) -> Converted:
    items = convert_column(column.flatten(), name)
    lengths = pc.list_value_length(column).to_pylist()
    ends = list(accumulate(length or 0 for length in lengths))
    bounds = zip(lengths, chain([0], ends), ends)  # noqa: B905  # one start too many
    values = [
        None if length is None else items.values[start:end]
        for length, start, end in bounds
    ]
    problems: dict[int, str] = {}
    if items.problems:
        rows = (row for row, length in enumerate(lengths) for _ in range(length or 0))
        for position, row in enumerate(rows):
            if position in items.problems:
                problems.setdefault(row, items.problems[position])
    return Converted(values, problems)


def _maps(column: pa.Array, name: str) -> Converted:
    kind = column.type
    entry = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
    lists = _lists(column.cast(pa.list_(entry)), name)
    objects: list[dict[str, JsonValue] | None] = [
        None if pairs is None else {str(pair["key"]): pair["value"] for pair in pairs}
        for pairs in lists.values
    ]
    return Converted(objects, lists.problems)


def _unusable(column: pa.Array, problem: str) -> Converted:
    problem += ", which JSON does not have; convert it to text"
    is_valid = column.is_valid().to_pylist()
    problems = {row: problem for row, valid in enumerate(is_valid) if valid}
    return Converted([None] * len(column), problems)


def _name_of(kind: pa.DataType) -> str:
    if isinstance(kind, pa.OpaqueType):
        return str(kind.type_name)
    return str(kind)


_Converter: TypeAlias = Callable[[pa.Array, str], Converted]
_EXTENSIONS: dict[str, _Converter] = {"arrow.uuid": _uuids, "arrow.json": _json_texts}
_CONVERTERS: tuple[tuple[Callable[[pa.DataType], bool], _Converter], ...] = (
    (types.is_string, _texts),
    (types.is_large_string, _texts),
    (types.is_string_view, _texts),
    (types.is_integer, _plain),
    (types.is_boolean, _plain),
    (types.is_null, _plain),
    (types.is_floating, _floats),
    (types.is_decimal, _decimals),
    (types.is_timestamp, _times),
    (types.is_date, _times),
    (types.is_time, _times),
    (types.is_dictionary, _dictionary),
    (types.is_run_end_encoded, _runs),
    (types.is_map, _maps),
    (types.is_list, _lists),
    (types.is_large_list, _lists),
    (types.is_fixed_size_list, _lists),
    (types.is_list_view, _lists),
    (types.is_large_list_view, _lists),
)


def _converter_of(kind: pa.DataType) -> _Converter | None:
    """Return the function that converts a type; None if JSON cannot hold it."""
    if isinstance(kind, pa.OpaqueType):  # a type that only its database knows
        is_numeric = kind.type_name == "numeric" and types.is_string(kind.storage_type)
        return _numeric_texts if is_numeric else None
    if isinstance(kind, pa.BaseExtensionType):
        stored = _EXTENSIONS.get(kind.extension_name)
        return stored or (lambda column, name: convert_column(column.storage, name))
    found = (convert for matches, convert in _CONVERTERS if matches(kind))
    return next(found, None)
