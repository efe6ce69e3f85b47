"""The counts of a run, from where they are counted to where they are read."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

from cio_pipeline.commands.status.report import status_json
from cio_pipeline.commands.sync.summary import summary_json
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.runs import RunRecord, RunSummary
from cio_pipeline.store import Heartbeat, Store
from cio_pipeline.store.status import read_status
from tests.support.builders import LOADING

NAMES = [field.name for field in fields(Counts)]
# Each count has a number of its own, so that two of them cannot be mixed up.
COUNTS = Counts(**{name: number for number, name in enumerate(NAMES, start=1)})
SUMMARY = RunSummary(
    run_id="r1", status="completed", reason=None, counts=COUNTS, duration_seconds=1.5
)
NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
MOMENT = "2026-11-24T12:00:00+00:00"


def test_the_result_has_the_keys_that_scripts_read() -> None:
    """Users' scripts depend on every name and its position."""
    assert list(json.loads(summary_json(SUMMARY))) == [
        "run_id",
        "status",
        "reason",
        "records",
        "resumed",
        "synced",
        "skipped",
        "dead_lettered",
        "left_out",
        "refused_later",
        "pending",
        "requests",
        "retries",
        "removed",
        "duration_seconds",
        "latency_ms",
    ]


def test_every_count_is_read_back_from_the_state_file(tmp_path: Path) -> None:
    """A count that the history lost would be 0, and nobody would notice."""
    start = RunRecord(
        run_id="r1", command="sync", source="d.json", pid=1, started_at=MOMENT
    )
    with Store(tmp_path) as store:
        store.start_run(start)
        begun = read_status(tmp_path, NOW)
        progress = replace(LOADING, counts=COUNTS)
        store.beat(SUMMARY, Heartbeat(written_at=MOMENT, progress=progress))
        going = read_status(tmp_path, NOW)
        store.end_run(SUMMARY, MOMENT)
        ended = read_status(tmp_path, NOW)

    assert begun.runs[0].counts == Counts()
    assert going.runs[0].counts == COUNTS
    (run,) = ended.runs
    assert run == replace(
        start,
        status="completed",
        ended_at=MOMENT,
        counts=COUNTS,
        duration_seconds=1.5,
    )
    (document,) = json.loads(status_json(ended))["runs"]
    assert {name: document[name] for name in NAMES} == {
        name: getattr(COUNTS, name) for name in NAMES
    }
    assert "counts" not in document


def test_pending_is_what_is_left_when_the_counts_balance() -> None:
    """``resumed + records = synced + skipped + dead_lettered + pending``."""
    loaded = Counts(records=10, skipped=2, dead_lettered=1)
    committed = Counts(synced=4, dead_lettered=1)

    counts = (Counts(resumed=5) + loaded + committed).balanced()

    assert counts.settled == 8
    assert counts.pending == 7
