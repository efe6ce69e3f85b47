"""How long to wait before a request is sent again."""

from __future__ import annotations

import math
from datetime import UTC, datetime
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


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Read a ``Retry-After`` header (RFC 9110, 10.2.3): seconds or a date.

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
        return _seconds_until(text, now)
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_WAIT_SECONDS)


def _seconds_until(http_date: str, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return min(max(0.0, (then - now).total_seconds()), LONGEST_WAIT_SECONDS)
