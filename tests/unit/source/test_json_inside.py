"""The array of records inside a JSON document."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cio_pipeline.core.config_files import FileRules
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source import open_source
from cio_pipeline.source.json_inside import outline
from tests.support.data_files import pieces_of, read_values

TWO: list[Any] = [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"users": TWO, "groups": [{"id": 9}]}, "users"),
        ({"groups": [{"id": 9}], "users": TWO}, "users"),
        ({"id": 5, "a": {"b.c": {"d": TWO}}}, "a.b.c.d"),
        ({"id": 5, "a": {"b": 1, "c": {"d": TWO}}}, ".a.c.d."),
        ([{"type": "header"}, {"name": "users", "data": TWO}], "data"),
        ([{"data": TWO[:1]}, {"data": TWO[1:]}], "data"),
        ([{"data": [{"id": 9}]}, {"data": TWO}], "1.data"),
        ({"results": [{"columns": [{"name": "ID"}], "items": TWO}]}, "results.items"),
        (TWO, "."),
    ],
)
def test_a_path_leads_to_the_records(tmp_path: Path, document: Any, path: str) -> None:
    """The path goes through all elements of a list, as in phpMyAdmin and SQLcl."""
    content = json.dumps(document).encode()

    assert read_values(content, tmp_path, rules=FileRules(records=path)) == TWO


def test_the_members_of_an_object_are_records_too(tmp_path: Path) -> None:
    """Firebase's database has each user under its id."""
    content = b'{"users": {"a": {"name": "Ada"}, "b": {"$key": "own"}, "c": 1}}'

    values = read_values(content, tmp_path, rules=FileRules(records="users"))

    assert values == [{"$key": "a", "name": "Ada"}, {"$key": "own"}, 1]


def test_pages_one_after_another_are_read(tmp_path: Path) -> None:
    """As a script leaves them that appends each answer of an API to a file."""
    content = b'{"data": [{"id": 1}]}\n{"data": [{"id": 2}]}\n'

    assert read_values(content, tmp_path, rules=FileRules(records="data")) == TWO


@pytest.mark.parametrize(
    ("content", "words", "byte"),
    [
        (b'{"people": []}', "no array of records at 'users' in it; it has 'peo", None),
        (b'{"user": []}', "it has 'user'", None),
        (b"[1, 2]", "no array of records at 'users' in it", None),
        (b'{"users": 5}', "expected an array at 'users'", 10),
        (b'{"users": [{"id": 1}, {"id": 2}', "the file ends inside the document", 31),
        (b'{"users": [{"id": 1}, {"id": 2}]', "the file ends inside the", 32),
        (b'{"users": [{"id": 1} {"id": 2}]}', "is a comma missing", 21),
        (b'{"users": [{"id": 1}], nothing', "this is not JSON", 23),
        (b'{"users": [{"id": 1}]} x', "this is not JSON", 23),
        (b'{"a" 1, "users": []}', "this is not JSON", 5),
        (b'{"a": "no end', "the file ends inside", 13),
    ],
)
def test_what_is_wrong_has_its_byte(
    tmp_path: Path, content: bytes, words: str, byte: int | None
) -> None:
    """As for an array."""
    with pytest.raises(DataFileError) as caught:
        read_values(content, tmp_path, rules=FileRules(records="users"))

    assert words in str(caught.value)
    assert caught.value.byte_offset == byte


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=3), _values, max_size=3), max_size=5),
    st.lists(st.tuples(st.text("abcU", max_size=3), _values), max_size=3),
    st.sampled_from([None, 1]),
)
def test_the_rest_of_the_document_does_not_matter(
    users: list[Any], others: list[tuple[str, Any]], indent: int | None
) -> None:
    """However it arrives: seven bytes at a time."""
    before, after = dict(others[:1]), dict(others[1:])
    document = {"x": before, **before, "the users": users, **after}
    content = json.dumps(document, indent=indent).encode()
    rules = FileRules(records="the users")

    with open_source("-", stdin=pieces_of(content), rules=rules) as source:
        assert [record.value for record in source.records()] == users


def test_a_large_document_is_streamed(tmp_path: Path) -> None:
    """Guarantee 9: an export of all users is one object, and not taken into memory."""
    path = tmp_path / "users.json.gz"
    user = json.dumps({"id": "u", "tags": [{"name": "x" * 1000}]}).encode()
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b'{"kind": "users", "meta": [1, 2], "users": [' + user)
        for _ in range(40_000):
            file.write(b"," + user)
        file.write(b'], "groups": [{"id": "g"}]}')
    count = 0

    tracemalloc.start()
    with open_source(str(path)) as source:
        try:
            for _ in source.records():
                count += 1
        except DataFileError as error:
            problem = str(error)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 40_001
    assert "another array of objects at 'groups' besides 'users'" in problem
    assert peak < 100_000_000


def test_a_large_value_before_the_array_is_skipped(tmp_path: Path) -> None:
    """It may be larger than any record."""
    path = tmp_path / "users.json.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b'{"log": [{"a": [1]}')
        for _ in range(300):
            file.write(b',{"text": "' + b"x" * 100_000 + b'"}')
        file.write(b'], "users": [{"id": 1}, {"id": 2}]}')

    with open_source(str(path), rules=FileRules(records="users")) as source:
        assert [record.value for record in source.records()] == TWO


def test_an_outline_needs_no_end() -> None:
    """The document may be too large to be read completely."""
    text = b'{"a": 1, "b": {"c": [{}], "d": []}, "e": [ {"f": [{}]}, {"g"'

    found = outline(text)

    assert (found.keys, found.arrays, found.empty) == (
        ["a", "b", "b.c", "b.d", "e"],
        ["b.c", "e"],
        ["b.d"],
    )


def test_an_outline_may_be_cut_anywhere() -> None:
    """A file may be cut, or its first part may end, after any byte."""
    text = b' {"a" : 1, "b": {"c": [{"d": "\\""}], "e": []}, "f": null} '

    keys = [len(outline(text[:end]).keys) for end in range(1, len(text) + 1)]

    assert keys == sorted(keys)
    assert keys[-1] == 5
