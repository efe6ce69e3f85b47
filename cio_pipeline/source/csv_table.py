"""CSV with a header row: every value is text, which a mapping can convert."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, compress
from typing import TYPE_CHECKING

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue, Record, make_record
from cio_pipeline.core.text import counted
from cio_pipeline.source.raw import RawData, ReadFrom, SkippedRow
from cio_pipeline.source.values import RECORD_LIMIT_BYTES

if TYPE_CHECKING:
    from _csv import Reader

# Not tabs: they separate columns, and the first column's name may be missing.
_BLANKS = b" \r\n"
_DELIMITERS = ",;\t|"  # the first one wins a tie
# What can be between joined files: a BOM, and the end-of-file character of DOS.
_BETWEEN_FILES = "\ufeff\x1a"
_END_OF_FILE = b"\x1a"
# A quote opens a cell only at the cell's beginning.
_QUOTED = rb'(?<![^,;\t|\r\n])"[^"]*+(?:""[^"]*+)*+"'
_QUOTED_CELL = re.compile(_QUOTED)
# The first line, if it is complete, and its end. Old Macs wrote carriage returns.
_FIRST_LINE = re.compile(
    rb'((?:%s|(?<=[^,;\t|])"|[^"\r\n]++)*+)(\r?\n|\r(?=.))' % _QUOTED, re.DOTALL
)
_LINE_BREAK = re.compile(rb"[\r\n]")
# A first line that Excel writes: it names the delimiter.
_DELIMITER_LINE = re.compile(rb'"?sep=((?!["\w])[!-~]|\t)"?', re.IGNORECASE)
_DELIMITER_CELL = re.compile(r"sep=.?", re.IGNORECASE)


def begin(raw: RawData, skipped_rows: Counter[SkippedRow]) -> ReadFrom:
    """Check the start of the file (see `Source`).

    Raises:
        DataFileError: it is JSON.
    """
    if raw.begin(_BLANKS).startswith((b"[", b"{")):
        raise DataFileError(
            raw.name, "it looks like JSON, not CSV; use -format json or -format jsonl"
        )
    return partial(_read_table, raw, skipped_rows)


def _read_table(
    raw: RawData, skipped_rows: Counter[SkippedRow], start: int
) -> Iterator[Record]:
    """Read the rows of a CSV file (RFC 4180) as objects.

    If a row is too short, its last keys are missing. If it is too long, the record
    has a problem: it is unknown which value belongs to which key.

    Every row except blank lines has an index, even if it is skipped. So a record's
    index is the row's position in the file.

    Args:
        raw: the file's bytes.
        skipped_rows: counts the rows that are not records.
        start: the index of the first record to return.

    Raises:
        DataFileError: the header cannot be used, or the text is not CSV. All rows
            before the syntax error have been returned.
    """
    csv.field_size_limit(RECORD_LIMIT_BYTES)
    lines = _Lines(raw)
    index = 0
    try:
        lines.begin()
        rows = csv.reader(lines.read(), delimiter=lines.delimiter, strict=True)
        columns = _Columns(raw, lines.delimiter, _read_header(rows, lines))
        first_cells = columns.first_cells
        for row in rows:
            kind = None
            if row and (row[0] in first_cells or row[0].isspace()):
                kind = columns.why_skipped(row)
            lines.in_rows = rows.line_num
            if not row:
                continue
            if kind is not None:
                skipped_rows[kind] += 1
            elif index >= start:
                yield columns.record(index, row)
            index += 1
    except csv.Error as error:
        records = index - skipped_rows.total()
        raise lines.error(_explain(error), records) from error


class _Columns:
    """The names of the columns.

    Args:
        raw: the file, for messages.
        delimiter: the character between two cells.
        header: the header row; empty for a file without one.

    Attributes:
        first_cells: the first cells that a skipped row can have, apart from blank ones.

    Raises:
        DataFileError: two columns have the same name.
    """

    def __init__(self, raw: RawData, delimiter: str, header: list[str]) -> None:
        names = [name for name in header if name.strip()]
        for name, count in Counter(names).most_common(1):
            if count > 1:
                first = header.index(name)
                raise DataFileError(
                    raw.name,
                    f"two columns are named {name!r} (columns {first + 1} and"
                    f" {header.index(name, first + 1) + 1}); rename one in the header",
                )
        self._names = frozenset(names)
        self.first_cells = self._names | {"", "sep=", f"sep={delimiter}"}
        self._use(header)

    def record(self, index: int, row: list[str]) -> Record:
        """Return a row as a record, without the columns that have no name."""
        values = compress(row, self._is_named) if self._is_named else row
        value: dict[str, JsonValue] = dict(zip(self._keys, values))  # noqa: B905
        if len(row) <= self._width:
            return make_record((index, value, None))
        problem = f"the row has {len(row)} values, the header {self._width} names"
        return Record(index, value, problem)

    def why_skipped(self, row: list[str]) -> SkippedRow | None:
        """Return why a row is skipped; None for a record.

        A repeated header is used for the rows after it: joined files may have their
        columns in different orders, or lack some.

        Raises:
            csv.Error: it is a header with other columns.
        """
        if not any(map(str.strip, row)):
            return "row_without_values"
        if _is_delimiter_line(row):
            return "header_repeated"
        if row == self._header or (
            len(row) == len(set(row)) > 1 and self._names.issuperset(row)
        ):
            self._use(row)
            return "header_repeated"
        pairs = zip(self._header, row, strict=False)
        if sum(name == cell != "" for name, cell in pairs) > 1:
            raise csv.Error(_OTHER_HEADER)
        return None

    def _use(self, header: list[str]) -> None:
        named = [bool(name.strip()) for name in header]
        self._header = header
        self._width = len(header)
        self._is_named = None if all(named) else named
        self._keys = list(compress(header, named))


class _Lines:
    """A file's lines as text, and the byte at which the current row starts.

    Text is decoded and split in blocks, which is several times as fast as line by
    line.

    Args:
        raw: the bytes.

    Attributes:
        delimiter: the character between two cells.
        in_rows: how many lines belong to rows that were read; the reader sets it.
    """

    def __init__(self, raw: RawData) -> None:
        self._raw = raw
        self.delimiter = _DELIMITERS[0]
        self.in_rows = 0
        self._line_end = "\n"
        self._beginning = b""
        self._lines: list[str] = []  # the current block
        self._lines_before = 0
        self._block_began = self._block_ends = self._row_began = raw.offset

    def begin(self) -> None:
        """Read the first line; find out the line ends and the delimiter.

        Raises:
            csv.Error: the line has no end.
        """
        found = None
        while found is None and (piece := self._raw.read()):
            # Search again only when there is a new line break.
            can_end = _LINE_BREAK.search(self._beginning[-1:] + piece)
            self._beginning += piece
            found = _FIRST_LINE.match(self._beginning) if can_end else None
            _refuse_long(0 if found else len(self._beginning))
        line = found[1] if found else self._beginning
        if found and found[2] == b"\r":
            self._line_end = "\r"
        if named := _DELIMITER_LINE.fullmatch(line):
            self.delimiter = named[1].decode()
        else:
            outside = _QUOTED_CELL.sub(b"", line).decode("utf-8", "replace")
            self.delimiter = max(_DELIMITERS, key=outside.count)

    def read(self) -> Iterator[str]:
        """Read the lines, each with its end."""
        return chain.from_iterable(self._blocks())

    def error(self, problem: str, records: int) -> DataFileError:
        """Return the error for the current row, after a number of records."""
        return DataFileError(
            self._raw.name,
            f"in the row that starts here, {problem}, after"
            f" {counted(records, 'complete record')}",
            byte_offset=self._row_offset(),
        )

    def _blocks(self) -> Iterator[Iterable[str]]:
        end = self._line_end.encode()
        piece, line = self._beginning, [b""]
        size = 0
        while piece:
            lines, found, rest = piece.rpartition(end)
            if found:
                yield from self._block(b"".join((*line, lines, end)))
                line, size = [], 0
            line.append(rest)
            size += len(rest)
            _refuse_long(size)
            piece = self._raw.read()
        last = b"".join(line).rstrip(_END_OF_FILE)
        if last:
            yield from self._block(last + end)

    def _block(self, block: bytes) -> Iterator[Iterable[str]]:
        self._row_began = self._row_offset()
        self._lines_before += len(self._lines)
        self._block_began, self._block_ends = (
            self._block_ends,
            self._block_ends + len(block),
        )
        _refuse_long(self._block_began - self._row_began)
        try:
            yield self._split(block.decode())
        except UnicodeDecodeError as error:
            last_end = block.rfind(self._line_end.encode(), 0, error.start)
            yield self._split(block[: last_end + 1].decode())
            raise DataFileError(
                self._raw.name,
                "a byte that is not UTF-8; save the file as UTF-8 (in Excel:"
                " 'CSV UTF-8')",
                byte_offset=self._block_began + error.start,
            ) from None

    def _split(self, text: str) -> Iterable[str]:
        end = self._line_end
        self._lines = [line + end for line in text.split(end)[:-1]]
        if any(character in text for character in _BETWEEN_FILES):
            return self._without_joins()
        return self._lines

    def _without_joins(self) -> Iterator[str]:
        """Remove what is between joined files; inside a row it is text."""
        for number, line in enumerate(self._lines, self._lines_before):
            yield line.lstrip(_BETWEEN_FILES) if number == self.in_rows else line

    def _row_offset(self) -> int:
        """Return the byte at which the current row starts."""
        lines = self.in_rows - self._lines_before
        if lines < 0:
            return self._row_began
        if lines >= len(self._lines):
            return self._block_ends
        return self._block_began + len("".join(self._lines[:lines]).encode())


def _read_header(rows: Reader, lines: _Lines) -> list[str]:
    """Return the first row with names; an empty list if there is none."""
    for row in rows:
        lines.in_rows = rows.line_num
        if any(map(str.strip, row)) and not _is_delimiter_line(row):
            return row
    return []


def _is_delimiter_line(row: list[str]) -> bool:
    return _DELIMITER_CELL.fullmatch(row[0]) is not None and not any(row[1:])


def _refuse_long(size_bytes: int) -> None:
    if size_bytes > RECORD_LIMIT_BYTES:
        raise csv.Error(_TOO_LONG)


def _explain(error: csv.Error) -> str:
    text = str(error)
    return next((words for start, words in _PROBLEMS.items() if start in text), text)


_OTHER_HEADER = "another header"
_TOO_LONG = "field larger than field limit"  # the library's message
# Plain words for what the library's messages contain.
_PROBLEMS = {
    "unexpected end of data": "a quote is never closed",
    "expected after": "there is text after a closing quote (write a quote inside"
    " quotes twice)",
    "new-line character": "a cell without quotes has another kind of line break than"
    " the header (use one kind, or put the cell in quotes)",
    _OTHER_HEADER: "the header is repeated with other columns (sync the joined"
    " files one by one)",
    _TOO_LONG: f"there are more than {RECORD_LIMIT_BYTES:,} bytes (is a quote never"
    " closed?)",
}
