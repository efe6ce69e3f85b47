"""Runs a query with an ADBC driver; the rows come as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock
from types import ModuleType
from typing import Any

import adbc_driver_manager
import pyarrow as pa

from cio_pipeline.core.database_address import DatabaseAddress
from cio_pipeline.core.errors import DataFileError, DataUnreachable
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.core.text import counted
from cio_pipeline.source.arrow_values import can_be_json, select_parts, to_records
from cio_pipeline.source.columns import check_columns

BATCH_ROWS = 1000
# How much PostgreSQL's driver reads before it returns a batch.
_BATCH_BYTES = 250_000
# An error while rows are read is an OSError (of Arrow's stream).
_ERRORS = (adbc_driver_manager.Error, pa.ArrowException, OSError)

# The default pools keep memory that they do not need.
pa.set_memory_pool(pa.system_memory_pool())


class AdbcRows:
    """The rows that one query returns.

    Args:
        driver: the driver's ``dbapi`` module.
        address: the database.
        query: the query's text.
        options: which columns are used.
    """

    def __init__(
        self,
        driver: ModuleType,
        address: DatabaseAddress,
        query: str,
        options: ReadOptions,
    ) -> None:
        self._driver = driver
        self._address = address
        self._query = query
        self._options = options
        self.columns: Sequence[str] = ()
        self._cursor: Any = None
        self._cursor_lock = Lock()  # guards _cursor: one that is closed has no cancel

    def batches(self) -> Iterator[list[Record]]:
        """Connect, run the query and return its rows, some at a time.

        Raises:
            DataFileError: the database does not accept the connection or the query.
            DataUnreachable: the connection was lost.
        """
        try:
            connection = _connect(self._driver, self._address)
        except _ERRORS as error:
            raise self._failure(error) from None
        with connection:
            yield from self._read(connection)

    def cancel(self) -> None:
        """End the query, from another thread."""
        with self._cursor_lock, suppress(*_ERRORS):
            if self._cursor is not None:
                self._cursor.adbc_cancel()

    def _read(self, connection: Any) -> Iterator[list[Record]]:  # noqa: ANN401  # the driver's
        index = 0
        try:
            with (
                self._open_cursor(connection) as cursor,
                self._execute(cursor) as reader,
            ):
                self.columns = reader.schema.names
                check_columns(self._address.shown, self.columns, self._options)
                parts = self._parts(reader.schema)
                for batch in reader:
                    for offset in range(0, len(batch), BATCH_ROWS):
                        rows = batch.slice(offset, BATCH_ROWS)
                        columns = {name: rows[name] for name in parts}
                        yield list(to_records(columns, len(rows), index, parts))
                        index += len(rows)
        except _ERRORS as error:
            if not _is_alive(connection):
                raise DataUnreachable(
                    f"{self._address.shown}: the connection was lost after"
                    f" {counted(index, 'complete record')} ({self._explain(error)})"
                ) from None
            raise self._failure(error) from None

    @contextmanager
    def _open_cursor(self, connection: Any) -> Iterator[Any]:  # noqa: ANN401  # as above
        """Open a cursor that can be cancelled as long as it is open."""
        with connection.cursor() as cursor:
            self._cursor = cursor
            try:
                yield cursor
            finally:
                with self._cursor_lock:
                    self._cursor = None

    def _execute(self, cursor: Any) -> pa.RecordBatchReader:  # noqa: ANN401  # as above
        if self._address.kind == "postgresql":
            cursor.execute("SET TRANSACTION READ ONLY")
            hint = {"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)}
            cursor.adbc_statement.set_options(**hint)
        # A comment at the end would hide what the driver writes after it.
        cursor.execute(self._query + "\n")
        reader = cursor.fetch_record_batch()
        if not reader.schema.names:
            raise DataFileError(
                self._address.shown, "the query returns no columns; use a SELECT"
            )
        return reader

    def _parts(self, schema: pa.Schema) -> Any:  # noqa: ANN401  # Parts
        if self._options.names is None:
            return {each.name: None for each in schema if can_be_json(each.type)}
        return select_parts(schema, self._options.names)

    def _failure(self, error: Exception) -> DataFileError:
        return DataFileError(self._address.shown, self._explain(error))

    def _explain(self, error: Exception) -> str:
        """Return what a driver's message says, without where in the driver."""
        text = str(error)
        if any(secret in text for secret in self._address.secrets):
            return "the driver's message contains the password, so it is not shown"
        for prefix in ("ERROR:", "FATAL:", "[libpq]"):
            text = text.rpartition(prefix)[2]
        return text.strip().partition("\n")[0].rstrip(".")


def _connect(driver: ModuleType, address: DatabaseAddress) -> Any:  # noqa: ANN401  # the driver's
    if address.kind == "flightsql":
        login = {"username": address.user, "password": address.password}
        options = {key: value for key, value in login.items() if value is not None}
        return driver.connect(address.address, db_kwargs=options)
    return driver.connect(address.address)


def _is_alive(connection: Any) -> bool:  # noqa: ANN401  # as above
    """Return whether a connection still works, after an error."""
    try:
        with suppress(adbc_driver_manager.NotSupportedError):
            connection.rollback()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except _ERRORS:
        return False
    return True
