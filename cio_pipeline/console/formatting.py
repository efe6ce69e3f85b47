"""Format durations, times, names and tables for people."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cio_pipeline.core.text import shortened, visible


def duration(seconds: float) -> str:
    """Return a duration: ``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def milliseconds(number: float) -> str:
    """Return how long an answer took: ``0.8 ms``, ``21 ms``, ``1.3 s``."""
    if number >= 1000:
        return f"{number / 1000:.1f} s"
    return f"{number:.0f} ms" if number >= 10 else f"{number:.1f} ms"


def full_seconds(seconds: float) -> str:
    """Return a duration as text without tenths, so that it does not flicker."""
    return f"{int(seconds)} s" if seconds < 10 else duration(seconds)


def timestamp_text(utc: str | None) -> str:
    """Return an ISO 8601 time to the second, without the T; empty for None."""
    return (utc or "")[:19].replace("T", " ")


def short_json(value: object, limit: int) -> str:
    """Return a value as JSON on one line, cut after ``limit`` characters."""
    return visible(shortened(json.dumps(value, ensure_ascii=False), limit))


def fitted(text: str, width: int) -> str:
    """Return a text cut in its middle to fit ``width`` terminal cells."""
    if cell_len(text) <= width:
        return text
    head = set_cell_size(text, max(0, width - 1) // 2).rstrip()
    tail = text
    while cell_len(tail) > max(0, width - 1 - cell_len(head)):
        tail = tail[1:]
    return f"{head}…{tail}"


def table(
    columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]], width: int
) -> str:
    """Draw a table.

    Args:
        columns: the heading and alignment of each: ``left`` or ``right``. If the
            table is too wide, the columns ``wrapped`` (continued on the next line)
            and ``cut`` (ending in an ellipsis) are narrowed first; both are aligned
            to the left.
        rows: one cell for each column; rich markup in a cell has no effect.
        width: the widest line, in terminal columns.
    """
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, side in columns:
        is_number = side == "right"
        drawn.add_column(
            heading,
            justify="right" if is_number else "left",
            overflow="fold" if side == "wrapped" else "ellipsis",
            # rich narrows the columns that may wrap first.
            no_wrap=side not in ("wrapped", "cut"),
        )
    is_cut = [side == "cut" for _, side in columns]
    for row in rows:
        cells = zip(row, is_cut, strict=True)
        drawn.add_row(*(Text(visible(cell), no_wrap=cut) for cell, cut in cells))
    file = io.StringIO()
    # No environment: rich fails on LINES=² and on a terminal of height 0.
    console = Console(
        file=file,
        width=width,
        height=25,
        color_system=None,
        legacy_windows=False,
        _environ={},
    )
    console.print(drawn)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())
