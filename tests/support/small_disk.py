"""Runs the program on a disk that takes no more from some point on.

    python small_disk.py pages=N ARGUMENT...    SQLite's own limit: the disk is full
    python small_disk.py bytes=N ARGUMENT...    the kernel's: writing past it fails

The program itself knows nothing of it.
"""

from __future__ import annotations

import resource
import sqlite3
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def limit_pages(pages: int) -> None:
    """Let no connection make its file larger than so many pages of 4,096 bytes."""
    connect = sqlite3.connect

    def connect_to_small_file(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    sqlite3.connect = connect_to_small_file


def main() -> int:
    """Set the limit, and run the program."""
    limit, *arguments = sys.argv[1:]
    kind, _, number = limit.partition("=")
    if kind == "pages":
        limit_pages(int(number))
    else:
        # Python ignores SIGXFSZ, so a write past the limit fails with EFBIG.
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(number), int(number)))
    from cio_pipeline.cli import main as run  # noqa: PLC0415  # after the limit

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
