"""Lines that are redrawn in place: the only module that moves a cursor."""

from __future__ import annotations

import os
from typing import TextIO

from rich.console import Console, RenderableType
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

# A terminal echoes ^C behind the last line; it must not push it over the edge.
_MARGIN = 4


class LiveRegion:
    """Lines at the bottom of a terminal, redrawn in place. One thread's own.

    Args:
        file: the terminal.
        stays: whether the last ones stay when all is over.
    """

    def __init__(self, file: TextIO, *, stays: bool = False) -> None:
        self._console = open_console(file)
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
        return max(1, self._console.width - _MARGIN)

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
        self._live.start()
        self._mind_the_fold()
        if above is not None:
            self._console.print(above)
        self._live.update(Text("\n").join(lines), refresh=True)
        self._drawn, self._drawn_width = lines, self._console.width

    def end(self) -> None:
        """Leave the terminal to whoever comes next."""
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


def open_console(file: TextIO) -> Console:
    """Open a console on a terminal, as wide as that is.

    What is drawn must fit the terminal that is there, whatever width the
    environment speaks of (and rich fails on ``COLUMNS=²``).
    """
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if name not in ("COLUMNS", "LINES")
    }
    return _Console(file=file, highlight=False, _environ=surroundings)


def can_redraw(file: TextIO) -> bool:
    """Whether a stream is a terminal whose cursor can be moved."""
    has_cursor = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
    return file.isatty() and has_cursor
