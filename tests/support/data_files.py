"""Data files of a test, written and read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source import open_source


def read_values(
    content: bytes, folder: Path, name: str = "data.json", **options: Any
) -> Any:
    """Read a file's records."""
    path = folder / name
    path.write_bytes(content)
    with open_source(str(path), **options) as source:
        return [record.value for record in source.records()]


def read_until_it_breaks(
    content: bytes, folder: Path, name: str = "data.json"
) -> tuple[list[Any], DataFileError]:
    """Read the records before an error, and the error."""
    path = folder / name
    path.write_bytes(content)
    records: list[Any] = []
    with pytest.raises(DataFileError) as caught, open_source(str(path)) as source:
        records.extend(record.value for record in source.records())
    return records, caught.value


def pieces_of(content: bytes) -> Any:
    """Return bytes as a pipe does: a few at a time, and once."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self._left = content

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            piece, self._left = self._left[: min(7, size)], self._left[min(7, size) :]
            return piece

    return Pipe()
