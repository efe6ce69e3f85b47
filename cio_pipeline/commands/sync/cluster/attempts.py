"""The counts of a shard that was started several times. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.runs import RunRecord


def attempts_since(runs: Sequence[RunRecord], before: str | None) -> list[RunRecord]:
    """Return the runs after a certain one, if each continued exactly where one ended.

    A process that was killed has not counted its last moments. Then only the last
    run is returned, whose counts are right by themselves.

    Args:
        runs: the last runs of a queue, newest first; at least one.
        before: the id of the run before the first attempt; None if there was none.

    Returns:
        The runs, oldest first.
    """
    attempts = list(takewhile(lambda run: run.run_id != before, runs))[::-1]
    is_chain = all(a.counts.pending == b.counts.resumed for a, b in pairwise(attempts))
    return attempts if attempts and is_chain else [runs[0]]


def joint_counts(attempts: Sequence[RunRecord]) -> Counts:
    """Return the counts of all attempts, as if they were one run."""
    total = sum((run.counts for run in attempts), Counts())
    first, last = attempts[0].counts, attempts[-1].counts
    return replace(total, resumed=first.resumed, pending=last.pending)
