"""When consumer threads may send: the rate, the pause after a 429, an outage.

`RateLimit`, `Outage` and `FirstAnswers` decide; this module locks and waits. Every
wait ends when the stop event is set.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.jobs import Rejected, Retryable
from cio_pipeline.core.progress import ThrottleState
from cio_pipeline.pipeline.first_answers import FirstAnswers, Verdict
from cio_pipeline.pipeline.outage import Outage
from cio_pipeline.pipeline.rate_limit import RateLimit

# How often a thread checks the state of an outage.
_CHECK_SECONDS = 0.2


class ThrottleEvents(Protocol):
    """Receives the events of a throttle."""

    def slowed_down(self, pause_seconds: float, rate: float) -> None:
        """A 429 paused all threads and lowered the rate."""

    def went_down(self, message: str) -> None:
        """An outage began; only one probe at a time is sent."""

    def came_back(self, down_seconds: float) -> None:
        """Customer.io answers again."""


@dataclass(slots=True)
class _Turn:
    """When a thread may send, and the end of the pause known at that time.

    Args:
        users: how many users it will send.
        send_at: when the rate of requests allows it.
        users_at: when the rate of users allows it.
    """

    users: int
    send_at: float | None = None
    users_at: float | None = None
    pause: float | None = None


@dataclass(kw_only=True)
class Throttle:
    """Decides when a thread may send, by the results of earlier requests. Thread-safe.

    Args:
        requests_per_second: the most requests per second; 0 means no limit.
        users_per_second: the most users per second; 0 means no limit.
        parallelism: the number of consumer threads.
        clock: time and random numbers.
        events: called for pauses and outages, outside the lock.
    """

    requests_per_second: float
    users_per_second: float = 0.0
    parallelism: int
    clock: Clock
    events: ThrottleEvents

    def __post_init__(self) -> None:
        """Start without a pause or an outage."""
        self._lock = threading.Lock()  # guards the four that follow
        now = self.clock.monotonic()
        self._rate_limit = RateLimit(self.requests_per_second, now)
        self._users = RateLimit(self.users_per_second, now)
        self._outage = Outage(self.parallelism)
        self._first_answers = FirstAnswers()
        self.last_problem = ""

    def wait_for_turn(self, stop: Event, users: int = 1) -> bool:
        """Wait until a request may be sent; return False if the run stops first.

        Args:
            stop: set when the run stops.
            users: how many users the request has.
        """
        turn = _Turn(users)
        while not stop.is_set():
            with self._lock:
                wait = self._seconds_until_turn(turn, self.clock.monotonic())
            if wait <= 0:
                return True
            stop.wait(wait)
        return False

    def _seconds_until_turn(self, turn: _Turn, now: float) -> float:
        for_users = self._seconds_until_users(turn, now)
        if self._outage.down_since is not None:
            turn.send_at = None
            if for_users <= 0 and self._outage.take_probe(now):
                self._count_users(turn, now)
                return 0.0
            until_probe = self._outage.next_probe_in(now) or _CHECK_SECONDS
            return min(_CHECK_SECONDS, until_probe)
        # After a new pause each waiting thread needs a new time; else all of them
        # would send at once when the pause ends.
        if turn.send_at is None or turn.pause != self._rate_limit.paused_until:
            turn.pause = self._rate_limit.paused_until
            turn.send_at = self._rate_limit.reserve(now)
        wait = max(for_users, self._rate_limit.seconds_until(turn.send_at, now))
        if wait <= 0:
            self._rate_limit.count_sent(now)
            self._count_users(turn, now)
        return wait

    def _seconds_until_users(self, turn: _Turn, now: float) -> float:
        if not self.users_per_second:
            return 0.0
        if turn.users_at is None:
            turn.users_at = self._users.reserve(now, turn.users)
        return self._users.seconds_until(turn.users_at, now, turn.users)

    def _count_users(self, turn: _Turn, now: float) -> None:
        if self.users_per_second:
            self._users.count_sent(now, turn.users)

    def succeeded(self, user_id: str, sent_at: float) -> None:
        """Note a definite answer: the user was accepted or refused."""
        if self._outage.is_calm:  # nearly always; a stale value does no harm
            return
        with self._lock:
            down_since = self._outage.down_since
            self._outage.answered(user_id, sent_at)
        if down_since is not None:
            self.events.came_back(self.clock.monotonic() - down_since)

    def accepted(self) -> None:
        """Note that Customer.io accepted something."""
        if not self._first_answers.is_proven:
            with self._lock:
                self._first_answers.accepted()

    def refused(self, user_id: str, outcome: Rejected) -> Verdict:
        """Return what a refusal means (see `FirstAnswers.refused`)."""
        with self._lock:
            return self._first_answers.refused(user_id, outcome)

    def failed(self, user_id: str, outcome: Retryable, sent_at: float) -> bool:
        """Note a retryable failure.

        Returns:
            Whether the API is up, so that the failure may be a strike.
        """
        now = self.clock.monotonic()
        pause = outcome.at_least_seconds
        is_first_slowdown = False
        with self._lock:
            was_down = self._outage.down_since is not None
            self.last_problem = outcome.message
            self._outage.failed(
                user_id, outcome, sent_at=sent_at, now=now, draw=self.clock.random()
            )
            if outcome.kind == "throttled":
                pause = pause or 0.5 + self.clock.random()
                is_first_slowdown = self._rate_limit.slow_down(now, pause)
            rate = self._rate_limit.rate
            is_down = self._outage.down_since is not None
            api_is_up = self._outage.api_is_up
        if is_first_slowdown:
            self.events.slowed_down(pause, rate)
        if is_down and not was_down:
            self.events.went_down(outcome.message)
        return api_is_up

    def forget(self, user_id: str) -> None:
        """Drop a user who became a dead letter."""
        with self._lock:
            self._outage.forget(user_id)

    def skip(self, seconds: float) -> None:
        """Do not count seconds in which the process did not run."""
        with self._lock:
            self._outage.skip(seconds, self.clock.monotonic())

    def silent_seconds(self) -> float:
        """Return how long all requests have failed with retryable failures."""
        since = self._outage.silent_since
        return 0.0 if since is None else max(0.0, self.clock.monotonic() - since)

    def paused_seconds(self) -> float:
        """Return how long the pause after a 429 still lasts."""
        return max(0.0, self._rate_limit.paused_until - self.clock.monotonic())

    def state(self) -> ThrottleState:
        """Return what all threads wait for now."""
        with self._lock:
            now = self.clock.monotonic()
            since = self._outage.down_since
            if since is not None:  # the silence is older than the outage
                since = self._outage.silent_since or since
            return ThrottleState(
                paused_seconds=self.paused_seconds(),
                down_seconds=None if since is None else now - since,
                probe_seconds=self._outage.next_probe_in(now),
                problem=self.last_problem,
            )
