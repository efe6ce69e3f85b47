"""The lines of a CSV file, as text, and the delimiter between its cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.text import counted
from cio_pipeline.source.csv_cells import Cells
from cio_pipeline.source.csv_dialect import NULL_MARK, PLAIN, dialect_of, title_rows
from cio_pipeline.source.raw import RawData
from cio_pipeline.source.values import RECORD_LIMIT_BYTES

TOO_LONG = "field larger than field limit"  # the csv library's message
_DELIMITERS = ",;\t|"  # the first one wins a tie
# What can be between joined files: a BOM, and the end-of-file character of DOS.
_BETWEEN_FILES = "\ufeff\x1a"
_END_OF_FILE = b"\x1a"
_LINE_BREAK = re.compile(rb"[\r\n]")
# A first line that Excel writes: it names the delimiter.
_DELIMITER_LINE = re.compile(rb'"?sep=((?!["\w])[!-~]|\t)"?', re.IGNORECASE)
# Escapes in a file with tabs that is read without escapes.
_ESCAPE = re.compile(r"\\[tnr\\]")


@cache
def _patterns(delimiters: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return patterns for a quoted cell, and for the first line if it is complete.

    A quote opens a cell only at the cell's beginning. Old Macs wrote carriage returns
    at the end of a line.
    """
    between = re.escape(delimiters)
    quoted = rb'(?<![^%s\r\n])"[^"]*+(?:""[^"]*+)*+"' % between
    line = rb'((?:%s|(?<=[^%s\r\n])"|[^"\r\n]++)*+)(\r?\n|\r(?=.))' % (quoted, between)
    return re.compile(quoted), re.compile(line, re.DOTALL)


class Lines:
    """A file's lines as text, and the byte at which the current row starts.

    Text is decoded and split in blocks, which is several times as fast as line by
    line.

    Args:
        raw: the bytes.

    Attributes:
        delimiter: the character between two cells.
        dialect: how cells are written.
        cells: cleans the cells, if a line has something to clean.
        in_rows: how many lines belong to rows that were read; the reader sets it.
    """

    def __init__(self, raw: RawData) -> None:
        self._raw = raw
        self.delimiter = _DELIMITERS[0]
        self.dialect = PLAIN
        self.cells = Cells(raw.rules.nulls, raw.notes)
        self.in_rows = 0
        self._line_end = "\n"
        self._beginning = b""
        self._lines: list[str] = []  # the current block
        self._lines_before = 0
        self._block_began = self._block_ends = self._row_began = raw.offset

    def begin(self, skip: int) -> None:
        """Find out the line ends, the delimiter and how cells are written.

        Args:
            skip: how many rows are before the header.

        Raises:
            csv.Error: the first line has no end.
        """
        self._skip(skip)
        line, end = self._first_line()
        if end == b"\r":
            self._line_end = "\r"
        named = _DELIMITER_LINE.fullmatch(line)
        rules = self._raw.rules
        header = self._header_line(line) if rules.columns is None else line
        if rules.delimiter is not None:
            self.delimiter = rules.delimiter
        elif named:
            self.delimiter = named[1].decode()
        else:
            self.delimiter = self._most_frequent(header)
        sample = self._sample(len(line + end) if named else 0)
        self.dialect = dialect_of(
            sample, self.delimiter, has_escapes=rules.backslash_escapes
        )
        if self.dialect.has_escapes:
            self.cells = Cells(rules.nulls, self._raw.notes, NULL_MARK)
        if header is not line and not named:
            titles = title_rows(sample, self.delimiter, self.dialect)
            self._raw.notes["title_skipped"] += titles
            self._skip(titles)

    def _skip(self, rows: int) -> None:
        """Skip rows at the beginning."""
        for _ in range(rows):
            size = sum(map(len, self._first_line()))
            self._beginning = self._beginning[size:]
            self._block_began += size
        self._block_ends = self._row_began = self._block_began

    def _first_line(self) -> tuple[bytes, bytes]:
        """Return the first line of the rest, and its end.

        Raises:
            csv.Error: it has no end.
        """
        pattern = self._patterns()[1]
        found = pattern.match(self._beginning)
        while found is None and (piece := self._raw.read()):
            # Search again only when there is a new line break.
            can_end = _LINE_BREAK.search(self._beginning[-1:] + piece)
            self._beginning += piece
            found = pattern.match(self._beginning) if can_end else None
            _refuse_long(0 if found else len(self._beginning))
        return (found[1], found[2]) if found else (self._beginning, b"")

    def _header_line(self, line: bytes) -> bytes:
        """Return the line that probably is the header: the first one with cells.

        It is not the first line if titles are before it. In a pipe, it always is: the
        other lines may not have arrived.
        """
        if self._cells(line) == [1] * len(_DELIMITERS) and self._can_look_ahead():
            lines = (each.strip() for each in self._beginning.split(b"\n"))
            return next((each for each in lines if max(self._cells(each)) > 1), line)
        return line

    def _most_frequent(self, line: bytes) -> str:
        """Return the delimiter: the one that gives the known columns, or the most."""
        cells = dict(zip(_DELIMITERS, self._cells(line), strict=True))
        columns = self._raw.rules.columns or ()
        # Commas last: without a header, they may be in numbers (1,5).
        usual = reversed(_DELIMITERS)
        fitting = (each for each in usual if 1 < cells[each] == len(columns))
        return next(fitting, max(cells, key=lambda each: cells[each]))

    def _cells(self, line: bytes) -> list[int]:
        """Return how many cells a line has, for each of the usual delimiters."""
        outside = self._patterns()[0].sub(b"", line).decode("utf-8", "replace")
        return [outside.count(each) + 1 for each in _DELIMITERS]

    def _sample(self, start: int) -> str:
        """Return the complete lines that have been read; nothing of a pipe.

        What a pipe has sent so far is chance, and the next run must read the same.
        """
        if not self._can_look_ahead():
            return ""
        end = self._beginning.rfind(self._line_end.encode()) + 1
        return self._beginning[start : end or None].decode("utf-8", "replace")

    def _can_look_ahead(self) -> bool:
        return self._raw.size_bytes is not None

    def _patterns(self) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
        delimiter = self._raw.rules.delimiter or _DELIMITERS
        return _patterns(delimiter.encode())

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
                "a byte that is not UTF-8; name the file's encoding (-encoding"
                " windows-1252), or save the file as UTF-8 (in Excel: 'CSV UTF-8')",
                byte_offset=self._block_began + error.start,
            ) from None

    def _split(self, text: str) -> Iterable[str]:
        end = self._line_end
        self._lines = [line + end for line in text.split(end)[:-1]]
        self.cells.look_at(text)
        lines: Iterable[str] = self._lines
        if any(character in text for character in _BETWEEN_FILES):
            lines = self._without_joins()
        if self.dialect.has_escapes:
            return map(self.dialect.prepare, lines)
        if self.delimiter == "\t" and "\\" in text:
            self._raw.notes["escapes_kept"] += len(_ESCAPE.findall(text))
        return lines

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


def _refuse_long(size_bytes: int) -> None:
    if size_bytes > RECORD_LIMIT_BYTES:
        raise csv.Error(TOO_LONG)
