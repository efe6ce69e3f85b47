"""How fast things get done, and what a suspended process makes of it."""

from __future__ import annotations

from cio_pipeline.pipeline.progress import Rates


def test_a_time_in_which_the_process_did_not_run_lowers_no_rate() -> None:
    """Ten a second before an hour's sleep are ten a second after it."""
    rates = Rates(0.0)
    for second in range(1, 21):
        rates.note(float(second), done=10 * second, settled=10 * second)

    rates.skip(3620.5, 3600.0)
    rates.note(3621.0, done=210, settled=210)

    assert rates.settled == 10.0
    assert rates.seconds_for(100) == 10.0
    assert rates.moved_at == 3621.0


def test_waiting_is_counted_without_the_lost_time() -> None:
    """Nothing was settled for two seconds that the process ran."""
    rates = Rates(0.0)
    rates.note(10.0, done=5, settled=5)

    rates.skip(3611.0, 3600.0)
    rates.note(3612.0, done=5, settled=5)

    assert rates.moved_at == 3610.0
