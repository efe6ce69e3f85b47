"""CSV with a header row: every value is text until a mapping says otherwise."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from cio_pipeline.errors import DataFileError
from cio_pipeline.model import JsonValue, Record
from cio_pipeline.source.json_lines import split_lines
from cio_pipeline.source.raw import RawData

_FIELD_LIMIT = 64_000_000


def read_table(raw: RawData, start: int) -> Iterator[Record]:
    """Read the rows of a CSV file (RFC 4180) as objects.

    A row that is too short lacks the keys it has no values for; one that is too
    long is flawed, for nobody knows which value is meant for which key.

    Raises:
        DataFileError: the header cannot be used, or the text is no CSV; all rows
            before the break have been given by then.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    rows = csv.reader(_text_lines(raw), strict=True)
    index = 0
    try:
        header = _checked_header(raw, next(rows, []))
        for row in rows:
            if not row:
                continue
            if index >= start:
                yield _record(index, header, row)
            index += 1
    except csv.Error as error:
        raise DataFileError(
            raw.name,
            f"it is no CSV in line {rows.line_num} ({error}), after {index} whole"
            f" record{'' if index == 1 else 's'}",
            byte_offset=raw.offset,
        ) from error


def _text_lines(raw: RawData) -> Iterator[str]:
    for offset, line in split_lines(raw):
        try:
            yield line.decode("utf-8") + "\n"
        except UnicodeDecodeError as error:
            raise DataFileError(
                raw.name, "a byte that is not UTF-8", byte_offset=offset + error.start
            ) from None


def check_table(raw: RawData, piece: bytes) -> None:
    """Look at the beginning.

    Raises:
        DataFileError: it is JSON.
    """
    if piece[:1] in (b"[", b"{"):
        raise DataFileError(
            raw.name, "it looks like JSON, not CSV; say -format json or -format jsonl"
        )


def _checked_header(raw: RawData, header: list[str]) -> list[str]:
    if len(header) == 1:
        for name, mark in (("semicolons", ";"), ("tabs", "\t")):
            if mark in header[0]:
                raise DataFileError(
                    raw.name, f"its columns are parted by {name}, wanted commas"
                )
    for place, name in enumerate(header, start=1):
        if not name:
            raise DataFileError(raw.name, f"column {place} has no name in the header")
        if header.index(name) != place - 1:
            raise DataFileError(raw.name, f"two columns are named {name!r}")
    return header


def _record(index: int, header: list[str], row: list[str]) -> Record:
    value: dict[str, JsonValue] = dict(zip(header, row, strict=False))
    if len(row) > len(header):
        flaw = f"the row has {len(row)} values, the header {len(header)} names"
        return Record(index, value, flaw)
    return Record(index, value)
