"""Files of columns and rows, written by other libraries than those that read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

Rows = Sequence[dict[str, Any]]


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
