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
from cio_pipeline.pipeline.recorder import Recorder
from cio_pipeline.pipeline.threads import ThreadGroup
from cio_pipeline.pipeline.throttle import Throttle
from cio_pipeline.source import Inputs
from cio_pipeline.store import Leases, Store


@dataclass(frozen=True, slots=True)
class LoggedEvents:
    """Logs pauses and outages."""

    log: FilteringBoundLogger

    def slowed_down(self, pause_seconds: float, rate: float) -> None:
        """Log the pause after a 429."""
        self.log.warning(
            "slowed_down",
            pause_seconds=round(pause_seconds, 1),
            requests_per_second=round(rate, 1),
        )

    def went_down(self, message: str) -> None:
        """Log the start of an outage."""
        self.log.warning("outage_began", problem=message)

    def came_back(self, down_seconds: float) -> None:
        """Log the end of an outage."""
        self.log.warning("outage_ended", down_seconds=round(down_seconds, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParts:
    """The parts that all threads of a run share; `Run` makes them.

    Args:
        run_id: the unique name of the run.
        command: ``sync`` or ``resume``.
        config: the configuration.
        inputs: the data, or None if nothing is loaded.
        store: the state of the workspace.
        leases: hands out jobs and takes them back.
        throttle: decides when a request may be sent.
        transport: the connections.
        threads: the threads.
        counters: counts requests and records.
        recorder: records what the run does over time.
        clock: time and random numbers.
        log: the run's logger.
        stop: set when the run has to end.
        fail: ends the run early with an error; the first error counts.
    """

    run_id: str
    command: str
    config: Config
    inputs: Inputs | None
    store: Store
    leases: Leases
    throttle: Throttle
    transport: Transport
    threads: ThreadGroup
    counters: Counters
    recorder: Recorder
    clock: Clock
    log: FilteringBoundLogger
    stop: Event
    fail: Callable[[BaseException], None]
