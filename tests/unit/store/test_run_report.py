"""One run with its timeline and the runs before it, in a real SQLite file."""

from __future__ import annotations

from pathlib import Path

from cio_pipeline.store import Store
from cio_pipeline.store.run_report import read_run_report
from tests.support.builders import NOON
from tests.support.runs import put_run


def test_a_run_is_reported_with_those_before_it(tmp_path: Path) -> None:
    """The newest, or the one that was asked for."""
    with Store(tmp_path) as store:
        for name in ("r1", "r2", "r3"):
            put_run(store, name, records=100)

    newest = read_run_report(tmp_path, NOON)
    second = read_run_report(tmp_path, NOON, "r2")

    assert newest is not None
    assert newest.run is not None
    assert (newest.run.run_id, newest.run.counts.synced) == ("r3", 100)
    assert [run.run_id for run in newest.earlier] == ["r2", "r1"]
    assert not newest.is_running
    assert second is not None
    assert second.timeline is not None
    assert sum(step.counts.synced for step in second.timeline.steps) == 100
    assert [run.run_id for run in second.earlier] == ["r1"]


def test_an_unknown_run_is_none_and_no_run_is_an_empty_report(tmp_path: Path) -> None:
    """A name that was mistyped differs from a queue that is new."""
    assert read_run_report(tmp_path, NOON, "r1") is None
    report = read_run_report(tmp_path, NOON)
    assert report is not None
    assert report.run is None
