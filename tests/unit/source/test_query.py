"""A query runs in a thread of its own, and its errors are raised where it is read."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cio_pipeline.core.database_address import parse_database_address
from cio_pipeline.core.errors import DataFileError, DataUnreachable
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source.query import Query, QueryResult


class Rows:
    """Rows that arrive as the test wants.

    Args:
        batches: the batches.
        error: raised after them.
        is_slow: whether the query then runs until it is cancelled.
    """

    def __init__(
        self,
        batches: list[list[Record]],
        error: Exception | None = None,
        *,
        is_slow: bool = False,
    ) -> None:
        self._batches = batches
        self._error = error
        self._is_slow = is_slow
        self.cancelled = threading.Event()

    def batches(self) -> Iterator[list[Record]]:
        """Return the batches, and what comes after them."""
        yield from self._batches
        if self._is_slow:
            self.cancelled.wait(30)
        if self._error is not None:
            raise self._error

    def cancel(self) -> None:
        """End the query."""
        self.cancelled.set()

    @property
    def columns(self) -> list[str]:
        """Return the columns."""
        return ["id"]


def numbered(first: int, count: int) -> list[Record]:
    """Return a batch of records."""
    return [Record(index, {"id": index}) for index in range(first, first + count)]


@pytest.mark.parametrize("start", [0, 1, 2, 3, 5])
def test_records_are_returned_in_order_from_any_index(start: int) -> None:
    """As from a file."""
    batches = [numbered(0, 2), numbered(2, 1), numbered(3, 2)]

    with QueryResult(Rows(batches), is_ordered=True) as result:
        records = list(result.records(start))

    assert [record.record_index for record in records] == list(range(start, 5))


@pytest.mark.parametrize("error", [DataFileError("db", "no"), DataUnreachable("lost")])
def test_an_error_comes_after_the_rows_before_it(error: Exception) -> None:
    """What was read is kept."""
    read = []

    with QueryResult(Rows([numbered(0, 2)], error), is_ordered=True) as result:
        records = result.records()
        read += [next(records), next(records)]
        with pytest.raises(type(error), match=str(error)):
            next(records)

    assert read == numbered(0, 2)


def test_a_wait_is_reported_and_can_be_ended() -> None:
    """A stop does not wait for a slow query, and the query is cancelled."""
    rows = Rows([numbered(0, 1)], is_slow=True)
    waits: list[float] = []

    def stop(seconds: float) -> None:
        waits.append(seconds)
        if seconds > 0.2:
            raise InterruptedError

    with QueryResult(rows, is_ordered=True) as result:
        records = result.records(on_wait=stop)
        first = next(records)
        with pytest.raises(InterruptedError):
            next(records)

    assert first.record_index == 0
    assert rows.cancelled.is_set()
    assert waits[:2] == [0.0, 0.0]
    assert waits == sorted(waits)


def test_a_result_that_is_not_read_to_its_end_is_cancelled() -> None:
    """The database does not go on for nobody, and no thread is left."""
    rows = Rows([numbered(at, 1) for at in range(100)])

    with QueryResult(rows, is_ordered=True) as result:
        records = result.records()
        next(records)
        records.close()  # type: ignore[attr-defined]  # it is a generator

    assert rows.cancelled.is_set()
    assert "query" not in [thread.name for thread in threading.enumerate()]


def test_a_query_has_nothing_that_a_later_run_could_recognize() -> None:
    """The table may have changed, so the query is run again from its first row."""
    address = parse_database_address("sqlite:none.db")

    query = Query("users.sql", "SELECT 1", address, ReadOptions())

    assert (query.fingerprint(), query.size_bytes, query.is_pipe) == (None, None, False)
    assert query.path == "sqlite:none.db"


@pytest.mark.parametrize("query", ["", " ;", "-- nothing"])
def test_an_empty_query_is_refused(query: str) -> None:
    """An empty file, or one with comments only."""
    address = parse_database_address("sqlite:none.db")

    with pytest.raises(DataFileError, match=r"sqlite:none.db: the query is empty"):
        Query("users.sql", query, address, ReadOptions()).open()


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("SELECT 1 AS id ORDER BY id", 0),
        ("select 1 as id order\nby 1", 0),
        ("SELECT 1", 1),
    ],
)
def test_a_query_without_an_order_is_noted(text: str, noted: int) -> None:
    """`check` warns if a person is in several of its rows."""
    address = parse_database_address("sqlite:none.db")

    with Query("query", text, address, ReadOptions()).open() as result:
        assert result.notes["rows_unordered"] == noted
