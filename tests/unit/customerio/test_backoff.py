"""How long to wait: `Retry-After`, or a random time below a ceiling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.jobs import Reply, Retryable
from cio_pipeline.customerio.backoff import (
    BACKOFF_CAP_SECONDS,
    LONGEST_WAIT_SECONDS,
    backoff_seconds,
    retry_after_seconds,
    server_time,
)
from cio_pipeline.customerio.outcome import judge

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("2", 2.0),
        (" 3 ", 3.0),
        ("1.5", 1.5),
        ("Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 13:00:09 +0100", 9.0),
        ("Tue, 24 Nov 2026 12:00:09 -0000", 9.0),
        ("1e300", LONGEST_WAIT_SECONDS),
        ("99999999999", LONGEST_WAIT_SECONDS),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT_SECONDS),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_of_its_forms(
    value: str | None, seconds: float | None
) -> None:
    """RFC 9110, 10.2.3; a value that cannot be read counts as missing."""
    assert retry_after_seconds(value, NOW) == seconds


@pytest.mark.parametrize(
    ("date", "value", "seconds"),
    [
        # The server's clock is an hour ahead, an hour behind, a week ahead.
        ("Tue, 24 Nov 2026 13:00:00 GMT", "Tue, 24 Nov 2026 13:00:02 GMT", 2.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", "Tue, 24 Nov 2026 11:00:02 GMT", 2.0),
        ("Tue, 01 Dec 2026 12:00:00 GMT", "Tue, 01 Dec 2026 12:01:00 GMT", 60.0),
        ("Tue, 24 Nov 2026 14:00:00 +0100", "Tue, 24 Nov 2026 13:00:02 GMT", 2.0),
        ("Tue, 24 Nov 2026 13:00:00 GMT", "Tue, 24 Nov 2026 12:59:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 13:00:00 GMT", "7", 7.0),
        ("Tue, 24 Nov 2026 13:00:00 GMT", "soon", None),
        # If it is absurd or unreadable, our time counts.
        ("Thu, 01 Jan 1970 00:00:00 GMT", "Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("today", "Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("", "Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        (
            "Tue, 24 Nov 2026 13:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            LONGEST_WAIT_SECONDS,
        ),
    ],
)
def test_a_retry_after_date_counts_from_the_answers_own_date(
    date: str, value: str, seconds: float | None
) -> None:
    """With a wrong local clock, seconds would become an hour, or nothing."""
    outcome = judge(Reply(429, retry_after=value, date=date), NOW)

    assert isinstance(outcome, Retryable)
    assert outcome.at_least_seconds == (seconds or 0.0)
    assert retry_after_seconds(value, NOW, date) == seconds


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_is_full_jitter_under_a_doubling_capped_ceiling(
    attempts: int, draw: float
) -> None:
    """2 ** attempts must not overflow."""
    wait = backoff_seconds(attempts, draw)

    assert 0 <= wait <= min(BACKOFF_CAP_SECONDS, 0.5 * 2 ** min(attempts, 20))


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    """The documented times: half a second, then twice as long each time."""
    ceilings = [backoff_seconds(attempts, 1.0) for attempts in range(9)]

    assert ceilings == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


def test_without_a_date_our_time_is_the_servers() -> None:
    """Answers of proxies often have none."""
    assert server_time(None, NOW) == NOW
    assert server_time("Tue, 24 Nov 2026 13:00:00 GMT", NOW) == NOW + timedelta(hours=1)
    assert server_time("Thu, 24 Dec 2026 12:00:00 GMT", NOW) == NOW + timedelta(days=30)
    assert server_time("Thu, 24 Dec 2026 12:00:01 GMT", NOW) == NOW
