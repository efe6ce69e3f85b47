"""A run in numbers, as a file that Prometheus's node_exporter collects.

The file is replaced whole now and then and at the end. Whatever goes wrong with it
is told once and does not touch the run.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.runs import RunSummary

_WRITE_SECONDS = 10.0
_STATUSES = ("running", "completed", "completed_with_dead_letters", "stopped")
_COUNTERS = (
    ("records", "Records read from the data file by the last run."),
    ("resumed", "Jobs of earlier runs that the last run found in the queue."),
    ("synced", "Jobs that Customer.io accepted in the last run."),
    ("skipped", "Records that the last run left out as unchanged."),
    ("requests", "Requests that the last run sent."),
    ("retries", "Requests of the last run that repeated one that had failed."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How a run stands.

    Args:
        summary: its counts.
        dead_letters: those of this run, by reason.
        exit_code: what the program ends with; None while it runs.
    """

    summary: RunSummary
    dead_letters: Mapping[str, int]
    exit_code: int | None = None


class RunMetrics:
    """Keeps one run's file. One thread's own.

    Args:
        path: the file.
        labels: what tells this queue from others on the machine.
        last_success: when a run last ended with exit code 0, in Unix seconds.
        last_completed: when a run last ended by itself, dead letters or not.
        log: told once if the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        labels: Mapping[str, str],
        last_success: float | None,
        last_completed: float | None,
        log: FilteringBoundLogger,
    ) -> None:
        self._path = path
        self._labels = labels
        self._started = time.time()
        self._last_success = last_success
        self._last_completed = last_completed
        self._log = log
        self._written_at: float | None = None
        self._has_failed = False

    def beat(self, summary: RunSummary, dead_letters: Mapping[str, int]) -> None:
        """Write the file, if the last time is some seconds ago."""
        now = time.monotonic()
        if self._written_at is None or now - self._written_at >= _WRITE_SECONDS:
            self._written_at = now
            self._write(Snapshot(summary=summary, dead_letters=dead_letters))

    def end(
        self, summary: RunSummary, dead_letters: Mapping[str, int], exit_code: int
    ) -> None:
        """Write the file a last time."""
        if exit_code in (0, 1):
            self._last_completed = time.time()
        if exit_code == 0:
            self._last_success = self._last_completed
        self._write(
            Snapshot(summary=summary, dead_letters=dead_letters, exit_code=exit_code)
        )

    def families(self, snapshot: Snapshot) -> Iterator[Metric]:
        """Make the metrics of a run."""
        summary = snapshot.summary
        status = "running" if snapshot.exit_code is None else summary.status
        yield self._gauge(
            "run_status",
            "How the last run stands: 1 for the status it has.",
            {("status", each): float(each == status) for each in _STATUSES},
        )
        if status == "stopped" and summary.reason is not None:
            yield self._gauge(
                "run_stop_reason",
                "Why the last run stopped early.",
                {("reason", summary.reason): 1.0},
            )
        yield from self._times(summary, snapshot.exit_code)
        for name, about in _COUNTERS:
            yield self._counter(name, about, {None: getattr(summary.counts, name)})
        yield self._counter(
            "dead_letters",
            "Records that the last run could not deliver, by reason.",
            {("reason", each): n for each, n in snapshot.dead_letters.items()},
        )
        about = "Jobs left in the queue."
        yield self._gauge("pending_jobs", about, {None: summary.counts.pending})

    def _times(self, summary: RunSummary, exit_code: int | None) -> Iterator[Metric]:
        moments: tuple[tuple[str, str, float | None], ...] = (
            (
                "run_start_timestamp_seconds",
                "When the last run began.",
                self._started,
            ),
            (
                "run_duration_seconds",
                "How long the last run has taken.",
                summary.duration_seconds,
            ),
            ("run_exit_code", "What the last run ended with.", exit_code),
            (
                "last_success_timestamp_seconds",
                "When a run last ended with everything synced (exit code 0).",
                self._last_success,
            ),
            (
                "last_completed_timestamp_seconds",
                "When a run last ended by itself, dead letters or not (0 or 1).",
                self._last_completed,
            ),
        )
        for name, about, value in moments:
            if value is not None:
                yield self._gauge(name, about, {None: value})

    def _gauge(
        self, name: str, about: str, values: Mapping[tuple[str, str] | None, float]
    ) -> Metric:
        family = GaugeMetricFamily(
            f"cio_pipeline_{name}", about, labels=self._names(values)
        )
        return self._filled(family, values)

    def _counter(
        self, name: str, about: str, values: Mapping[tuple[str, str] | None, float]
    ) -> Metric:
        family = CounterMetricFamily(
            f"cio_pipeline_{name}", about, labels=self._names(values)
        )
        return self._filled(family, values)

    def _names(self, values: Iterable[tuple[str, str] | None]) -> list[str]:
        return [*self._labels, *dict.fromkeys(key[0] for key in values if key)]

    def _filled(
        self,
        family: GaugeMetricFamily | CounterMetricFamily,
        values: Mapping[tuple[str, str] | None, float],
    ) -> Metric:
        for key, value in values.items():
            own = [key[1]] if key else []
            family.add_metric([*self._labels.values(), *own], value)
        return family

    def _write(self, snapshot: Snapshot) -> None:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Snapshots(list(self.families(snapshot))))
        try:
            if self._path.exists() and not self._path.is_file():
                # The library would put its file in the place of a device or a pipe.
                self._tell_once("it is not a regular file")
                return
            write_to_textfile(str(self._path), registry)
        except OSError as error:
            self._tell_once(error.strerror)

    def _tell_once(self, problem: str | None) -> None:
        if not self._has_failed:
            self._has_failed = True
            self._log.warning(
                "metrics_unwritable", path=str(self._path), problem=problem
            )


class _Snapshots(Collector):
    """What the library asks for its metrics."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
