"""How a CSV file is written, by its first lines. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Reader

# A cell that PostgreSQL, MySQL and Snowflake write for NULL, and where it is alone.
NULL_CELL = "\\N"
_NULL_ALONE = re.compile(r"(?:^|[\t\r\n])\\N(?=[\t\r\n]|$)")
_QUOTED_ALONE = re.compile(r'(?:^|[\t\r\n])"[^"\t\r\n]*"(?=[\t\r\n]|$)')
# In text with escapes, this replaces `\N`: no text has this character.
NULL_MARK = "\ufdd0"
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# What a letter after a backslash means (PostgreSQL, COPY; MySQL, LOAD DATA).
_MEANINGS = {
    "b": "\b",
    "f": "\f",
    "n": "\\\n",  # the reader takes an escaped line break or tab as text
    "r": "\\\r",
    "t": "\\\t",
    "v": "\v",
    "0": "\0",
    "Z": "\x1a",
    "N": NULL_MARK,
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are written.

    Args:
        has_quotes: whether a cell may be in quotes.
        has_escapes: whether a backslash escapes the next character.
    """

    has_quotes: bool = True
    has_escapes: bool = False

    def rows(self, lines: Iterable[str], delimiter: str) -> Reader:
        """Return a reader of rows; the lines are as `prepare` returns them."""
        return csv.reader(
            lines,
            delimiter=delimiter,
            strict=True,
            quoting=csv.QUOTE_MINIMAL if self.has_quotes else csv.QUOTE_NONE,
            escapechar="\\" if self.has_escapes else None,
        )

    def prepare(self, text: str) -> str:
        """Return text in which the reader understands each escape."""
        if not self.has_escapes or "\\" not in text:
            return text
        return _ESCAPED.sub(lambda each: _MEANINGS.get(each[1], each[0]), text)


PLAIN = Dialect()
_ESCAPES = Dialect(has_escapes=True)
_NO_QUOTES = Dialect(has_quotes=False)
_COPY_TEXT = Dialect(has_quotes=False, has_escapes=True)


def dialect_of(sample: str, delimiter: str, *, has_escapes: bool | None) -> Dialect:
    r"""Return the dialect in which a sample can be read, and no row is too long.

    Quotes without escapes are preferred. Files with tabs may also have plain quotes
    (PostgreSQL's COPY, spreadsheets), and have escapes if a cell is ``\\N``.

    Args:
        sample: complete lines, beginning with the header.
        delimiter: the character between two cells.
        has_escapes: whether there are backslash escapes; None if unknown.
    """
    candidates = [PLAIN, _ESCAPES]
    if delimiter == "\t":
        candidates += [_NO_QUOTES, _COPY_TEXT]
        is_copy = _NULL_ALONE.search(sample) and not _QUOTED_ALONE.search(sample)
        if has_escapes or (is_copy and has_escapes is None):
            candidates.reverse()
    if has_escapes is not None:
        candidates = [each for each in candidates if each.has_escapes == has_escapes]
    if '"' not in sample and "\\" not in sample:
        return candidates[0]
    fitting = (each for each in candidates if _fits(sample, delimiter, each))
    return next(fitting, candidates[0])


def title_rows(sample: str, delimiter: str, dialect: Dialect) -> int:
    """Return how many rows are before the header: titles, and blank rows.

    A title has text in one cell only; the rows below have more cells.

    Args:
        sample: as in `dialect_of`.
        delimiter: as in `dialect_of`.
        dialect: how it is written.
    """
    rows = list(_rows(sample, delimiter, dialect))
    for number, row in enumerate(rows[:_MOST_TITLES]):
        if sum(bool(cell.strip()) for cell in row) > 1:
            below = rows[number + 1 :]
            same = sum(len(each) == len(row) for each in below)
            return 0 if has_values(row) or same * 2 <= len(below) else number
    return 0


def looks_like_data(row: list[str]) -> bool:
    """Return whether a row is no header, which has only names."""
    return (
        any(map(_NEVER_A_NAME.fullmatch, row)) or _VALUE.fullmatch(row[0]) is not None
    )


def has_values(row: list[str]) -> bool:
    """Return whether a row may be no header: years and dates may be names too."""
    return any(map(_VALUE.fullmatch, row))


_MOST_TITLES = 30
_NEVER_A_NAME = re.compile(
    r"[^@\s]+@[^@\s]+\.[^@\s]+|\\N|true|false|null", re.IGNORECASE
)
_VALUE = re.compile(
    rf"[+-]?\d+(?:[.,]\d+)?|\d{{4}}-\d\d-\d\d.*|{_NEVER_A_NAME.pattern}", re.IGNORECASE
)


def _fits(sample: str, delimiter: str, dialect: Dialect) -> bool:
    """Return whether a sample can be read, and no row has more cells than the header.

    The sample may end inside a cell with line breaks, but not after many lines of it.
    """
    width = 0
    lines = _lines(sample, dialect)
    reader = dialect.rows(lines, delimiter)
    line = 0
    try:
        for row in reader:
            line = reader.line_num
            width = width if width > 1 else len(row)
            if len(row) > width:
                return False
    except csv.Error as error:
        return "unexpected end" in str(error) and len(lines) - line < _MOST_LINES
    return True


_MOST_LINES = 100  # of a cell


def _rows(sample: str, delimiter: str, dialect: Dialect) -> Iterator[list[str]]:
    """Read a sample up to its end or the first error."""
    with suppress(csv.Error):
        yield from dialect.rows(_lines(sample, dialect), delimiter)


def _lines(sample: str, dialect: Dialect) -> list[str]:
    """Split at line feeds and carriage returns only, unlike `str.splitlines`."""
    return [dialect.prepare(line) for line in StringIO(sample, newline="")]
