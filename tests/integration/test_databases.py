"""Queries of a real PostgreSQL server: values, errors, a wait that ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cio_pipeline.core.database_address import parse_database_address
from cio_pipeline.core.errors import DataFileError, DataUnreachable
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source.query import Query
from tests.support.postgres import PASSWORD, Postgres, running_postgres

pytest.importorskip("adbc_driver_postgresql", reason="its driver cannot be installed")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """Return a server, for all tests of this module."""
    with running_postgres() as server:
        yield server


def read(address: str, query: str, *names: str) -> list[Any]:
    """Read the records that a query returns; the first name identifies a user."""
    options = ReadOptions(names=frozenset(names) or None, ids=frozenset(names[:1]))
    with Query("query", query, parse_database_address(address), options).open() as rows:
        return list(rows.records())


def test_each_type_keeps_its_value(server: Postgres) -> None:
    """A column has the same value as in a JSON file of the table."""
    columns = {
        "42::bigint": 42,
        "9223372036854775807": 9223372036854775807,
        "1.50::numeric(10,2)": 1.5,
        "12345678901234567890::numeric": 12345678901234567890,
        "0.1::real": 0.1,
        "true": True,
        "null::text": None,
        "'Ada'::varchar": "Ada",
        "timestamptz '2024-01-02 03:04:05+01'": "2024-01-02T02:04:05Z",
        "timestamp '2024-01-02 03:04:05.5'": "2024-01-02T03:04:05.5",
        "date '2024-01-02'": "2024-01-02",
        "time '03:04:05'": "03:04:05",
        "'{\"a\": [1]}'::jsonb": {"a": [1]},
        "'{\"a\": 12345678901234567890}'::json": {"a": 12345678901234567890},
        "uuid '12345678-1234-5678-1234-567812345678'": (
            "12345678-1234-5678-1234-567812345678"
        ),
        "array['a', null]": ["a", None],
        "array[1.5::numeric]": [1.5],
    }
    selected = ", ".join(f"{sql} AS c{at}" for at, sql in enumerate(columns))

    (record,) = read(server.address, f"SELECT {selected}")

    assert list(record.value.values()) == list(columns.values())
    assert record.problem is None


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("'NaN'::numeric", "infinite or not a number"),
        ("'infinity'::timestamptz", "not a time in the years 1 to 9999"),
        ("date '0044-03-15 BC'", "not a time in the years 1 to 9999"),
        ("'\\x01'::bytea", "has the type binary"),
        ("interval '1 day'", "has the type month_day_nano_interval"),
        ("inet '127.0.0.1'", "has the type inet"),
        ("0.12345678901234567890", "more digits than a JSON number keeps"),
    ],
)
def test_a_value_that_json_cannot_hold_is_a_problem_of_its_row(
    server: Postgres, sql: str, problem: str
) -> None:
    """The other people are synced."""
    query = f"SELECT 1 AS id, null AS x UNION ALL SELECT 2, {sql} ORDER BY 1"

    first, second = read(server.address, query, "id", "x")
    (unmapped,) = read(server.address, f"SELECT 1 AS id, {sql} AS x", "id")

    assert first.problem is None
    assert problem in second.problem
    assert (unmapped.value, unmapped.problem) == ({"id": 1}, None)


def test_rows_are_read_in_order_and_in_batches(server: Postgres) -> None:
    """A record's index is its row."""
    query = "SELECT g AS id, repeat('x', 100) AS x FROM generate_series(0, 30000) g"

    records = read(server.address, query, "id", "x")

    assert [r.record_index for r in records] == list(range(30001))
    assert [r.value["id"] for r in records] == list(range(30001))


@pytest.mark.parametrize("end", [";", " ;\n", "\n-- the end", ";\n-- the end\n", "--"])
def test_a_query_may_end_with_a_semicolon_or_a_comment(
    server: Postgres, end: str
) -> None:
    """Files of SQL do."""
    assert len(read(server.address, f"SELECT 1 AS id{end}")) == 1


def test_a_query_without_rows_has_no_records(server: Postgres) -> None:
    """Nobody has to be synced today."""
    assert read(server.address, "SELECT 1 AS id WHERE false", "id") == []


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        ("SELECT 1; SELECT 2", "cannot insert multiple commands"),
        ("SELECT 1 AS id, 2 AS id", "two columns are named 'id'"),
        ("SELECT 1 AS user_id", "no column 'id', the user id; its columns are user_id"),
        ("CREATE TABLE t (id int)", "cannot execute CREATE TABLE in a read-only"),
        ("SELECT 1/(3-g) AS id FROM generate_series(1, 9) g", "division by zero"),
        ("", "the query is empty"),
    ],
)
def test_a_query_that_cannot_be_run_is_one_clear_line(
    server: Postgres, query: str, problem: str
) -> None:
    """It says what the database says, and where."""
    with pytest.raises(DataFileError) as caught:
        read(server.address, query, "id")

    assert problem in str(caught.value)
    where = f"postgresql://127.0.0.1:{server.port}/postgres: "
    assert str(caught.value).startswith(where)
    assert "\n" not in str(caught.value)


def test_nothing_is_ever_written(server: Postgres) -> None:
    """A function may write, and a query may be a command."""
    server.run("CREATE TABLE kept AS SELECT 1 AS id")
    with pytest.raises(DataFileError, match="read-only transaction"):
        read(server.address, "DELETE FROM kept RETURNING id", "id")

    assert server.run("SELECT count(*) FROM kept") == "1"


def test_a_wrong_password_is_not_shown(server: Postgres) -> None:
    """The message is logged, and people send logs to others."""
    address = server.address_with("wrong-but-secret")

    with pytest.raises(DataFileError, match="password authentication failed") as caught:
        read(address, "SELECT 1 AS id", "id")

    assert "wrong-but-secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_named(server: Postgres) -> None:
    """The address may have a mistake."""
    address = server.address.replace(str(server.port), "1")

    with pytest.raises(DataFileError, match="port 1 failed: Connection refused"):
        read(address, "SELECT 1 AS id", "id")


def test_a_lost_connection_keeps_the_work(server: Postgres) -> None:
    """It is nobody's mistake: the run stops, and can be run again."""
    options = ReadOptions(names=frozenset({"id"}), ids=frozenset({"id"}))
    address = parse_database_address(server.address)
    query = "SELECT g AS id, repeat('x', 9000) FROM generate_series(1, 200000) g"

    with Query("query", query, address, options).open() as rows:
        records = rows.records()
        read_before = [next(records)]
        server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE '%repeat%' AND pid <> pg_backend_pid()"
        )
        with pytest.raises(DataUnreachable, match="the connection was lost") as caught:
            read_before.extend(records)

    assert 0 < len(read_before) < 200000
    assert PASSWORD not in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_slow_query_can_be_stopped(server: Postgres) -> None:
    """Ctrl-C does not wait for the database, and the query ends there too."""
    options = ReadOptions()
    address = parse_database_address(server.address)
    waits: list[float] = []

    def stop(seconds: float) -> None:
        waits.append(seconds)
        if seconds > 0.3:
            raise InterruptedError

    with (
        Query("query", "SELECT pg_sleep(60)", address, options).open() as rows,
        pytest.raises(InterruptedError),
    ):
        list(rows.records(on_wait=stop))

    assert waits[0] == 0.0
    server.wait_for(
        "SELECT count(*) = 0 FROM pg_stat_activity"
        " WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
    )
