"""The sentence on how a run ended."""

from __future__ import annotations

import pytest

from cio_pipeline.commands.headline import headline
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.runs import RunRecord


def ended(status: str, reason: str | None = None, **counts: int) -> str:
    """Return the headline of a run in the history."""
    record = RunRecord(
        run_id="r",
        command="sync",
        source="users.json",
        pid=1,
        status=status,
        reason=reason,
        started_at="2026-11-25T00:00:00+00:00",
        ended_at="2026-11-25T00:01:00+00:00",
        counts=Counts(**counts),
        duration_seconds=60.0,
    )
    return headline(record)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"records": 2, "synced": 2}, "Done: all synced."),
        ({"records": 2, "skipped": 2}, "nothing has changed"),
        ({}, "there was nothing to send"),
        ({"records": 2, "synced": 1, "dead_lettered": 1}, "1 record could not be"),
        ({"records": 2, "synced": 2, "refused_later": 2}, "refused 2 changes after"),
    ],
)
def test_a_run_of_the_history_has_the_words_of_its_summary(
    counts: dict[str, int], words: str
) -> None:
    """Its page must not call a run clean that ended with exit code 1."""
    assert words in ended("completed", **counts)


def test_a_run_that_stopped_says_why() -> None:
    """And what is left."""
    text = ended("stopped", "keys_rejected", records=3, pending=3)

    assert text == "Stopped: Customer.io rejected the keys. 3 jobs left in the queue."
