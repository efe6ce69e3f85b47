"""CSV with a header row: every value is text until a mapping says otherwise."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, compress
from typing import TYPE_CHECKING

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue, Record
from cio_pipeline.core.text import counted
from cio_pipeline.source.raw import PassedOver, RawData, ReadFrom
from cio_pipeline.source.values import RECORD_LIMIT_BYTES

if TYPE_CHECKING:
    from _csv import Reader

# Not tabs: the first column's name may be missing, and a tab before the second counts.
_BLANKS = b" \r\n"
_DELIMITERS = ",;\t|"  # the first one wins a tie
# What glued files have where they meet: a byte-order mark, and the end-of-file sign
# of DOS.
_BETWEEN_FILES = "\ufeff\x1a"
_END_OF_FILE = b"\x1a"
# A quote opens a cell only at the cell's beginning.
_QUOTED = rb'(?<![^,;\t|\r\n])"[^"]*+(?:""[^"]*+)*+"'
_QUOTED_CELL = re.compile(_QUOTED)
# The first line, once it is complete, and its end: old Macs wrote carriage returns.
_FIRST_LINE = re.compile(
    rb'((?:%s|(?<=[^,;\t|])"|[^"\r\n]++)*+)(\r?\n|\r(?=.))' % _QUOTED, re.DOTALL
)
_LINE_BREAK = re.compile(rb"[\r\n]")
# Excel's own first line: it names the delimiter.
_DELIMITER_LINE = re.compile(rb'"?sep=((?!["\w])[!-~]|\t)"?', re.IGNORECASE)
_DELIMITER_CELL = re.compile(r"sep=.?", re.IGNORECASE)


def begin(raw: RawData, passed_over: Counter[PassedOver]) -> ReadFrom:
    """Look at the beginning, as all formats have it.

    Raises:
        DataFileError: it is JSON.
    """
    if raw.begin(_BLANKS).startswith((b"[", b"{")):
        raise DataFileError(
            raw.name, "it looks like JSON, not CSV; say -format json or -format jsonl"
        )
    return partial(_read_table, raw, passed_over)


def _read_table(
    raw: RawData, passed_over: Counter[PassedOver], start: int
) -> Iterator[Record]:
    """Read the rows of a CSV file (RFC 4180) as objects.

    A row that is too short lacks the keys it has no values for; one that is too
    long is flawed, for nobody knows which value is meant for which key.

    Every row that is not a blank line has an index, also one that is no record: the
    index is then the row's place in the file, and the same in all versions.

    Args:
        raw: the file's bytes.
        passed_over: counts the rows that are no records.
        start: the index of the first record that is wanted.

    Raises:
        DataFileError: the header cannot be used, or the text is no CSV; all rows
            before the break have been returned by then.
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
                kind = columns.pass_over(row)
            lines.in_rows = rows.line_num
            if not row:
                continue
            if kind is not None:
                passed_over[kind] += 1
            elif index >= start:
                yield columns.record(index, row)
            index += 1
    except csv.Error as error:
        records = index - passed_over.total()
        raise lines.broken(_told(error), records) from error


class _Columns:
    """The names of the columns.

    Args:
        raw: the file, for messages.
        delimiter: what is between two cells.
        header: the header row; empty for a file without one.

    Attributes:
        first_cells: what a row that is no record may begin with, if not with blanks.

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
        """Make a record of a row; columns without a name are left out."""
        values = compress(row, self._is_named) if self._is_named else row
        value: dict[str, JsonValue] = dict(zip(self._keys, values))  # noqa: B905
        if len(row) <= self._width:
            return Record(index, value)
        flaw = f"the row has {len(row)} values, the header {self._width} names"
        return Record(index, value, flaw)

    def pass_over(self, row: list[str]) -> PassedOver | None:
        """Return why a row is no record; None for a record.

        A repeated header counts from there on: files that were joined may have
        their columns in different orders, or lack some.

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
    """A file's lines as text; knows where the row that is being read began.

    Text is decoded and split a block at a time, which is several times as fast as
    a line at a time.

    Args:
        raw: the bytes.

    Attributes:
        delimiter: what is between two cells.
        in_rows: how many lines belong to rows that were read; the reader sets it.
    """

    def __init__(self, raw: RawData) -> None:
        self._raw = raw
        self.delimiter = _DELIMITERS[0]
        self.in_rows = 0
        self._line_end = "\n"
        self._beginning = b""
        self._lines: list[str] = []  # the block that is being read
        self._lines_before = 0
        self._block_began = self._block_ends = self._row_began = raw.offset

    def begin(self) -> None:
        """Read the first line, and find out what ends lines and parts cells.

        Raises:
            csv.Error: the line has no end.
        """
        found = None
        while found is None and (piece := self._raw.read()):
            # Only a piece with a line break can end it: the rest is not searched again.
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

    def broken(self, problem: str, whole: int) -> DataFileError:
        """Make the complaint about the row that is being read."""
        return DataFileError(
            self._raw.name,
            f"in the row that begins here {problem}, after"
            f" {counted(whole, 'whole record')}",
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
        if any(sign in text for sign in _BETWEEN_FILES):
            return self._without_signs()
        return self._lines

    def _without_signs(self) -> Iterator[str]:
        """Take off what is between glued files; inside of a row it is text."""
        for number, line in enumerate(self._lines, self._lines_before):
            yield line.lstrip(_BETWEEN_FILES) if number == self.in_rows else line

    def _row_offset(self) -> int:
        """Return the byte where the row that is being read began."""
        lines = self.in_rows - self._lines_before
        if lines < 0:
            return self._row_began
        if lines >= len(self._lines):
            return self._block_ends
        return self._block_began + len("".join(self._lines[:lines]).encode())


def _read_header(rows: Reader, lines: _Lines) -> list[str]:
    """Read up to the first row with names; an empty one at the end of the file."""
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


def _told(error: csv.Error) -> str:
    """Say in plain words what the library found."""
    text = str(error)
    return next((words for sign, words in _WORDS.items() if sign in text), text)


_OTHER_HEADER = "another header"
_TOO_LONG = "field larger than field limit"  # the library's own words
_WORDS = {
    "unexpected end of data": "a quote is opened and never closed",
    "expected after": "text follows a closing quote (a quote inside of quotes is"
    " written twice)",
    "new-line character": "a cell without quotes has a line break of another kind"
    " than the header's (use one kind, or put the cell in quotes)",
    _OTHER_HEADER: "the header is repeated with other columns (sync the joined"
    " files one by one)",
    _TOO_LONG: f"more than {RECORD_LIMIT_BYTES:,} bytes stand (a quote that is never"
    " closed?)",
}
