"""One run: starts its threads, watches them, and ends them in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from threading import Event, Lock
from typing import TYPE_CHECKING, Literal

from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.config import Config
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.errors import (
    CioPipelineError,
    DataFileError,
    StopRun,
    UsageError,
)
from cio_pipeline.core.jobs import LeaseSize
from cio_pipeline.core.latency import Latencies, percentiles
from cio_pipeline.core.runs import RunRecord, RunSummary
from cio_pipeline.core.shard import WHOLE, Shard
from cio_pipeline.customerio import (
    TrackClient,
    Transport,
    app_url_of_region,
    track_url_of_region,
)
from cio_pipeline.customerio.region import find_region
from cio_pipeline.customerio.senders import SENDERS
from cio_pipeline.machine import limit_reached
from cio_pipeline.pipeline.consumer import Consumer
from cio_pipeline.pipeline.counters import Counters
from cio_pipeline.pipeline.dead_letter_limit import DeadLetterLimit
from cio_pipeline.pipeline.loader import Loader
from cio_pipeline.pipeline.parts import LoggedEvents, RunParts
from cio_pipeline.pipeline.rate_limit import most_at_once
from cio_pipeline.pipeline.recorder import Recorder
from cio_pipeline.pipeline.result import RunResult
from cio_pipeline.pipeline.supervisor import NoObserver, RunObserver, Supervisor
from cio_pipeline.pipeline.threads import ThreadGroup
from cio_pipeline.pipeline.throttle import Throttle
from cio_pipeline.source import Inputs
from cio_pipeline.store import Leases, Store

if TYPE_CHECKING:
    from cio_pipeline.pipeline.missing import (
        MissingOptions,
        MissingPeople,
        MissingResult,
    )
    from cio_pipeline.pipeline.refusals import Refusals

# How long requests in flight may take to end after a stop.
_DRAIN_SECONDS = 5.0
# If Customer.io ends the run, the loader has this long to read the rest of the file,
# so that `resume` can deliver all of it.
_LOAD_GRACE_SECONDS = 5.0
_BAD_DATA = {"too_many_dead_letters"}  # then more of the file should not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a run needs besides the network and the disk.

    Args:
        clock: time and random numbers.
        log: a logger bound to the run.
        observer: shows the progress.
        latencies: how long the answers take.
        on_beat: called about every second in the main thread, with the summary so
            far and the number of dead letters by reason.
    """

    clock: Clock
    log: FilteringBoundLogger
    observer: RunObserver = field(default_factory=NoObserver)
    latencies: Latencies = field(default_factory=Latencies)
    on_beat: Sequence[Callable[[RunSummary, Mapping[str, int]], None]] = ()


@dataclass(kw_only=True)
class Run:
    """Sends the jobs in the queue and, given data, loads and sends it.

    Args:
        run_id: the unique name of the run.
        command: ``sync`` or ``resume``, for the history.
        config: the configuration.
        basic_token: base64 of ``site id:API key``.
        store: the state of the workspace; the caller holds its run lock.
        inputs: the data, or None to send only what is queued.
        changed_only: send only users whose payload differs from what was acked last.
        shard: the shard whose records are loaded.
        missing: what is done about people who are not in the data, or None.
        reads_refusals: whether to read at the end what Customer.io refused after its
            200; needs ``config.app_api_key``.
        until: when the run stops, or None.
        max_dead_letters: how many dead letters stop the run, or None.
        stop: set by a signal handler, or by the run itself.
        context: the clock, the log, and who is shown the progress.
    """

    run_id: str
    command: str
    config: Config
    basic_token: str
    store: Store
    inputs: Inputs | None
    changed_only: bool = False
    shard: Shard = WHOLE
    missing: MissingOptions | None = None
    reads_refusals: bool = False
    until: datetime | None = None
    max_dead_letters: DeadLetterLimit | None = None
    stop: Event
    context: RunContext

    def __post_init__(self) -> None:
        """Make the parts; nothing is started yet."""
        self._error: BaseException | None = None
        self._error_lock = Lock()  # guards _error: the first one stays
        self._stop_loading, self._stop_committing = Event(), Event()
        self._began = self.context.clock.monotonic()
        self._parts = parts = self._make_parts()
        self._leases, self._counters = parts.leases, parts.counters
        self._load: Loader | None = None
        self._refusals: Refusals | None = None
        if self.inputs is not None:
            self._load = Loader(
                parts,
                self.inputs,
                changed_only=self.changed_only,
                shard=self.shard,
                missing=self._missing_people(),
            )
        self._resumed = self.store.totals().pending

    def _missing_people(self) -> MissingPeople | None:
        if self.missing is None:
            return None
        # Imported here, because few runs need it.
        from cio_pipeline.pipeline.missing import MissingPeople  # noqa: PLC0415  # see above

        people = MissingPeople(self._parts, self.missing, self.max_dead_letters)
        if self.inputs is not None:
            people.withdraw_removals(self.inputs, changed_only=self.changed_only)
        return people

    def _make_parts(self) -> RunParts:
        config, clock, log = self.config, self.context.clock, self.context.log
        return RunParts(
            run_id=self.run_id,
            command=self.command,
            config=config,
            inputs=self.inputs,
            store=self.store,
            leases=Leases(
                self.store.queue,
                parallelism=config.parallelism,
                size=self._lease_size(),
                run_id=self.run_id,
                clock=clock,
            ),
            throttle=Throttle(
                requests_per_second=config.requests_per_second,
                users_per_second=config.users_per_second,
                parallelism=config.parallelism,
                clock=clock,
                events=LoggedEvents(log),
            ),
            transport=Transport(
                connect_timeout_seconds=config.connect_timeout_seconds,
                read_timeout_seconds=config.read_timeout_seconds,
            ),
            threads=ThreadGroup(self._fail),
            counters=Counters(),
            recorder=Recorder(self.context.latencies),
            clock=clock,
            log=log,
            stop=self.stop,
            fail=self._fail,
        )

    def _lease_size(self) -> LeaseSize:
        size = SENDERS[self.config.api].lease_size
        if not self.config.users_per_second:
            return size
        most = most_at_once(self.config.users_per_second)
        return size._replace(most_jobs=min(size.most_jobs, most))

    def execute(self) -> RunResult:
        """Run until all is sent or the run stops, and return the result.

        Raises:
            Exception: a programming error in any thread, after all threads have ended.
        """
        supervisor = Supervisor(
            run=self._parts,
            summary=self._summary,
            observer=self.context.observer,
            on_beat=self.context.on_beat,
            until=self.until,
            max_dead_letters=self.max_dead_letters,
        )
        try:
            self._begin()
            self._start_threads()
            supervisor.watch()
        except (StopRun, MemoryError) as error:
            self._fail(error)
        finally:
            self._wind_down(supervisor)
        try:
            self._read_refusals(supervisor)
        except StopRun as error:
            self._fail(error)
        finally:
            self._parts.transport.close()
        return self._result()

    def scale_rates(self, factor: float) -> None:
        """Change the rates to this multiple of those in the configuration."""
        self._parts.throttle.scale(factor)

    # -- start ---------------------------------------------------------------

    def _begin(self) -> None:
        name = self.inputs.name if self.inputs else None
        self.store.start_run(
            RunRecord(
                run_id=self.run_id,
                command=self.command,
                source=name,
                pid=os.getpid(),
                started_at=self.context.clock.timestamp(),
            )
        )
        self.context.log.info(
            "run_started", command=self.command, source=name, resumed=self._resumed
        )

    def _start_threads(self) -> None:
        start = self._parts.threads.start
        start("committer", self._commit_groups)
        if self._load is None:
            self._leases.all_loaded()
        else:
            start("loader", partial(self._load.work, self._stop_loading))
        start("starter", self._start_consumers)

    def _start_consumers(self) -> None:
        if self.reads_refusals:
            self._refusals = self._begin_refusals()
        address = self.config.track_url or track_url_of_region(self._region)
        client = TrackClient(self._parts.transport, address, self.basic_token)
        sender = SENDERS[self.config.api](client, self.context.clock)
        if not self.stop.is_set():
            work = Consumer(self._parts, sender).work
            self._parts.threads.start("consumer", work, self.config.parallelism)

    def _begin_refusals(self) -> Refusals:
        # Imported here, because few runs need it.
        from cio_pipeline.pipeline.refusals import Refusals  # noqa: PLC0415  # see above

        url = self.config.app_url or app_url_of_region(self._region)
        refusals = Refusals(self._parts, url, share=1 / self.shard.count)
        refusals.begin()
        return refusals

    @cached_property
    def _region(self) -> str:
        return find_region(
            self.config,
            self._parts.transport,
            self.basic_token,
            stop=self.stop,
            clock=self.context.clock,
            log=self.context.log,
        )

    # -- the threads' work ----------------------------------------------------

    def _commit_groups(self) -> None:
        while not self._stop_committing.is_set():
            self._leases.tend()

    def _fail(self, error: BaseException) -> None:
        with self._error_lock:
            self._error = self._error or limit_reached(error) or error
        self.stop.set()

    # -- end ------------------------------------------------------------------

    def _wind_down(self, supervisor: Supervisor) -> None:
        """End the threads in order.

        No more leases are given; requests in flight end; the loader ends; the
        committer commits what was settled.
        """
        self._leases.close()
        supervisor.drain("starter", _DRAIN_SECONDS)
        supervisor.drain("consumer", _DRAIN_SECONDS)
        if isinstance(self._error, StopRun) and self._error.reason not in _BAD_DATA:
            supervisor.drain("loader", _LOAD_GRACE_SECONDS)
        self._stop_loading.set()
        supervisor.drain("loader", _DRAIN_SECONDS)
        self._stop_committing.set()
        supervisor.drain("committer", _DRAIN_SECONDS)
        try:
            self._leases.commit()
        except CioPipelineError as error:
            self._fail(error)

    def _read_refusals(self, supervisor: Supervisor) -> None:
        """Read what Customer.io refused after its 200, if all could be sent."""
        if self._refusals is not None and not self.stop.is_set():
            self._parts.threads.start("refusals", self._refusals.read)
            supervisor.watch_refusals()
            supervisor.drain("refusals", _DRAIN_SECONDS)

    def _result(self) -> RunResult:
        error = self._error
        if error is not None and not isinstance(error, CioPipelineError):
            raise error
        summary = self._summary()
        timeline = self._parts.recorder.record(summary.duration_seconds, summary.counts)
        summary = replace(
            summary, latency_ms=percentiles(self.context.latencies.buckets)
        )
        try:
            self.store.end_run(summary, self.context.clock.timestamp(), timeline)
        except StopRun as unwritable:
            error = error or unwritable
        self.context.log.info(
            "run_ended",
            status=summary.status,
            reason=summary.reason,
            synced=summary.counts.synced,
            dead_lettered=summary.counts.dead_lettered,
            pending=summary.counts.pending,
        )
        return RunResult(
            summary=summary,
            error=error or self._data_error(),
            is_loaded=self._load is None or self._load.is_finished,
            dead_letters=self._counters.dead_letters(),
            unused=() if self._load is None else self._load.unused,
            refused=None if self._refusals is None else tuple(self._refusals.users),
            missing=self._found_missing,
        )

    def _summary(self) -> RunSummary:
        # Settled jobs are read first, so that they are never more than loaded ones.
        settled = self._leases.counts
        counts = settled + self._counters.counts() + Counts(resumed=self._resumed)
        reason = self._reason()
        status: Literal["completed", "completed_with_dead_letters", "stopped"]
        if reason is not None:
            status = "stopped"
        else:
            status = (
                "completed_with_dead_letters"
                if counts.dead_lettered or counts.refused_later
                else "completed"
            )
        return RunSummary(
            run_id=self.run_id,
            status=status,
            reason=reason,
            counts=counts.balanced(),
            duration_seconds=round(self.context.clock.monotonic() - self._began, 3),
            latency_ms=percentiles(self.context.latencies.buckets),
        )

    def _reason(self) -> str | None:
        if isinstance(self._error, StopRun):
            return self._error.reason
        if self._error is not None:
            return "invalid_state"
        if self.stop.is_set():
            return "interrupted"
        if self._broken:
            return "invalid_data"
        found = self._found_missing
        return "too_many_missing" if found and found.problem else None

    def _data_error(self) -> UsageError | None:
        if self.stop.is_set():
            return None
        if self._broken:
            return self._broken
        found = self._found_missing
        return UsageError(found.problem) if found and found.problem else None

    @property
    def _found_missing(self) -> MissingResult | None:
        people = None if self._load is None else self._load.missing
        return None if people is None else people.result

    @property
    def _broken(self) -> DataFileError | None:
        return None if self._load is None else self._load.broken
