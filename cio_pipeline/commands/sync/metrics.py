"""Write a run's metrics to a file that Prometheus's node_exporter collects.

The file is replaced every few seconds and at the end. A failure to write it is logged
once and does not affect the run.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from structlog.typing import FilteringBoundLogger

from cio_pipeline.console.private_file import replace_file
from cio_pipeline.core.latency import (
    BUCKETS_OF_A_DOUBLING,
    LAST_BUCKET,
    Latencies,
    upper_bound,
)
from cio_pipeline.core.runs import RunSummary

_WRITE_SECONDS = 10.0
_STATUSES = ("running", "completed", "completed_with_dead_letters", "stopped")
_GAUGES = {
    "run_start_timestamp_seconds": "When the last run started.",
    "run_duration_seconds": "How long the last run has taken.",
    "run_exit_code": "The exit code of the last run.",
    "last_success_timestamp_seconds": (
        "When a run last ended with everything synced (exit code 0)."
    ),
    "last_completed_timestamp_seconds": (
        "When a run last completed, with or without dead letters (exit code 0 or 1)."
    ),
}
_COUNTERS = {  # the keys are fields of `Counts`
    "records": "Records read from the data file by the last run.",
    "resumed": "Jobs of earlier runs that the last run found in the queue.",
    "synced": "Jobs that Customer.io accepted in the last run.",
    "skipped": "Records that the last run skipped as unchanged.",
    "requests": "Requests that the last run sent.",
    "retries": "Requests of the last run that repeated one that had failed.",
    "removed": "Deletions and suppressions among the synced jobs of the last run.",
}


class RunMetrics:
    """Writes the metrics file of one run. For one thread.

    Args:
        path: the file.
        labels: labels of every metric, which identify this queue.
        latencies: how long the run's answers take.
        last_success: when a run last ended with exit code 0, in Unix seconds.
        last_completed: the same for exit code 0 or 1.
        log: gets one warning if the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        labels: Mapping[str, str],
        latencies: Latencies,
        last_success: float | None,
        last_completed: float | None,
        log: FilteringBoundLogger,
    ) -> None:
        self._path = path
        self._labels = labels
        self._latencies = latencies
        self._started = time.time()
        self._last_success = last_success
        self._last_completed = last_completed
        self._log = log
        self._written_at: float | None = None
        self._has_failed = False

    def beat(self, summary: RunSummary, dead_letters: Mapping[str, int]) -> None:
        """Write the file, if the last write was some seconds ago."""
        now = time.monotonic()
        if self._written_at is None or now - self._written_at >= _WRITE_SECONDS:
            self._written_at = now
            self._write(summary, dead_letters, None)

    def end(
        self, summary: RunSummary, dead_letters: Mapping[str, int], exit_code: int
    ) -> None:
        """Write the file a last time."""
        if exit_code in (0, 1):
            self._last_completed = time.time()
        if exit_code == 0:
            self._last_success = self._last_completed
        self._write(summary, dead_letters, exit_code)

    def _families(
        self,
        summary: RunSummary,
        dead_letters: Mapping[str, int],
        exit_code: int | None,
    ) -> Iterator[Metric]:
        status = "running" if exit_code is None else summary.status
        yield self._family(
            GaugeMetricFamily,
            "run_status",
            "The status of the last run: 1 for the current one.",
            {each: float(each == status) for each in _STATUSES},
            by="status",
        )
        if status == "stopped" and summary.reason is not None:
            about = "Why the last run stopped early."
            reason = {summary.reason: 1.0}
            yield self._family(
                GaugeMetricFamily, "run_stop_reason", about, reason, by="reason"
            )
        values = {
            "run_start_timestamp_seconds": self._started,
            "run_duration_seconds": summary.duration_seconds,
            "run_exit_code": exit_code,
            "last_success_timestamp_seconds": self._last_success,
            "last_completed_timestamp_seconds": self._last_completed,
        }
        for name, value in values.items():
            if value is not None:
                yield self._family(GaugeMetricFamily, name, _GAUGES[name], {"": value})
        for name, about in _COUNTERS.items():
            value = getattr(summary.counts, name)
            yield self._family(CounterMetricFamily, name, about, {"": value})
        about = "Records that the last run could not deliver, by reason."
        yield self._family(
            CounterMetricFamily, "dead_letters", about, dead_letters, by="reason"
        )
        pending = {"": summary.counts.pending}
        about = "Jobs left in the queue."
        yield self._family(GaugeMetricFamily, "pending_jobs", about, pending)
        if self._latencies.buckets:
            yield self._answer_seconds()

    def _answer_seconds(self) -> Metric:
        """Return the histogram of how long answers took, one bucket a doubling."""
        buckets: list[tuple[str, float]] = []
        below = 0
        for bucket in range(LAST_BUCKET):
            below += self._latencies.buckets[bucket]
            if (bucket + 1) % BUCKETS_OF_A_DOUBLING == 0:
                buckets.append((f"{upper_bound(bucket):g}", below))
        buckets.append(("+Inf", self._latencies.buckets.total()))
        family = HistogramMetricFamily(
            "cio_pipeline_answer_seconds",
            "How long the answers to the last run's requests took.",
            labels=[*self._labels],
        )
        family.add_metric([*self._labels.values()], buckets, self._latencies.seconds)
        return family

    def _family(
        self,
        kind: type[GaugeMetricFamily | CounterMetricFamily],
        name: str,
        about: str,
        values: Mapping[str, float],
        by: str | None = None,
    ) -> Metric:
        """Return a metric: a value for each value of the label ``by``, or one value."""
        own = [by] if by else []
        family = kind(f"cio_pipeline_{name}", about, labels=[*self._labels, *own])
        for label, value in values.items():
            own = [label] if by else []
            family.add_metric([*self._labels.values(), *own], value)
        return family

    def _write(
        self,
        summary: RunSummary,
        dead_letters: Mapping[str, int],
        exit_code: int | None,
    ) -> None:
        families = self._families(summary, dead_letters, exit_code)
        try:
            if self._path.exists() and not self._path.is_file():
                # The library would replace a device or a pipe with its file.
                self._warn_once("it is not a regular file")
                return
            text = generate_latest(_Collected(families)).decode()
            # node_exporter is another user.
            replace_file(self._path, [text], mode=0o644)
        except OSError as error:
            self._warn_once(error.strerror)

    def _warn_once(self, problem: str | None) -> None:
        if not self._has_failed:
            self._has_failed = True
            self._log.warning(
                "metrics_unwritable", path=str(self._path), problem=problem
            )


class _Collected(list[Metric]):
    """A list of metrics with the method that the library calls.

    The library's `Gauge` and `Counter` are not used, because they keep their values
    in files if ``PROMETHEUS_MULTIPROC_DIR`` is set.
    """

    def collect(self) -> Iterable[Metric]:
        return self
