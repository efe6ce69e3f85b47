"""Where a command's words go: the result to stdout or a file, all else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from cio_pipeline.console.private_file import write_private_file
from cio_pipeline.console.standard_streams import stdout_failure

_WIDTH_OF_A_PIPE = 100
_WIDTH_OF_A_TERMINAL = 80  # one that does not know its own
_NARROWEST = 20


def width() -> int:
    """Return how wide a line of the result may be, in columns.

    A terminal may have no columns (``docker run -t``), or fewer than a table needs.
    """
    if not sys.stdout.isatty():
        return _WIDTH_OF_A_PIPE
    try:
        columns = os.get_terminal_size().columns
    except OSError:  # it has just gone
        columns = 0
    return max(_NARROWEST, columns or _WIDTH_OF_A_TERMINAL)


def say(text: str) -> None:
    """Tell a person something beside the result, on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # what stderr is for


def is_agreed(question: str) -> bool:
    """Ask a person at a terminal a question; only a yes is a yes."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201  # a dialogue
    try:
        answer = sys.stdin.readline()
    except OSError:  # the terminal has gone
        return False
    return answer.strip().lower() in ("y", "yes")


def write(pieces: Iterable[str], path: Path | None = None) -> None:
    """Write a result to stdout, or to a file that replaces what was there.

    A piece without an end of line gets one. Once stdout takes no more, no more
    pieces are made.

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
