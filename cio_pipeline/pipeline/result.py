"""How a run ended, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.errors import CioPipelineError, StopRun
from cio_pipeline.core.runs import RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended.

    Args:
        summary: its counts.
        error: what ended it early, or broke its data; None where nothing did.
        is_loaded: whether all of the data is in the queue, or was none to load.
        dead_letters: those of this run, by reason.
        unused: mapped keys that no record of the data had.
    """

    summary: RunSummary
    error: CioPipelineError | None
    is_loaded: bool
    dead_letters: Mapping[str, int]
    unused: tuple[str, ...] = ()


def not_begun(run_id: str, pending: int, error: StopRun) -> RunResult:
    """Say how a run ended whose state could not be opened: it changed nothing.

    Args:
        run_id: a name no other run has.
        pending: the jobs that were and still are in the queue.
        error: why.
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
