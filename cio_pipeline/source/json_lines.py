"""JSON Lines: one value a line, blank lines passed over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import orjson

from cio_pipeline.errors import DataFileError
from cio_pipeline.model import Record
from cio_pipeline.phrases import counted
from cio_pipeline.source.guards import DIGITS_ALIKE
from cio_pipeline.source.raw import RawData
from cio_pipeline.source.values import RECORD_LIMIT_BYTES, make_record


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


def check_lines(raw: RawData, piece: bytes) -> None:
    """Look at the beginning.

    Raises:
        DataFileError: it is an array, of which no line can be a user.
    """
    if piece[:1] == b"[":
        raise DataFileError(
            raw.name,
            "it begins with a list, wanted an object a line; if it is a JSON array,"
            " say -format json",
        )


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
        if len(rest) > RECORD_LIMIT_BYTES:
            raise DataFileError(
                raw.name,
                f"a line of more than {RECORD_LIMIT_BYTES:,} bytes",
                byte_offset=offset,
            )
    if rest:
        yield offset, rest


def _parse(raw: RawData, line: bytes, offset: int, index: int) -> Any:  # noqa: ANN401  # any JSON
    # orjson turns integers over 64 bits into floats, so long runs of digits go to
    # the exact parser; so does what orjson refuses (half of a surrogate pair, which
    # JSON allows).
    if not _has_long_number(line):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(line)
    try:
        return _parse_exactly(line.decode())
    except RecursionError:
        problem, where = "this line is nested too deeply", 0
    except UnicodeDecodeError as error:
        problem, where = "a byte that is not UTF-8", error.start
    except json.JSONDecodeError as error:
        problem = "this line is no JSON any more"
        where = len(error.doc[: error.pos].encode())
    except ValueError as error:
        problem, where = f"this line is no JSON ({error})", 0
    raise DataFileError(
        raw.name,
        f"{problem}, after {counted(index, 'whole record')}",
        byte_offset=offset + where,
    )


def _parse_exactly(text: str) -> Any:  # noqa: ANN401  # as above
    return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)


def _has_long_number(line: bytes) -> bool:
    plain = line.translate(DIGITS_ALIKE)
    return b"0" * 19 in plain or b"0e" in plain or b"0E" in plain


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
