"""The model of disks after a power cut."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

from tests.power_cuts.disks import Disk
from tests.power_cuts.recording import Change

CREATE = Change(0.0, "create", inode=1, path="a")
SYNC, SYNC_NAMES = Change(0.0, "sync", inode=1), Change(0.0, "sync-folder")


def write(offset: int, content: bytes) -> Change:
    """Write to the file `a`."""
    return Change(0.0, "write", inode=1, offset=offset, content=content)


def contents(folder: Path, *changes: Change) -> set[bytes | None]:
    """Return the contents that the file `a` can have; None if it is not there."""
    found = set()
    for seed in range(200):
        there = folder / str(seed)
        there.mkdir()
        Disk({}, changes).write_to(there, Random(seed))
        file = there / "a"
        found.add(file.read_bytes() if file.exists() else None)
        shutil.rmtree(there)
    return found


def test_what_was_synced_is_there(tmp_path: Path) -> None:
    """Content needs a sync of the file, its name one of the folder."""
    assert contents(tmp_path, CREATE, write(0, b"x"), SYNC, SYNC_NAMES) == {b"x"}


def test_a_name_that_was_not_synced_may_be_gone(tmp_path: Path) -> None:
    """Although the content was synced."""
    assert contents(tmp_path, CREATE, write(0, b"x"), SYNC) == {b"x", None}


def test_a_write_may_be_torn_and_overtaken(tmp_path: Path) -> None:
    """Sectors are written in any order; one of them is never torn."""
    block = b"1" * 4096 + b"2" * 4096

    found = contents(tmp_path, CREATE, SYNC_NAMES, write(0, block))

    assert {b"", block, b"1" * 4096, b"\0" * 4096 + b"2" * 4096} <= found
    sectors = {
        content[start : start + 512]
        for content in found
        if content is not None
        for start in range(0, len(content), 512)
    }
    assert sectors == {b"1" * 512, b"2" * 512, b"\0" * 512}


def test_a_rename_has_one_of_the_names(tmp_path: Path) -> None:
    """It replaces completely or not at all."""
    old = (CREATE, write(0, b"old"), SYNC, SYNC_NAMES)
    new = (
        Change(0.0, "create", inode=2, path="b"),
        Change(0.0, "write", inode=2, content=b"new"),
        Change(0.0, "sync", inode=2),
        Change(0.0, "rename", path="b", new_path="a"),
    )

    assert contents(tmp_path, *old, *new) == {b"old", b"new"}
