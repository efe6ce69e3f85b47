"""Each reason for an early stop is explained."""

from __future__ import annotations

import pytest

from cio_pipeline.console.stop_reasons import BEFORE_GOING_ON, stop_reason
from cio_pipeline.core import errors
from cio_pipeline.core.errors import StopRun

REASONS = [
    kind("").reason  # type: ignore[call-arg]  # each has its own reason
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, StopRun) and kind is not StopRun
]


@pytest.mark.parametrize("reason", [*REASONS, "interrupted", "invalid_data"])
def test_a_reason_is_explained_in_words(reason: str) -> None:
    """`Stopped: state_unwritable.` would explain nothing."""
    assert stop_reason(reason) != reason
    assert "_" not in stop_reason(reason)


@pytest.mark.parametrize("reason", REASONS)
def test_a_person_learns_what_to_do_before_going_on(reason: str) -> None:
    """Running it again at once would stop for the same reason."""
    assert reason in BEFORE_GOING_ON


def test_a_reason_of_another_version_is_shown_as_it_is() -> None:
    """The history of runs may have been written by a newer one."""
    assert stop_reason("a_reason_of_tomorrow") == "a_reason_of_tomorrow"
