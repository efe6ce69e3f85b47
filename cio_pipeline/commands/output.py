"""Where a command's words go: the result to stdout or a file, all else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from cio_pipeline.commands.private_file import write_private_file

_WIDTH_OF_A_PIPE = 100


def width() -> int:
    """How wide a line of the result may be."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_OF_A_PIPE


def say(text: str) -> None:
    """Tell a person something beside the result, on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # what stderr is for


def write(pieces: Iterable[str], path: Path | None = None) -> None:
    """Write a result to stdout, or to a file that replaces what was there.

    A piece without an end of line gets one.

    Raises:
        UsageError: the file cannot be written.
    """
    lines = (piece if piece.endswith("\n") else piece + "\n" for piece in pieces)
    if path is not None:
        write_private_file(path, lines)
        return
    sys.stdout.writelines(lines)
    sys.stdout.flush()
