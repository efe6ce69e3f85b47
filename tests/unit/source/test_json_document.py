"""A JSON file: an array or a sequence of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.source import open_source


def read(
    folder: Path, text: str, start: int = 0, *, name: str = "users.json"
) -> list[JsonValue]:
    """Return the values of a file's records, from an index on."""
    path = folder / name
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
    "text",
    [
        '{"users": [{"id": 1}, {"id": 2}]}',
        '{"users": [{"id": 1}, {"id": 2}], "next_page": null, "count": 2}\n',
        '{"page": 0, "results": [\n{"id": 1},\n{"id": 2}\n], "status": "ok"}',
        '{"type": "list", "data": [{"id": 1}, {"id": 2}], "pages": {"next": {}}}',
        '{"took": 3, "hits": {"total": {"value": 2}, "hits": [{"id": 1}, {"id": 2}]}}',
        '{"data": {"people": {"nodes": [{"id": 1}, {"id": 2}], "tags": []}}}',
        '{"total_rows":2,"offset":0,"rows":[\n{"id": 1},\n{"id": 2}\n]}\n',
    ],
    ids=[
        "Firebase",
        "Zendesk",
        "Mixpanel",
        "Intercom",
        "Elasticsearch",
        "GraphQL",
        "CouchDB",
    ],
)
@pytest.mark.parametrize("name", ["users.json", "users.jsonl", "users"])
def test_the_only_array_of_objects_in_a_document_is_read(
    tmp_path: Path, text: str, name: str
) -> None:
    """Products and APIs put an object around it."""
    assert read(tmp_path, text, name=name) == [{"id": 1}, {"id": 2}]
    assert read(tmp_path, text, 1, name=name) == [{"id": 2}]


def test_an_answer_without_users_has_no_records(tmp_path: Path) -> None:
    """It is no user, and no mistake."""
    assert read(tmp_path, '{"users": [], "count": 0}') == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '{"groups": [{"id": 1}], "users": [{"id": 2}]}',
            "several arrays of objects ('groups' and 'users'); name the one",
        ),
        ('{"id": 1, "orders": [{"id": 7}]}', "if the object is one user"),
        ('{"Email": "a@b.example", "orders": [{"id": 7}]}', "-records orders"),
        ('{"customer": {"id": 1}, "orders": [{"id": 7}]}', "-records orders"),
        ('{"userData": {"user_id": 1, "tips": [{"id": 7}]}}', "-records userData.tips"),
    ],
)
def test_an_unclear_document_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    """A guess could make people of groups, or of a user's orders."""
    with pytest.raises(DataFileError) as raised:
        read(tmp_path, text)

    assert problem in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        '\x1e{"id": 1}\n\x1e{"id": 2}\n',
        '\x1e{\n"id": 1\n}\n\x1e{"id": 2}',
        '\x1e\x1e{"id": 1}\x1e{"id": 2}\x1e',
    ],
)
@pytest.mark.parametrize("name", ["users.json", "users.jsonl", "users.json-seq"])
def test_a_json_text_sequence_is_read(tmp_path: Path, text: str, name: str) -> None:
    """RFC 7464 puts a record separator before each object."""
    assert read(tmp_path, text, name=name) == [{"id": 1}, {"id": 2}]


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
