"""The same people from every source are the same requests, byte for byte."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sqlite3
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.database_address import parse_database_address
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import open_source
from cio_pipeline.source.query import Query
from tests.support.postgres import running_postgres
from tests.support.tables import (
    write_arrow,
    write_arrow_stream,
    write_open_document,
    write_orc,
    write_parquet,
    write_workbook,
)

MAPPINGS = [
    Mapping("name", "name"),
    Mapping("visits", "visits", "integer"),
    Mapping("ltv", "ltv", "number"),
    Mapping("is_member", "is_member", "boolean"),
    Mapping("created", "created_at", "timestamp"),
]
TABLE = (
    "CREATE TABLE users (id text, name text, visits int, ltv float, is_member boolean,"
    " created {time})"
)
ORC_SCHEMA = (
    "struct<id:string,name:string,visits:int,ltv:double,is_member:boolean,"
    "created:timestamp>"
)
People = list[dict[str, Any]]


def people() -> People:
    """Return 1,000 people with values of each type that all sources have."""
    first = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    return [
        {
            "id": f"user-{n}",
            "name": f"Åsa “{n}” Ødegård, 東京",
            "visits": n,
            "ltv": n / 8 + 0.1,
            "is_member": n % 3 == 0,
            "created": first + dt.timedelta(hours=n),
        }
        for n in range(1000)
    ]


def naive(rows: People) -> People:
    """Return people whose times have no zone."""
    return [row | {"created": row["created"].replace(tzinfo=None)} for row in rows]


def plain(rows: People) -> People:
    """Return people as JSON has them."""
    return [row | {"created": row["created"].isoformat()} for row in rows]


def cells(rows: People) -> list[list[Any]]:
    """Return people as rows of cells below a header."""
    return [[*rows[0]], *([*row.values()] for row in rows)]


def as_csv(rows: People) -> str:
    """Return people as CSV."""
    text = StringIO()
    csv.writer(text).writerows(cells(plain(rows)))
    return text.getvalue()


def write_text(text: str, path: Path) -> Path:
    """Write a file of text."""
    path.write_text(text, "utf-8")
    return path


def write_database(rows: People, path: Path) -> str:
    """Write a SQLite file."""
    with sqlite3.connect(path) as connection:
        connection.execute(TABLE.format(time="text"))
        connection.executemany(
            "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?)", cells(plain(rows))[1:]
        )
    connection.close()
    return f"sqlite:{path}"


WRITERS: dict[str, Callable[[People, Path], Path]] = {
    "users.json": lambda rows, path: write_text(json.dumps(plain(rows)), path),
    "users.jsonl": lambda rows, path: write_text(
        "\n".join(map(json.dumps, plain(rows))), path
    ),
    "users.csv": lambda rows, path: write_text(as_csv(rows), path),
    "users.parquet": write_parquet,
    "users.arrow": write_arrow,
    "users.arrows": write_arrow_stream,
    "users.orc": lambda rows, path: write_orc(rows, path, ORC_SCHEMA),
    "users.xlsx": lambda rows, path: write_workbook({"U": cells(naive(rows))}, path),
    "users.ods": lambda rows, path: write_open_document(
        {"U": cells(naive(rows))}, path
    ),
}
NEEDS = {
    "users.parquet": "pyarrow",
    "users.arrow": "pyarrow",
    "users.arrows": "pyarrow",
    "users.orc": "pyarrow",
    "users.xlsx": "python_calamine",
    "users.ods": "python_calamine",
}


def bodies(records: Any) -> list[tuple[str, bytes]]:
    """Return the user id and the request's body of each record."""
    mapper = Mapper("id", MAPPINGS)
    mapped = [mapper.map_to_json(record) for record in records]
    return [(payload.user_id, body) for payload, body in mapped]


def expected() -> list[tuple[str, bytes]]:
    """Return what the JSON array has, as the mapping is documented."""
    return [
        (
            row["id"],
            json.dumps(
                {
                    "name": row["name"],
                    "visits": row["visits"],
                    "ltv": row["ltv"],
                    "is_member": row["is_member"],
                    "created_at": int(row["created"].timestamp()),
                },
                ensure_ascii=False,
                separators=(",", ":"),
            ).encode(),
        )
        for row in people()
    ]


def read_query(address: str) -> list[tuple[str, bytes]]:
    """Return what a query of the table makes."""
    query = Query(
        "query",
        "SELECT * FROM users ORDER BY visits",
        parse_database_address(address),
        ReadOptions(),
    )
    with query.open() as result:
        return bodies(result.records())


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_of_any_format_makes_the_same_requests(
    tmp_path: Path, name: str
) -> None:
    """A team that moves to another format changes nothing at Customer.io."""
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"{NEEDS[name]} cannot be installed")
    path = WRITERS[name](people(), tmp_path / name)

    with open_source(str(path)) as source:
        found = bodies(source.records())

    assert found == expected()


def test_a_sqlite_file_makes_the_same_requests(tmp_path: Path) -> None:
    """As a file does."""
    assert read_query(write_database(people(), tmp_path / "users.db")) == expected()


def test_a_postgresql_table_makes_the_same_requests(tmp_path: Path) -> None:
    """As a file does."""
    pytest.importorskip("adbc_driver_postgresql", reason="it cannot be installed")
    path = write_text(as_csv(people()), tmp_path / "users.csv")
    with running_postgres() as server:
        server.run(TABLE.format(time="timestamptz"))
        server.run(f"\\copy users FROM '{path}' WITH (FORMAT csv, HEADER)")

        found = read_query(server.address)

    assert found == expected()
