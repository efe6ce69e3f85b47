"""Cells of a CSV file: guards against spreadsheets, and what means null. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from cio_pipeline.source.raw import Note

# An apostrophe before a formula's first character or a number: it makes a spreadsheet
# show the cell as it is. Words after the number are text ('80s fan).
_GUARDED = re.compile(r"'([=+\-@].*|\d[^\s']*|\d[\d .,:/()TZ+\-]*)", re.DOTALL)
_FORMULA = re.compile(r'="([^"]*)"')
_FIRST = frozenset("'=")
# Where a text may have one of these: `has_guards` is much faster than all cells.
_GUARD = re.compile(r"""(?:^|[^\w\s])(?:'[=+\-@\d]|="+)|[\t\n]'[=+\-@\d]""")


def has_guards(text: str) -> bool:
    """Return whether cells of a text may have guards."""
    return ("'" in text or '="' in text) and _GUARD.search(text) is not None


def without_guard(cell: str) -> str:
    """Return a cell without what protects it in a spreadsheet."""
    found = _GUARDED.fullmatch(cell) or _FORMULA.fullmatch(cell)
    return cell if found is None else found[1]


class Cells:
    """Cleans the cells of rows.

    Args:
        nulls: the cells that mean null.
        notes: counts the cells from which a guard is removed.
    """

    def __init__(self, nulls: Iterable[str], notes: Counter[Note]) -> None:
        self._nulls = frozenset(nulls)
        self._notes = notes

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
