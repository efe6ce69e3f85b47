"""CSV with a header row: every value is text, which a mapping can convert."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from cio_pipeline.core.config_files import FileRules
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.source.columns import check_columns
from cio_pipeline.source.csv_columns import OTHER_HEADER, Columns, is_delimiter_line
from cio_pipeline.source.csv_dialect import has_values, looks_like_data
from cio_pipeline.source.csv_lines import TOO_LONG, Lines
from cio_pipeline.source.raw import RawData, ReadFrom, SkippedRow
from cio_pipeline.source.values import RECORD_LIMIT_BYTES

if TYPE_CHECKING:
    from _csv import Reader

# Not tabs: they separate columns, and the first column's name may be missing.
_BLANKS = b" \r\n"
_JSON = re.compile(rb'\[\s*[{\["]|\{\s*"')
_TWO = 2  # cells
_MARKUP = re.compile(rb"<(?:\?xml|!doctype|html)", re.IGNORECASE)


def begin(raw: RawData, skipped_rows: Counter[SkippedRow]) -> ReadFrom:
    """Check the start of the file (see `Source`).

    Raises:
        DataFileError: it is JSON, XML or HTML.
    """
    # Rows to skip are counted from the first line, also if that is blank.
    beginning = raw.begin(b"" if raw.rules.skip_rows else _BLANKS)
    if _JSON.match(beginning):
        raise DataFileError(
            raw.name, "it looks like JSON, not CSV; use -format json or -format jsonl"
        )
    if _MARKUP.match(beginning):
        raise DataFileError(
            raw.name, "it is XML or HTML, expected CSV (is it an error message?)"
        )
    return partial(_read_table, raw, skipped_rows)


def _read_table(
    raw: RawData, skipped_rows: Counter[SkippedRow], start: int
) -> Iterator[Record]:
    """Read the rows of a CSV file (RFC 4180) as objects.

    Every row below the header except blank lines has an index, even if it is skipped.
    So a record's index is the row's position in the file.

    Args:
        raw: the file's bytes.
        skipped_rows: counts the rows that are not records.
        start: the index of the first record to return.

    Raises:
        DataFileError: the text is not CSV. All rows before the syntax error have been
            returned.
    """
    csv.field_size_limit(RECORD_LIMIT_BYTES)
    lines = Lines(raw)
    index = 0
    try:
        lines.begin(_rows_before_header(raw.rules))
        reader = lines.dialect.rows(lines.read(), lines.delimiter)
        columns, rows = _read_header(raw, lines, reader)
        first_cells, record = columns.first_cells, columns.record
        is_alert = True
        for row in rows:
            if is_alert or len(row) < _TWO or row[0] in first_cells or row[0].isspace():
                if not row:
                    columns.note_blank_line()
                    is_alert, lines.in_rows = True, reader.line_num
                    continue
                kind = columns.why_skipped(row)
                is_alert = columns.is_alert
                if kind is not None:
                    lines.in_rows = reader.line_num
                    skipped_rows[kind] += 1
                    index += 1
                    continue
            lines.in_rows = reader.line_num
            if index >= start:
                yield record(index, row)
            index += 1
    except csv.Error as error:
        records = index - skipped_rows.total()
        raise lines.error(_explain(error), records) from error


def _rows_before_header(rules: FileRules) -> int:
    """Return how many rows to skip are at the beginning."""
    return next(number for number in count() if number + 1 not in rules.skip_rows)


def _read_header(
    raw: RawData, lines: Lines, reader: Reader
) -> tuple[Columns, Iterable[list[str]]]:
    """Return the columns, and the rows below the header."""
    rules = raw.rules
    number = _rows_before_header(rules)
    header = list(rules.columns or ())
    while not header and (row := next(reader, None)) is not None:
        number += 1
        lines.in_rows = reader.line_num
        if any(map(str.strip, row)) and not is_delimiter_line(row):
            header = row
    columns = Columns(header, lines.delimiter, lines.cells)
    raw.notes["column_repeated"] += columns.repeated
    if header:
        is_given = rules.columns is not None
        raw.notes["first_row_is_data"] += not is_given and looks_like_data(header)
        hint = _NO_HEADER if has_values(header) and not is_given else ""
        check_columns(raw.name, columns.keys, raw.options, hint)
    if max(rules.skip_rows, default=0) <= number:
        return columns, reader
    numbered = enumerate(reader, number + 1)
    return columns, (row for place, row in numbered if place not in rules.skip_rows)


def _explain(error: csv.Error) -> str:
    text = str(error)
    return next((words for start, words in _PROBLEMS.items() if start in text), text)


_NO_HEADER = (
    "its first row looks like data: if there is no header, name the columns with"
    ' "columns" in the configuration'
)
# Plain words for what the library's messages contain.
_PROBLEMS = {
    "unexpected end of data": "a quote is never closed",
    "expected after": "there is text after a closing quote (write a quote inside"
    ' quotes twice, or set "backslashEscapes" if a backslash is before it)',
    "new-line character": "a cell without quotes has another kind of line break than"
    " the header (use one kind, or put the cell in quotes)",
    OTHER_HEADER: "the header is repeated with other columns (sync the joined"
    " files one by one)",
    TOO_LONG: f"there are more than {RECORD_LIMIT_BYTES:,} bytes (is a quote never"
    " closed?)",
}
