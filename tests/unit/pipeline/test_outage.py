"""Telling an outage from a user that always fails."""

from __future__ import annotations

from cio_pipeline.pipeline.outage import Outage
from tests.support.builders import no_answer, server_error, throttled


def fail(outage: Outage, *users: str, now: float = 0.0) -> None:
    """Report a 503 for one request of each user."""
    for user in users:
        outage.failed(user, server_error(), sent_at=now, now=now, draw=0.5)


def test_one_user_that_always_fails_is_no_outage() -> None:
    """The user must become a dead letter after `maxAttempts`."""
    outage = Outage(parallelism=25)

    for now in range(100):
        fail(outage, "poison", now=float(now))

    assert outage.down_since is None
    assert outage.api_is_up


def test_several_users_in_a_row_are_an_outage() -> None:
    """The number is `parallelism`, but at least five."""
    outage = Outage(parallelism=1)

    fail(outage, "a", "b", "c", "d")
    before = outage.down_since
    fail(outage, "e")

    assert before is None
    assert outage.down_since == 0.0


def test_a_few_users_failing_for_a_second_are_an_outage_too() -> None:
    """A small file has only a few users."""
    outage = Outage(parallelism=25)

    fail(outage, "a", "b", "c", now=0.0)
    fail(outage, "a", now=1.0)

    assert outage.down_since == 1.0


def test_three_users_in_a_row_already_make_failures_no_strikes() -> None:
    """Before it is clear whether the API is down, no failure counts."""
    outage = Outage(parallelism=25)

    fail(outage, "a", "b")
    with_two = outage.api_is_up
    fail(outage, "c")

    assert with_two
    assert not outage.api_is_up


def test_users_that_failed_while_others_got_through_never_look_like_an_outage() -> None:
    """At the end of a run only these are left; they must become dead letters."""
    outage = Outage(parallelism=25)
    poison = [f"poison-{number}" for number in range(30)]
    for user in poison[:15]:
        fail(outage, user)
    outage.answered("good", sent_at=0.0)
    for user in poison[15:]:
        fail(outage, user)
    outage.answered("other", sent_at=0.0)

    for now in range(1, 20):
        fail(outage, *poison, now=float(now))

    assert outage.down_since is None
    assert outage.api_is_up
    assert outage.silent_since is None


def test_while_it_is_down_one_probe_goes_at_a_time() -> None:
    """A server that is down must not get all requests."""
    outage = Outage(parallelism=1)
    fail(outage, *"abcde")

    early = outage.take_probe(0.1)
    first, second = outage.take_probe(1.0), outage.take_probe(1.0)

    assert (early, first, second) == (False, True, False)


def test_probes_come_ever_less_often_up_to_a_cap() -> None:
    """The pause grows, up to a limit, so that a recovery is noticed soon."""
    outage = Outage(parallelism=1)
    fail(outage, *"abcde")
    now, waits = 0.0, []

    for _ in range(10):
        wait = outage.next_probe_in(now)
        waits.append(wait)
        now += wait
        assert outage.take_probe(now)
        fail(outage, "a", now=now)

    assert waits == sorted(waits)
    assert waits[-1] <= 5.0


def test_a_failure_from_before_the_outage_is_no_probe() -> None:
    """Requests that were in flight at its start fail later."""
    outage = Outage(parallelism=1)
    fail(outage, *"abcde", now=5.0)
    assert outage.take_probe(6.0)

    outage.failed("late", server_error(), sent_at=4.0, now=6.5, draw=0.5)

    assert not outage.take_probe(100.0), "the probe is still out"


def test_retry_after_puts_the_next_probe_off() -> None:
    """A 503 may contain the time of the next attempt."""
    outage = Outage(parallelism=1)
    fail(outage, *"abcd")

    outage.failed("e", server_error(at_least_seconds=60), sent_at=0, now=0, draw=0)

    assert outage.next_probe_in(0.0) == 60.0


def test_the_first_answer_ends_it() -> None:
    """Accepted or refused, an answer shows that the API is up."""
    outage = Outage(parallelism=1)
    fail(outage, *"abcde", now=1.0)
    assert outage.take_probe(3.0)

    outage.answered("a", sent_at=3.0)

    assert outage.down_since is None
    assert outage.silent_since is None
    assert outage.api_is_up


def test_those_who_failed_in_an_outage_are_not_suspects_after_it() -> None:
    """The same users must be able to show the next outage."""
    outage = Outage(parallelism=1)
    fail(outage, *"abcde", now=1.0)
    outage.answered("a", sent_at=2.0)

    fail(outage, *"bcdef", now=10.0)

    assert outage.down_since == 10.0


def test_silence_is_evidence_for_every_user() -> None:
    """A refused connection is never about one user, even a suspect."""
    outage = Outage(parallelism=1)
    fail(outage, *"abcd")
    outage.answered("good", sent_at=0.0)

    for user in "abcde":
        outage.failed(user, no_answer(), sent_at=1, now=1, draw=0.5)

    assert outage.down_since == 1


def test_being_throttled_is_neither_an_outage_nor_a_success() -> None:
    """Only 429 for `maxOutageSeconds` must still stop the run."""
    outage = Outage(parallelism=1)

    for number in range(50):
        outage.failed(f"u{number}", throttled(), sent_at=1, now=1, draw=0.5)

    assert outage.down_since is None
    assert outage.silent_since == 1


def test_a_suspect_who_is_always_throttled_counts_as_silence() -> None:
    """A 429 is no strike, so the run of a user who gets only 429 would never end."""
    outage = Outage(parallelism=25)
    fail(outage, "suspect")
    outage.answered("other", 1.0)

    outage.failed("suspect", throttled(), sent_at=2.0, now=2.0, draw=0.5)

    assert outage.silent_since == 2.0
    assert outage.down_since is None


def test_silence_does_not_count_after_the_last_failing_user_became_a_dead_letter() -> (
    None
):
    """A slow source may be silent for hours; no job waits for an answer then."""
    outage = Outage(parallelism=25)
    fail(outage, "poison", "other", now=1.0)

    outage.forget("poison")
    while_one_waits = outage.silent_since
    outage.forget("other")

    assert while_one_waits == 1.0
    assert outage.silent_since is None


def test_a_throttled_user_that_still_waits_keeps_the_silence() -> None:
    """A 429 is no strike, but it is no success either."""
    outage = Outage(parallelism=25)
    outage.failed("slowed", throttled(), sent_at=1, now=1, draw=0.5)
    fail(outage, "poison", now=2.0)

    outage.forget("poison")

    assert outage.silent_since == 1


def test_a_dead_letter_amid_an_outage_does_not_end_it() -> None:
    """Only an answer ends an outage."""
    outage = Outage(parallelism=1)
    fail(outage, *"abcde", now=1.0)

    for user in "abcde":
        outage.forget(user)

    assert outage.down_since == 1.0
    assert outage.silent_since == 1.0


def test_time_in_which_the_process_did_not_run_is_no_silence() -> None:
    """The process was suspended for an hour, four seconds after the outage began."""
    outage = Outage(parallelism=1)
    fail(outage, *"abcde", now=1.0)

    outage.skip(3600.0, now=3605.0)

    assert outage.silent_since == 3601.0
    assert outage.down_since == 1.0, "the probe that is out left after that"


def test_a_failure_after_the_process_ran_again_is_not_moved_into_the_future() -> None:
    """A consumer may report before the main thread notices the lost time."""
    outage = Outage(parallelism=1)
    fail(outage, "a", now=3604.0)

    outage.skip(3600.0, now=3605.0)

    assert outage.silent_since == 3605.0


def test_two_failures_across_lost_time_have_not_lasted() -> None:
    """Three users failing for a second are an outage; suspended time does not count."""
    outage = Outage(parallelism=25)
    fail(outage, "a", "b", "c", now=1.0)

    outage.skip(3600.0, now=3601.0)
    fail(outage, "a", now=3601.1)

    assert outage.down_since is None
