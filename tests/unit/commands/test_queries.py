"""The query and the database that a command line names."""

from __future__ import annotations

import json
import sqlite3
from argparse import Namespace
from pathlib import Path

import pytest

from cio_pipeline.commands.queries import (
    address_of,
    keys_for_data,
    query_of,
    secrets_of,
    without_address,
)
from cio_pipeline.core.config import Config, parse_config
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.read_options import ReadOptions

ADDRESS = "postgresql://ada:secret@db/shop"


def config_with(database: str | None = None) -> Config:
    """Return a configuration with or without a database."""
    document = {"parallelism": 1, "userId": "id", "mappings": [], "database": database}
    kept = {key: value for key, value in document.items() if value is not None}
    return parse_config(json.dumps(kept).encode(), "c.json")


def line(query: str | None = "SELECT 1", database: str | None = None) -> Namespace:
    """Return a command line."""
    return Namespace(query=query, database=database)


def test_the_command_line_wins_over_the_configuration() -> None:
    """As for every option."""
    assert address_of(line(), config_with("sqlite:b")) == "sqlite:b"
    assert address_of(line(database="sqlite:a"), config_with("sqlite:b")) == "sqlite:a"
    assert address_of(line(database="sqlite:a"), None) == "sqlite:a"
    assert address_of(line(), None) is None


def test_the_key_is_read_only_if_it_is_needed() -> None:
    """A program that prints it may ask for a password."""
    assert keys_for_data(line()) == ["database"]
    assert keys_for_data(line(database="sqlite:a")) == []
    assert keys_for_data(line(query=None)) == []


def test_the_password_is_hidden_in_logs() -> None:
    """A driver's message could contain it."""
    assert secrets_of(line(database=ADDRESS), config_with()) == ["secret", "secret"]
    assert secrets_of(line(), config_with(ADDRESS)) == ["secret", "secret"]
    assert secrets_of(line(), config_with()) == []
    assert secrets_of(Namespace(), config_with(ADDRESS)) == []


@pytest.mark.parametrize(
    "words",
    [["-database", ADDRESS], ["--database", ADDRESS], [f"-database={ADDRESS}"]],
)
def test_a_command_to_type_again_has_no_address(words: list[str]) -> None:
    """It is shown, and often logged."""
    shown = without_address(["-config", "c.json", *words, "-query", "SELECT 1"])

    assert "secret" not in " ".join(shown)
    assert "[hidden]" in " ".join(shown)
    assert [shown[:2], shown[-2:]] == [["-config", "c.json"], ["-query", "SELECT 1"]]


def test_a_query_may_be_in_a_file(tmp_path: Path) -> None:
    """Its name says where a dead letter comes from."""
    database = tmp_path / "users.db"
    sqlite3.connect(database).close()
    path = tmp_path / "users.SQL"
    path.write_text("-- ours\nSELECT 1 AS id;\n", "utf-8-sig")

    query = query_of(line(str(path), f"sqlite:{database}"), None, ReadOptions())

    assert query.name == "users.SQL"
    with query.open() as result:
        assert [record.value for record in result.records()] == [{"id": 1}]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "there is no such file"), (b"SELECT '\xff'", "is not UTF-8")],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    """It is no query then either."""
    path = tmp_path / "users.sql"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UsageError, match=f"-query: .*{problem}"):
        query_of(line(str(path), "sqlite:users.db"), None, ReadOptions())


def test_a_query_needs_an_address() -> None:
    """The message says both ways to name it."""
    with pytest.raises(UsageError, match="-query needs -database ADDRESS, or the key"):
        query_of(line(), config_with(), ReadOptions())
