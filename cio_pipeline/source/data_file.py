"""Opening a data file: its format, its packing, its records."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath
from typing import BinaryIO, Literal, Self

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.source.csv_table import (
    PassedOver,
    check_table,
    read_table,
)
from cio_pipeline.source.json_array import (
    check_array,
    read_array,
    read_values,
    refuse_wrapped,
)
from cio_pipeline.source.json_lines import (
    are_lines,
    check_lines,
    read_lines,
)
from cio_pipeline.source.raw import (
    OnWait,
    RawData,
    fingerprint,
    open_file,
)

DataFormat = Literal["json", "jsonl", "csv"]


_FORMAT_OF_ENDING: dict[str, DataFormat] = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
}


_BLANKS_OF_TABLES = b" \r\n"


def open_source(
    path: str,
    *,
    format: DataFormat | None = None,  # noqa: A002  # the option's name
    stdin: BinaryIO | None = None,
) -> Source:
    """Open a data file.

    Args:
        path: the file, or ``-`` for standard input.
        format: what it is; None to go by its ending, a JSON array by default.
            Packing with gzip is told by the first bytes.
        stdin: standard input, for ``-``, without a buffer.

    Raises:
        DataFileError: it is not there, is no file, may not be read, is empty, or
            begins like something else.
    """
    file = stdin if path == "-" and stdin is not None else open_file(path)
    try:
        return Source(path, file, format or _format_of(path))
    except DataFileError:
        if path != "-":
            file.close()
        raise


def _format_of(path: str) -> DataFormat:
    name = PurePath(path.lower())
    ending = PurePath(name.stem).suffix if name.suffix == ".gz" else name.suffix
    return _FORMAT_OF_ENDING.get(ending, "json")


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

    def __init__(self, path: str, file: BinaryIO, data_format: DataFormat) -> None:
        self._path = path
        self._file = file
        self.format = data_format
        self._is_stdin = path == "-"
        self.name = "stdin" if self._is_stdin else _readable(PurePath(path).name)
        self.fingerprint = None if self._is_stdin else fingerprint(file, data_format)
        self.passed_over: Counter[PassedOver] = Counter()
        self._raw = self._open_raw()
        # The first column's name may be missing: a tab before the second one counts.
        blanks = _BLANKS_OF_TABLES if self.format == "csv" else None
        self._beginning = self._raw.begin(blanks)
        self._check(self._beginning)

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
        if self.format == "csv":
            return read_table(self._raw, start, self.passed_over)
        if self._beginning.startswith(b"[") and self.format == "json":
            return read_array(self._raw, start)
        is_no_object = not self._beginning.startswith(b"{")
        if is_no_object or are_lines(self._beginning):
            records = read_lines(self._raw, start)
        else:
            records = read_values(self._raw, start)
        is_sure = self.format == "jsonl" or start
        return records if is_sure else refuse_wrapped(self._raw, records)

    def _check(self, beginning: bytes) -> None:
        if self.format == "json":
            check_array(self._raw, beginning)
        elif self.format == "csv":
            check_table(self._raw, beginning)
        else:
            check_lines(self._raw, beginning)

    def _open_raw(self) -> RawData:
        name = "standard input" if self._is_stdin else self._path
        return RawData(name, self._file, self.size_bytes)
