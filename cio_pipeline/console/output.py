"""Print a command's result to stdout or a file, and everything else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from cio_pipeline.console.private_file import write_private_file
from cio_pipeline.console.standard_streams import stdout_failure

_WIDTH_OF_A_PIPE = 100
_WIDTH_OF_A_TERMINAL = 80  # one that does not report its width
_NARROWEST = 20


def width() -> int:
    """Return how wide a line of the result may be, in columns.

    A terminal may report 0 columns (``docker run -t``), or too few for a table.
    """
    if not sys.stdout.isatty():
        return _WIDTH_OF_A_PIPE
    try:
        columns = os.get_terminal_size().columns
    except OSError:  # the terminal was closed
        columns = 0
    return max(_NARROWEST, columns or _WIDTH_OF_A_TERMINAL)


def print_note(text: str) -> None:
    """Print a line for the user on stderr, apart from the result."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # what stderr is for


def ask_yes_or_no(question: str) -> bool:
    """Ask a question at the terminal, and return whether the answer is yes."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201  # a dialogue
    try:
        answer = sys.stdin.readline()
    except OSError:  # the terminal was closed
        return False
    return answer.strip().lower() in ("y", "yes")


def write(pieces: Iterable[str], path: Path | None = None) -> None:
    """Write a result to stdout, or to a file, and replace what was there.

    A newline is added to each piece that does not end with one. When a write to
    stdout fails, no more pieces are read.

    Raises:
        UsageError: the file cannot be written.
    """
    lines = (piece if piece.endswith("\n") else piece + "\n" for piece in pieces)
    if path is not None:
        write_private_file(path, lines)
        return
    for line in lines:
        sys.stdout.write(line)
        if stdout_failure() is not None:
            return
    sys.stdout.flush()
