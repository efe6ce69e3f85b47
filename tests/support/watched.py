"""Runs the program with Python's audit hook watching what it must never do.

    python watched.py REPORT ARGUMENT...

The report gets a line for everything that was unpickled, and for each file that
was opened for writing. The program has no hooks for it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def watch(report: int) -> None:
    """Note each unpickled class, and each file opened for writing."""

    def look(event: str, values: tuple[Any, ...]) -> None:
        if event == "pickle.find_class":
            os.write(report, f"unpickled {values}\n".encode())
        elif event == "open" and isinstance(values[2], int):
            if values[2] & (os.O_WRONLY | os.O_RDWR):
                os.write(report, f"wrote {values[0]}\n".encode())
        elif event == "sqlite3.connect":
            os.write(report, f"wrote {values[0]}\n".encode())

    sys.addaudithook(look)


def main() -> int:
    """Set the hooks, and run the program."""
    path, *arguments = sys.argv[1:]
    watch(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    from cio_pipeline.cli import main as run  # noqa: PLC0415  # watched from here on

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
