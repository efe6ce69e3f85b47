"""Statistics of dead letters: causes, users, runs, times.

Their size does not depend on the number of letters or of different messages.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from cio_pipeline.core.times import DAY_SECONDS
from cio_pipeline.store.dead_letters.table import Selection

MOST_CAUSES = 20
_MOST_BUCKETS = 60
_BUCKET_SECONDS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800),
    *(
        3_600,
        7_200,
        10_800,
        21_600,
        43_200,
        DAY_SECONDS,
        2 * DAY_SECONDS,
        7 * DAY_SECONDS,
        14 * DAY_SECONDS,
    ),
)


class ReasonCount(NamedTuple):
    """How many dead letters have one reason.

    Args:
        causes: how many different statuses and messages they have.
    """

    reason: str
    letters: int
    causes: int


class CauseCount(NamedTuple):
    """How many dead letters have one reason, status and message."""

    reason: str
    http_status: int | None
    message: str
    letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When letters failed, counted in buckets of equal length.

    Args:
        bucket_seconds: the length of a bucket.
        counts: start of the bucket (Unix seconds, a multiple of the length) ->
            number of letters; without empty buckets.
    """

    bucket_seconds: int = 1
    counts: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterStatistics:
    """Statistics of the selected dead letters.

    Args:
        reasons: the most frequent first.
        causes: the `MOST_CAUSES` most frequent.
        users: how many different ones.
        runs: how many different ones.
        first_failed_at: UTC, ISO 8601; None if there are no letters.
        last_failed_at: as above.
        timeline: when they failed.
    """

    reasons: tuple[ReasonCount, ...] = ()
    causes: tuple[CauseCount, ...] = ()
    users: int = 0
    runs: int = 0
    first_failed_at: str | None = None
    last_failed_at: str | None = None
    timeline: Timeline = field(default_factory=Timeline)

    @property
    def letters(self) -> int:
        """How many letters there are."""
        return sum(reason.letters for reason in self.reasons)

    @property
    def cause_count(self) -> int:
        """How many different reasons, statuses and messages there are."""
        return sum(reason.causes for reason in self.reasons)


def read_statistics(
    connection: sqlite3.Connection, selection: Selection
) -> DeadLetterStatistics:
    """Read all statistics in one snapshot, so that they agree during a run."""
    where, values = selection.where()
    with _snapshot(connection):
        reasons = connection.execute(
            "SELECT reason, SUM(n), COUNT(*) FROM ("  # noqa: S608  # values are parameters
            f" SELECT reason, COUNT(*) AS n FROM dead_letters WHERE {where}"
            " GROUP BY reason, http_status, message"
            ") GROUP BY reason ORDER BY 2 DESC, 1",
            values,
        ).fetchall()
        causes = connection.execute(
            "SELECT reason, http_status, message, COUNT(*) FROM dead_letters"  # noqa: S608  # as above
            f" WHERE {where} GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT ?",
            [*values, MOST_CAUSES],
        ).fetchall()
        users, runs, first, last = connection.execute(
            "SELECT COUNT(DISTINCT user_id), COUNT(DISTINCT run_id),"  # noqa: S608  # as above
            f" MIN(failed_at), MAX(failed_at) FROM dead_letters WHERE {where}",
            values,
        ).fetchone()
        timeline = _read_timeline(connection, selection, first, last)
    return DeadLetterStatistics(
        reasons=tuple(map(ReasonCount._make, reasons)),
        causes=tuple(map(CauseCount._make, causes)),
        users=users,
        runs=runs,
        first_failed_at=first,
        last_failed_at=last,
        timeline=timeline,
    )


def bucket_seconds(span_seconds: float) -> int:
    """Return a length of buckets that gives at most about 60 of them."""
    for seconds in _BUCKET_SECONDS:
        if span_seconds < seconds * _MOST_BUCKETS:
            return seconds
    days = int(span_seconds // (DAY_SECONDS * _MOST_BUCKETS)) + 1
    return days * DAY_SECONDS


def _read_timeline(
    connection: sqlite3.Connection,
    selection: Selection,
    first: str | None,
    last: str | None,
) -> Timeline:
    if first is None or last is None:
        return Timeline()
    span = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    seconds = bucket_seconds(span.total_seconds())
    where, values = selection.where()
    counts = connection.execute(
        "SELECT unixepoch(failed_at) / ? * ?, COUNT(*) FROM dead_letters"  # noqa: S608  # values are parameters
        f" WHERE {where} GROUP BY 1",
        [seconds, seconds, *values],
    )
    return Timeline(bucket_seconds=seconds, counts=dict(counts.fetchall()))


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
