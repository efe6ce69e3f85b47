"""Repeats a request until Customer.io answers, or until that cannot help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from threading import Event
from typing import TypeVar

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.errors import Unreachable
from cio_pipeline.core.jobs import Halt, NoReply, Outcome, Reply, Retryable, Synced
from cio_pipeline.customerio.backoff import backoff_seconds
from cio_pipeline.customerio.outcome import Wording, judge, stop_run

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Repeats a request until there is an answer.

    Args:
        patience_seconds: the longest time without an answer. One attempt counts for at
            most half of it, because the process may have been suspended meanwhile.
        stop: set to end every wait.
        clock: time and random numbers.
        wording: the words for the request in errors.
        pace: returns the seconds to wait before the next request.
    """

    patience_seconds: float
    stop: Event
    clock: Clock
    wording: Wording
    pace: Callable[[], float] = lambda: 0.0

    def ask(
        self,
        request: Callable[[], Reply | NoReply],
        read: Callable[[Reply, Outcome], Answer | None],
    ) -> Answer | None:
        """Repeat the request until there is an answer.

        Args:
            request: makes the request, once.
            read: returns the answer in a reply, or None to ask again. It may raise.

        Returns:
            The answer; None after a stop.

        Raises:
            StopRun: the keys were rejected, or the server cannot be trusted.
            Unreachable: no answer for too long, or ``Retry-After`` is too long.
        """
        silent, last_time = 0.0, self.clock.monotonic()
        for attempts in count():
            self.stop.wait(self.pace())
            if self.stop.is_set():
                break
            reply = request()
            outcome = judge(reply, self.clock.utc_now())
            if isinstance(outcome, Halt):
                raise stop_run(outcome, self.wording)
            answer = read(reply, outcome) if isinstance(reply, Reply) else None
            if answer is not None:
                return answer
            now = self.clock.monotonic()
            silent += min(now - last_time, self.patience_seconds / 2)
            last_time = now
            wait = _least_wait(outcome)
            if max(silent, wait) >= self.patience_seconds:
                raise self._unreachable(silent, wait, reply, outcome)
            backoff = backoff_seconds(attempts, self.clock.random())
            self.stop.wait(max(wait, backoff))
        return None

    def _unreachable(
        self, silent: float, wait: float, reply: Reply | NoReply, outcome: Outcome
    ) -> Unreachable:
        problem = f"had no answer for {silent:.0f} s"
        if wait >= self.patience_seconds:
            problem = f"may be repeated only after {wait:.0f} s"
        last = "an answer without the requested data"
        if not isinstance(outcome, Synced):
            last = outcome.message
        # Without any reply, advice about the answer would not help.
        advice = self.wording.check_answer if isinstance(reply, Reply) else ""
        return Unreachable(
            f"{self.wording.request} {problem} (last: {last}){advice}."
            f" {self.wording.kept}"
        )


def _least_wait(outcome: Outcome) -> float:
    return outcome.at_least_seconds if isinstance(outcome, Retryable) else 0.0
