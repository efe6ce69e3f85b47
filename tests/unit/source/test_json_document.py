"""A JSON file: an array or a sequence of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.source import open_source


def read(folder: Path, text: str, start: int = 0) -> list[JsonValue]:
    """Return the values of a file's records, from an index on."""
    path = folder / "users.json"
    path.write_text(text, "utf-8")
    with open_source(str(path)) as source:
        return [record.value for record in source.records(start)]


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1}, {"id": 2}]',
        '{"id": 1}\n{"id": 2}\n',
        '{"id": 1}{"id": 2}',
        '{\n "id": 1\n}\n{\n "id": 2\n}',
    ],
    ids=["an array", "lines", "without blanks", "over several lines"],
)
def test_the_start_of_a_file_shows_its_layout(tmp_path: Path, text: str) -> None:
    """A .json file is often not an array, and nobody has to rename it."""
    assert read(tmp_path, text) == [{"id": 1}, {"id": 2}]
    assert read(tmp_path, text, 1) == [{"id": 2}]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"users": [{"id": 1}]}', "jq .users extracts it"),
        ('{"a": [{"id": 1}], "b": [{"id": 1}, {"id": 2}]}', "jq .b extracts it"),
        (
            '{"data": {"the users": [{"id": 1}]}}',
            """jq '.data["the users"]' extracts it""",
        ),
    ],
)
def test_an_array_inside_an_object_is_refused_with_a_command(
    tmp_path: Path, text: str, command: str
) -> None:
    """Otherwise the answer of an API would be one user with a list of users."""
    with pytest.raises(DataFileError) as raised:
        read(tmp_path, text)

    assert command in str(raised.value)


def test_an_object_with_a_list_is_a_record_if_others_follow(tmp_path: Path) -> None:
    """A user's orders are data; a single object is more likely a wrapped array."""
    orders = '{"orders": [{"id": 1}]}'

    assert len(read(tmp_path, orders + orders)) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ('"text"', "it starts with text, expected a JSON array"),
        ("-1", "it starts with a number"),
        ("id,name\n", "if it is CSV, use -format csv"),
    ],
)
def test_a_file_that_starts_differently_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    """Often a person gave the wrong file."""
    with pytest.raises(DataFileError) as raised:
        read(tmp_path, text)

    assert problem in str(raised.value)
