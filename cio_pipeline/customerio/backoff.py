"""How long to wait before a request is sent again."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

BACKOFF_BASE_SECONDS = 0.5


BACKOFF_CAP_SECONDS = 60.0


# A server that asks for more is not waited for anyway, and an event takes no more
# than 292 years.
LONGEST_WAIT_SECONDS = 31_536_000.0


def backoff_seconds(attempts: int, draw: float) -> float:
    """Full jitter: anywhere between nothing and a ceiling that doubles.

    Args:
        attempts: attempts made before the one that failed, from 0.
        draw: a random number in [0, 1).
    """
    # Past 2 ** 7 the cap holds anyway, and 2.0 ** 1024 would overflow.
    ceiling = BACKOFF_BASE_SECONDS * 2.0 ** min(attempts, 7)
    return draw * min(BACKOFF_CAP_SECONDS, ceiling)


# A server's clock that is further from ours than this is not believed.
_MOST_CLOCK_SKEW = timedelta(days=30)


def retry_after_seconds(
    value: str | None, now: datetime, date: str | None = None
) -> float | None:
    """Read a ``Retry-After`` header (RFC 9110, 10.2.3): seconds or a date.

    A date counts from the answer's own ``Date`` (RFC 9110, 6.6.1): both are by the
    server's clock, and ours may be wrong by hours.

    Args:
        value: the header, or None.
        now: our time, in UTC; it counts where ``date`` is missing or absurd.
        date: the answer's ``Date`` header, or None.

    Returns:
        The seconds to wait, a year at most, 0 for a date gone by, None where
        there is no header or none that can be read.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text, _server_time(date, now))
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_WAIT_SECONDS)


def _server_time(date: str | None, now: datetime) -> datetime:
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
