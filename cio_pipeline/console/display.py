"""What a run shows on stderr while it goes: a live display, or log lines alone."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, Self

from rich.console import Group
from rich.text import Text
from structlog.typing import FilteringBoundLogger

from cio_pipeline.console import logs
from cio_pipeline.console.live_region import LiveRegion, can_redraw, open_console
from cio_pipeline.console.log_lines import EventLines
from cio_pipeline.console.progress_view import progress_lines
from cio_pipeline.core.progress import Progress


class Display(Protocol):
    """What shows a run while it goes."""

    def configure_log(self, secrets: list[str]) -> FilteringBoundLogger:
        """Set logging up so that it and the display do not tear each other."""

    def show(self, progress: Progress) -> None:
        """Take note of how the run stands."""

    def abandon(self) -> None:
        """Make way for a process that ends at once; called by a signal handler."""

    def __enter__(self) -> Self: ...  # shows nothing yet
    def __exit__(self, *_: object) -> None: ...  # leaves all clean


def open_display(arguments: argparse.Namespace) -> Display:
    """Choose what a run shows: a live display where somebody can see it."""
    is_live = (
        can_redraw(sys.stderr)
        and arguments.log_format == "auto"
        and not arguments.quiet
    )
    return LiveDisplay(arguments) if is_live else LinesDisplay(arguments)


class LinesDisplay:
    """Log lines alone, progress among them.

    Args:
        arguments: the command line.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments

    def configure_log(self, secrets: list[str]) -> FilteringBoundLogger:
        """Set logging up, straight to stderr."""
        return logs.configure(
            level=_log_level(self._arguments, otherwise="info"),
            format=self._arguments.log_format,
            stream=sys.stderr,
            secrets=secrets,
            file=self._arguments.log_file,
            file_level=_file_level(self._arguments),
        )

    def show(self, progress: Progress) -> None:
        """Do nothing: the log has a line every few seconds."""

    def abandon(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class LiveDisplay:
    """A few lines that are redrawn, the log's warnings above them.

    Args:
        arguments: the command line.
        now: gives the local time.
    """

    def __init__(
        self,
        arguments: argparse.Namespace,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._arguments = arguments
        self._now = now
        self._redrawn = LiveRegion(sys.stderr)
        self._log_lines = _Waiting()

    def configure_log(self, secrets: list[str]) -> FilteringBoundLogger:
        """Set logging up so that its lines wait for the next redraw."""
        return logs.configure(
            level=_log_level(self._arguments, otherwise="warning"),
            format="console",
            stream=self._log_lines,
            secrets=secrets,
            renderer=EventLines(),
            file=self._arguments.log_file,
            file_level=_file_level(self._arguments),
        )

    def show(self, progress: Progress) -> None:
        """Redraw, and print the log's lines since the last time above it."""
        redrawn = self._redrawn
        lines = progress_lines(
            progress,
            now=self._now(),
            width=redrawn.width,
            is_ascii=redrawn.is_ascii,
        )
        redrawn.draw(lines, self._log_lines.take())

    def abandon(self) -> None:
        """Begin a new line, so that the shell's prompt stands on its own."""
        with contextlib.suppress(OSError):
            os.write(sys.stderr.fileno(), b"\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._redrawn.end()
        left = self._log_lines.take()
        if left is not None:
            open_console(sys.stderr).print(left)


def _log_level(arguments: argparse.Namespace, *, otherwise: str) -> str:
    if arguments.quiet:
        return "error"
    return str(arguments.log_level or otherwise)


def _file_level(arguments: argparse.Namespace) -> str:
    # No less than ever, beside a live display that says less.
    return str(arguments.log_level or "info")


class _Waiting(io.StringIO):
    """A stream whose lines wait for the one thread that draws. Thread-safe.

    Consumers so never wait for the terminal, and nobody else moves its cursor.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[str] = deque(maxlen=1000)

    def write(self, text: str) -> int:
        self._lines.append(text)
        return len(text)

    def isatty(self) -> bool:
        return True

    def take(self) -> Group | None:
        """Give what has come, ready to be printed; None for nothing."""
        lines = []
        while self._lines:
            line = Text(self._lines.popleft().rstrip("\n"))
            line.highlight_regex(r"(?<=^[\d:]{8} )warning:", "yellow")
            line.highlight_regex(r"(?<=^[\d:]{8} )error:", "red")
            lines.append(line)
        return Group(*lines) if lines else None
