"""Times on the command line."""

from __future__ import annotations

import pytest

from cio_pipeline.commands.times import utc_time
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
