"""JSON Lines: one value a line, blank lines passed over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson

from cio_pipeline.errors import DataFileError
from cio_pipeline.model import Record
from cio_pipeline.source.raw import RawData
from cio_pipeline.source.values import make_record

LINE_LIMIT_BYTES = 64_000_000


def read_lines(raw: RawData, start: int) -> Iterator[Record]:
    """Read the values of a JSON Lines file.

    Raises:
        DataFileError: a line is not JSON, or has no end; all values before it
            have been given by then.
    """
    index = 0
    for offset, line in split_lines(raw):
        if not line.strip():
            continue
        if index >= start:
            yield make_record(index, _parse(raw, line, offset, index))
        index += 1


def split_lines(raw: RawData) -> Iterator[tuple[int, bytes]]:
    """Split bytes at line feeds, with each line's offset.

    Raises:
        DataFileError: a line is longer than a record could ever be.
    """
    offset, rest = raw.offset, b""
    while piece := raw.read():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield offset, line
            offset += len(line) + 1
        if len(rest) > LINE_LIMIT_BYTES:
            raise DataFileError(
                raw.name,
                f"a line of more than {LINE_LIMIT_BYTES:,} bytes",
                byte_offset=offset,
            )
    if rest:
        yield offset, rest


def _parse(raw: RawData, line: bytes, offset: int, index: int) -> Any:  # noqa: ANN401  # any JSON
    try:
        # orjson turns integers over 64 bits into floats, so long runs of digits
        # go to the exact parser.
        if not _has_long_number(line):
            return orjson.loads(line)
        return json.loads(line, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        where = getattr(error, "pos", 0)
        raise DataFileError(
            raw.name,
            f"line {index + 1} (blank lines not counted) is not JSON, after {index}"
            f" whole record{'' if index == 1 else 's'}",
            byte_offset=offset + where,
        ) from error


def _has_long_number(line: bytes) -> bool:
    plain = line.translate(_DIGITS)
    return b"0" * 19 in plain or b"0e" in plain or b"0E" in plain


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
