"""Times on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cio_pipeline.core.errors import UsageError

_CLOCK = re.compile(r"([01]\d|2[0-3]|24(?=:00)):([0-5]\d)", re.ASCII)
_LATE_START = timedelta(hours=12)


def utc_time(text: str) -> str:
    """Return the time that ``-since`` has, as ISO 8601 in UTC.

    Without an offset it is UTC, as in the reports, so that a time can be copied from
    one.

    Raises:
        UsageError: it is not a time in ISO 8601.
    """
    try:
        time = datetime.fromisoformat(text)
        utc = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"-since {text!r} is not a time; expected ISO 8601, such as 2026-11-24 or"
            " 2026-11-24T14:30"
        ) from None
    return utc.isoformat(timespec="seconds")


def until_time(text: str, now: datetime) -> datetime:
    """Return the time at which ``-until HH:MM`` stops a run.

    It is the next one: a run that starts at 22:00 with ``-until 06:00`` stops in the
    next morning. But if the time passed less than 12 hours ago, a run that started late
    is likelier than one that should take until tomorrow.

    Args:
        text: the local time; ``24:00`` is the end of the day.
        now: the local time now, with its offset.

    Raises:
        UsageError: it is not such a time, or it has passed.
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise UsageError(
            f"-until {text!r} is not a time of day; expected HH:MM, such as 06:30"
        )
    local = now.replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    until = midnight + timedelta(hours=int(found[1]), minutes=int(found[2]))
    if until <= local - _LATE_START:
        until += timedelta(days=1)
    elif until <= local:
        raise UsageError(
            f"-until {text} has passed (it is {now:%H:%M} now), so nothing was sent;"
            " name a later time"
        )
    return until.astimezone(UTC)
