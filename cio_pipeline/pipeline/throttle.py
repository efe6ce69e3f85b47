"""The pace all consumer threads share: the rate, a 429's pause, an outage.

The decisions are `RateLimit`'s and `Outage`'s; here are the lock and the waiting.
Every wait ends when the stop event is set.
"""

from __future__ import annotations

import threading
from threading import Event
from typing import Protocol

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.jobs import Rejected, Retryable
from cio_pipeline.core.progress import ThrottleState
from cio_pipeline.pipeline.first_answers import FirstAnswers, Verdict
from cio_pipeline.pipeline.outage import Outage
from cio_pipeline.pipeline.rate_limit import RateLimit

# How long a thread that waits for somebody else's probe looks away at most.
_LOOK_AGAIN_SECONDS = 0.2


class ThrottleEvents(Protocol):
    """What a throttle tells whoever keeps the log."""

    def slowed_down(self, pause_seconds: float, rate: float) -> None:
        """A 429 paused everybody, and lowered the rate."""

    def went_down(self, message: str) -> None:
        """Nothing gets through any more; one probe at a time is sent."""

    def came_back(self, down_seconds: float) -> None:
        """Customer.io answers again."""


class _Ticket:
    """One thread's place in the line: its moment, and the pause it was given in."""

    __slots__ = ("moment", "pause")

    def __init__(self) -> None:
        self.moment: float | None = None
        self.pause: float | None = None


class Throttle:
    """Says when a thread may send, and learns from what came of it. Thread-safe.

    Args:
        requests_per_second: the ceiling; 0 means no bound.
        parallelism: consumer threads.
        clock: time and chance.
        events: told of pauses and outages, outside the lock.
    """

    def __init__(
        self,
        *,
        requests_per_second: float,
        parallelism: int,
        clock: Clock,
        events: ThrottleEvents,
    ) -> None:
        self._clock = clock
        self._events = events
        self._lock = threading.Lock()  # guards pace, outage and first answers
        self._rate_limit = RateLimit(requests_per_second, clock.monotonic())
        self._outage = Outage(parallelism)
        self._first_answers = FirstAnswers()
        self.last_problem = ""

    def wait_for_turn(self, stop: Event) -> bool:
        """Block until a request may leave; False if told to stop first."""
        ticket = _Ticket()
        while not stop.is_set():
            with self._lock:
                wait = self._seconds_until_turn(ticket, self._clock.monotonic())
            if wait <= 0:
                return True
            stop.wait(wait)
        return False

    def _seconds_until_turn(self, ticket: _Ticket, now: float) -> float:
        if self._outage.down_since is not None:
            ticket.moment = None
            if self._outage.take_probe(now):
                return 0.0
            until_probe = self._outage.next_probe_in(now) or _LOOK_AGAIN_SECONDS
            return min(_LOOK_AGAIN_SECONDS, until_probe)
        # A pause that began while this thread waited voids its moment: else all
        # who wait would leave at once when it ends.
        if ticket.moment is None or ticket.pause != self._rate_limit.paused_until:
            ticket.pause = self._rate_limit.paused_until
            ticket.moment = self._rate_limit.reserve(now)
        wait = self._rate_limit.seconds_until(ticket.moment, now)
        if wait <= 0:
            self._rate_limit.count_sent(now)
        return wait

    def succeeded(self, user_id: str, sent_at: float) -> None:
        """Note a definite answer, whatever it said."""
        if self._outage.is_calm:  # nearly always; a stale look costs nothing
            return
        with self._lock:
            down_since = self._outage.down_since
            self._outage.heard(user_id, sent_at)
        if down_since is not None:
            self._events.came_back(self._clock.monotonic() - down_since)

    def accepted(self) -> None:
        """Note that Customer.io took something."""
        if not self._first_answers.is_proven:
            with self._lock:
                self._first_answers.accepted()

    def refused(self, user_id: str, outcome: Rejected) -> Verdict:
        """Return what a refusal means: the user's own, or perhaps the address's."""
        with self._lock:
            return self._first_answers.refused(user_id, outcome)

    def failed(self, user_id: str, outcome: Retryable, sent_at: float) -> bool:
        """Note a retryable failure.

        Returns:
            Whether the API is up for others, so that this one may be a strike.
        """
        now = self._clock.monotonic()
        pause = outcome.at_least_seconds
        is_first_slowdown = False
        with self._lock:
            was_down = self._outage.down_since is not None
            self.last_problem = outcome.message
            self._outage.failed(
                user_id, outcome, sent_at=sent_at, now=now, draw=self._clock.random()
            )
            if outcome.kind == "throttled":
                pause = pause or 0.5 + self._clock.random()
                is_first_slowdown = self._rate_limit.slow_down(now, pause)
            rate = self._rate_limit.rate
            is_down = self._outage.down_since is not None
            api_is_up = self._outage.api_is_up
        if is_first_slowdown:
            self._events.slowed_down(pause, rate)
        if is_down and not was_down:
            self._events.went_down(outcome.message)
        return api_is_up

    def forget(self, user_id: str) -> None:
        """Drop what is known of a user who became a dead letter."""
        with self._lock:
            self._outage.forget(user_id)

    def skip(self, seconds: float) -> None:
        """Leave a time in which the process did not run out of every outage."""
        with self._lock:
            self._outage.skip(seconds, self._clock.monotonic())

    def silent_seconds(self) -> float:
        """How long nothing but retryable failures has come back."""
        since = self._outage.silent_since
        return 0.0 if since is None else max(0.0, self._clock.monotonic() - since)

    def paused_seconds(self) -> float:
        """How long a 429 keeps everybody waiting from now on."""
        return max(0.0, self._rate_limit.paused_until - self._clock.monotonic())

    def state(self) -> ThrottleState:
        """Say what holds everybody up now."""
        with self._lock:
            now = self._clock.monotonic()
            since = self._outage.down_since
            if since is not None:  # the silence began before it was told an outage
                since = self._outage.silent_since or since
            return ThrottleState(
                paused_seconds=self.paused_seconds(),
                down_seconds=None if since is None else now - since,
                probe_seconds=self._outage.next_probe_in(now),
                problem=self.last_problem,
            )
