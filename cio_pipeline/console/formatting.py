"""Spans, names and tables as people read them."""

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
    """Say a span of time: ``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def span(seconds: float) -> str:
    """Say a span of time in whole seconds, so that it does not flicker."""
    return f"{int(seconds)} s" if seconds < 10 else duration(seconds)


def moment(utc: str | None) -> str:
    """Say a UTC time in ISO 8601 for people, to the second; nothing for None."""
    return (utc or "")[:19].replace("T", " ")


def json_shown(value: object, most: int) -> str:
    """Return a value as JSON on one line, of so many characters at most."""
    return visible(shortened(json.dumps(value, ensure_ascii=False), most))


def fitted(text: str, width: int) -> str:
    """Shorten a text in its middle, where a name says least, to so many cells."""
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
    """Draw a table, as wide as it must be and no wider than told.

    Args:
        columns: each one's heading, and ``left`` or ``right``; or, to the left too,
            what gives way first where the table is too wide: ``wrapped`` goes on
            on the next line, ``cut`` ends in an ellipsis.
        rows: the cells, one for each column; their text is never taken for markup.
        width: the widest line, in terminal columns.
    """
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, side in columns:
        is_number = side == "right"
        drawn.add_column(
            heading,
            justify="right" if is_number else "left",
            overflow="fold" if side == "wrapped" else "ellipsis",
            # rich narrows columns that may wrap before it narrows others.
            no_wrap=side not in ("wrapped", "cut"),
        )
    is_cut = [side == "cut" for _, side in columns]
    for row in rows:
        cells = zip(row, is_cut, strict=True)
        drawn.add_row(*(Text(visible(cell), no_wrap=cut) for cell, cut in cells))
    file = io.StringIO()
    # Without the environment: rich fails on LINES=²; and a terminal of no height.
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
