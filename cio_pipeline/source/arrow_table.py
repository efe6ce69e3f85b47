"""Reads files of columns: Parquet, Arrow (Feather) and ORC.

A file is read in small batches of rows, and only the columns that are used. The rows
before the first one wanted are skipped: in a Parquet file without reading their row
groups. The folders of a partitioned table (``country=NO/part-0.parquet``) are columns
with text values, as in a CSV file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import PurePath
from typing import BinaryIO, Protocol
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import dataset, ipc, orc, parquet

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.text import counted
from cio_pipeline.source.arrow_values import (
    Parts,
    can_be_json,
    select_parts,
    to_records,
)
from cio_pipeline.source.columns import check_columns
from cio_pipeline.source.raw import PIECE_BYTES, RawData, ReadFrom, SkippedRow

# A batch of rows is in memory as Arrow's and as Python's values.
BATCH_ROWS = 1000
_BATCH_BYTES = 4_000_000
# What Hive and Spark write for a null.
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_ARROW_STREAM = b"\xff\xff\xff\xff"
# Files that look like these formats but cannot be read, and what to do.
_UNREADABLE = {
    b"PARE": "it is an encrypted Parquet file; write it without encryption",
    b"FEA1": "it is a Feather file of version 1; write it again as version 2",
    b"\x1f\x8b": "it is compressed with gzip; decompress it",
    b"\x28\xb5\x2f\xfd": "it is compressed with zstd; decompress it",
}
_ERRORS = (pa.ArrowException, OSError)

# The default pools keep memory that they do not need.
pa.set_memory_pool(pa.system_memory_pool())


class _Table(Protocol):
    """An open file of one format."""

    schema: pa.Schema

    @property
    def rows(self) -> int | None:
        """How many rows there are; None if that is unknown."""

    def batches(self, start: int, parts: Parts) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Read batches with the index of their first row; ``start`` is in the first.

        Some may be before ``start``.
        """


def begin(raw: RawData, _skipped_rows: Counter[SkippedRow]) -> ReadFrom:
    """Read the description of the columns (see `Source`).

    Raises:
        DataFileError: it is none of these formats, is damaged, or has no column that
            identifies a user.
    """
    file = raw.seekable()
    magic = file.read(6)
    file.seek(0)
    if not magic:
        raise DataFileError(raw.name, "the file is empty")
    name, open_table = _opener_of(raw.name, magic)
    try:
        table = open_table(file)
    except _ERRORS as error:
        raise DataFileError(
            raw.name,
            f"the {name} file is cut off or damaged ({_explain(error)}); fetch it"
            " again",
        ) from error
    folders = {
        key: value
        for key, value in _partitions(raw.name).items()
        if key not in table.schema.names
    }
    parts = _wanted_parts(raw, table.schema, folders)
    return partial(_read, raw, table, parts, folders)


def _read(
    raw: RawData,
    table: _Table,
    parts: Parts,
    folders: Mapping[str, str | None],
    start: int,
) -> Iterator[Record]:
    """Read the rows as records.

    Raises:
        DataFileError: a part of the file is damaged. All rows before it have been
            returned.
    """
    constants = {
        name: value
        for name, value in folders.items()
        if raw.options.names is None or name in raw.options.names
    }
    index = start
    batches = table.batches(start, parts)
    while found := _next_batch(raw, batches, index):
        first, batch = found
        for offset in range(max(0, start - first), len(batch), BATCH_ROWS):
            raw.on_wait(0.0)
            rows = batch.slice(offset, BATCH_ROWS)
            columns = {name: rows[name] for name in parts}
            for record in to_records(columns, len(rows), first + offset, parts):
                if constants and isinstance(record.value, dict):
                    record.value.update(constants)
                yield record
            index = first + offset + len(rows)
            if table.rows and raw.size_bytes:
                raw.bytes_read = raw.size_bytes * index // table.rows


def _next_batch(
    raw: RawData, batches: Iterator[tuple[int, pa.RecordBatch]], index: int
) -> tuple[int, pa.RecordBatch] | None:
    try:
        return next(batches, None)
    except _ERRORS as error:
        raise DataFileError(
            raw.name,
            f"the file is damaged ({_explain(error)}), after"
            f" {counted(index, 'complete record')}; fetch it again",
        ) from error


class _Parquet:
    def __init__(self, file: BinaryIO) -> None:
        # Buffered: a column of a row group is not in memory as a whole.
        self._file = parquet.ParquetFile(
            pa.PythonFile(file, mode="r"), buffer_size=PIECE_BYTES, pre_buffer=False
        )
        self.schema = self._file.schema_arrow
        self.rows = self._file.metadata.num_rows

    def batches(self, start: int, parts: Parts) -> Iterator[tuple[int, pa.RecordBatch]]:
        first = 0
        for number in range(self._file.num_row_groups):
            group = self._file.metadata.row_group(number)
            if first + group.num_rows <= start:
                first += group.num_rows
                continue
            for batch in self._file.iter_batches(
                _batch_rows(group),
                row_groups=[number],
                columns=list(_paths(parts)),
                use_threads=False,
            ):
                yield first, batch
                first += len(batch)


class _Arrow:
    rows = None

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.schema = ipc.open_file(pa.PythonFile(file, mode="r")).schema

    def batches(self, start: int, parts: Parts) -> Iterator[tuple[int, pa.RecordBatch]]:
        self._file.seek(0)
        options = _ipc_options(self.schema, parts)
        reader = ipc.open_file(pa.PythonFile(self._file, mode="r"), options=options)
        batches = map(reader.get_batch, range(reader.num_record_batches))
        return _with_index(batches, start)


class _ArrowStream:
    rows = None

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.schema = ipc.open_stream(pa.PythonFile(file, mode="r")).schema

    def batches(self, start: int, parts: Parts) -> Iterator[tuple[int, pa.RecordBatch]]:
        self._file.seek(0)
        options = _ipc_options(self.schema, parts)
        stream = ipc.open_stream(pa.PythonFile(self._file, mode="r"), options=options)
        return _with_index(stream, start)


class _Orc:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        about = orc.ORCFile(pa.PythonFile(file, mode="r"))
        self.schema = about.schema
        self.rows = about.nrows

    def batches(self, start: int, parts: Parts) -> Iterator[tuple[int, pa.RecordBatch]]:
        # `ORCFile` reads complete stripes, of any size; a scan reads batches.
        fragment = dataset.OrcFileFormat().make_fragment(
            pa.PythonFile(self._file, mode="r")
        )
        batches = fragment.to_batches(
            columns=list(parts),
            batch_size=BATCH_ROWS,
            batch_readahead=0,
            fragment_readahead=0,
            use_threads=False,
        )
        return _with_index(batches, start)


_OPENERS: dict[bytes, tuple[str, Callable[[BinaryIO], _Table]]] = {
    b"PAR1": ("Parquet", _Parquet),
    b"ARROW1": ("Arrow", _Arrow),
    _ARROW_STREAM: ("Arrow", _ArrowStream),
    b"ORC": ("ORC", _Orc),
}


def _opener_of(path: str, magic: bytes) -> tuple[str, Callable[[BinaryIO], _Table]]:
    found = (each for start, each in _OPENERS.items() if magic.startswith(start))
    opener = next(found, None)
    if opener is None:
        known = (each for start, each in _UNREADABLE.items() if magic.startswith(start))
        problem = next(known, "it is not a Parquet, Arrow or ORC file")
        raise DataFileError(path, problem)
    return opener


def _wanted_parts(
    raw: RawData, schema: pa.Schema, folders: Mapping[str, str | None]
) -> Parts:
    """Return which parts are read: those used, or all that JSON can hold.

    Raises:
        DataFileError: two columns have the same name, or none identifies a user.
    """
    raw.columns = [*schema.names, *folders]
    check_columns(raw.name, raw.columns, raw.options)
    names = raw.options.names
    if names is None:
        return {each.name: None for each in schema if can_be_json(each.type)}
    return select_parts(schema, names)


def _partitions(path: str) -> dict[str, str | None]:
    """Return the columns that the folders of a path name: ``country=NO``."""
    pairs = (folder.partition("=") for folder in PurePath(path).parts[:-1])
    return {
        name: None if value == _NULL_PARTITION else unquote(value)
        for name, equals, value in pairs
        if name and equals
    }


def _with_index(
    batches: Iterable[pa.RecordBatch], start: int
) -> Iterator[tuple[int, pa.RecordBatch]]:
    first = 0
    for batch in batches:
        if first + len(batch) > start:
            yield first, batch
        first += len(batch)


def _batch_rows(group: parquet.RowGroupMetaData) -> int:
    """Return how many rows of a row group are read at once."""
    row_bytes: int = max(1, group.total_byte_size // group.num_rows)
    return max(1, min(BATCH_ROWS, _BATCH_BYTES // row_bytes))


def _paths(parts: Parts) -> Iterator[str]:
    for name, below in parts.items():
        if below is None:
            yield name
        else:
            yield from (f"{name}.{path}" for path in _paths(below))


def _ipc_options(schema: pa.Schema, parts: Parts) -> ipc.IpcReadOptions:
    indexes = [schema.get_field_index(name) for name in parts]
    return ipc.IpcReadOptions(included_fields=indexes, use_threads=False)


def _explain(error: BaseException) -> str:
    """Return the first sentence of a library's message."""
    return str(error).partition("\n")[0].partition(". ")[0].rstrip(".")
