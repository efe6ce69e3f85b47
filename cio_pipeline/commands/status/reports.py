"""The run that the command line selects."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.text import visible
from cio_pipeline.store.run_report import RunReport, read_run_report


def read_report(folder: Path, now: datetime, run_id: str | None) -> RunReport:
    """Return what is known about a run, or about the newest one.

    Raises:
        UsageError: there is no such run in the history.
        StateError: the state is damaged or of a newer version.
    """
    report = read_run_report(folder, now, run_id)
    if report is None:
        raise UsageError(
            f"there is no run {visible(run_id or '')!r} in the history; status -json"
            " without -run lists the ids of the last runs"
        )
    return report
