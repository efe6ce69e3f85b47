"""Reads a JSON file: an array or a sequence of objects."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import TypeGuard

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue, Record
from cio_pipeline.source.json_array import read_array
from cio_pipeline.source.json_lines import read_objects
from cio_pipeline.source.raw import RawData, ReadFrom, SkippedRow

_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_KINDS = {b'"': "text", b"true": "true", b"false": "false", b"null": "null"}


def begin(raw: RawData, _skipped_rows: Counter[SkippedRow]) -> ReadFrom:
    """Check the start of the file (see `Source`).

    Raises:
        DataFileError: it is neither an array nor an object.
    """
    beginning = raw.begin()
    _check(raw, beginning)
    if beginning.startswith(b"["):
        return partial(read_array, raw)
    return partial(_read_objects, raw, beginning)


def _check(raw: RawData, piece: bytes) -> None:
    first = piece[:1]
    if not first:
        raise DataFileError(raw.name, "the file is empty")
    if first in (b"[", b"{"):
        return
    kinds = (kind for start, kind in _KINDS.items() if piece.startswith(start))
    kind = next(kinds, None)
    if first.isdigit() or first == b"-":
        kind = "a number"
    if kind is not None:
        raise DataFileError(raw.name, f"it starts with {kind}, expected a JSON array")
    line = piece.split(b"\n", 1)[0]
    hint = "; if it is CSV, use -format csv" if b"," in line else ""
    raise DataFileError(
        raw.name, f"it is not JSON, expected a JSON array{hint}", byte_offset=raw.offset
    )


def _read_objects(raw: RawData, beginning: bytes, start: int) -> Iterator[Record]:
    records = read_objects(raw, beginning, start)
    return records if start else _refuse_wrapped(raw, records)


def _refuse_wrapped(raw: RawData, records: Iterator[Record]) -> Iterator[Record]:
    """Return the records, unless there is only one and it has a list of objects.

    Raises:
        DataFileError: it is one object around an array, as APIs often return.
    """
    first = next(records, None)
    path = None if first is None else _path_to_objects(first.value)
    if first is None or path is None:
        return records if first is None else chain([first], records)
    second = next(records, None)
    if second is not None:
        return chain([first, second], records)
    raise DataFileError(
        raw.name,
        f"it is one object, whose key {'.'.join(path)!r} has an array; expected the"
        f" array itself: {_jq_command(path)} extracts it (if the object is one user,"
        " use -format jsonl)",
    )


def _path_to_objects(value: JsonValue) -> list[str] | None:
    """Return the keys that lead to the longest list of objects near the top."""
    if not isinstance(value, dict):
        return None
    found = [(key, item) for key, item in value.items() if _is_objects(item)]
    if found:
        return [max(found, key=lambda each: len(each[1]))[0]]
    below = ((key, _path_to_objects(item)) for key, item in value.items())
    return next(([key, *path] for key, path in below if path is not None), None)


def _is_objects(value: JsonValue) -> TypeGuard[list[JsonValue]]:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _jq_command(path: list[str]) -> str:
    keys = "".join(
        f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"
        for key in path
    )
    return f"jq {shlex.quote(keys if keys.startswith('.') else '.' + keys)}"
