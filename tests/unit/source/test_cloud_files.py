"""Files in object stores, read from a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import Inputs, find_inputs
from tests.support.file_server import FileServer
from tests.support.s3_server import SECRET, S3Server, s3_server

PARTS = [f"exports/part-{n}.jsonl" for n in range(3)]


def find(*addresses: str) -> Inputs:
    """Find files by their addresses."""
    return find_inputs(addresses, ReadOptions())


def read(*addresses: str) -> list[Any]:
    """Read the ids of all records."""
    with find(*addresses) as inputs:
        return [record.value["id"] for record in inputs.records()]  # type: ignore[call-overload, index]  # objects


@pytest.fixture(scope="module")
def started() -> Iterator[S3Server]:
    """Start a server with three parts of an export, and what is beside them."""
    with s3_server() as server:
        for number, key in enumerate(PARTS):
            server.put(key, json.dumps({"id": number}).encode())
        server.put("exports/_SUCCESS", b"")
        yield server


@pytest.fixture
def store(started: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Make the server the one that is found."""
    for name, value in started.environment.items():
        monkeypatch.setenv(name, value)
    return started


@pytest.mark.parametrize(
    ("address", "ids"),
    [
        ("s3://people/exports/part-1.jsonl", [1]),
        ("s3://people/exports", [0, 1, 2]),
        ("s3://people/exports/", [0, 1, 2]),
        ("s3://people/exports/part-[02].jsonl", [0, 2]),
        ("s3://people/*/*", [0, 1, 2]),
    ],
)
@pytest.mark.usefixtures("store")
def test_objects_are_found_by_name_folder_and_pattern(
    address: str, ids: list[int]
) -> None:
    """As files are."""
    assert read(address) == ids


@pytest.mark.usefixtures("store")
def test_objects_have_the_names_of_their_keys() -> None:
    """In dead letters and in messages."""
    (item,) = find("s3://people/exports/part-1.jsonl").items

    assert (item.name, item.path) == ("part-1.jsonl", f"s3://people/{PARTS[1]}")
    assert item.size_bytes == 9


def test_an_object_is_recognized_until_it_changes(store: S3Server) -> None:
    """By its ETag: a load continues only with the same data."""
    key = "changing.jsonl"
    prints = []
    for content in (b'{"id": 1}', b'{"id": 1}', b'{"id": 2}'):
        store.put(key, content)
        prints.append(find(f"s3://people/{key}").items[0].fingerprint())

    assert prints[0] == prints[1] != prints[2]


def test_an_object_that_changes_while_it_is_read_is_reported(store: S3Server) -> None:
    """One half may be old, and one new."""
    store.put("moving.jsonl", b'{"id": 1}\n')
    inputs = find("s3://people/moving.jsonl")
    store.put("moving.jsonl", b'{"id": 2}\n')

    with pytest.raises(DataFileError, match="it was changed"), inputs:
        pass


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://people/none.jsonl", "there is no such file"),
        ("s3://no-such-bucket/a.jsonl", "there is no such file"),
        ("s3://people/none-*.jsonl", "no file matches it"),
        ("s3://Not valid/a.jsonl", "the address is not valid"),
    ],
)
@pytest.mark.usefixtures("store")
def test_what_is_not_there_is_one_line(address: str, words: str) -> None:
    """With the address, and without a key."""
    with pytest.raises(DataFileError, match=words) as caught:
        find(address)

    assert caught.value.path == address


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("address", ["s3://people/a.jsonl", "s3://people/a*"])
@pytest.mark.usefixtures("store")
def test_credentials_that_are_refused_are_one_line(
    monkeypatch: pytest.MonkeyPatch, address: str, status: int
) -> None:
    """Some servers repeat the key in their answer."""
    with FileServer(status=status) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url(""))
        with pytest.raises(DataFileError, match="access is denied") as caught:
            find(address)

    assert "a page" not in str(caught.value)


def test_credentials_that_are_missing_are_one_line(
    store: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The library looks in several places; none has them."""
    for name in store.environment:
        if "KEY" in name:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(DataFileError, match="there are no credentials"):
        find("s3://people/exports")


@pytest.mark.usefixtures("store")
def test_a_zip_archive_in_a_store_is_unpacked(tmp_path: Path, store: S3Server) -> None:
    """It is read from its end, in ranges."""
    with ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", "id\n7\n")
    store.put("x.zip", (tmp_path / "x.zip").read_bytes())

    assert read("s3://people/x.zip") == ["7"]


def test_secrets_are_not_in_the_texts_of_values(store: S3Server) -> None:
    """They may end up in a log by accident."""
    assert SECRET not in repr(find("s3://people/exports").items)
    assert SECRET in str(store.environment)
