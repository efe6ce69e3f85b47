"""A queue's file: its owner, permissions and version."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from cio_pipeline.core.errors import StateError
from cio_pipeline.store.schema import APPLICATION_ID, FILE_NAME, VERSION, prepare


def pragma(folder: Path, name: str, value: int | None = None) -> int:
    """Read or set a number in the file's header."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        if value is not None:
            connection.execute(f"PRAGMA {name} = {value}")
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(found)


def test_a_new_file_is_ours_and_private(tmp_path: Path) -> None:
    """It has people's data; `file queue.db` shows the program."""
    prepare(tmp_path)

    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert pragma(tmp_path, "application_id") == APPLICATION_ID
    assert pragma(tmp_path, "user_version") == VERSION


def test_a_readable_file_is_made_private(tmp_path: Path) -> None:
    """A copy made by hand can have any mode."""
    prepare(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o644)

    prepare(tmp_path)

    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "value"), [("application_id", 7), ("user_version", VERSION + 1)]
)
def test_a_foreign_or_newer_file_does_not_change(
    tmp_path: Path, name: str, value: int
) -> None:
    """An unknown format must not be written to."""
    prepare(tmp_path)
    pragma(tmp_path, name, value)

    with pytest.raises(StateError):
        prepare(tmp_path)

    assert pragma(tmp_path, name) == value
