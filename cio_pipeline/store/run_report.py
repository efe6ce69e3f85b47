"""One run, with what it did over time, why records failed, and the runs before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cio_pipeline.core.runs import RunRecord, Status
from cio_pipeline.core.timeline import Timeline
from cio_pipeline.store.dead_letters.statistics import (
    DeadLetterStatistics,
    read_statistics,
)
from cio_pipeline.store.dead_letters.table import Selection
from cio_pipeline.store.reader import open_reader
from cio_pipeline.store.runs import KEPT_RUNS
from cio_pipeline.store.status import read_status
from cio_pipeline.store.timelines import read_timeline

_SHOWN_EARLIER_RUNS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What is known about one run.

    Args:
        status: the queue's status.
        run: the run; None if there has been none.
        timeline: what it did over time; None if that is not kept.
        dead_letters: those that it made, and that are still there.
        earlier: the runs before it, newest first.
    """

    status: Status
    run: RunRecord | None
    timeline: Timeline | None = None
    dead_letters: DeadLetterStatistics = field(default_factory=DeadLetterStatistics)
    earlier: tuple[RunRecord, ...] = ()

    @property
    def is_running(self) -> bool:
        """Whether the run is active."""
        running, run = self.status.running, self.run
        return running is not None and run is not None and running.run_id == run.run_id


def read_run_report(
    folder: Path, now: datetime, run_id: str | None = None
) -> RunReport | None:
    """Return what is known about a run, also while it is active.

    Args:
        folder: the workspace's folder.
        now: the time, for the age of the heartbeat.
        run_id: the run; None for the newest.

    Returns:
        None if there is no such run in the history.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    status = read_status(folder, now, most_runs=KEPT_RUNS)
    names = [run.run_id for run in status.runs]
    if run_id is not None and run_id not in names:
        return None
    if not names:
        return RunReport(status=status, run=None)
    at = 0 if run_id is None else names.index(run_id)
    with open_reader(folder) as connection:
        assert connection is not None  # noqa: S101  # it has runs
        return RunReport(
            status=status,
            run=status.runs[at],
            timeline=read_timeline(connection, names[at]),
            dead_letters=read_statistics(connection, Selection(run_id=names[at])),
            earlier=status.runs[at + 1 : at + 1 + _SHOWN_EARLIER_RUNS],
        )
