"""The dead-letter report as a page for a browser, written as a stream.

The letters are in it as JSON data, not as markup; its script draws a hundred at a
time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from cio_pipeline.commands.dead_letters.advice import Asked, advice_on
from cio_pipeline.commands.dead_letters.timeline import timeline_plot
from cio_pipeline.console.pages.page import Page
from cio_pipeline.core.jobs import DeadLetter, JsonValue
from cio_pipeline.core.operations import operation_of
from cio_pipeline.store import CauseCount, DeadLetterStatistics, ReasonCount

# Browsers can open a page of a few hundred megabytes. The counts are of all letters.
MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class _ReasonGroup:
    """One reason and its shown causes, with their indexes."""

    counted: ReasonCount
    causes: tuple[tuple[int, CauseCount], ...]

    @property
    def rarer_causes(self) -> int:
        return self.counted.causes - len(self.causes)

    @property
    def rarer_letters(self) -> int:
        return self.counted.letters - sum(cause.letters for _, cause in self.causes)


def dead_letter_page(
    statistics: DeadLetterStatistics,
    letters: Iterable[DeadLetter],
    *,
    limit: int | None,
    asked: Asked,
    now: datetime,
) -> Iterator[str]:
    """Return the page, some lines at a time.

    Args:
        statistics: the counts and causes of the letters.
        letters: the rows.
        limit: how many rows to show; None for `MOST_ROWS`.
        asked: the command line, for the commands to type next.
        now: the time that the page shows, in UTC.
    """
    shown = min(limit or MOST_ROWS, statistics.letters)
    has_letters = statistics.letters > 0
    return Page("cio_pipeline.commands.dead_letters", "dead_letters").render(
        statistics=statistics,
        groups=_by_reason(statistics),
        most_letters=max((cause.letters for cause in statistics.causes), default=1),
        chart=timeline_plot(statistics.timeline) if has_letters else None,
        rows=map(_row, islice(letters, shown)),
        shown=shown,
        asked=asked,
        advice_on=advice_on,
        now=f"{now:%Y-%m-%d %H:%M}",
    )


def _by_reason(statistics: DeadLetterStatistics) -> list[_ReasonGroup]:
    numbered = list(enumerate(statistics.causes))
    return [
        _ReasonGroup(
            counted=each,
            causes=tuple(pair for pair in numbered if pair[1].reason == each.reason),
        )
        for each in statistics.reasons
    ]


def _row(letter: DeadLetter) -> list[JsonValue]:
    # The payload as text: JSON.parse would round large integers.
    return [
        letter.id,
        letter.user_id,
        letter.record_index,
        letter.source,
        letter.reason,
        letter.http_status,
        letter.message,
        letter.attempts,
        letter.failed_at,
        letter.run_id,
        json.dumps(letter.payload, ensure_ascii=False),
        operation_of(letter.operation).label,
    ]
