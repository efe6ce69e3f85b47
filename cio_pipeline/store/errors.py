"""SQLite's errors, told as ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from cio_pipeline.core.errors import StateError, StateUnwritable

# Primary result codes (sqlite.org/rescode.html); extended ones share the low byte.
_UNWRITABLE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an I/O error",
    sqlite3.SQLITE_READONLY: "it cannot be written to",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_PERM: "it cannot be written to",
    sqlite3.SQLITE_BUSY: "another program holds it locked",
    sqlite3.SQLITE_LOCKED: "another program holds it locked",
}
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise SQLite's errors as errors a person can act on.

    Args:
        place: the folder or file that the message names.

    Raises:
        StateUnwritable: what was committed stands, nothing else was written.
        StateError: the file is not a queue, or is damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _UNWRITABLE:
            raise StateUnwritable(
                f"the state in {place} took no more writes: {_UNWRITABLE[code]}."
                " What was queued is kept; mend that and run again",
            ) from error
        if code in _DAMAGED:
            raise StateError(
                f"the state in {place} is damaged or is no queue of this program"
                f" ({error}). Move it away to start anew, or restore a copy",
            ) from error
        raise
