"""What goes wrong on purpose. Pure: told the time and the random draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What to get wrong, and how often.

    Args:
        latency_ms: how long every answer takes.
        latency_jitter_ms: up to so much more, evenly spread.
        error_share: the share of requests answered with ``error_status``.
        error_status: the status of those.
        throttle_share: the share of requests answered with 429.
        retry_after: the ``Retry-After`` of a 429; None for no header.
        drop_share: the share of connections dropped instead of answered.
        outage_in_seconds: when an outage begins, from the moment this is set.
        outage_seconds: how long it lasts; 0 for none.
        outage_mode: what happens in it: ``503``, or ``drop``.
        rate_limit: requests a second past which 429 is answered; 0 for none.
    """

    latency_ms: float = 0.0
    latency_jitter_ms: float = 0.0
    error_share: float = 0.0
    error_status: int = 503
    throttle_share: float = 0.0
    retry_after: str | None = None
    drop_share: float = 0.0
    outage_in_seconds: float = 0.0
    outage_seconds: float = 0.0
    outage_mode: Literal["503", "drop"] = "503"
    rate_limit: float = 0.0


class Fault(NamedTuple):
    """What goes wrong with one request; a status of 0 drops its connection."""

    status: int
    retry_after: str | None = None


FAULT_NAMES = tuple(field.name for field in fields(Faults))
_QUIET = Faults()


class FaultPlan:
    """Decides for each request.

    Args:
        faults: what to get wrong.
        now: the time they are set at, monotonic seconds.
        draw: random numbers in [0, 1).
    """

    def __init__(self, faults: Faults, now: float, draw: Callable[[], float]) -> None:
        self.faults = faults
        self._draw = draw
        self._set_at = now
        self._is_quiet = faults == _QUIET
        # The rate limit as a leaky bucket that holds a tenth of a second.
        self._full_at = now

    def latency_seconds(self) -> float:
        """How long this answer takes."""
        if self._is_quiet:
            return 0.0
        faults = self.faults
        jitter = (
            faults.latency_jitter_ms * self._draw() if faults.latency_jitter_ms else 0
        )
        return (faults.latency_ms + jitter) / 1000

    def fault(self, now: float) -> Fault | None:
        """What goes wrong with this request, if anything."""
        if self._is_quiet:
            return None
        faults = self.faults
        since = now - self._set_at - faults.outage_in_seconds
        if 0 <= since < faults.outage_seconds:
            return Fault(0 if faults.outage_mode == "drop" else 503)
        if faults.rate_limit and self._is_over_limit(now):
            return Fault(429, faults.retry_after)
        return self._by_chance()

    def _by_chance(self) -> Fault | None:
        faults = self.faults
        draw = self._draw()
        if draw < faults.drop_share:
            return Fault(0)
        draw -= faults.drop_share
        if draw < faults.error_share:
            return Fault(faults.error_status)
        draw -= faults.error_share
        return Fault(429, faults.retry_after) if draw < faults.throttle_share else None

    def _is_over_limit(self, now: float) -> bool:
        if self._full_at - now > 0.1:
            return True
        self._full_at = max(self._full_at, now) + 1 / self.faults.rate_limit
        return False
