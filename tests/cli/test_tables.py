"""Parquet files, sheets and queries, as a user syncs them: a real process each."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Entry, ScriptedApi
from tests.support.postgres import PASSWORD, Postgres, running_postgres
from tests.support.program import SIGINT, SIGKILL, Program, balances, finish, killer
from tests.support.tables import write_open_document, write_parquet, write_workbook

FAST_QUERY = "SELECT id, name, computed_ltv FROM users ORDER BY id"


def users(count: int) -> list[dict[str, Any]]:
    """Return users as in the request: with a column that no mapping names."""
    return [
        {"id": n, "name": f"User {n}", "computed_ltv": n / 4, "photo": b"\x01"}
        for n in range(count)
    ]


def expected(count: int) -> dict[str, dict[str, Any]]:
    """Return what they must be at Customer.io."""
    return {str(n): {"name": f"User {n}", "ltv": n / 4} for n in range(count)}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """Return a server with 800 users."""
    pytest.importorskip("adbc_driver_postgresql", reason="it cannot be installed")
    with running_postgres() as server:
        server.run(
            "CREATE TABLE users AS SELECT g AS id, 'User ' || g AS name,"
            " g / 4.0 AS computed_ltv FROM generate_series(0, 799) g"
        )
        yield server


def test_a_folder_of_parquet_parts_is_synced(
    api: ScriptedApi, program: Program
) -> None:
    """Only what is mapped is read: the column of bytes is nobody's dead letter."""
    pytest.importorskip("pyarrow", reason="pyarrow cannot be installed")
    program.configure(
        mappings=[
            {"from": "name", "to": "name"},
            {"from": "computed_ltv", "to": "ltv"},
            {"from": "country", "to": "country"},
        ]
    )
    for part, country in enumerate(("NO", "SE")):
        folder = program.folder / "users" / f"country={country}"
        write_parquet(users(20)[part::2], folder / "part-0.parquet")
    (program.folder / "users" / "_SUCCESS").touch()

    outcome = program.run("sync", "-data", program.folder / "users", "-json")

    assert (outcome.code, outcome.result["synced"]) == (0, 20)
    assert api.people() == {
        key: person | {"country": "SE" if int(key) % 2 else "NO"}
        for key, person in expected(20).items()
    }


@pytest.mark.parametrize("request_number", [30, 300, 790])
def test_a_killed_load_of_parquet_continues_at_its_row(
    api: ScriptedApi, program: Program, request_number: int
) -> None:
    """Guarantee 2: what was loaded is not loaded again."""
    pytest.importorskip("pyarrow", reason="pyarrow cannot be installed")
    data = write_parquet(users(800), program.folder / "users.parquet", 100)
    kill_at(program, api, request_number, "-data", data)

    again = program.run("sync", "-data", data, "-json")

    assert again.code == 0
    assert balances(again.result)
    assert api.people() == expected(800)
    assert again.result["records"] + again.result["resumed"] <= 800, "loaded twice"


@pytest.mark.parametrize("request_number", [30, 300, 790])
def test_a_killed_query_is_run_again(
    api: ScriptedApi, program: Program, server: Postgres, request_number: int
) -> None:
    """What was read is kept, and the end is as if nothing had happened."""
    program.configure(database=server.address)
    kill_at(program, api, request_number, "-query", FAST_QUERY)

    again = program.run("sync", "-query", FAST_QUERY, "-json")

    assert again.code == 0
    assert balances(again.result)
    assert again.result["records"] == 800
    assert api.people() == expected(800)


def kill_at(
    program: Program, api: ScriptedApi, request_number: int, *data: str | Path
) -> None:
    """Start a sync, and kill it at one of its requests."""
    process = program.start("sync", *data, "-json")
    kill = killer(process, SIGKILL)

    def at(entry: Entry) -> None:
        if entry.number == request_number:
            kill()

    api.before_answer = at
    outcome = program.finish(process)
    api.before_answer = None
    assert outcome.code == -SIGKILL


def test_a_query_in_a_file_is_synced_with_the_address_of_the_environment(
    api: ScriptedApi, program: Program, server: Postgres
) -> None:
    """Neither the configuration nor the command line has a password."""
    program.configure(database={"env": "SHOP_DATABASE"})
    query = program.folder / "users.sql"
    query.write_text("-- all of them\nSELECT * FROM users ORDER BY id;\n", "utf-8")

    outcome = program.run("sync", "-query", query, SHOP_DATABASE=server.address)

    assert outcome.code == 0, outcome.stderr
    assert api.people() == expected(800)
    assert PASSWORD not in outcome.stdout + outcome.stderr


def test_dead_letters_of_a_query_name_it(
    api: ScriptedApi, program: Program, server: Postgres
) -> None:
    """The record's index is its row."""
    query = program.folder / "users.sql"
    query.write_text(
        "SELECT id, name, CASE id WHEN 1 THEN 'NaN'::float ELSE 1 END AS computed_ltv"
        " FROM users WHERE id < 3 ORDER BY id",
        "utf-8",
    )

    outcome = program.run("sync", "-query", query, "-database", server.address, "-json")
    (letter,) = program.dead_letters()

    assert (outcome.code, outcome.result["synced"]) == (1, 2)
    assert (letter["source"], letter["record_index"]) == ("users.sql", 1)
    assert letter["payload"] == {"id": 1, "name": "User 1", "computed_ltv": "NaN"}
    assert "infinite or not a number" in letter["message"]
    assert sorted(api.people()) == ["0", "2"]


def test_a_database_that_is_lost_stops_the_run_with_the_work_kept(
    api: ScriptedApi, program: Program, server: Postgres
) -> None:
    """Exit code 3; the next run delivers everything."""
    slow = (
        "SELECT id, name, computed_ltv, CASE WHEN id = 600 THEN pg_sleep(30) END,"
        " repeat('x', 2000) FROM users ORDER BY id"
    )
    ended: list[bool] = []

    def end_connection(_: Entry) -> None:
        if not ended:
            ended.append(True)
            server.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
            )

    api.before_answer = end_connection
    program.configure(database=server.address)
    outcome = program.run("sync", "-query", slow, "-json")
    api.before_answer = None
    again = program.run("sync", "-query", FAST_QUERY, "-json")

    assert (outcome.code, outcome.result["reason"]) == (3, "data_unreachable")
    assert "the connection was lost after" in outcome.stderr
    assert PASSWORD not in outcome.stderr
    assert balances(outcome.result)
    assert (again.code, api.people()) == (0, expected(800))


@pytest.mark.parametrize("signal_number", [SIGINT])
def test_a_query_that_returns_nothing_yet_can_be_stopped(
    program: Program, server: Postgres, signal_number: int
) -> None:
    """Ctrl-C is answered at once, and the database stops working for nobody."""
    program.configure(database=server.address)
    process = program.start("sync", "-query", "SELECT pg_sleep(60) AS id", "-json")
    server.wait_for(
        "SELECT count(*) > 0 FROM pg_stat_activity"
        " WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
    )

    os.kill(process.pid, signal_number)
    outcome = finish(process)

    assert outcome.code == 128 + signal_number
    assert outcome.result["reason"] == "interrupted"
    server.wait_for(
        "SELECT count(*) = 0 FROM pg_stat_activity"
        " WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
    )


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("postgresql://shop:a-wrong-one@127.0.0.1:{port}/postgres", "authentication"),
        ("postgresql://shop:a-wrong-one@127.0.0.1:1/postgres", "Connection refused"),
        ("postgresql://shop:a-wrong-one@nowhere.invalid/x", "could not translate host"),
        ("postgresql://shop:a-wrong@one@127.0.0.1/x", "the address cannot be read"),
    ],
)
def test_an_address_that_does_not_work_is_one_line_without_the_password(
    api: ScriptedApi, program: Program, server: Postgres, address: str, problem: str
) -> None:
    """Exit code 2, nothing sent, and nothing to hide in the logs."""
    given = address.format(port=server.port)

    log = program.folder / "log.json"

    outcome = program.run(
        "sync", "-query", FAST_QUERY, "-database", given, "-log-file", log
    )

    assert outcome.code == 2
    assert problem in outcome.stderr
    logged = log.read_text("utf-8") if log.exists() else ""
    for word in ("a-wrong", "one@"):
        assert word not in outcome.stdout + outcome.stderr + logged
    assert api.ledger == []


def test_a_query_of_sqlite_is_synced_and_verified(
    api: ScriptedApi, program: Program
) -> None:
    """Without an optional package."""
    with sqlite3.connect(program.folder / "users.db") as connection:
        connection.execute("CREATE TABLE users (id, name, computed_ltv)")
        rows = [(n, f"User {n}", n / 4) for n in range(20)]
        connection.executemany("INSERT INTO users VALUES (?, ?, ?)", rows)
    connection.close()
    data = ("-query", FAST_QUERY, "-database", f"sqlite:{program.folder}/users.db")

    synced = program.run("sync", *data, "-json")
    verified = program.run("verify", *data, "-json")

    assert synced.code == 0, synced.stderr
    assert api.people() == expected(20)
    assert verified.code == 0, verified.stderr
    assert verified.result["matching"] == 20


def test_a_sheet_is_synced(api: ScriptedApi, program: Program) -> None:
    """The one that is named, of a workbook of either kind."""
    pytest.importorskip("python_calamine", reason="it cannot be installed")
    rows = [["id", "name", "computed_ltv"]]
    rows += [[n, f"User {n}", n / 4] for n in range(20)]
    sheets = {"Old": [["id"], ["nobody"]], "Users": rows}
    excel = write_workbook(sheets, program.folder / "users.xlsx")
    document = write_open_document(sheets, program.folder / "users.ods")

    for data in (excel, document):
        outcome = program.run("sync", "-data", data, "-sheet", "Users", "-json")
        assert (outcome.code, outcome.result["synced"]) == (0, 20)

    checked = program.run("check", "-data", excel)
    missing = program.run("sync", "-data", excel, "-sheet", "People", "-json")

    assert api.people() == expected(20)
    assert "the workbook has another sheet, which is not read" in checked.stdout
    assert missing.code == 2
    assert "its sheets are 'Old', 'Users'" in missing.stderr
