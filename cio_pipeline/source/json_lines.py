"""Reads JSON Lines: one value per line; blank lines are skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import count, repeat

import orjson

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue, Record, make_record
from cio_pipeline.source.json_array import read_values
from cio_pipeline.source.raw import RawData, ReadFrom, SkippedRow
from cio_pipeline.source.values import RECORD_LIMIT_BYTES, has_long_number, parse_record


def begin(raw: RawData, _skipped_rows: Counter[SkippedRow]) -> ReadFrom:
    """Check the start of the file (see `Source`).

    Raises:
        DataFileError: it is an array.
    """
    beginning = raw.begin()
    if beginning.startswith(b"["):
        raise DataFileError(
            raw.name,
            "it starts with a list, expected an object per line; if it is a JSON array,"
            " use -format json",
        )
    return partial(read_objects, raw, beginning)


def read_objects(raw: RawData, beginning: bytes, start: int) -> Iterator[Record]:
    """Read objects, one per line or in any other layout.

    Args:
        raw: the bytes.
        beginning: the first of them.
        start: how many objects to skip.

    Raises:
        DataFileError: a value is not JSON or has no end. All values before it have
            been returned.
    """
    if beginning.startswith(b"{") and not _are_lines(beginning):
        return read_values(raw, start)
    return _read_lines(raw, start)


def _read_lines(raw: RawData, start: int) -> Iterator[Record]:
    """Read the values of a JSON Lines file; skipped ones are not parsed."""
    index = 0
    for offset, text in _complete_lines(raw):
        lines = text.split(b"\n")
        values = _parse_all(text, lines) if index >= start else None
        if values is not None:
            yield from map(make_record, zip(count(index), values, repeat(None)))
            index += len(values)
            continue
        line_offset = offset
        for line in lines:
            if line.strip():
                if index >= start:
                    yield parse_record(raw.name, line, line_offset, index)
                index += 1
            line_offset += len(line) + 1


def _are_lines(beginning: bytes) -> bool:
    """Return whether the first line is one value, and not the only line."""
    line, end, _ = beginning.partition(b"\n")
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return bool(end)


def _complete_lines(raw: RawData) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that each piece completes, with the byte of the first one."""
    offset, rest = raw.offset, b""
    while piece := raw.read():
        text, found, rest = (rest + piece).rpartition(b"\n")
        if found:
            yield offset, text
            offset += len(text) + 1
        if len(rest) > RECORD_LIMIT_BYTES:
            raise DataFileError(
                raw.name,
                f"a line with more than {RECORD_LIMIT_BYTES:,} bytes",
                byte_offset=offset,
            )
    if rest:
        yield offset, rest


def _parse_all(text: bytes, lines: list[bytes]) -> list[JsonValue] | None:
    """Parse all lines of a text at once; None if they must be parsed one by one."""
    if has_long_number(text):
        return None
    try:
        return list(map(orjson.loads, lines))
    except orjson.JSONDecodeError:
        return None
