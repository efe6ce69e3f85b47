"""Whose a queue's file is, who may see it, and which version it has."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from cio_pipeline.core.errors import StateError
from cio_pipeline.store.schema import APPLICATION_ID, FILE_NAME, VERSION, prepare


def pragma(folder: Path, name: str, value: int | None = None) -> int:
    """Read a number of the file's header, or set it."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        if value is not None:
            connection.execute(f"PRAGMA {name} = {value}")
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(found)


def test_a_new_file_is_ours_and_private(tmp_path: Path) -> None:
    """It holds people's data; `file queue.db` shows whose it is."""
    prepare(tmp_path)

    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert pragma(tmp_path, "application_id") == APPLICATION_ID
    assert pragma(tmp_path, "user_version") == VERSION


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    """A copy made by hand has the mask of whoever made it."""
    prepare(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o644)

    prepare(tmp_path)

    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "value"), [("application_id", 7), ("user_version", VERSION + 1)]
)
def test_a_file_of_others_or_of_a_newer_version_is_left_alone(
    tmp_path: Path, name: str, value: int
) -> None:
    """What is not understood must not be written to."""
    prepare(tmp_path)
    pragma(tmp_path, name, value)

    with pytest.raises(StateError):
        prepare(tmp_path)

    assert pragma(tmp_path, name) == value
