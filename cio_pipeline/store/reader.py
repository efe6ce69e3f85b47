"""The read-only door: for `status` and reports beside a run, or without one.

Opening `JobQueue` for that would write; this never does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from cio_pipeline.store.faults import translated
from cio_pipeline.store.queue import FILE_NAME, Totals
from cio_pipeline.store.schema import check_version
from cio_pipeline.store.user_digests import define_user_digest


@contextmanager
def open_reader(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """Open a workspace's file for reading; None where there is none yet.

    Raises:
        StateError: it is damaged, something else, or of a newer version.
    """
    path = folder / FILE_NAME
    if not path.exists():
        yield None
        return
    with translated(str(folder)):
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10.0
        )
        define_user_digest(connection)
        try:
            yield connection if check_version(connection, folder) else None
        finally:
            connection.close()


def read_totals(connection: sqlite3.Connection) -> Totals:
    """What is pending, synced so far and dead."""
    return Totals._make(
        connection.execute(
            "SELECT pending, synced, dead_letters FROM totals"
        ).fetchone()
    )
