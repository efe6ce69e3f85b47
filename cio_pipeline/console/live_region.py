"""Lines that are redrawn in place; the only module that moves a cursor."""

from __future__ import annotations

import os
from typing import TextIO

from rich.console import Console, RenderableType
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

# Room for the ^C that a terminal prints after the last line.
_MARGIN = 4


class LiveRegion:
    """Lines at the bottom of a terminal, redrawn in place. For one thread.

    Args:
        file: the terminal.
        stays: whether the last lines stay on the screen at the end.
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
        """How many columns may be used; changes with the window's size."""
        return max(1, self._console.width - _MARGIN)

    @property
    def is_ascii(self) -> bool:
        """Whether the terminal supports only ASCII."""
        return self._console.options.ascii_only

    def draw(self, lines: list[Text], above: RenderableType | None = None) -> None:
        """Replace the lines.

        Args:
            lines: the new lines.
            above: printed above them; it stays on the screen.
        """
        self._live.start()
        self._clear_folded_rows()
        if above is not None:
            self._console.print(above)
        self._live.update(Text("\n").join(lines), refresh=True)
        self._drawn, self._drawn_width = lines, self._console.width

    def end(self) -> None:
        """Stop redrawing."""
        self._clear_folded_rows()
        self._live.stop()
        self._drawn = []

    def _clear_folded_rows(self) -> None:
        """Clear the extra rows into which a narrower window has folded our lines.

        rich moves up by the lines that it has drawn, but the terminal has more now.
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
    """A console that never hides the cursor: after `kill -9` it would stay hidden."""

    def show_cursor(self, show: bool = True) -> bool:  # noqa: FBT001, FBT002  # as rich declares it
        del show
        return False


def open_console(file: TextIO) -> Console:
    """Open a console that is as wide as its terminal.

    The size in the environment is ignored: it may be wrong, and rich fails on
    ``COLUMNS=²``.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("COLUMNS", "LINES")
    }
    return _Console(file=file, highlight=False, _environ=environment)


def can_redraw(file: TextIO) -> bool:
    """Return whether a stream is a terminal whose cursor can be moved."""
    has_cursor = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
    return file.isatty() and has_cursor
