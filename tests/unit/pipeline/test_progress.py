"""The speed of a run, what it waits for, and its estimated total."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from cio_pipeline.core.progress import Hold, ThrottleState
from cio_pipeline.pipeline.progress import Rates, estimated_total, find_hold

CALM = ThrottleState(paused_seconds=0, down_seconds=None, probe_seconds=0, problem="")


def test_a_time_in_which_the_process_did_not_run_lowers_no_rate() -> None:
    """The rate is 10 per second before and after an hour of suspension."""
    rates = Rates(0.0)
    for second in range(1, 21):
        rates.note(float(second), done=10 * second, settled=10 * second)

    rates.skip(3620.5, 3600.0)
    rates.note(3621.0, done=210, settled=210)

    assert rates.settled == 10.0
    assert rates.seconds_for(100) == 10.0
    assert rates.moved_at == 3621.0


def test_waiting_is_counted_without_the_lost_time() -> None:
    """Only the two seconds in which the process ran count."""
    rates = Rates(0.0)
    rates.note(10.0, done=5, settled=5)

    rates.skip(3611.0, 3600.0)
    rates.note(3612.0, done=5, settled=5)

    assert rates.moved_at == 3610.0


def hold_of(state: ThrottleState, **changes: float) -> Hold | None:
    """Return the hold of a run with these facts and no others."""
    facts = {"resting_seconds": 0.0, "still_seconds": 0.0, "in_flight": 0} | changes
    is_waiting = bool(facts.pop("is_waiting_for_data", False))
    return find_hold(state, is_waiting_for_data=is_waiting, **facts)  # type: ignore[arg-type]  # in_flight is an integer


def test_the_main_reason_comes_first() -> None:
    """In an outage jobs also back off and nothing is settled."""
    all_at_once = replace(CALM, paused_seconds=3.0, down_seconds=9.0, problem="busy")
    changes = {"resting_seconds": 2.0, "still_seconds": 9.0, "in_flight": 3.0}

    kinds = []
    for state in (all_at_once, replace(all_at_once, down_seconds=None), CALM):
        hold = hold_of(state, **changes)
        kinds.append(hold.kind if hold else None)

    assert kinds == ["outage", "throttled", "backoff"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"still_seconds": 1.9, "in_flight": 3}, None),
        ({"still_seconds": 2.1, "in_flight": 3}, "answers"),
        ({"still_seconds": 2.1, "is_waiting_for_data": True}, "data"),
        ({"still_seconds": 2.1}, None),
    ],
    ids=["a short wait", "answers", "data", "nothing to wait for"],
)
def test_a_wait_is_explained_by_what_is_missing(
    changes: dict[str, float], kind: str | None
) -> None:
    """With requests in flight it waits for answers; else, while loading, for data."""
    hold = hold_of(CALM, **changes)

    assert (hold.kind if hold else None) == kind


def test_the_total_is_guessed_by_the_share_of_the_file() -> None:
    """100 records in a quarter of the file make 400, and never fewer than were read."""
    guesses = [estimated_total(10, 100, 0, share / 100) for share in (25, 50, 100)]
    with_passed = estimated_total(0, 100, 100, 0.5)

    assert guesses == [410, 210, 110]
    assert with_passed == 300
    assert all(a is not None and b is not None and a > b for a, b in pairwise(guesses))
    assert estimated_total(0, 0, 0, 0.5) is None
    assert estimated_total(0, 5, 0, None) is None
