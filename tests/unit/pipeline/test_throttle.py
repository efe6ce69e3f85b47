"""When consumer threads may send."""

from __future__ import annotations

import threading
from threading import Event

import pytest

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.jobs import Rejected
from cio_pipeline.pipeline.first_answers import ENOUGH_USERS
from cio_pipeline.pipeline.throttle import Throttle
from tests.support.builders import NOON, no_answer, throttled

FAILURES = 60  # of different users: more than any run's threads need for an outage


class Time:
    """A clock that waits advance."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Stop(Event):
    """A stop event whose waits advance the clock and take no time."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time

    def wait(self, timeout: float | None = None) -> bool:
        """Advance the clock."""
        self._time.now += timeout or 0.0
        return self.is_set()


class Events:
    """Records the events of a throttle."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def slowed_down(self, pause_seconds: float, rate: float) -> None:
        """Note a 429."""
        del pause_seconds, rate
        self.seen.append("slowed_down")

    def went_down(self, message: str) -> None:
        """Note an outage."""
        self.seen.append(f"went_down: {message}")

    def came_back(self, down_seconds: float) -> None:
        """Note the end of an outage."""
        self.seen.append(f"came_back after {down_seconds:.0f}")


def make_throttle(
    time: Time, events: Events | None = None, rate: float = 0.0, users: float = 0.0
) -> Throttle:
    """Make a throttle for four threads."""
    return Throttle(
        requests_per_second=rate,
        users_per_second=users,
        parallelism=4,
        clock=Clock(monotonic=time, utc_now=lambda: NOON, random=lambda: 0.5),
        events=events or Events(),
    )


def take_down(throttle: Throttle, time: Time) -> None:
    """Report failures of different users until the API counts as down."""
    for number in range(FAILURES):
        time.now += 0.1
        throttle.failed(f"u{number}", no_answer(), time.now - 0.05)
    assert throttle.state().down_seconds is not None


def test_turns_come_at_the_rate() -> None:
    """No second has more requests than allowed."""
    time = Time()
    throttle = make_throttle(time, rate=10)
    stop = Stop(time)

    for _ in range(21):
        assert throttle.wait_for_turn(stop)

    assert 2.0 <= time.now - 100.0 <= 2.5


@pytest.mark.parametrize(
    ("rate", "users", "size", "seconds"),
    [
        (0, 10, 1, 2.0),
        (0, 10, 5, 10.0),
        (5, 10, 1, 4.0),
        (5, 1000, 100, 4.0),
    ],
)
def test_both_rates_hold(rate: float, users: float, size: int, seconds: float) -> None:
    """A request waits for the slower one; a body of many users costs all of them."""
    time = Time()
    throttle = make_throttle(time, rate=rate, users=users)
    stop = Stop(time)

    for _ in range(21):
        assert throttle.wait_for_turn(stop, size)

    assert seconds <= time.now - 100.0 <= 1.2 * seconds + 0.1


def test_a_probe_of_an_outage_waits_for_its_users() -> None:
    """The probe that ends an outage is accepted, too."""
    time = Time()
    throttle = make_throttle(time, users=0.1)
    assert throttle.wait_for_turn(Stop(time))
    take_down(throttle, time)
    began = time.now

    assert throttle.wait_for_turn(Stop(time))

    assert time.now >= 110.0 > began


def test_a_429_holds_everybody_up_as_long_as_it_says() -> None:
    """Not only the thread that got it; and it is logged once."""
    time, events = Time(), Events()
    throttle = make_throttle(time, events)

    throttle.failed("a", throttled(at_least_seconds=30), time.now)
    throttle.failed("b", throttled(at_least_seconds=30), time.now)

    assert throttle.paused_seconds() == 30.0
    assert throttle.state().paused_seconds == 30.0
    assert throttle.wait_for_turn(Stop(time))
    assert time.now >= 130.0
    assert events.seen == ["slowed_down"]


def test_a_429_holds_up_a_thread_that_has_its_turn_already() -> None:
    """Otherwise all waiting threads would send at once when the pause ends."""
    time = Time()
    throttle = make_throttle(time, rate=1)

    class PausedMeanwhile(Stop):
        def wait(self, timeout: float | None = None) -> bool:
            if not throttle.paused_seconds():
                throttle.failed("a", throttled(at_least_seconds=30), time.now)
            return super().wait(timeout)

    assert throttle.wait_for_turn(Stop(time))
    assert throttle.wait_for_turn(PausedMeanwhile(time))

    assert time.now >= 130.0


def test_a_429_without_a_time_pauses_all_the_same() -> None:
    """A second on average, so that not all threads return at the same time."""
    time = Time()
    throttle = make_throttle(time)

    throttle.failed("a", throttled(), time.now)

    assert throttle.paused_seconds() == 1.0


def test_in_an_outage_one_probe_goes_and_a_success_ends_it() -> None:
    """The start and the end are each reported once."""
    time, events = Time(), Events()
    throttle = make_throttle(time, events)
    take_down(throttle, time)

    began = time.now
    assert throttle.wait_for_turn(Stop(time))
    assert time.now > began, "the probe has its own time"
    throttle.succeeded("probe", time.now)

    assert throttle.state().down_seconds is None
    assert [text.split()[0] for text in events.seen] == ["went_down:", "came_back"]
    assert events.seen[0].endswith("refused")


def test_only_a_failure_while_others_get_through_may_be_a_strike() -> None:
    """In an outage no job is the cause."""
    time = Time()
    throttle = make_throttle(time)
    throttle.succeeded("a", time.now)
    while_up = throttle.failed("b", no_answer(), time.now)
    take_down(throttle, time)

    assert while_up
    assert not throttle.failed("c", no_answer(), time.now)


def test_silence_is_counted_from_the_first_failure() -> None:
    """`maxOutageSeconds` is compared with it."""
    time = Time()
    throttle = make_throttle(time)
    assert throttle.silent_seconds() == 0.0
    take_down(throttle, time)
    time.now += 100.0

    assert throttle.silent_seconds() >= 100.0
    assert throttle.last_problem == "refused"


def test_a_stop_ends_the_wait() -> None:
    """Ctrl-C works at once, even in a pause of an hour."""
    time = Time()
    throttle = make_throttle(time)
    throttle.failed("a", throttled(at_least_seconds=3600), time.now)
    stop = Event()
    went: list[bool] = []
    thread = threading.Thread(target=lambda: went.append(throttle.wait_for_turn(stop)))
    thread.start()

    stop.set()

    thread.join(10)
    assert went == [False]


def test_the_first_answers_show_whether_the_address_is_right() -> None:
    """After a success, a refusal is about its user."""
    refused = Rejected("not_found", 404, "no")
    throttle = make_throttle(Time())

    verdicts = [throttle.refused(f"u{n}", refused) for n in range(ENOUGH_USERS)]
    assert set(verdicts[:-1]) == {"held"}
    assert verdicts[-1] == "wrong_address"

    proven = make_throttle(Time())
    proven.accepted()
    assert proven.refused("u", refused) == "final"
