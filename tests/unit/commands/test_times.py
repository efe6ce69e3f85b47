"""Times on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cio_pipeline.commands.times import until_time, utc_time
from cio_pipeline.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-24", "2026-11-24T00:00:00+00:00"),
        ("2026-11-24T14:30", "2026-11-24T14:30:00+00:00"),
        ("2026-11-24T14:30:00+02:00", "2026-11-24T12:30:00+00:00"),
    ],
)
def test_since_is_utc_without_an_offset(text: str, utc: str) -> None:
    """As in the reports, from which times are copied."""
    assert utc_time(text) == utc


@pytest.mark.parametrize("text", ["yesterday", "", "0001-01-01T00:00+23:00"])
def test_another_text_is_refused(text: str) -> None:
    """With an example."""
    with pytest.raises(UsageError, match="expected ISO 8601"):
        utc_time(text)


@pytest.mark.parametrize(
    ("now", "text", "hours"),
    [
        ("12:00", "12:01", 1 / 60),
        ("12:00", "23:00", 11),
        ("00:30", "23:30", 23),
        ("22:00", "06:00", 8),
        ("12:00", "00:00", 12),
        ("12:00", "24:00", 12),
        ("23:59", "00:30", 31 / 60),
    ],
)
def test_until_is_the_next_time_of_that_name(now: str, text: str, hours: float) -> None:
    """A run of the night stops in the morning after."""
    local = datetime.fromisoformat(f"2026-11-24T{now}").astimezone()

    assert until_time(text, local) - local.astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "text"), [("12:00", "12:00"), ("12:00", "11:59"), ("07:00", "06:00")]
)
def test_a_time_that_has_just_passed_is_refused(now: str, text: str) -> None:
    """The run started late; it should not take until tomorrow."""
    local = datetime.fromisoformat(f"2026-11-24T{now}").astimezone()

    with pytest.raises(UsageError, match=f"-until {text} has passed .it is {now} now"):
        until_time(text, local)


@pytest.mark.parametrize("text", ["6:00", "25:00", "24:01", "12:60", "noon", "", "12"])
def test_another_time_of_day_is_refused(text: str) -> None:
    """With an example."""
    with pytest.raises(UsageError, match="expected HH:MM"):
        until_time(text, datetime.now().astimezone())
