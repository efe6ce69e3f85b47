"""One run: its threads started, watched, and brought to an end in order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import (
    CioPipelineError,
    DataFileError,
    StopRun,
)
from cio_pipeline.core.jobs import Halt
from cio_pipeline.core.runs import RunSummary
from cio_pipeline.core.shard import (
    WHOLE,
    Shard,
)
from cio_pipeline.customerio import (
    TrackClient,
    Transport,
    track_url_of_region,
)
from cio_pipeline.customerio.outcome import stop_run
from cio_pipeline.customerio.region import find_region
from cio_pipeline.customerio.senders import SENDERS
from cio_pipeline.machine import limit_reached
from cio_pipeline.pipeline.consumer import Consumer
from cio_pipeline.pipeline.counters import Tally
from cio_pipeline.pipeline.data_load import DataLoad
from cio_pipeline.pipeline.parts import (
    LoggedEvents,
    Watched,
)
from cio_pipeline.pipeline.result import RunResult
from cio_pipeline.pipeline.supervisor import (
    NoObserver,
    RunObserver,
    Watch,
)
from cio_pipeline.pipeline.threads import Crew
from cio_pipeline.pipeline.throttle import Throttle
from cio_pipeline.source import Source
from cio_pipeline.store import (
    Leases,
    RunStart,
    Store,
)

# How long requests in flight may take to end once a stop was asked for.
_DRAIN_SECONDS = 5.0
# When Customer.io turns the run away, a file nearly read is read to its end, so
# that `resume` can deliver all of it; a large one is not waited for, nor is a pipe
# that gives nothing.
_LOAD_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a run takes from outside, besides the network and the disk.

    Args:
        clock: time and chance.
        log: a logger bound to the run.
        observer: shown how the run stands.
        on_beat: told every second or so how the run stands, and its dead letters
            by reason, in the thread that watches.
    """

    clock: Clock
    log: FilteringBoundLogger
    observer: RunObserver = field(default_factory=NoObserver)
    on_beat: Sequence[Callable[[RunSummary, Mapping[str, int]], None]] = ()


class Run:
    """Finishes what is queued and, given data, loads and sends it.

    Args:
        run_id: a name no other run has.
        config: what to map and where to send.
        basic_token: base64 of ``site id:API key``.
        store: the workspace's state; the caller holds its run lock.
        source: the data, or None to only finish what is queued.
        changed_only: send only users whose payload differs from what was acked last.
        shard: whose records to load.
        stop: set by a signal handler, or by the run itself.
        world: the clock, chance, and the log.
    """

    def __init__(
        self,
        *,
        run_id: str,
        config: Config,
        basic_token: str,
        store: Store,
        source: Source | None,
        changed_only: bool = False,
        shard: Shard = WHOLE,
        stop: threading.Event,
        world: World,
    ) -> None:
        self._run_id = run_id
        self._config = config
        self._basic_token = basic_token
        self._store = store
        self._source = source
        self._changed_only = changed_only
        self._shard = shard
        self._stop = stop
        self._world = world
        self._log = world.log
        self._tally = Tally()
        self._error: BaseException | None = None
        self._error_lock = threading.Lock()  # guards _error: the first one stays
        self._stop_loading = threading.Event()
        self._stop_keeping = threading.Event()
        self._began = world.clock.monotonic()
        self._resumed = store.totals().pending
        self._crew = Crew(self._fail)
        self._leases = Leases(
            store.queue,
            parallelism=config.parallelism,
            size=SENDERS[config.api].lease_size,
            run_id=run_id,
            clock=world.clock,
        )
        self._load = None if source is None else self._make_load(source)
        self._throttle = Throttle(
            requests_per_second=config.requests_per_second,
            parallelism=config.parallelism,
            clock=world.clock,
            events=LoggedEvents(self._log),
        )
        self._transport = Transport(
            connect_timeout_seconds=config.connect_timeout_seconds,
            read_timeout_seconds=config.read_timeout_seconds,
        )

    def execute(self, command: str) -> RunResult:
        """Run to the end, or until stopped.

        Args:
            command: ``sync`` or ``resume``, for the history.

        Raises:
            Exception: a programming error, as it happened, after every thread
                has ended.
        """
        watch = self._make_watch(command)
        try:
            self._begin(command)
            self._start_threads()
            watch.until_done()
        except (StopRun, MemoryError) as error:
            self._fail(error)
        finally:
            self._wind_down(watch)
        return self._result()

    # -- beginning -----------------------------------------------------------

    def _begin(self, command: str) -> None:
        name = self._source.name if self._source else None
        self._store.start_run(
            RunStart(
                run_id=self._run_id,
                command=command,
                source=name,
                pid=os.getpid(),
                started_at=self._world.clock.timestamp(),
            )
        )
        self._log.info(
            "run_started", command=command, source=name, resumed=self._resumed
        )

    def _start_threads(self) -> None:
        self._crew.start("keeper", self._keep)
        if self._load is None:
            self._leases.all_loaded()
        else:
            stops = self._stop_loading, self._stop
            load = partial(self._load.work, *stops)
            self._crew.start("loader", load)
        self._crew.start("opener", self._start_consumers)

    def _start_consumers(self) -> None:
        address = self._config.track_url or track_url_of_region(self._find_region())
        client = TrackClient(self._transport, address, self._basic_token)
        consumer = Consumer(
            leases=self._leases,
            sender=SENDERS[self._config.api](client, self._world.clock),
            throttle=self._throttle,
            tally=self._tally,
            max_attempts=self._config.max_attempts,
            on_halt=self._halt,
            clock=self._world.clock,
            log=self._log,
        )
        if not self._stop.is_set():
            work = partial(consumer.work, self._stop)
            self._crew.start("consumer", work, self._config.parallelism)

    def _find_region(self) -> str:
        return find_region(
            self._config,
            self._transport,
            self._basic_token,
            stop=self._stop,
            clock=self._world.clock,
            log=self._log,
        )

    def _make_load(self, source: Source) -> DataLoad:
        return DataLoad(
            source=source,
            store=self._store,
            leases=self._leases,
            tally=self._tally,
            config=self._config,
            run_id=self._run_id,
            changed_only=self._changed_only,
            shard=self._shard,
            clock=self._world.clock,
            log=self._log,
        )

    def _make_watch(self, command: str) -> Watch:
        return Watch(
            Watched(
                command=command,
                source=self._source,
                store=self._store,
                leases=self._leases,
                throttle=self._throttle,
                transport=self._transport,
                crew=self._crew,
                tally=self._tally,
                summary=self._summary,
            ),
            max_outage_seconds=self._config.max_outage_seconds,
            stop=self._stop,
            clock=self._world.clock,
            log=self._log,
            observer=self._world.observer,
            on_beat=self._world.on_beat,
        )

    # -- the threads' work ----------------------------------------------------

    def _keep(self) -> None:
        while not self._stop_keeping.is_set():
            self._leases.tend()

    def _halt(self, halt: Halt) -> None:
        self._fail(stop_run(halt))

    def _fail(self, error: BaseException) -> None:
        with self._error_lock:
            self._error = self._error or limit_reached(error) or error
        self._stop.set()

    # -- ending ---------------------------------------------------------------

    def _wind_down(self, watch: Watch) -> None:
        """End every thread, in the order in which they need each other.

        No more leases; requests in flight end; the loader ends; the keeper
        commits what was settled.
        """
        self._leases.close()
        watch.drain("opener", _DRAIN_SECONDS)
        watch.drain("consumer", _DRAIN_SECONDS)
        if isinstance(self._error, StopRun):
            watch.drain("loader", _LOAD_GRACE_SECONDS)
        self._stop_loading.set()
        watch.drain("loader", _DRAIN_SECONDS)
        self._stop_keeping.set()
        watch.drain("keeper", _DRAIN_SECONDS)
        try:
            self._leases.commit()
        except CioPipelineError as error:
            self._fail(error)
        self._transport.close()

    def _result(self) -> RunResult:
        error = self._error
        if error is not None and not isinstance(error, CioPipelineError):
            raise error
        summary = self._summary()
        try:
            self._store.end_run(summary, self._world.clock.timestamp())
        except StopRun as unwritable:
            error = error or unwritable
        self._log.info(
            "run_ended",
            status=summary.status,
            reason=summary.reason,
            synced=summary.synced,
            dead_lettered=summary.dead_lettered,
            pending=summary.pending,
        )
        return RunResult(
            summary=summary,
            error=error or (None if self._stop.is_set() else self._broken),
            is_loaded=self._load is None or self._load.is_finished,
            dead_letters=self._tally.dead_letters(),
            unused=() if self._load is None else self._load.unused,
        )

    def _summary(self) -> RunSummary:
        synced, dead = self._leases.counts
        dead += self._tally.unmappable
        records, skipped = self._tally.records, self._tally.skipped
        reason = self._reason()
        status: Literal["completed", "completed_with_dead_letters", "stopped"]
        if reason is not None:
            status = "stopped"
        else:
            status = "completed_with_dead_letters" if dead else "completed"
        return RunSummary(
            run_id=self._run_id,
            status=status,
            reason=reason,
            records=records,
            resumed=self._resumed,
            synced=synced,
            skipped=skipped,
            dead_lettered=dead,
            pending=self._resumed + records - synced - skipped - dead,
            requests=self._tally.requests,
            retries=self._tally.retries,
            duration_seconds=round(self._world.clock.monotonic() - self._began, 3),
        )

    def _reason(self) -> str | None:
        if isinstance(self._error, StopRun):
            return self._error.reason
        if self._error is not None:
            return "invalid_state"
        if self._stop.is_set():
            return "interrupted"
        return "invalid_data" if self._broken else None

    @property
    def _broken(self) -> DataFileError | None:
        return None if self._load is None else self._load.broken
