"""The sentence on how a run ended: in its summary, a notice and its page."""

from __future__ import annotations

from collections.abc import Iterator

from cio_pipeline.console.stop_reasons import stop_reason
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.runs import RunRecord, RunSummary
from cio_pipeline.core.text import counted

# Headlines for data that was processed as far as possible.
_ALL_PROCESSED = {
    "invalid_data": (
        "Stopped: the data file is broken. Every record before that point was"
        " processed."
    ),
    "too_many_missing": (
        "Every record was processed, but nothing was done about the people who are"
        " missing."
    ),
}


def headline(run: RunSummary | RunRecord) -> str:
    """Return a sentence on how a run ended."""
    counts = run.counts
    if run.reason in _ALL_PROCESSED and not counts.pending:
        return _ALL_PROCESSED[run.reason]
    if run.status == "stopped":
        why = stop_reason(run.reason or "").clause
        return f"Stopped: {why}. {counted(counts.pending, 'job')} left in the queue."
    if counts.dead_lettered or counts.refused_later:
        return f"Done, but {' and '.join(_failed(counts))}."
    if counts.skipped and not counts.synced:
        return "Done: nothing has changed since the last delivery."
    if not counts.records and not counts.resumed:
        return "Done: there was nothing to send."
    return "Done: all synced."


def _failed(counts: Counts) -> Iterator[str]:
    if counts.dead_lettered:
        yield f"{counted(counts.dead_lettered, 'record')} could not be delivered"
    if counts.refused_later:
        yield (
            f"Customer.io refused {counted(counts.refused_later, 'change')} after it"
            " had accepted them"
        )
