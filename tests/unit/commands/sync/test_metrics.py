"""The file for Prometheus, read back with Prometheus's own parser."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from cio_pipeline.commands.sync.metrics import RunMetrics
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.latency import Latencies
from cio_pipeline.core.runs import RunSummary

_RUN = RunSummary(
    run_id="r1",
    status="stopped",
    reason="unreachable",
    counts=Counts(
        records=100,
        resumed=7,
        synced=60,
        skipped=3,
        dead_lettered=4,
        pending=40,
        requests=70,
        retries=9,
    ),
    duration_seconds=12.5,
)
_LABELS = {"site_id": 'a "b"\\', "shard": "1/3"}


def make_metrics(
    path: Path, log: Any = None, latencies: Latencies | None = None
) -> RunMetrics:
    """Metrics of a queue that has ended runs before."""
    return RunMetrics(
        path,
        labels=_LABELS,
        latencies=latencies or Latencies(),
        last_success=1000.0,
        last_completed=2000.0,
        log=log or structlog.get_logger(),
    )


def read(path: Path) -> dict[str, dict[str, float]]:
    """Read a file: names to values, by what is labelled beside the queue."""
    values: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(path.read_text("utf-8")):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert {name: labels.pop(name) for name in _LABELS} == _LABELS
            values.setdefault(sample.name, {})["".join(labels.values())] = sample.value
    return values


def test_a_run_that_stopped(tmp_path: Path) -> None:
    """Every number of the result, and what ended it."""
    path = tmp_path / "run.prom"

    make_metrics(path).end(_RUN, {"rejected": 3, "not_found": 1}, 3)

    values = read(path)
    assert values.pop("cio_pipeline_run_start_timestamp_seconds")[""] > 1e9
    assert values == {
        "cio_pipeline_run_status": {
            "running": 0,
            "completed": 0,
            "completed_with_dead_letters": 0,
            "stopped": 1,
        },
        "cio_pipeline_run_stop_reason": {"unreachable": 1},
        "cio_pipeline_run_exit_code": {"": 3},
        "cio_pipeline_run_duration_seconds": {"": 12.5},
        "cio_pipeline_last_success_timestamp_seconds": {"": 1000},
        "cio_pipeline_last_completed_timestamp_seconds": {"": 2000},
        "cio_pipeline_records_total": {"": 100},
        "cio_pipeline_resumed_total": {"": 7},
        "cio_pipeline_synced_total": {"": 60},
        "cio_pipeline_skipped_total": {"": 3},
        "cio_pipeline_requests_total": {"": 70},
        "cio_pipeline_retries_total": {"": 9},
        "cio_pipeline_removed_total": {"": 0},
        "cio_pipeline_dead_letters_total": {"rejected": 3, "not_found": 1},
        "cio_pipeline_pending_jobs": {"": 40},
    }


def test_names_and_types_are_as_prometheus_wants_them(tmp_path: Path) -> None:
    """Counters end in _total, nothing else does; base units; all have a help."""
    path = tmp_path / "run.prom"
    latencies = Latencies()
    latencies.add(0.02)
    latencies.take()
    make_metrics(path, latencies=latencies).end(_RUN, {"rejected": 3}, 3)

    text = path.read_text("utf-8")
    for family in text_string_to_metric_families(text):
        assert re.fullmatch(r"cio_pipeline_[a-z_]+", family.name)
        assert family.type in ("counter", "gauge", "histogram")
        assert family.documentation.endswith(".")
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")


def test_while_it_runs_there_is_no_exit_code(tmp_path: Path) -> None:
    """And the last success stays known."""
    path = tmp_path / "run.prom"

    make_metrics(path).beat(_RUN, {})

    values = read(path)
    assert values["cio_pipeline_run_status"]["running"] == 1
    assert values["cio_pipeline_last_success_timestamp_seconds"] == {"": 1000}
    assert "cio_pipeline_run_exit_code" not in values


@pytest.mark.parametrize(("code", "moved"), [(0, 2), (1, 1), (3, 0), (130, 0)])
def test_only_a_good_end_moves_the_moments(
    tmp_path: Path, code: int, moved: int
) -> None:
    """What an alert on a job that stopped working looks at."""
    path = tmp_path / "run.prom"

    make_metrics(path).end(_RUN, {}, code)

    values = read(path)
    moments = [
        values[f"cio_pipeline_last_{which}_timestamp_seconds"][""]
        for which in ("success", "completed")
    ]
    assert sum(moment > 1e9 for moment in moments) == moved


def test_beats_are_not_written_more_often_than_they_are_collected(
    tmp_path: Path,
) -> None:
    """A beat comes every second; the file is written every ten."""
    path = tmp_path / "run.prom"
    metrics = make_metrics(path)
    metrics.beat(_RUN, {})
    path.unlink()

    metrics.beat(_RUN, {})

    assert not path.exists()


def test_a_file_that_cannot_be_written_is_one_warning(tmp_path: Path) -> None:
    """The run matters more; and nothing is left behind."""
    with structlog.testing.capture_logs() as logged:
        metrics = make_metrics(tmp_path / "no" / "run.prom")
        for _ in range(3):
            metrics.end(_RUN, {}, 0)

    assert [entry["event"] for entry in logged] == ["metrics_unwritable"]
    assert logged[0]["problem"] == "No such file or directory"
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_regular_file_is_never_replaced(tmp_path: Path) -> None:
    """A device or a pipe is not ours: as root it would be gone for everybody."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with structlog.testing.capture_logs() as logged:
        make_metrics(path).end(_RUN, {}, 0)

    assert path.is_fifo()
    assert [entry["event"] for entry in logged] == ["metrics_unwritable"]


def test_the_times_of_answers_are_a_histogram(tmp_path: Path) -> None:
    """Prometheus makes the percentiles of many runs from it."""
    latencies = Latencies()
    for seconds in (0.0001, 0.02, 0.02, 0.3, 1000.0):
        latencies.add(seconds)
    latencies.take()
    path = tmp_path / "cio.prom"

    make_metrics(path, latencies=latencies).end(_RUN, {}, 0)

    values = read(path)
    assert values["cio_pipeline_answer_seconds_count"] == {"": 5}
    assert values["cio_pipeline_answer_seconds_sum"][""] == pytest.approx(1000.3401)
    buckets = {
        float(bound): below
        for bound, below in values["cio_pipeline_answer_seconds_bucket"].items()
    }
    assert buckets[0.0005] == 1
    assert buckets[0.016] == 1
    assert buckets[0.032] == 3
    assert buckets[0.512] == 4
    assert buckets[float("inf")] == 5
    assert list(buckets.values()) == sorted(buckets.values())
