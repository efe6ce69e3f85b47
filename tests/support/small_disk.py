"""Runs the program on a disk that fails from some point on.

    python small_disk.py pages=N ARGUMENT...       SQLite's own limit: the disk is full
    python small_disk.py bytes=N ARGUMENT...       the kernel's: writing past it fails
    python small_disk.py dies=N ARGUMENT...        the same, and the process with it
    python small_disk.py fails=KIND@N ARGUMENT...  the Nth COMMIT fails, and only it
    python small_disk.py fails=KIND@SQL ARGUMENT...     this statement does, each time
    python small_disk.py slow=SECONDS ARGUMENT...  every COMMIT takes this long
    python small_disk.py modes=1 ARGUMENT...       modes and owners hold for root too

The program has no hooks for it.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import resource
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_FOWNER = 1, 2, 3


def limit_pages(pages: int) -> None:
    """Limit the file of each connection to a number of pages of 4,096 bytes."""
    connect = sqlite3.connect

    def connect_to_small_file(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    sqlite3.connect = connect_to_small_file


def limit_bytes(size: int, *, is_deadly: bool) -> None:
    """Limit the size of every file: a write past it fails, or kills the process."""
    if is_deadly:
        # Python ignores SIGXFSZ, so that a write past the limit fails with EFBIG.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def fail_at(kind: str, which: str) -> None:
    """Make SQLite report an error for one statement instead of running it."""
    code = getattr(sqlite3, f"SQLITE_{kind}")
    commits = itertools.count(1)
    connect = sqlite3.connect

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            is_it = sql == which
            if which.isdigit() and sql == "COMMIT":
                is_it = next(commits) == int(which)
            if is_it:
                error = sqlite3.OperationalError(f"as the test wants it: {kind}")
                error.sqlite_errorcode = code
                raise error
            return super().execute(sql, *values)

    def connect_to_failing_disk(*arguments: Any, **options: Any) -> Any:
        return connect(*arguments, factory=Failing, **options)

    sqlite3.connect = connect_to_failing_disk


def slow_down(seconds: float) -> None:
    """Make every COMMIT wait before it runs."""
    connect = sqlite3.connect

    class Slow(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql == "COMMIT":
                time.sleep(seconds)
            return super().execute(sql, *values)

    def connect_to_slow_disk(*arguments: Any, **options: Any) -> Any:
        return connect(*arguments, factory=Slow, **options)

    sqlite3.connect = connect_to_slow_disk


def heed_modes(arguments: list[str]) -> None:
    """Start the program without root's rights over other users' files."""
    libc = ctypes.CDLL(None)
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_FOWNER):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused where not root
    main_file = Path(__file__).resolve().parents[2] / "main.py"
    command = [sys.executable, str(main_file), *arguments]
    os.execv(sys.executable, command)  # noqa: S606  # no shell is meant


def main() -> int:
    """Set the hooks, and run the program."""
    limit, *arguments = sys.argv[1:]
    kind, _, value = limit.partition("=")
    match kind:
        case "pages":
            limit_pages(int(value))
        case "bytes" | "dies":
            limit_bytes(int(value), is_deadly=kind == "dies")
        case "fails":
            fail_at(*value.split("@"))
        case "slow":
            slow_down(float(value))
        case _:
            heed_modes(arguments)
    from cio_pipeline.cli import main as run  # noqa: PLC0415  # after the limit

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
