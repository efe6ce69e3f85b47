"""SQLite's errors become errors that a person can act on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cio_pipeline.core.errors import StateError, StateUnwritable
from cio_pipeline.store.errors import translated


def test_a_file_that_is_not_a_database_is_a_usage_error(tmp_path: Path) -> None:
    """Trying again cannot help."""
    path = tmp_path / "queue.db"
    path.write_bytes(b"x" * 4096)

    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(StateError, match=str(tmp_path)),
        translated(str(tmp_path)),
    ):
        connection.execute("SELECT * FROM sqlite_master")


@pytest.mark.parametrize("name", [b"a\xca\xcad", b"a\n\nd"])
def test_a_damage_that_sqlite_quotes_is_a_usage_error(
    tmp_path: Path, name: bytes
) -> None:
    """Its message has the damaged bytes, which may be no text, or several lines."""
    path = tmp_path / "queue.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE abcd (x)")
    content = path.read_bytes().replace(b"CREATE", b"______")
    path.write_bytes(content.replace(b"abcd", name))

    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(StateError, match="is damaged") as caught,
        translated(str(tmp_path)),
    ):
        connection.execute("SELECT * FROM sqlite_master")
    assert str(caught.value).isprintable()


def test_a_full_disk_stops_the_run(tmp_path: Path) -> None:
    """It can continue when there is room: the work is kept."""
    with closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute("CREATE TABLE t (x)")
        with (
            pytest.raises(StateUnwritable, match="disk is full"),
            translated(str(tmp_path)),
        ):
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")


def test_a_bug_is_not_translated() -> None:
    """A wrong statement must not look like a broken disk."""
    with (
        closing(sqlite3.connect(":memory:")) as connection,
        pytest.raises(sqlite3.OperationalError),
        translated("state"),
    ):
        connection.execute("SELECT * FROM none")
