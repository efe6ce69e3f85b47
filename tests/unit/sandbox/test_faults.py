"""Faults on demand: which requests fail, and when."""

from __future__ import annotations

import pytest

from cio_pipeline.sandbox.faults import FaultPlan, Faults


def test_there_are_no_faults_by_default() -> None:
    """And the check costs nothing."""
    plan = FaultPlan(Faults(), now=0.0, random=lambda: 0.0)

    assert plan.fault(1.0) is None
    assert plan.latency_seconds() == 0.0


@pytest.mark.parametrize(
    ("number", "status"), [(0.05, 0), (0.15, 502), (0.35, 429), (0.65, None)]
)
def test_faults_have_their_shares(number: float, status: int | None) -> None:
    """One random number decides for each request."""
    faults = Faults(
        drop_share=0.1, error_share=0.2, error_status=502, throttle_share=0.3
    )

    fault = FaultPlan(faults, now=0.0, random=lambda: number).fault(1.0)

    assert (fault.status if fault else None) == status


def test_an_outage_has_a_start_and_an_end() -> None:
    """Counted from the time it was set."""
    faults = Faults(outage_in_seconds=2, outage_seconds=3, outage_mode="drop")
    plan = FaultPlan(faults, now=10.0, random=lambda: 0.9)

    statuses = [plan.fault(10.0 + second) for second in range(7)]

    assert [fault is not None for fault in statuses] == [False] * 2 + [True] * 3 + [
        False
    ] * 2


def test_the_rate_limit_lets_its_rate_through_and_no_more() -> None:
    """A leaky bucket that holds a tenth of a second."""
    plan = FaultPlan(Faults(rate_limit=100), now=0.0, random=lambda: 0.9)

    at_the_rate = [plan.fault(number / 100) for number in range(300)]
    over_it = [plan.fault(3 + number / 200) for number in range(400)]

    assert at_the_rate == [None] * 300
    assert 180 <= sum(fault is not None for fault in over_it) <= 200
