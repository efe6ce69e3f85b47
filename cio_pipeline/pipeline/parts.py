"""The parts of one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.runs import RunSummary
from cio_pipeline.customerio import Transport
from cio_pipeline.pipeline.counters import Tally
from cio_pipeline.pipeline.threads import Crew
from cio_pipeline.pipeline.throttle import Throttle
from cio_pipeline.source import Source
from cio_pipeline.store import (
    Leases,
    Store,
)


class LoggedEvents:
    """Tells the log of pauses and outages."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log

    def slowed_down(self, pause_seconds: float, rate: float) -> None:
        """Tell of a 429."""
        self._log.warning(
            "slowed_down",
            pause_seconds=round(pause_seconds, 1),
            requests_per_second=round(rate, 1),
        )

    def went_down(self, message: str) -> None:
        """Tell of an outage."""
        self._log.warning("outage_began", problem=message)

    def came_back(self, down_seconds: float) -> None:
        """Tell of its end."""
        self._log.warning("outage_ended", down_seconds=round(down_seconds, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The parts of a run that are looked at.

    Args:
        source: the data, or None where nothing is loaded.
        summary: gives the run's counts.
    """

    command: str
    source: Source | None
    store: Store
    leases: Leases
    throttle: Throttle
    transport: Transport
    crew: Crew
    tally: Tally
    summary: Callable[[], RunSummary]
