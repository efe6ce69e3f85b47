"""A result in a file: complete or not at all, for its owner alone."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cio_pipeline.console.private_file import write_private_file
from cio_pipeline.core.errors import UsageError


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    """Dead letters hold people's data."""
    path = tmp_path / "out.json"

    write_private_file(path, ["a", "b\n"])

    assert path.read_text("utf-8") == "ab\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """Half a report looks like a complete one."""
    path = tmp_path / "out.json"
    path.write_text("old", "utf-8")

    def pieces() -> Iterator[str]:
        yield "new"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_private_file(path, pieces())

    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Whoever made it wants the file that it names replaced."""
    target = tmp_path / "target"
    link = tmp_path / "link"
    link.symlink_to(target)

    write_private_file(link, ["x"])

    assert link.is_symlink()
    assert target.read_text("utf-8") == "x"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """`-output >(gzip > out.gz)`: the reader waits at the pipe."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(path.read_text("utf-8")))
    reader.start()

    write_private_file(path, ["x"])

    reader.join(10)
    assert read == ["x"]
    assert path.is_fifo()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """One line with the path and the system's reason."""
    path = tmp_path / "no" / "out"

    with pytest.raises(UsageError, match=f"{path}.*No such file"):
        write_private_file(path, ["x"])
