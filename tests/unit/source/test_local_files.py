"""Data files on this machine: what identifies one, and what is no file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import find_inputs
from cio_pipeline.source.local_files import local_file


def test_a_fingerprint_identifies_the_same_file_and_no_other(tmp_path: Path) -> None:
    """A load continues only with the same data; a moved file is the same."""
    path = tmp_path / "data.json"
    path.write_bytes(b"1, 2, 3")
    about = path.stat()

    def look(where: Path, options: str = "csv") -> str | None:
        return local_file(str(where)).fingerprint(options)

    first, again = look(path), look(path)
    moved = path.rename(tmp_path / "moved.json")
    after_move = look(moved)
    moved.write_bytes(b"1, 2, 4")
    os.utime(moved, ns=(about.st_atime_ns, about.st_mtime_ns))

    assert first == again == after_move
    assert look(moved) != first
    assert look(moved, "jsonl") != look(moved)


def test_a_fingerprint_is_that_of_earlier_versions(tmp_path: Path) -> None:
    """A load that was interrupted before an update continues after it."""
    path = tmp_path / "data.json"
    path.write_bytes(b'[{"id": 1}]')
    os.utime(path, ns=(1, 1_700_000_000_000_000_000))

    assert local_file(str(path)).fingerprint("json") == (
        "146272ab3bcf5d9045873912dd800132e2d0140dd126ac392e4c1203d5cf42ff"
    )


def test_a_named_pipe_has_no_fingerprint(tmp_path: Path) -> None:
    """It can be read only once, so nothing may be read of it to recognize it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    pipe = local_file(str(path))

    assert (pipe.is_pipe, pipe.size_bytes) == (True, None)
    assert pipe.fingerprint("json") is None


@pytest.mark.parametrize("change", [b"[1, 2, 3, 4, 5]", b"[1, 2", b"[1, 2, 4]"])
def test_a_file_that_changes_while_it_is_read_is_not_complete(
    tmp_path: Path, change: bytes
) -> None:
    """An export may still be written; what was read may be half old and half new."""
    path = tmp_path / "data.json"
    path.write_bytes(b"[1, 2, 3]")

    with find_inputs([str(path)], ReadOptions()) as inputs:
        os.utime(path, ns=(1, 1))
        path.write_bytes(change)
        with pytest.raises(DataFileError, match="it was changed after this run"):
            list(inputs.records())
