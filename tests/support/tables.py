"""Files of columns and rows, written by other libraries than those that read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

Rows = Sequence[dict[str, Any]]
Table = Sequence[Sequence[Any]]


def write_parquet(rows: Rows, path: Path, group_rows: int = 1000) -> Path:
    """Write a Parquet file with Polars, in row groups of this size."""
    polars = pytest.importorskip("polars", reason="polars cannot be installed")
    path.parent.mkdir(parents=True, exist_ok=True)
    polars.DataFrame(rows).write_parquet(path, row_group_size=group_rows)
    return path


def write_arrow(rows: Rows, path: Path, compression: str = "uncompressed") -> Path:
    """Write an Arrow (Feather) file with Polars."""
    polars = pytest.importorskip("polars", reason="polars cannot be installed")
    polars.DataFrame(rows).write_ipc(path, compression=compression)
    return path


def write_arrow_stream(rows: Rows, path: Path) -> Path:
    """Write a stream of Arrow batches with Polars."""
    polars = pytest.importorskip("polars", reason="polars cannot be installed")
    polars.DataFrame(rows).write_ipc_stream(path)
    return path


def write_orc(
    rows: Rows, path: Path, schema: str, stripe_bytes: int = 67108864
) -> Path:
    """Write an ORC file with the ORC project's own library.

    Args:
        rows: the rows.
        path: the file.
        schema: the columns, as in ``struct<id:string>``.
        stripe_bytes: about how large one stripe is.
    """
    pyorc = pytest.importorskip("pyorc", reason="pyorc cannot be installed")
    with (
        path.open("wb") as file,
        pyorc.Writer(
            file,
            schema,
            stripe_size=stripe_bytes,
            struct_repr=pyorc.StructRepr.DICT,
        ) as writer,
    ):
        for row in rows:
            writer.write(row)
    return path


def write_workbook(sheets: dict[str, Table], path: Path) -> Path:
    """Write an Excel workbook (.xlsx) with openpyxl."""
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl cannot be installed")
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def write_open_document(sheets: dict[str, Table], path: Path) -> Path:
    """Write an OpenDocument spreadsheet (.ods) with odfpy."""
    pytest.importorskip("odf", reason="odfpy cannot be installed")
    from odf.opendocument import OpenDocumentSpreadsheet  # noqa: PLC0415  # see above
    from odf.table import Table as OdfTable  # noqa: PLC0415  # as above
    from odf.table import TableCell, TableRow  # noqa: PLC0415  # as above
    from odf.text import P  # noqa: PLC0415  # as above

    document = OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        table = OdfTable(name=name)
        for row in rows:
            line = TableRow()
            for value in row:
                cell = TableCell(**_open_document_cell(value))
                cell.addElement(P(text="" if value is None else str(value)))
                line.addElement(cell)
            table.addElement(line)
        document.spreadsheet.addElement(table)
    document.save(path)
    return path


def _open_document_cell(value: Any) -> dict[str, str]:
    """Return how OpenDocument writes a value."""
    if isinstance(value, bool):
        return {"valuetype": "boolean", "booleanvalue": str(value).lower()}
    if isinstance(value, int | float):
        return {"valuetype": "float", "value": repr(value)}
    if isinstance(value, dt.date):
        return {"valuetype": "date", "datevalue": value.isoformat()}
    return {} if value is None else {"valuetype": "string"}
