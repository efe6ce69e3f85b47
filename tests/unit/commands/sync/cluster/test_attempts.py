"""The counts of a shard that was started several times."""

from __future__ import annotations

from cio_pipeline.commands.sync.cluster.attempts import attempts_since, joint_counts
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.runs import RunRecord


def run(name: str, **counts: int) -> RunRecord:
    """Make a run whose counts balance."""
    return RunRecord(
        run_id=name,
        command="sync",
        source="users.json",
        pid=1,
        started_at="2026-11-25T00:00:00Z",
        counts=Counts(**counts).balanced(),
    )


OLD = run("old", records=5, synced=5)
FIRST = run("first", records=100, synced=30, dead_lettered=2)
SECOND = run("second", resumed=68, records=50, synced=118)


def test_attempts_are_counted_as_one_run() -> None:
    """What the first worker had sent before it died counts too."""
    attempts = attempts_since([SECOND, FIRST, OLD], "old")
    counts = joint_counts(attempts)

    assert attempts == [FIRST, SECOND]
    assert counts == Counts(records=150, synced=148, dead_lettered=2)
    assert counts == counts.balanced()


def test_a_run_that_was_not_counted_to_its_end_is_left_out() -> None:
    """Its last moments are missing, so the sum would not add up."""
    lost = run("lost", records=100, synced=29)

    assert attempts_since([SECOND, lost], None) == [SECOND]


def test_one_attempt_is_itself() -> None:
    """The usual case, with or without a history."""
    assert attempts_since([FIRST, OLD], "old") == [FIRST]
    assert attempts_since([FIRST], None) == [FIRST]
    assert attempts_since([FIRST], "first") == [FIRST]
    assert joint_counts([FIRST]) == FIRST.counts
