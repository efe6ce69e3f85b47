"""Time and chance, which come in from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The time and the random numbers that a command works with.

    A command makes one and hands it down. Nothing below a command reads the
    system's clock on its own.

    Args:
        monotonic: returns seconds since some moment, for waits; never set back.
        utc_now: returns the date and time in UTC, for what is written or sent.
        random: returns a number in [0, 1), for what must not happen in step.
    """

    monotonic: Callable[[], float]
    utc_now: Callable[[], datetime]
    random: Callable[[], float]

    def timestamp(self) -> str:
        """Return the date and time as ISO 8601 in UTC, to the second."""
        return self.utc_now().isoformat(timespec="seconds")
