"""Reads what a query of a database returns, as a stream.

The query runs in a thread of its own: so a wait for the database can be ended, and
the next rows arrive while the last ones are mapped. As with standard input, a run
that was stopped cannot continue in the middle: the query is run again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Protocol, Self, TypeAlias

from cio_pipeline.core.database_address import DatabaseAddress, is_ordered, query_text
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source.extras import import_optional
from cio_pipeline.source.raw import WAIT_SECONDS, Note, OnWait, SkippedRow

_BATCHES_AHEAD = 2
# How long a query that was cancelled may take to end.
_CANCEL_SECONDS = 2.0
# For each kind of database: its ADBC driver, and the extra that has it.
_DRIVERS = {
    "postgresql": ("adbc_driver_postgresql.dbapi", "sql"),
    "snowflake": ("adbc_driver_snowflake.dbapi", "snowflake"),
    "flightsql": ("adbc_driver_flightsql.dbapi", "flightsql"),
}
_Item: TypeAlias = "list[Record] | BaseException | None"


class Rows(Protocol):
    """The rows of one query."""

    def batches(self) -> Iterator[list[Record]]:
        """Run the query; return its rows, some at a time."""

    def cancel(self) -> None:
        """End the query, from another thread."""

    @property
    def columns(self) -> Sequence[str]:
        """All columns that it returns; empty before the first row."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a run, before it is run (see `Input`).

    Args:
        name: how dead letters name it.
        text: its SQL.
        address: the database.
        options: which columns are used.
    """

    name: str
    text: str
    address: DatabaseAddress
    options: ReadOptions

    size_bytes = None
    is_pipe = False  # it can be run again
    is_local_file = False

    @property
    def path(self) -> str:
        """How messages name it."""
        return self.address.shown

    def fingerprint(self) -> None:
        """Return None: the table may change, so a later run starts again."""

    def open(self) -> QueryResult:
        """Return its result; it is run when the records are read.

        Raises:
            DataFileError: it is empty, or the driver is not installed.
        """
        text = query_text(self.text)
        if not text:
            raise DataFileError(self.path, "the query is empty")
        if self.address.kind == "sqlite":
            sqlite = import_module("cio_pipeline.source.sqlite_rows")
            rows: Rows = sqlite.SqliteRows(self.address, text, self.options)
            return QueryResult(rows, is_ordered=is_ordered(text))
        module, extra = _DRIVERS[self.address.kind]
        driver = import_optional(self.path, module, extra)
        adbc = import_optional(self.path, "cio_pipeline.source.adbc_rows", extra)
        rows = adbc.AdbcRows(driver, self.address, text, self.options)
        return QueryResult(rows, is_ordered=is_ordered(text))


class QueryResult:
    """The records that a query returns, read once (see `Source`).

    Args:
        rows: the query.
        is_ordered: whether it returns its rows in an order.
    """

    is_text = False
    bytes_read = 0

    def __init__(self, rows: Rows, *, is_ordered: bool) -> None:
        self.skipped_rows: Counter[SkippedRow] = Counter()
        self.notes: Counter[Note] = Counter()
        self.notes["rows_unordered"] += not is_ordered
        self._rows = rows
        self._ready: Queue[_Item] = Queue(_BATCHES_AHEAD)
        self._is_ended = Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_ended.set()

    @property
    def columns(self) -> Sequence[str]:
        """All columns that the query returns, once there are records."""
        return self._rows.columns

    def records(
        self, start: int = 0, on_wait: OnWait | None = None
    ) -> Iterator[Record]:
        """Run the query and return its records, without the first ``start``.

        Args:
            start: how many records to skip.
            on_wait: as in `Source.records`.

        Raises:
            DataFileError: the database does not accept the connection or the query.
            DataUnreachable: the connection was lost.
        """
        thread = Thread(target=self._fetch, name="query", daemon=True)
        thread.start()
        try:
            while batch := self._next_batch(on_wait):
                yield from batch[max(0, start - batch[0].record_index) :]
        finally:
            self._is_ended.set()
            self._rows.cancel()
            thread.join(_CANCEL_SECONDS)

    def refuse_changed(self) -> None:
        """Do nothing: one query sees one state of the table."""

    def _next_batch(self, on_wait: OnWait | None) -> list[Record] | None:
        waited = 0.0
        while True:
            if on_wait is not None:
                on_wait(waited)
            try:
                item = self._ready.get(timeout=WAIT_SECONDS)
            except Empty:
                waited += WAIT_SECONDS
                continue
            if isinstance(item, BaseException):
                raise item
            return item

    def _fetch(self) -> None:
        try:
            for batch in self._rows.batches():
                self._put(batch)
                if self._is_ended.is_set():
                    return
            self._put(None)
        except BaseException as error:  # noqa: BLE001  # raised in the thread that reads
            self._put(error)

    def _put(self, item: _Item) -> None:
        is_put = False
        while not (is_put or self._is_ended.is_set()):
            with suppress(Full):
                self._ready.put(item, timeout=WAIT_SECONDS)
                is_put = True
