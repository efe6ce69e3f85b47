"""Files on an SFTP server, read from a real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.errors import CioPipelineError, DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import Inputs, find_inputs
from tests.support.sftp_server import SftpServer, sftp_server

PARTS = [f"exports/part-{n}.jsonl" for n in range(3)]


def find(address: str) -> Inputs:
    """Find files by their address."""
    return find_inputs([address], ReadOptions())


def read(address: str) -> list[Any]:
    """Read the ids of all records."""
    with find(address) as inputs:
        return [record.value["id"] for record in inputs.records()]  # type: ignore[call-overload, index]  # objects


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    """Start an SFTP server, whose key is known."""
    root = tmp_path / "root"
    (root / "exports").mkdir(parents=True)
    for number, name in enumerate(PARTS):
        (root / name).write_text(json.dumps({"id": number}), "utf-8")
    (root / "exports" / "_SUCCESS").touch()
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    with sftp_server(root) as server:
        known = tmp_path / ".ssh" / "known_hosts"
        known.write_text(server.known_hosts(), "utf-8")
        yield server


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("/exports/part-1.jsonl", [1]),
        ("/exports", [0, 1, 2]),
        ("/exports/part-*.jsonl", [0, 1, 2]),
    ],
)
def test_files_on_an_sftp_server_are_read(
    files: SftpServer, path: str, ids: list[int]
) -> None:
    """By name, folder and pattern."""
    assert read(files.url(path)) == ids


def test_a_file_on_an_sftp_server_is_recognized(files: SftpServer) -> None:
    """By its size and time; its name has no password in it."""
    first, again = (find(files.url("/exports/part-1.jsonl")).items[0] for _ in "12")

    assert first.fingerprint() == again.fingerprint() is not None
    assert first.path == f"sftp://127.0.0.1:{files.port}/exports/part-1.jsonl"
    assert first.name == "part-1.jsonl"


@pytest.mark.parametrize(
    ("path", "password", "words"),
    [
        ("/none.jsonl", "p%40ss-word", "there is no such file"),
        ("/exports/part-1.jsonl", "wrong-secret", "access is denied"),
    ],
)
def test_refusals_of_an_sftp_server_are_one_line(
    files: SftpServer, path: str, password: str, words: str
) -> None:
    """Without the password."""
    with pytest.raises(CioPipelineError, match=words) as caught:
        find(files.url(path, password))

    assert password not in str(caught.value)


def test_an_sftp_server_that_is_not_known_is_refused(
    files: SftpServer, tmp_path: Path
) -> None:
    """Somebody else may answer in its place."""
    known = tmp_path / ".ssh" / "known_hosts"
    known.write_text("", "utf-8")

    with pytest.raises(DataFileError, match=r"add it to ~/\.ssh/known_hosts"):
        find(files.url("/exports"))
