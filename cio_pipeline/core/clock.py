"""The clock and the random numbers, passed in from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The time and the random numbers that a command uses.

    A command makes one and passes it on. Nothing below a command reads the
    system's clock directly.

    Args:
        monotonic: returns seconds since a fixed time, for waits; never goes back.
        utc_now: returns the date and time in UTC, for what is written or sent.
        random: returns a number in [0, 1), for what must not be simultaneous.
    """

    monotonic: Callable[[], float]
    utc_now: Callable[[], datetime]
    random: Callable[[], float]

    def timestamp(self) -> str:
        """Return the date and time as ISO 8601 in UTC, to the second."""
        return self.utc_now().isoformat(timespec="seconds")
