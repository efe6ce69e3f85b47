"""The format that a text's beginning shows."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.formats import format_of
from cio_pipeline.source import open_source
from cio_pipeline.source.detection import format_of_content
from tests.support.data_files import pieces_of, read_values

ARRAY = b'[{"id": "1"}]'
LINES = b'{"id": "1"}\n'
TABLE = b"id,name\n1,\n"


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (ARRAY, "users.jsonl", "json"),
        (ARRAY, "users.csv", "json"),
        (LINES, "users.json", "json"),
        (LINES, "users", "json"),
        (LINES, "users.gz", "json"),
        (b" \n{", "users.txt", "json"),
        (b'\x1e{"id": 1}', "users.seq", "json"),
        (b"[id],[name]\n", "users.txt", "csv"),
        (TABLE, "users.txt", "csv"),
        (TABLE, "users.gz", "csv"),
        (TABLE, "-", "csv"),
        (b"email\n", "users.txt", "csv"),
        (b"email\n", "users", "json"),
        (b'"id";"name"\n', "users", "csv"),
        (b"<html>,</html>", "users", "json"),
        (b"Error: no access, ask an admin", "-", "json"),
        (TABLE, "users.json", "json"),
        (b"", "users.jsonl", "jsonl"),
        (b"", "users.csv", "csv"),
        (b"", "users", "json"),
    ],
)
def test_the_content_shows_the_format(content: bytes, name: str, expected: str) -> None:
    """The name only matters where the content leaves a choice."""
    assert format_of_content(content, format_of(name)).name == expected


@pytest.mark.parametrize("name", ["u.json.gz", "u.gz", "u.dat", "u.txt", "u.jsonl"])
@pytest.mark.parametrize("content", [ARRAY, LINES, LINES[:-1]])
@pytest.mark.parametrize("packed", [False, True])
def test_json_is_read_from_a_file_of_any_name(
    tmp_path: Path, name: str, content: bytes, packed: bool
) -> None:
    """BigQuery, MongoDB and DynamoDB name JSON Lines `.json` or `.json.gz`."""
    data = gzip.compress(content) if packed else content

    assert read_values(data, tmp_path, name) == [{"id": "1"}]


@pytest.mark.parametrize("content", [b"id;b\n1;\n", b'"id"\t"b"\r\n1\t\r\n'])
def test_a_table_is_known_in_a_pipe_too(content: Any) -> None:
    """Also if its first line comes in pieces."""
    with open_source("-", stdin=pieces_of(content)) as source:
        assert source.format.name == "csv"
        assert [record.value for record in source.records()] == [{"id": "1", "b": ""}]
