"""Checks of the columns that a table has. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.core.text import did_you_mean, nearest, shortened


def check_columns(
    path: str, names: Sequence[str], options: ReadOptions, hint: str = ""
) -> None:
    """Refuse a table of which no row could be used.

    Args:
        path: the table, for the message.
        names: its columns.
        options: which columns identify a user.
        hint: what to do if there is none; empty to show the columns.

    Raises:
        DataFileError: two columns have the same name, or none identifies a user.
    """
    for name, count in Counter(names).most_common(1):
        if count > 1:
            raise DataFileError(path, f"two columns are named {name!r}; rename one")
    # A name that is no column may be a path into one.
    known = {*names, *(name + "." for name in names)}
    ids = sorted(options.ids)
    if not ids or any(name in known or _root(name) in known for name in ids):
        return
    near = nearest(ids[0], names)
    wanted = " or ".join(map(repr, ids))
    columns = shortened(", ".join(names), 200)
    there = did_you_mean(near, ids[0]) if near else f"its columns are {columns}"
    raise DataFileError(
        path, f"it has no column {wanted}, the user id; {hint or there}"
    )


def _root(name: str) -> str:
    return name.partition(".")[0] + "."
