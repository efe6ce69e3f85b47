"""The columns of a CSV file, and which of its rows are no records."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import compress

from cio_pipeline.core.jobs import JsonValue, Record, make_record
from cio_pipeline.source.csv_cells import Cells
from cio_pipeline.source.raw import SkippedRow

OTHER_HEADER = "another header"
_DELIMITER_CELL = re.compile(r"sep=.?", re.IGNORECASE)
# What programs write below a table: (3 rows affected)
_COUNT = re.compile(r"\(?\d[\d,.]* (?:rows?|records?)(?: \w+)?[).]?\s*", re.IGNORECASE)
# The second and third line of Qualtrics' headers, and the line below sqlcmd's.
_IMPORT_ID = re.compile(r'\{"ImportId":.*\}')
_RULE = re.compile(r"\s*-+\s*")


class Columns:
    """The names of the columns, which become keys of the records.

    Args:
        header: the header row; empty for a file without one.
        delimiter: the character between two cells.
        cells: cleans the cells.

    Attributes:
        first_cells: the first cells that a skipped row can have, apart from blank ones.
        width: how many columns there are.
        is_alert: whether the next row may belong to the header or a footer.
        keys: the names of the columns that have one; they differ.
        repeated: how many names are the name of a column before them.
    """

    def __init__(self, header: list[str], delimiter: str, cells: Cells) -> None:
        self._cells = cells
        self._names = frozenset(name for name in header if name.strip())
        self.first_cells = self._names | {"", "sep=", f"sep={delimiter}"}
        self.is_alert = True
        self._is_top = True
        self._is_after_blank = self._is_in_footer = self._is_doubtful = False
        self.repeated = sum(map(bool, map(str.strip, header))) - len(self._names)
        self._use(header)

    def record(self, index: int, row: list[str]) -> Record:
        """Return a row as a record, without the columns that have no name.

        If a row is too short, its last keys are missing. If it is too long, the record
        has a problem: it is unknown which value belongs to which key.
        """
        cells = self._cells.clean(row) if self._cells.is_needed else row
        values = compress(cells, self._is_named) if self._is_named else cells
        value: dict[str, JsonValue] = dict(zip(self.keys, values))  # noqa: B905
        if 1 < len(row) <= self.width:
            return make_record((index, value, None))
        return Record(index, value, self._problem(row))

    def _problem(self, row: list[str]) -> str | None:
        is_doubtful, self._is_doubtful = self._is_doubtful, False
        if is_doubtful:
            return "the row has only 1 value and follows a blank row: is it a footer?"
        if len(row) > self.width:
            return f"the row has {len(row)} values, the header {self.width} names"
        return None

    def note_blank_line(self) -> None:
        """Note that the next row is below a blank line."""
        self.is_alert = self._is_after_blank = True

    def why_skipped(self, row: list[str]) -> SkippedRow | None:
        """Return why a row is skipped; None for a record.

        A repeated header is used for the rows after it: joined files may have their
        columns in different orders, or lack some.

        Raises:
            csv.Error: it is a header with other columns.
        """
        if not any(map(str.strip, row)):
            self.note_blank_line()
            return "row_without_values"
        if self._is_footer(row):
            self.is_alert = True
            return "footer"
        self._is_top = self._is_top and self._is_label_row(row)
        self.is_alert = self._is_top
        if self._is_top or is_delimiter_line(row):
            return "header_repeated"
        if row == self._header or (
            len(row) == len(set(row)) > 1 and self._names.issuperset(row)
        ):
            self._use(row)
            return "header_repeated"
        pairs = zip(self._header, row, strict=False)
        if sum(name == cell != "" for name, cell in pairs) > 1:
            raise csv.Error(OTHER_HEADER)
        return None

    def _is_label_row(self, row: list[str]) -> bool:
        """Return whether a row below the header has only dashes, or labels."""
        if len(row) != self.width or self.width == 1:
            return False
        if all(map(_RULE.fullmatch, row)) or all(map(_IMPORT_ID.fullmatch, row)):
            return True
        pairs = zip(map(_letters, self._header), map(_letters, row), strict=True)
        return row != self._header and sum(a == b != "" for a, b in pairs) > 1

    def _is_footer(self, row: list[str]) -> bool:
        """Return whether a row is below the table.

        A footer begins with a sentence below a blank row, or with the number of rows.
        It ends at a row with more values.
        """
        is_below_blank, self._is_after_blank = self._is_after_blank, False
        if not self._is_lone(row):
            self._is_in_footer = False
            return False
        text = row[0].strip()
        if _COUNT.fullmatch(text) or (is_below_blank and " " in text):
            self._is_in_footer = True
        self._is_doubtful = len(row) == 1 and is_below_blank and not self._is_in_footer
        return self._is_in_footer

    def _is_lone(self, row: list[str]) -> bool:
        """Return whether only the first of several cells has a value."""
        return self.width > 1 and bool(row[0]) and not any(map(str.strip, row[1:]))

    def _use(self, header: list[str]) -> None:
        named = [bool(name.strip()) for name in header]
        self._header = header
        self.width = len(header)
        self._is_named = None if all(named) else named
        self.keys = distinct(list(compress(header, named)))


def is_delimiter_line(row: list[str]) -> bool:
    """Return whether a row is the line that names the delimiter to Excel."""
    return _DELIMITER_CELL.fullmatch(row[0]) is not None and not any(row[1:])


def distinct(names: list[str]) -> list[str]:
    """Return names with a number where a name is repeated: ``name (2)``."""
    if len(set(names)) == len(names):
        return names
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return numbered


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
