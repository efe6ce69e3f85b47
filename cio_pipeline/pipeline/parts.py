"""The parts of one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.config import Config
from cio_pipeline.customerio import Transport
from cio_pipeline.pipeline.counters import Counters
from cio_pipeline.pipeline.threads import ThreadGroup
from cio_pipeline.pipeline.throttle import Throttle
from cio_pipeline.source import Source
from cio_pipeline.store import Leases, Store


@dataclass(frozen=True, slots=True)
class LoggedEvents:
    """Tells the log of pauses and outages."""

    log: FilteringBoundLogger

    def slowed_down(self, pause_seconds: float, rate: float) -> None:
        """Tell of a 429."""
        self.log.warning(
            "slowed_down",
            pause_seconds=round(pause_seconds, 1),
            requests_per_second=round(rate, 1),
        )

    def went_down(self, message: str) -> None:
        """Tell of an outage."""
        self.log.warning("outage_began", problem=message)

    def came_back(self, down_seconds: float) -> None:
        """Tell of its end."""
        self.log.warning("outage_ended", down_seconds=round(down_seconds, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParts:
    """What all threads of a run work with. `Run` makes it; they get it as one value.

    Args:
        run_id: a name no other run has.
        command: ``sync`` or ``resume``.
        config: what to map and where to send.
        source: the data, or None where nothing is loaded.
        store: the workspace's state.
        leases: where jobs come from and go back to.
        throttle: says when a request may be sent.
        transport: the connections.
        threads: the threads.
        counters: counts requests and records.
        clock: time and chance.
        log: the run's logger.
        stop: set when the run is to end.
        fail: ends the run early with an error; the first one counts.
    """

    run_id: str
    command: str
    config: Config
    source: Source | None
    store: Store
    leases: Leases
    throttle: Throttle
    transport: Transport
    threads: ThreadGroup
    counters: Counters
    clock: Clock
    log: FilteringBoundLogger
    stop: Event
    fail: Callable[[BaseException], None]
