"""CSV with a header row: every value is text until a mapping says otherwise."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Self

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import (
    JsonValue,
    Record,
)
from cio_pipeline.core.text import counted
from cio_pipeline.source.json_lines import split_lines
from cio_pipeline.source.raw import RawData
from cio_pipeline.source.values import RECORD_LIMIT_BYTES


def read_table(raw: RawData, start: int) -> Iterator[Record]:
    """Read the rows of a CSV file (RFC 4180) as objects.

    A row that is too short lacks the keys it has no values for; one that is too
    long is flawed, for nobody knows which value is meant for which key.

    Raises:
        DataFileError: the header cannot be used, or the text is no CSV; all rows
            before the break have been given by then.
    """
    csv.field_size_limit(RECORD_LIMIT_BYTES)
    lines = _Lines(raw)
    rows = csv.reader(lines, strict=True)
    index = 0
    try:
        header = _checked_header(raw, next(rows, []))
        lines.row_ended()
        for row in rows:
            lines.row_ended()
            if not row:
                continue
            if index >= start:
                yield _record(index, header, row)
            index += 1
    except csv.Error as error:
        raise lines.broken(_told(error), index) from error


class _Lines:
    """A file's lines as text; knows where the row that is being read began.

    Args:
        raw: the bytes.
    """

    def __init__(self, raw: RawData) -> None:
        self._raw = raw
        self._lines = split_lines(raw)
        self._read_up_to = raw.offset
        self._row_began = raw.offset

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        offset, line = next(self._lines)
        self._read_up_to = offset + len(line) + 1
        if self._read_up_to - self._row_began > RECORD_LIMIT_BYTES:
            raise csv.Error(_TOO_LONG)
        try:
            return line.decode("utf-8") + "\n"
        except UnicodeDecodeError as error:
            raise DataFileError(
                self._raw.name,
                "a byte that is not UTF-8; save the file as UTF-8 (in Excel:"
                " 'CSV UTF-8')",
                byte_offset=offset + error.start,
            ) from None

    def row_ended(self) -> None:
        """Say that all lines so far belong to whole rows."""
        self._row_began = self._read_up_to

    def broken(self, problem: str, whole: int) -> DataFileError:
        """Make the complaint about the row that began last."""
        return DataFileError(
            self._raw.name,
            f"in the row that begins here {problem}, after"
            f" {counted(whole, 'whole record')}",
            byte_offset=self._row_began,
        )


def _told(error: csv.Error) -> str:
    """Say in plain words what the library found."""
    text = str(error)
    return next((words for sign, words in _WORDS.items() if sign in text), text)


_TOO_LONG = "field larger than field limit"  # the library's own words
_WORDS = {
    "unexpected end of data": "a quote is opened and never closed",
    "expected after": "text follows a closing quote (a quote inside of quotes is"
    " written twice)",
    "new-line character": "a carriage return stands alone (save the file with"
    " line feeds)",
    _TOO_LONG: f"more than {RECORD_LIMIT_BYTES:,} bytes stand (a quote that is never"
    " closed?)",
}


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
