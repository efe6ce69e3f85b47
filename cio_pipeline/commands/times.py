"""Times on the command line. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from cio_pipeline.core.errors import UsageError


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
