"""Timelines of runs, in a real SQLite file."""

from __future__ import annotations

from pathlib import Path

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.progress import Hold
from cio_pipeline.core.runs import RunRecord, RunSummary
from cio_pipeline.core.timeline import Timeline, TimelineBuilder
from cio_pipeline.store import Heartbeat, Store, open_reader
from cio_pipeline.store.timelines import read_timeline


def start(store: Store, run_id: str) -> None:
    """Start a run."""
    store.start_run(
        RunRecord(run_id=run_id, command="sync", source="d", pid=1, started_at="now")
    )


def summary_of(run_id: str, counts: Counts) -> RunSummary:
    """Return a summary."""
    return RunSummary(
        run_id=run_id,
        status="completed",
        reason=None,
        counts=counts,
        duration_seconds=1.0,
    )


def run_for(store: Store, run_id: str, seconds: int) -> Counts:
    """Run for some seconds with a heartbeat each, and return the counts."""
    start(store, run_id)
    builder = TimelineBuilder()
    counts = Counts()
    for second in range(seconds):
        new = Counts(synced=second % 3, requests=2, retries=1)
        counts += new
        builder.add(second + 0.5, new, {40: 1, 44: 1})
        if second == 1:
            builder.note_hold(1.0, Hold(kind="outage", problem="503"))
        beat = Heartbeat(written_at="now", progress=None)
        store.beat(summary_of(run_id, counts), beat, builder.take_change())
    return counts


def read(folder: Path, run_id: str) -> Timeline | None:
    """Read a timeline as another process does."""
    with open_reader(folder) as connection:
        assert connection is not None
        return read_timeline(connection, run_id)


def test_a_timeline_agrees_with_the_counts_of_the_last_heartbeat(
    tmp_path: Path,
) -> None:
    """As after a kill: there is no end, but nothing is missing up to there."""
    with Store(tmp_path) as store:
        counts = run_for(store, "r1", 1500)

    timeline = read(tmp_path, "r1")
    assert timeline is not None
    total = sum((step.counts for step in timeline.steps), Counts())
    assert total == counts
    assert timeline.latencies() == {40: 1500, 44: 1500}
    assert timeline.step_seconds == 4
    assert [hold.problem for hold in timeline.holds] == ["503"]


def test_the_last_runs_have_timelines(tmp_path: Path) -> None:
    """The disk is bounded by runs that anybody still looks at."""
    with Store(tmp_path) as store:
        for number in range(35):
            run_for(store, f"r{number}", 1)

    assert read(tmp_path, "r4") is None
    assert read(tmp_path, "r5") is not None
    assert read(tmp_path, "unknown") is None


def test_a_queue_of_an_older_version_has_no_timelines(tmp_path: Path) -> None:
    """Its runs are still shown, without a picture."""
    with Store(tmp_path):
        pass

    assert read(tmp_path, "r1") is None


def test_a_run_whose_start_could_not_be_written_has_no_timeline(
    tmp_path: Path,
) -> None:
    """The disk was full; its end must not fail for want of a table."""
    builder = TimelineBuilder()
    builder.add(0.5, Counts(synced=1), {})
    with Store(tmp_path) as store:
        store.end_run(summary_of("r1", Counts(synced=1)), "now", builder.take_change())

    assert read(tmp_path, "r1") is None


def test_a_timeline_of_a_newer_version_can_be_read(tmp_path: Path) -> None:
    """What is unknown in it is left out."""
    with Store(tmp_path) as store:
        run_for(store, "r1", 3)
        with store.queue.transaction() as tx:
            tx.execute(
                "UPDATE run_timelines SET holds ="
                ' \'[{"kind":"data","start":1,"end":2,"colour":"red"}]\''
            )

    timeline = read(tmp_path, "r1")
    assert timeline is not None
    assert [hold.kind for hold in timeline.holds] == ["data"]
