"""Translation of SQLite's errors to ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from cio_pipeline.core.errors import StateError, StateUnwritable
from cio_pipeline.core.text import visible

# Primary result codes (sqlite.org/rescode.html); extended ones share the low byte.
_UNWRITABLE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an I/O error",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_PERM: "permission denied",
    sqlite3.SQLITE_BUSY: "another program has locked it",
    sqlite3.SQLITE_LOCKED: "another program has locked it",
}
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise SQLite's errors as errors that a person can act on.

    Args:
        path: the folder or file, for the message.

    Raises:
        StateUnwritable: the transaction was not committed; earlier ones were.
        StateError: the file is not a queue, or is damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _UNWRITABLE:
            raise StateUnwritable(
                f"the state in {path} cannot be written: {_UNWRITABLE[code]}."
                " What was queued is kept; fix that and run again",
            ) from error
        if code in _DAMAGED or "decode to UTF-8" in str(error):
            raise _damaged(path, str(error)) from error
        raise
    except UnicodeDecodeError as error:  # in SQLite's message, which quotes the file
        raise _damaged(path, "a text in it is not UTF-8") from error


def _damaged(path: str, problem: str) -> StateError:
    return StateError(
        f"the state in {path} is damaged or is not a queue of this program"
        f" ({visible(problem)}). Move it away to start again, or restore a copy",
    )
