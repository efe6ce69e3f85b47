"""The read-only door: for `status` and reports beside a run, or without one.

Opening `JobQueue` for that would write; this never does.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from cio_pipeline.core.errors import StateUnwritable
from cio_pipeline.store.errors import translated
from cio_pipeline.store.queue.job_queue import Totals
from cio_pipeline.store.schema import FILE_NAME, check_version
from cio_pipeline.store.user_digests import define_user_digest


@contextmanager
def open_reader(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """Open a workspace's file for reading; None where there is none yet.

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
            yield connection if check_version(connection, folder) else None
        finally:
            connection.close()


def is_there(path: Path) -> bool:
    """Whether a part of the state is there.

    Raises:
        StateUnwritable: that may not be known.
    """
    try:
        return path.exists()
    except OSError as error:
        raise StateUnwritable(
            f"the state in {path.parent} cannot be read: {error.strerror}. Run this as"
            " the user that it belongs to, or name another with -state DIR"
        ) from error


def _address(path: Path) -> str:
    """Return the address of a file for SQLite, for reading alone."""
    address = f"file:{quote(os.fsencode(path))}?mode=ro"
    # Where nothing may be written there can be no shared memory beside the file. If
    # no log is there either, then nobody is writing: the file is all there is.
    is_quiet = not Path(f"{path}-wal").exists() and not os.access(path.parent, os.W_OK)
    return address + "&immutable=1" if is_quiet else address


def read_totals(connection: sqlite3.Connection) -> Totals:
    """What is pending, synced so far and dead."""
    return Totals._make(
        connection.execute(
            "SELECT pending, synced, dead_letters FROM totals"
        ).fetchone()
    )
