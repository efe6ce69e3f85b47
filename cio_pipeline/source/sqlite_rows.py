"""Runs a query on a SQLite file, with Python's own module.

ADBC's driver decides a column's type from its first rows, and fails if a later row
has another; in SQLite each value has its own type.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from cio_pipeline.core.database_address import DatabaseAddress
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue, Record
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.core.text import seen_from
from cio_pipeline.source.columns import check_columns

BATCH_ROWS = 1000


class SqliteRows:
    """The rows that one query returns.

    Args:
        address: the database.
        query: the query's text.
        options: which columns are used.
    """

    def __init__(
        self, address: DatabaseAddress, query: str, options: ReadOptions
    ) -> None:
        self._path = address.address
        self._query = query
        self._options = options
        self.columns: Sequence[str] = ()
        self._connection: sqlite3.Connection | None = None

    def batches(self) -> Iterator[list[Record]]:
        """Run the query and return its rows, some at a time.

        Raises:
            DataFileError: there is no such file, it is no database, or it does not
                accept the query.
        """
        if not Path(self._path).is_file():
            raise DataFileError(
                self._path, f"there is no such file{seen_from(self._path)}"
            )
        try:
            self._connection = connection = sqlite3.connect(
                f"file:{quote(self._path)}?mode=ro", uri=True, check_same_thread=False
            )
            connection.text_factory = _decode
            try:
                yield from self._read(connection.execute(self._query))
            finally:
                connection.close()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise DataFileError(self._path, str(error)) from None

    def cancel(self) -> None:
        """End the query, from another thread."""
        # It may be closed already.
        with suppress(sqlite3.ProgrammingError):
            if self._connection is not None:
                self._connection.interrupt()

    def _read(self, cursor: sqlite3.Cursor) -> Iterator[list[Record]]:
        if cursor.description is None:
            raise DataFileError(
                self._path, "the query returns no columns; use a SELECT"
            )
        self.columns = names = [name for name, *_ in cursor.description]
        check_columns(self._path, names, self._options)
        used = self._options.names
        wanted = [at for at, name in enumerate(names) if used is None or name in used]
        keys = [names[at] for at in wanted]
        index = 0
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield [
                _record(index + number, keys, [row[at] for at in wanted])
                for number, row in enumerate(rows)
            ]
            index += len(rows)


class _NotUtf8(str):
    """Text that was decoded as far as possible."""

    __slots__ = ()


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _NotUtf8(raw.decode("utf-8", "replace"))


def _record(index: int, keys: Sequence[str], row: Sequence[object]) -> Record:
    value: dict[str, JsonValue] = {}
    problem = None
    for key, cell in zip(keys, row, strict=True):
        if isinstance(cell, bytes):
            value[key] = None
            problem = f"{key!r} has bytes, which JSON does not have; convert it to text"
            continue
        if isinstance(cell, _NotUtf8):
            problem = f"{key!r} is not UTF-8"
        elif isinstance(cell, float) and not math.isfinite(cell):
            problem = f"{key!r} is infinite, which JSON does not have"
        value[key] = cell  # type: ignore[assignment]  # SQLite has no other types
    return Record(index, value, problem)
