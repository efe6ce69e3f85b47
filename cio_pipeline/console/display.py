"""What a run shows on stderr: a live display, or log lines only."""

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
    """Shows a run's progress."""

    def configure_log(self, secrets: list[str]) -> FilteringBoundLogger:
        """Set up logging so that log lines and the display do not mix."""

    def show(self, progress: Progress) -> None:
        """Show the run's progress."""

    def abandon(self) -> None:
        """Prepare for an exit at once; called by a signal handler."""

    def __enter__(self) -> Self: ...  # shows nothing yet
    def __exit__(self, *_: object) -> None: ...  # removes the live lines


def open_display(arguments: argparse.Namespace) -> Display:
    """Return a live display if stderr is a terminal, else one of log lines."""
    is_live = (
        can_redraw(sys.stderr)
        and arguments.log_format == "auto"
        and not arguments.quiet
    )
    return LiveDisplay(arguments) if is_live else LinesDisplay(arguments)


class LinesDisplay:
    """Log lines only, progress among them."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments

    def configure_log(self, secrets: list[str]) -> FilteringBoundLogger:
        """Set up logging to stderr."""
        return logs.configure(
            level=_log_level(self._arguments, default="info"),
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
    """A few lines that are redrawn, with the log's warnings above them.

    Args:
        arguments: the command line.
        now: returns the local time.
    """

    def __init__(
        self,
        arguments: argparse.Namespace,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._arguments = arguments
        self._now = now
        self._region = LiveRegion(sys.stderr)
        self._log_lines = _LineBuffer()

    def configure_log(self, secrets: list[str]) -> FilteringBoundLogger:
        """Set up logging so that its lines wait for the next redraw."""
        return logs.configure(
            level=_log_level(self._arguments, default="warning"),
            format="console",
            stream=self._log_lines,
            secrets=secrets,
            renderer=EventLines(),
            file=self._arguments.log_file,
            file_level=_file_level(self._arguments),
        )

    def show(self, progress: Progress) -> None:
        """Redraw, and print the new log lines above."""
        region = self._region
        lines = progress_lines(
            progress, now=self._now(), width=region.width, is_ascii=region.is_ascii
        )
        region.draw(lines, self._log_lines.take())

    def abandon(self) -> None:
        """Start a new line for the shell's prompt."""
        with contextlib.suppress(OSError):
            os.write(sys.stderr.fileno(), b"\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._region.end()
        left = self._log_lines.take()
        if left is not None:
            open_console(sys.stderr).print(left)


def _log_level(arguments: argparse.Namespace, *, default: str) -> str:
    if arguments.quiet:
        return "error"
    return str(arguments.log_level or default)


def _file_level(arguments: argparse.Namespace) -> str:
    # The file has the same lines with a live display as without one.
    return str(arguments.log_level or "info")


class _LineBuffer(io.StringIO):
    """A stream that keeps lines for the thread that draws. Thread-safe.

    So consumers never wait for the terminal, and only one thread moves its cursor.
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
        """Return the new lines, ready to print; None if there are none."""
        lines = []
        while self._lines:
            line = Text(self._lines.popleft().rstrip("\n"))
            line.highlight_regex(r"(?<=^[\d:]{8} )warning:", "yellow")
            line.highlight_regex(r"(?<=^[\d:]{8} )error:", "red")
            lines.append(line)
        return Group(*lines) if lines else None
