"""How a run ended."""

from __future__ import annotations

from cio_pipeline.core.errors import StateUnwritable
from cio_pipeline.pipeline.result import not_begun


def test_a_run_that_could_not_begin_has_a_result_too() -> None:
    """`-json` always prints a document; the queue has not changed."""
    error = StateUnwritable("no")

    result = not_begun("r1", 5, error)

    assert (result.error, result.is_loaded) == (error, False)
    assert (result.summary.status, result.summary.reason) == (
        "stopped",
        "state_unwritable",
    )
