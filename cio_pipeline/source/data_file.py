"""Opening a data file: its format, its compression, its records."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import PurePath
from typing import BinaryIO, Self, cast

from cio_pipeline.core.config_files import DEFAULT_RULES, FileRules
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.formats import FORMATS, Format, format_named, format_of
from cio_pipeline.core.jobs import Record
from cio_pipeline.source.detection import format_of_content
from cio_pipeline.source.raw import (
    Note,
    OnWait,
    RawData,
    ReadFrom,
    SkippedRow,
    fingerprint,
    open_file,
)


def open_source(
    path: str,
    *,
    format: str | None = None,  # noqa: A002  # the option's name
    stdin: BinaryIO | None = None,
    rules: FileRules = DEFAULT_RULES,
) -> Source:
    """Open a data file.

    Args:
        path: the file, or ``-`` for standard input.
        format: the name of its format; None to use its content and its extension.
            Gzip is recognized by the first bytes.
        stdin: standard input, for ``-``, without a buffer.
        rules: what else the user says about the file.

    Raises:
        DataFileError: it does not exist, is not a file, cannot be read, is empty, or
            starts like another format.
    """
    file = stdin if path == "-" and stdin is not None else open_file(path)
    try:
        return Source(path, file, format_named(format) if format else None, rules)
    except DataFileError:
        if path != "-":
            file.close()
        raise


def _readable(name: str) -> str:
    """Return a file's name as UTF-8 text: names can be any bytes."""
    return os.fsencode(name).decode("utf-8", "replace")


class Source:
    """An open data file. Its records are read once, in order.

    Args:
        path: as the user named it.
        file: its bytes, from the start.
        data_format: its format; None if its content shows it.
        rules: what else the user says about it.

    Attributes:
        format: its format.
        skipped_rows: kind -> number of rows read that are not records.
    """

    def __init__(
        self,
        path: str,
        file: BinaryIO,
        data_format: Format | None,
        rules: FileRules = DEFAULT_RULES,
    ) -> None:
        self._path = path
        self._file = file
        self._is_stdin = path == "-"
        self.name = "stdin" if self._is_stdin else _readable(PurePath(path).name)
        expected = data_format or format_of(path)
        # The name of a format and rules change what is read from the same bytes.
        form = (expected or FORMATS[0]).name + rules.digest_text
        self.fingerprint = None if self._is_stdin else fingerprint(file, form)
        self.skipped_rows: Counter[SkippedRow] = Counter()
        if data_format is not None and rules.delimiter is None:
            rules = replace(rules, delimiter=data_format.delimiter)
        self._raw = self._open_raw(rules)
        self.format = data_format or format_of_content(self._raw.first_line(), expected)
        self._read_from = self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_stdin:
            self._file.close()

    @property
    def notes(self) -> Counter[Note]:
        """What was changed while reading, or is uncertain: kind -> how often."""
        return self._raw.notes

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
        reader = import_module(f"cio_pipeline.source.{self.format.module}")
        return cast("ReadFrom", reader.begin(self._raw, self.skipped_rows))

    def _open_raw(self, rules: FileRules) -> RawData:
        name = "standard input" if self._is_stdin else self._path
        return RawData(name, self._file, self.size_bytes, rules)
