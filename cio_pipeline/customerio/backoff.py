"""How long to wait before a request is sent again."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

BACKOFF_BASE_SECONDS = 0.5
BACKOFF_CAP_SECONDS = 60.0
# A year. No run waits longer, and `Event.wait` takes no more than 292 years.
LONGEST_WAIT_SECONDS = 31_536_000.0
# If the server's clock differs from ours by more than this, its time is ignored.
_MOST_CLOCK_SKEW = timedelta(days=30)


def backoff_seconds(attempts: int, draw: float) -> float:
    """Return a backoff with full jitter: between 0 and a ceiling that doubles.

    Args:
        attempts: the number of attempts before the one that failed, from 0.
        draw: a random number in [0, 1).
    """
    # From 2 ** 7 on the cap is smaller, and 2.0 ** 1024 would overflow.
    ceiling = BACKOFF_BASE_SECONDS * 2.0 ** min(attempts, 7)
    return draw * min(BACKOFF_CAP_SECONDS, ceiling)


def retry_after_seconds(
    value: str | None, now: datetime, date: str | None = None
) -> float | None:
    """Read a ``Retry-After`` header (RFC 9110, 10.2.3): seconds or a date.

    A date is compared with the answer's own ``Date`` (RFC 9110, 6.6.1), because both
    are from the server's clock; ours may be wrong by hours.

    Args:
        value: the header, or None.
        now: our time, in UTC; used if ``date`` is missing or absurd.
        date: the answer's ``Date`` header, or None.

    Returns:
        The seconds to wait, at most a year; 0 for a date in the past; None if there is
        no header or it cannot be read.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text, server_time(date, now))
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_WAIT_SECONDS)


def server_time(date: str | None, now: datetime) -> datetime:
    """Return the time of a ``Date`` header; ours if it is missing or absurd."""
    then = None if date is None else _read_date(date)
    if then is None or abs(then - now) > _MOST_CLOCK_SKEW:
        return now
    return then


def _read_date(http_date: str) -> datetime | None:
    try:
        then = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return None
    return then if then.tzinfo is not None else then.replace(tzinfo=UTC)


def _seconds_until(http_date: str, now: datetime) -> float | None:
    then = _read_date(http_date)
    if then is None:
        return None
    return min(max(0.0, (then - now).total_seconds()), LONGEST_WAIT_SECONDS)
