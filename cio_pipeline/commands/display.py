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
from typing import Protocol, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text
from structlog.typing import FilteringBoundLogger

from cio_pipeline import logs
from cio_pipeline.commands.common import file_level, log_level
from cio_pipeline.progress import Progress
from cio_pipeline.reports import EventLines, progress_lines

# A terminal echoes ^C behind the last line; it must not push it over the edge.
_MARGIN = 4


class Redrawn:
    """Lines at the bottom of a terminal, redrawn in place. One thread's own.

    Args:
        file: the terminal.
        stays: whether the last ones stay when all is over.
    """

    def __init__(self, file: TextIO, *, stays: bool = False) -> None:
        # What is redrawn must fit the terminal that is there, whatever width the
        # environment speaks of.
        surroundings = {
            name: value
            for name, value in os.environ.items()
            if name not in ("COLUMNS", "LINES")
        }
        self._console = _Console(file=file, highlight=False, _environ=surroundings)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=not stays,
            redirect_stdout=False,
        )
        self._drawn: list[Text] = []
        self._drawn_width = 0

    @property
    def width(self) -> int:
        """How many columns may be used; it changes with the window."""
        return self._console.width - _MARGIN

    @property
    def is_ascii(self) -> bool:
        """Whether the terminal knows nothing but ASCII."""
        return self._console.options.ascii_only

    def draw(self, lines: list[Text], above: RenderableType | None = None) -> None:
        """Draw lines in the stead of those that stand there.

        Args:
            lines: what to show.
            above: what to print over them, to stay.
        """
        # A terminal that has gone is no reason to end a run.
        with contextlib.suppress(OSError, ValueError):
            self._live.start()
            self._mind_the_fold()
            if above is not None:
                self._console.print(above)
            self._live.update(Text("\n").join(lines), refresh=True)
            self._drawn, self._drawn_width = lines, self._console.width

    def end(self) -> None:
        """Leave the terminal to whoever comes next."""
        with contextlib.suppress(OSError, ValueError):
            self._mind_the_fold()
            self._live.stop()
            self._drawn = []

    def _mind_the_fold(self) -> None:
        """Take back the rows that a narrowed window has folded our lines into.

        rich goes up by the lines it has drawn; the terminal has more by now.
        """
        width = self._console.width
        if width >= self._drawn_width or width < 1:
            return
        rows = sum(max(1, -(-line.cell_len // width)) for line in self._drawn)
        for _ in range(rows - len(self._drawn)):
            self._console.control(
                Control((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
            )
        self._drawn_width = width


class _Console(Console):
    """A console that never hides the cursor: `kill -9` could not bring it back."""

    def show_cursor(self, show: bool = True) -> bool:  # noqa: FBT001, FBT002  # as rich declares it
        del show
        return False


def can_redraw(file: TextIO) -> bool:
    """Whether a stream is a terminal whose cursor can be moved."""
    has_cursor = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
    return file.isatty() and has_cursor


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
            level=log_level(self._arguments, otherwise="info"),
            format=self._arguments.log_format,
            stream=sys.stderr,
            secrets=secrets,
            file=self._arguments.log_file,
            file_level=file_level(self._arguments),
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
        self._redrawn = Redrawn(sys.stderr)
        self._log_lines = _Waiting()

    def configure_log(self, secrets: list[str]) -> FilteringBoundLogger:
        """Set logging up so that its lines wait for the next redraw."""
        return logs.configure(
            level=log_level(self._arguments, otherwise="warning"),
            format="console",
            stream=self._log_lines,
            secrets=secrets,
            renderer=EventLines(),
            file=self._arguments.log_file,
            file_level=file_level(self._arguments),
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
            with contextlib.suppress(OSError, ValueError):
                Console(file=sys.stderr, highlight=False).print(left)


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
