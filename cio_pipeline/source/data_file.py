"""Opening a data file: its format, its compression, its records."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath
from typing import BinaryIO, Self, cast

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.formats import Format, format_named, format_of, format_of_content
from cio_pipeline.core.jobs import Record
from cio_pipeline.source.extras import import_optional
from cio_pipeline.source.raw import (
    READ_ALL,
    OnWait,
    RawData,
    ReadFrom,
    ReadOptions,
    SkippedRow,
    fingerprint,
    open_file,
)

_MAGIC_BYTES = 8


def open_source(
    path: str,
    *,
    format: str | None = None,  # noqa: A002  # the option's name
    stdin: BinaryIO | None = None,
    options: ReadOptions = READ_ALL,
) -> Source:
    """Open a data file.

    Args:
        path: the file, or ``-`` for standard input.
        format: the name of its format; None to use its extension, with JSON as the
            default. Gzip and formats of bytes are recognized by the first bytes.
        stdin: standard input, for ``-``, without a buffer.
        options: what is read of it.

    Raises:
        DataFileError: it does not exist, is not a file, cannot be read, is empty, or
            starts like another format.
    """
    file = stdin if path == "-" and stdin is not None else open_file(path)
    try:
        data_format = format_named(format) if format else _recognize(path, file)
        return Source(path, file, data_format, options)
    except DataFileError:
        if path != "-":
            file.close()
        raise


def _recognize(path: str, file: BinaryIO) -> Format:
    """Return a file's format, by its first bytes if they identify one."""
    found = None
    if path != "-" and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        found = format_of_content(file.read(_MAGIC_BYTES))
        file.seek(0)
    return found or format_of(path)


def _readable(name: str) -> str:
    """Return a file's name as UTF-8 text: names can be any bytes."""
    return os.fsencode(name).decode("utf-8", "replace")


class Source:
    """An open data file. Its records are read once, in order.

    Args:
        path: as the user named it.
        file: its bytes, from the start.
        data_format: its format.
        options: what is read of it.

    Attributes:
        skipped_rows: kind -> number of rows read that are not records.
    """

    def __init__(
        self,
        path: str,
        file: BinaryIO,
        data_format: Format,
        options: ReadOptions = READ_ALL,
    ) -> None:
        self._path = path
        self._file = file
        self.format = data_format
        self._is_stdin = path == "-"
        self.name = "stdin" if self._is_stdin else _readable(PurePath(path).name)
        self.fingerprint = (
            None if self._is_stdin else fingerprint(file, data_format.name)
        )
        self.skipped_rows: Counter[SkippedRow] = Counter()
        self._raw = self._open_raw(options)
        self._read_from = self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_stdin:
            self._file.close()

    @property
    def is_text(self) -> bool:
        """Whether every value is text until a mapping converts it."""
        return self.format.is_text

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file have been read."""
        return self._raw.bytes_read

    @property
    def size_bytes(self) -> int | None:
        """The file's size; None if unknown (a pipe)."""
        return (
            None if self.fingerprint is None else os.fstat(self._file.fileno()).st_size
        )

    def records(
        self, start: int = 0, on_wait: OnWait | None = None
    ) -> Iterator[Record]:
        """Read the records, without the first ``start``.

        Args:
            start: how many records to skip.
            on_wait: called with 0 before each read of the file, and during a wait
                with its seconds so far. All records that have arrived have been
                returned before. What it raises ends the reading.

        Raises:
            DataFileError: the data is invalid or ends too early. All records before
                that point have been returned.
        """
        if on_wait is not None:
            self._raw.on_wait = on_wait
        return self._read_from(start)

    def _begin(self) -> ReadFrom:
        """Let the format's module check the start; return the function that reads on.

        Each of these modules has a function ``begin(raw, skipped_rows)``. It raises
        `DataFileError` for another format. Otherwise it returns a function that reads
        the records from an index on, once. ``skipped_rows`` counts the skipped rows.
        """
        module = f"cio_pipeline.source.{self.format.module}"
        reader = import_optional(self._path, module, self.format.extra)
        return cast("ReadFrom", reader.begin(self._raw, self.skipped_rows))

    def _open_raw(self, options: ReadOptions) -> RawData:
        name = "standard input" if self._is_stdin else self._path
        return RawData(name, self._file, self.size_bytes, options)
