"""Cells of a CSV file: guards against spreadsheets, and what means null. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from cio_pipeline.source.csv_dialect import NULL_CELL
from cio_pipeline.source.raw import Note

# An apostrophe before a formula's first character or a number: it makes a spreadsheet
# show the cell as it is. Words after the number are text ('80s fan).
# Some programs write one after it as well.
_GUARDED = re.compile(
    r"'(?:([=+\-@|%].*?)'?|(\d[^\s']*|\d[\d .,:/()TZ+\-]*))", re.DOTALL
)
_FORMULA = re.compile(r'="([^"]*)"')
_FIRST = frozenset("'=")
# Where a text may have one. They begin with a plain character, which is found fast.
_APOSTROPHE = re.compile(r"'(?<![\w ]')[=+\-@|%\d]")
_EQUALS_SIGN = re.compile(r'=(?<![\w ]=)"')


def has_guards(text: str) -> bool:
    """Return whether cells of a text may have guards."""
    # Single characters are found a hundred times as fast as the patterns.
    return ("'" in text and _APOSTROPHE.search(text) is not None) or (
        "=" in text and _EQUALS_SIGN.search(text) is not None
    )


def without_guard(cell: str) -> str:
    """Return a cell without what protects it in a spreadsheet."""
    found = _GUARDED.fullmatch(cell) or _FORMULA.fullmatch(cell)
    return cell if found is None else found[found.lastindex or 0]


class Cells:
    """Cleans the cells of rows.

    Args:
        nulls: the cells that mean null, besides the usual one.
        notes: counts the cells from which a guard is removed.
        null_cell: the usual cell that means null.

    Attributes:
        is_needed: whether there may be such cells, in the text so far.
    """

    def __init__(
        self, nulls: Iterable[str], notes: Counter[Note], null_cell: str = NULL_CELL
    ) -> None:
        self._nulls = frozenset((null_cell, *nulls))
        self._notes = notes
        self.is_needed = len(self._nulls) > 1

    def look_at(self, text: str) -> None:
        """Find out whether cells of a text may need cleaning: much faster than that."""
        self.is_needed = (
            self.is_needed or ("\\" in text and NULL_CELL in text) or has_guards(text)
        )

    def clean(self, row: list[str]) -> list[str | None]:
        """Return the values of a row: text, or None."""
        nulls = self._nulls
        return [
            None if cell in nulls else self._clean(cell) if cell[:1] in _FIRST else cell
            for cell in row
        ]

    def _clean(self, cell: str) -> str:
        cleaned = without_guard(cell)
        if cleaned is not cell:
            self._notes["guard_removed"] += 1
        return cleaned
