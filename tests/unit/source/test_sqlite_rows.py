"""Queries of a SQLite file."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.database_address import parse_database_address
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source.query import Query


def make(folder: Path) -> Path:
    """Make a database with a table that nothing is asked of."""
    path = folder / "users.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (id)")
    connection.close()
    return path


def read(path: Path, query: str, *names: str) -> list[Any]:
    """Read the records that a query returns; the first name identifies a user."""
    options = ReadOptions(names=frozenset(names) or None, ids=frozenset(names[:1]))
    address = parse_database_address(f"sqlite:{path}")
    with Query("query", query, address, options).open() as rows:
        return list(rows.records())


def test_each_value_has_its_own_type(tmp_path: Path) -> None:
    """A column may have numbers in its first thousand rows, and text after them."""
    path = make(tmp_path)
    query = (
        "WITH RECURSIVE s(id) AS (SELECT 0 UNION ALL SELECT id+1 FROM s WHERE id<2999)"
        " SELECT id, 1 AS v FROM s UNION ALL SELECT 3000, 'x' UNION ALL"
        " SELECT 3001, 9223372036854775807 UNION ALL SELECT 3002, 0.5 UNION ALL"
        " SELECT 3003, NULL"
    )

    records = read(path, query, "id", "v")

    assert [r.record_index for r in records] == list(range(3004))
    last = [r.value["v"] for r in records[-5:]]
    assert last == [1, "x", 9223372036854775807, 0.5, None]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("x'01'", "'v' has bytes, which JSON does not have"),
        ("CAST(x'ff' AS TEXT)", "'v' is not UTF-8"),
        ("9e999", "'v' is infinite"),
    ],
)
def test_a_value_that_json_cannot_hold_is_a_problem_of_its_row(
    tmp_path: Path, sql: str, problem: str
) -> None:
    """The other people are synced."""
    path = make(tmp_path)
    query = f"SELECT 1 AS id, 2 AS v UNION ALL SELECT 2, {sql}"

    first, second = read(path, query, "id", "v")
    (unmapped,) = read(path, f"SELECT 2 AS id, {sql} AS v", "id")

    assert first.problem is None
    assert problem in second.problem
    assert (unmapped.value, unmapped.problem) == ({"id": 2}, None)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("SELECT * FROM nowhere", "no such table: nowhere"),
        ("SELEC 1", 'near "SELEC": syntax error'),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("CREATE TABLE t (id)", "attempt to write a readonly database"),
        ("SELECT 1 AS user_id", "no column 'id', the user id"),
        ("BEGIN", "the query returns no columns; use a SELECT"),
        (" ; ", "the query is empty"),
    ],
)
def test_a_query_that_cannot_be_run_is_one_clear_line(
    tmp_path: Path, query: str, problem: str
) -> None:
    """It says what SQLite says, and where."""
    path = make(tmp_path)

    with pytest.raises(DataFileError) as caught:
        read(path, query, "id")

    assert problem in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """SQLite makes an empty database otherwise."""
    path = tmp_path / "none.db"

    with pytest.raises(DataFileError, match="there is no such file"):
        read(path, "SELECT 1 AS id")

    assert not path.exists()


def test_another_file_is_no_database(tmp_path: Path) -> None:
    """A data file belongs to -data."""
    path = tmp_path / "users.json"
    path.write_text("[]" * 100, "utf-8")

    with pytest.raises(DataFileError, match="file is not a database"):
        read(path, "SELECT * FROM users")
