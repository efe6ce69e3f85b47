"""Reading a queue changes nothing, also during a run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cio_pipeline.core.jobs import NewJob
from cio_pipeline.store import LoadIdentity, Store, open_reader, read_totals

IDENTITY = LoadIdentity(source="data.json", fingerprint=None, mapping="m")


def enqueue(store: Store) -> None:
    """Add jobs to the queue."""
    jobs = [NewJob(user, b"{}", n) for n, user in enumerate("ab")]
    store.enqueue(store.begin_loads([IDENTITY]).loads[0], jobs, [], next_index=2)


def test_reading_creates_no_queue(tmp_path: Path) -> None:
    """`status` can run before the first sync."""
    with open_reader(tmp_path) as connection:
        assert connection is None

    assert list(tmp_path.iterdir()) == []


def test_a_runs_commits_are_visible_at_once(tmp_path: Path) -> None:
    """The run has the file open for writing at the same time."""
    with Store(tmp_path) as store:
        enqueue(store)
        with open_reader(tmp_path) as connection:
            assert connection is not None
            assert read_totals(connection) == store.totals()
            assert read_totals(connection).pending == 2


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """A report must not be able to harm a queue."""
    Store(tmp_path).close()

    with open_reader(tmp_path) as connection:
        assert connection is not None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM runs")


def test_a_folder_with_any_name_can_be_read(tmp_path: Path) -> None:
    """SQLite takes an address, in which `?`, `#` and `%` have a meaning."""
    folder = tmp_path / "50% of #1? é"
    folder.mkdir()
    with Store(folder) as store:
        enqueue(store)

    with open_reader(folder) as connection:
        assert connection is not None
        assert read_totals(connection).pending == 2
