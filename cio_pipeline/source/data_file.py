"""Opening a data file: its format, its packing, its records."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import PurePath
from typing import BinaryIO, Self, cast

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.formats import Format, format_named, format_of
from cio_pipeline.core.jobs import Record
from cio_pipeline.source.raw import (
    OnWait,
    PassedOver,
    RawData,
    ReadFrom,
    fingerprint,
    open_file,
)


def open_source(
    path: str,
    *,
    format: str | None = None,  # noqa: A002  # the option's name
    stdin: BinaryIO | None = None,
) -> Source:
    """Open a data file.

    Args:
        path: the file, or ``-`` for standard input.
        format: the name of what it is; None to go by its extension, a JSON array by
            default. Packing with gzip is known by the first bytes.
        stdin: standard input, for ``-``, without a buffer.

    Raises:
        DataFileError: it is not there, is no file, may not be read, is empty, or
            begins like something else.
    """
    file = stdin if path == "-" and stdin is not None else open_file(path)
    try:
        return Source(path, file, format_named(format) if format else format_of(path))
    except DataFileError:
        if path != "-":
            file.close()
        raise


def _readable(name: str) -> str:
    """Give a file's name as text that can be stored: names may be any bytes."""
    return os.fsencode(name).decode("utf-8", "replace")


class Source:
    """A data file, open. Its records are read once, in order.

    Args:
        path: as the user named it.
        file: its bytes, at the beginning.
        data_format: what they are.

    Attributes:
        passed_over: how many rows were read that are no records, by kind.
    """

    def __init__(self, path: str, file: BinaryIO, data_format: Format) -> None:
        self._path = path
        self._file = file
        self.format = data_format
        self._is_stdin = path == "-"
        self.name = "stdin" if self._is_stdin else _readable(PurePath(path).name)
        self.fingerprint = (
            None if self._is_stdin else fingerprint(file, data_format.name)
        )
        self.passed_over: Counter[PassedOver] = Counter()
        self._raw = self._open_raw()
        self._read_from = self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_stdin:
            self._file.close()

    @property
    def bytes_read(self) -> int:
        """How far the file has been read."""
        return self._raw.bytes_read

    @property
    def size_bytes(self) -> int | None:
        """How large the file is; None where that is not known (a pipe)."""
        return (
            None if self.fingerprint is None else os.fstat(self._file.fileno()).st_size
        )

    def records(
        self, start: int = 0, on_wait: OnWait | None = None
    ) -> Iterator[Record]:
        """Read the records from one on; the ones before it are passed over.

        Args:
            start: how many to pass over.
            on_wait: called before each read of the file with 0, and with the
                seconds of a wait while it lasts. All records that have come are
                given by then. What it raises ends the reading.

        Raises:
            DataFileError: the data is not what it should be, or breaks off; all
                records before the break have been given by then.
        """
        if on_wait is not None:
            self._raw.on_wait = on_wait
        return self._read_from(start)

    def _begin(self) -> ReadFrom:
        """Have the format's module look at the beginning; return what reads on.

        Each of these modules has a function ``begin(raw, passed_over)``. It raises
        `DataFileError` for another format; else it returns what reads the records
        from an index on, once. ``passed_over`` counts the rows that are no records.
        """
        reader = import_module(f"cio_pipeline.source.{self.format.module}")
        return cast("ReadFrom", reader.begin(self._raw, self.passed_over))

    def _open_raw(self) -> RawData:
        name = "standard input" if self._is_stdin else self._path
        return RawData(name, self._file, self.size_bytes)
