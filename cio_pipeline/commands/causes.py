"""The table of the causes of dead letters."""

from __future__ import annotations

from collections.abc import Sequence

from cio_pipeline.console.formatting import table
from cio_pipeline.core.text import counted
from cio_pipeline.store import CauseCount, DeadLetterStatistics

_SHOWN_CAUSES = 3


def cause_table(
    causes: Sequence[CauseCount], width: int, *, heading: str, message: str
) -> str:
    """Return a table of causes: count, reason, HTTP status, message.

    Args:
        causes: one for each row.
        width: the widest line, in columns.
        heading: what is counted.
        message: how a message that is too long is shown: ``cut`` or ``wrapped``.
    """
    columns = (
        (heading, "right"),
        ("reason", "left"),
        ("status", "right"),
        ("message", message),
    )
    return table(columns, [_row(cause) for cause in causes], width)


def common_causes(statistics: DeadLetterStatistics, width: int) -> list[str]:
    """Return the lines of a table of the most frequent causes."""
    shown = statistics.causes[:_SHOWN_CAUSES]
    drawn = cause_table(shown, width - 2, heading="records", message="cut")
    lines = [f"  {line}" for line in drawn.splitlines()]
    rarer = statistics.cause_count - _SHOWN_CAUSES
    return [*lines, f"  and {counted(rarer, 'rarer cause')}"] if rarer > 0 else lines


def _row(cause: CauseCount) -> list[str]:
    status = "" if cause.http_status is None else str(cause.http_status)
    return [f"{cause.letters:,}", cause.reason, status, cause.message]
