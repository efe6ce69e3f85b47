"""JSON Lines: one value a line, blank lines passed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import count

import orjson

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue, Record
from cio_pipeline.source.json_array import read_values
from cio_pipeline.source.raw import PassedOver, RawData, ReadFrom
from cio_pipeline.source.values import RECORD_LIMIT_BYTES, has_long_number, parse_record


def begin(raw: RawData, _passed_over: Counter[PassedOver]) -> ReadFrom:
    """Look at the beginning, as all formats have it.

    Raises:
        DataFileError: it is an array, of which no line can be a user.
    """
    beginning = raw.begin()
    if beginning.startswith(b"["):
        raise DataFileError(
            raw.name,
            "it begins with a list, wanted an object a line; if it is a JSON array,"
            " say -format json",
        )
    return partial(read_objects, raw, beginning)


def read_objects(raw: RawData, beginning: bytes, start: int) -> Iterator[Record]:
    """Read objects: one a line, or one after another.

    Args:
        raw: the bytes.
        beginning: the first of them.
        start: how many to pass over.

    Raises:
        DataFileError: something is not JSON, or has no end; all values before it
            have been returned by then.
    """
    if beginning.startswith(b"{") and not _are_lines(beginning):
        return read_values(raw, start)
    return _read_lines(raw, start)


def _read_lines(raw: RawData, start: int) -> Iterator[Record]:
    """Read the values of a JSON Lines file; skipped ones are not parsed.

    Raises:
        DataFileError: a line is not JSON, or has no end; all values before it
            have been returned by then.
    """
    index = 0
    for offset, lines in _groups_of_lines(raw):
        values = _parse_all(lines) if index >= start else None
        if values is not None:
            yield from map(Record, count(index), values)
            index += len(values)
            continue
        place = offset
        for line in lines:
            if line.strip():
                if index >= start:
                    yield parse_record(raw.name, line, place, index)
                index += 1
            place += len(line) + 1


def _are_lines(beginning: bytes) -> bool:
    """Whether the first line ends where its value does.

    Else the objects go over several lines, or there is one only.
    """
    line, end, _ = beginning.partition(b"\n")
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return bool(end)


def _groups_of_lines(raw: RawData) -> Iterator[tuple[int, list[bytes]]]:
    """Read the lines that each piece completes, and where the first of them begins."""
    offset, rest = raw.offset, b""
    while piece := raw.read():
        text = rest + piece
        *lines, rest = text.split(b"\n")
        if lines:
            yield offset, lines
            offset += len(text) - len(rest)
        if len(rest) > RECORD_LIMIT_BYTES:
            raise DataFileError(
                raw.name,
                f"a line of more than {RECORD_LIMIT_BYTES:,} bytes",
                byte_offset=offset,
            )
    if rest:
        yield offset, [rest]


def _parse_all(lines: list[bytes]) -> list[JsonValue] | None:
    """Parse lines at once; None if one of them needs to be looked at by itself."""
    if has_long_number(b"\n".join(lines)):
        return None
    try:
        return list(map(orjson.loads, lines))
    except orjson.JSONDecodeError:
        return None
