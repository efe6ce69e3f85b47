"""The result of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.errors import CioPipelineError, StopRun
from cio_pipeline.core.runs import RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The result of a run.

    Args:
        summary: its counts.
        error: what ended it early, or the error in its data; None if there was none.
        is_loaded: whether all of the data is in the queue; true without data.
        dead_letters: how many dead letters this run made, by reason.
        unused: mapped keys that no record had.
        refused: the first users of what Customer.io refused after its 200; None if that
            was not read.
    """

    summary: RunSummary
    error: CioPipelineError | None
    is_loaded: bool
    dead_letters: Mapping[str, int]
    unused: tuple[str, ...] = ()
    refused: tuple[str, ...] | None = None


def not_begun(run_id: str, pending: int, error: StopRun) -> RunResult:
    """Return the result of a run whose state could not be opened.

    Args:
        run_id: the unique name of the run.
        pending: the jobs in the queue, which did not change.
        error: why it could not be opened.
    """
    return RunResult(
        summary=RunSummary(
            run_id=run_id,
            status="stopped",
            reason=error.reason,
            counts=Counts(resumed=pending, pending=pending),
            duration_seconds=0.0,
        ),
        error=error,
        is_loaded=False,
        dead_letters={},
    )
