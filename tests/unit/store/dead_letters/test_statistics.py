"""Dead letters in numbers."""

from __future__ import annotations

import pytest

from cio_pipeline.store.dead_letters.statistics import bucket_seconds


@pytest.mark.parametrize(
    ("span", "length"),
    [
        (0, 1),
        (59, 1),
        (60, 2),
        (3_600, 120),
        (86_400, 1_800),
        (30 * 86_400, 86_400),
        (20 * 365 * 86_400, 122 * 86_400),
    ],
)
def test_a_timeline_has_some_dozens_of_bars(span: float, length: int) -> None:
    """For a minute as for twenty years."""
    assert bucket_seconds(span) == length
    assert span / length < 60
