"""Read-only access to a queue, for `status` and reports, also during a run.

Opening a `JobQueue` writes to the file; this never does.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from cio_pipeline.core.errors import StateUnwritable
from cio_pipeline.store.errors import translated
from cio_pipeline.store.schema import (
    FILE_NAME,
    FIRST_WITH_OPERATIONS,
    check_version,
    version_of,
)
from cio_pipeline.store.user_digests import define_user_digest


class Totals(NamedTuple):
    """The counters that every transaction updates."""

    pending: int
    synced: int
    dead_letters: int


@contextmanager
def open_reader(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """Open a workspace's file for reading; None if there is none yet.

    Raises:
        StateError: it is damaged, something else, or of a newer version.
    """
    path = folder / FILE_NAME
    if not is_there(path):
        yield None
        return
    with translated(str(folder)):
        connection = sqlite3.connect(_address(path), uri=True, timeout=10.0)
        define_user_digest(connection)
        try:
            is_ours = check_version(connection, folder)
            if is_ours:
                _add_operations(connection)
            yield connection if is_ours else None
        finally:
            connection.close()


def _add_operations(connection: sqlite3.Connection) -> None:
    """Show dead letters of an older version, which are not changed, as of this one."""
    if version_of(connection) < FIRST_WITH_OPERATIONS:
        connection.execute(
            "CREATE TEMP VIEW dead_letters AS"
            " SELECT *, NULL AS operation FROM main.dead_letters"
        )


def is_there(path: Path) -> bool:
    """Return whether a part of the state exists.

    Raises:
        StateUnwritable: the folder may not be read.
    """
    try:
        return path.exists()
    except OSError as error:
        raise StateUnwritable(
            f"the state in {path.parent} cannot be read: {error.strerror}. Run this as"
            " the user who owns it, or name another folder with -state DIR"
        ) from error


def _address(path: Path) -> str:
    """Return SQLite's address of a file, read-only."""
    address = f"file:{quote(os.fsencode(path))}?mode=ro"
    # In a read-only folder, SQLite cannot create shared memory beside the file. If
    # there is no log, nobody is writing, and the file alone is complete.
    is_quiet = not Path(f"{path}-wal").exists() and not os.access(path.parent, os.W_OK)
    return address + "&immutable=1" if is_quiet else address


def read_totals(connection: sqlite3.Connection) -> Totals:
    """Return the counters."""
    return Totals._make(
        connection.execute(
            "SELECT pending, synced, dead_letters FROM totals"
        ).fetchone()
    )
