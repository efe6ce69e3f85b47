"""The table of what dead letters have in common."""

from __future__ import annotations

from cio_pipeline.console.formatting import (
    table,
)
from cio_pipeline.core.text import (
    counted,
)
from cio_pipeline.store import (
    CauseCount,
    Survey,
)


def cause_row(cause: CauseCount) -> list[str]:
    """Give a cause as a table's row: how many, reason, status, message."""
    status = "" if cause.http_status is None else str(cause.http_status)
    return [f"{cause.letters:,}", cause.reason, status, cause.message]


_SHOWN_CAUSES = 3


CAUSE_COLUMNS = (
    ("records", "right"),
    ("reason", "left"),
    ("status", "right"),
    ("message", "cut"),
)


def common_causes(survey: Survey, width: int) -> list[str]:
    """Return the lines of a table of the most frequent causes."""
    rows = [cause_row(cause) for cause in survey.causes[:_SHOWN_CAUSES]]
    drawn = table(CAUSE_COLUMNS, rows, width - 2)
    lines = [f"  {line}" for line in drawn.splitlines()]
    rarer = survey.cause_count - _SHOWN_CAUSES
    return [*lines, f"  and {counted(rarer, 'rarer cause')}"] if rarer > 0 else lines
