"""Reads one sheet of a workbook: Excel or OpenDocument.

Its header, titles and footers are found as in CSV. A cell is what it is: text, number,
boolean, date or time (as ISO 8601 text). The sheet is in memory while it is read, so
its size is limited.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import TypeAlias

import python_calamine
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue, Record
from cio_pipeline.core.text import did_you_mean, nearest
from cio_pipeline.source.columns import check_columns
from cio_pipeline.source.csv_cells import Cells
from cio_pipeline.source.csv_columns import Columns
from cio_pipeline.source.csv_dialect import looks_like_data
from cio_pipeline.source.raw import RawData, ReadFrom, SkippedRow
from cio_pipeline.source.workbook_file import error_cells, unpacked_bytes

# A sheet takes about 1.4 times as much memory as its XML has bytes.
MOST_BYTES = 500_000_000
_ROWS_BETWEEN_WAITS = 1000
_ROWS_LOOKED_AT = 100  # for the header
# From here on, a number with a fraction of 64 bits cannot count every integer.
_LAST_EXACT = 2**53
_Cell: TypeAlias = (
    "int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta"
)


def begin(raw: RawData, skipped_rows: Counter[SkippedRow]) -> ReadFrom:
    """Open the workbook and find the sheet (see `Source`).

    Raises:
        DataFileError: it is no workbook, is damaged, too large or has a password, or
            there is no such sheet.
    """
    file = raw.seekable()
    if not file.read(1):
        raise DataFileError(raw.name, "the file is empty")
    file.seek(0)
    size = unpacked_bytes(file)
    if size > MOST_BYTES:
        raise DataFileError(
            raw.name,
            f"it has {size:,} bytes when it is unpacked; up to {MOST_BYTES:,} are read,"
            " because a sheet is kept in memory; export the sheet as CSV",
        )
    try:
        workbook = CalamineWorkbook.from_filelike(file)
    except python_calamine.PasswordError:
        raise DataFileError(
            raw.name, "it has a password; save it without one"
        ) from None
    except (CalamineError, OSError) as error:
        raise DataFileError(
            raw.name,
            f"it is not an Excel or OpenDocument workbook, or it is damaged ({error});"
            " if it is text, use -format csv",
        ) from error
    sheet, others = _choose_sheet(raw, workbook)
    if others and raw.options.sheet is None:
        raw.notes["sheet_not_read"] = others
    return partial(_read, raw, workbook, sheet, skipped_rows)


def _choose_sheet(raw: RawData, workbook: CalamineWorkbook) -> tuple[str, int]:
    """Return the sheet's name, and how many others a person sees.

    Raises:
        DataFileError: there is no such sheet, or none at all.
    """
    visible = python_calamine.SheetVisibleEnum.Visible
    sheets = [
        each for each in workbook.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet
    ]
    names = [each.name for each in sheets]
    shown = [each.name for each in sheets if each.visible == visible] or names
    wanted = raw.options.sheet
    if wanted is None and shown:
        return shown[0], len(shown) - 1
    if wanted in names:
        return wanted, 0
    near = nearest(wanted or "", names)
    hint = f"; {did_you_mean(near, wanted or '')}" if near else ""
    raise DataFileError(
        raw.name,
        f"it has no sheet {wanted!r}; its sheets are"
        f" {', '.join(map(repr, names))}{hint}",
    )


def _read(
    raw: RawData,
    workbook: CalamineWorkbook,
    name: str,
    skipped_rows: Counter[SkippedRow],
    start: int,
) -> Iterator[Record]:
    """Read the rows below the header as records.

    Every row has an index, even if it is skipped.

    Raises:
        DataFileError: the sheet is damaged, or its header cannot be used.
    """
    try:
        sheet = workbook.get_sheet_by_name(name)
    except (CalamineError, OSError) as error:
        raise DataFileError(
            raw.name, f"the sheet {name!r} is damaged ({error})"
        ) from error
    raw.on_wait(0.0)
    errors = error_cells(raw.seekable(), name)
    skipped = raw.rules.skip_rows
    rows = (each for each in enumerate(sheet.iter_rows()) if each[0] + 1 not in skipped)
    beginning = list(islice(rows, _ROWS_LOOKED_AT))
    first, header = _find_header(raw, beginning)
    table = Columns(header, "", Cells((), raw.notes))
    columns = _Columns(raw, header, table, (sheet.start or (0, 0))[1], errors)
    for index, (number, row) in enumerate(chain(beginning[first:], rows)):
        if index % _ROWS_BETWEEN_WAITS == 0:
            raw.on_wait(0.0)
            raw.bytes_read = (raw.size_bytes or 0) * number // sheet.total_height
        kind = None
        if table.is_alert or sum(map(_is_filled, row)) <= 1 or _text(row[0]) in header:
            kind = _why_skipped(raw, table, row)
        if kind is not None:
            skipped_rows[kind] += 1
        elif index >= start:
            yield columns.record(index, number, row)
    raw.bytes_read = raw.size_bytes or 0


def _find_header(
    raw: RawData, rows: Sequence[tuple[int, Sequence[_Cell]]]
) -> tuple[int, list[str]]:
    """Return the position of the first row below the header, and the header.

    Rows with one cell above a row with more are titles.
    """
    if raw.rules.columns is not None:
        return 0, list(raw.rules.columns)
    filled = [sum(map(_is_filled, row)) for _, row in rows]
    places = [place for place, count in enumerate(filled) if count]
    if not places:
        return 0, []
    place = next((place for place in places if filled[place] > 1), places[0])
    raw.notes["title_skipped"] += sum(each < place for each in places)
    header = [_text(cell) for cell in rows[place][1]]
    if looks_like_data(header):
        raw.notes["first_row_is_data"] += 1
    return place + 1, header


def _why_skipped(
    raw: RawData, table: Columns, row: Sequence[_Cell]
) -> SkippedRow | None:
    problem = DataFileError(
        raw.name, "the header is repeated with other columns; remove those rows"
    )
    try:
        kind = table.why_skipped([_text(cell) for cell in row])
    except csv.Error:
        raise problem from None
    if table.keys != raw.columns:  # the same ones, in another order
        raise problem
    return kind


class _Columns:
    """The columns of a sheet that are read.

    Args:
        raw: the file.
        header: the names; blank ones are left out.
        table: its names, which differ.
        first: the number of its first column in the sheet, from 0.
        errors: the cells that are errors.

    Raises:
        DataFileError: none identifies a user.
    """

    def __init__(
        self,
        raw: RawData,
        header: Sequence[str],
        table: Columns,
        first: int,
        errors: Mapping[tuple[int, int], str],
    ) -> None:
        places = [place for place, name in enumerate(header) if name.strip()]
        names = raw.columns = table.keys
        raw.notes["column_repeated"] += table.repeated
        if names:
            check_columns(raw.name, names, raw.options)
        used = raw.options.names
        self._columns = [
            (place, name)
            for place, name in zip(places, names, strict=True)
            if used is None or name in used
        ]
        self._nulls = frozenset(raw.rules.nulls)
        self._first = first
        self._errors = errors

    def record(self, index: int, number: int, row: Sequence[_Cell]) -> Record:
        """Return a row as a record; ``number`` is its row in the sheet, from 0."""
        value: dict[str, JsonValue] = {}
        problem = None
        for place, name in self._columns:
            cell = row[place] if place < len(row) else ""
            error = self._errors.get((number, self._first + place))
            value[name] = None if cell in self._nulls else _value(cell)
            if error is not None:
                value[name] = error
                problem = f"{name!r} is an error ({error or 'of a formula'})"
            elif isinstance(cell, dt.timedelta):
                problem = f"{name!r} is a duration, which JSON does not have"
            elif isinstance(cell, float) and abs(cell) > _LAST_EXACT:
                problem = (
                    f"{name!r} is a number with more digits than a spreadsheet keeps"
                    " (15); format its column as text"
                )
        return Record(index, value, problem)


def _is_filled(cell: _Cell) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def _text(cell: _Cell) -> str:
    value = _value(cell)
    return "" if value is None else str(value).strip()


def _value(cell: _Cell) -> JsonValue:
    """Return a cell as JSON; an empty one is null."""
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    if isinstance(cell, dt.date | dt.time):  # also with a time
        return cell.isoformat()
    if isinstance(cell, dt.timedelta):
        return str(cell)
    return None if cell == "" else cell
