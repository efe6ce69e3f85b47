"""Watches a run from the main thread: overdue requests, outages, progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cio_pipeline.core.errors import StopRun, Unreachable
from cio_pipeline.core.progress import Hold, Progress
from cio_pipeline.core.runs import RunSummary
from cio_pipeline.pipeline.dead_letter_limit import DeadLetterLimit
from cio_pipeline.pipeline.parts import RunParts
from cio_pipeline.pipeline.progress import Rates, estimated_total, find_hold
from cio_pipeline.store import Heartbeat

_TICK_SECONDS = 0.05
# A tick this late means that the process was suspended (SIGSTOP, a laptop's sleep) or
# that its clock jumped.
_LATE_SECONDS = 2.0
_SHOW_SECONDS = 0.2
_HEARTBEAT_SECONDS = 1.0
_LOG_SECONDS = 5.0
# A region request is shown only if it takes longer.
_REGION_SECONDS = 1.0
# All is sent when these threads have ended.
_SENDING = ("starter", "consumer")


class RunObserver(Protocol):
    """Shows the progress of a run. Called in the main thread."""

    def show(self, progress: Progress) -> None:
        """Show the progress; the consumers do not wait for it."""


class NoObserver:
    """Shows nothing."""

    def show(self, progress: Progress) -> None:
        """Do nothing."""


@dataclass(kw_only=True)
class Supervisor:
    """Watches a run and reports its progress. Used by the main thread only.

    Args:
        run: the parts of the run.
        summary: returns the summary so far.
        observer: shows the progress a few times per second.
        on_beat: called every second with the summary and the number of dead letters
            by reason.
        until: when the run stops, or None.
        max_dead_letters: how many dead letters stop the run, or None.
    """

    run: RunParts
    summary: Callable[[], RunSummary]
    observer: RunObserver
    on_beat: Sequence[Callable[[RunSummary, Mapping[str, int]], None]]
    until: datetime | None = None
    max_dead_letters: DeadLetterLimit | None = None

    def __post_init__(self) -> None:
        """Start the timers."""
        self._ticked_at = now = self.run.clock.monotonic()
        self._rates = Rates(now)
        self._show = _Report(self.observer.show, _SHOW_SECONDS, due_at=now)
        beat_at, log_at = now + _HEARTBEAT_SECONDS, now + _LOG_SECONDS
        self._reports = (
            self._show,
            _Report(self._beat, _HEARTBEAT_SECONDS, due_at=beat_at),
            _Report(self._log, _LOG_SECONDS, due_at=log_at),
        )

    def watch(self) -> None:
        """Watch the run until all is sent or it stops.

        Raises:
            StopRun: the time is over, or there are too many dead letters.
            Unreachable: no request has succeeded for too long.
            StateUnwritable: the heartbeat could not be written.
        """
        while not self.run.stop.is_set() and self._is_sending():
            self.run.stop.wait(_TICK_SECONDS)
            self._skip_lost_time()
            self.run.transport.cut_overdue()
            self._check_outage()
            self._check_limits()
            self._make_due(*self._reports)
        if self.run.stop.is_set() and self.summary().reason == "interrupted":
            self.run.log.warning("stop_requested", in_flight=self.run.leases.in_flight)

    def watch_refusals(self) -> None:
        """Show the progress while the thread that reads refusals works."""
        while not self.run.stop.is_set():
            if self.run.threads.join("refusals", _TICK_SECONDS):
                return
            self._skip_lost_time()
            self.run.transport.cut_overdue()
            self._make_due(*self._reports)

    def drain(self, role: str, seconds: float) -> None:
        """Wait at most this long for threads to end, and show the progress."""
        deadline = self.run.clock.monotonic() + seconds
        while not self.run.threads.join(role, _TICK_SECONDS):
            deadline += self._skip_lost_time()
            if self.run.clock.monotonic() >= deadline:
                return
            self._make_due(self._show)

    def _skip_lost_time(self) -> float:
        """Return the seconds that the process did not run; no deadline counts them."""
        now = self.run.clock.monotonic()
        lost = now - self._ticked_at
        self._ticked_at = now
        if lost < _LATE_SECONDS:
            return 0.0
        self.run.throttle.skip(lost)
        self.run.transport.skip(lost)
        self._rates.skip(now, lost)
        self.run.log.info("time_lost", seconds=round(lost, 1))
        return lost

    def _is_sending(self) -> bool:
        return not all(map(self.run.threads.is_done, _SENDING))

    def _check_outage(self) -> None:
        silent = self.run.throttle.silent_seconds()
        if silent > self.run.config.max_outage_seconds:
            raise Unreachable(
                f"Customer.io has accepted nothing for {silent:.0f} s"
                f" (last: {self.run.throttle.last_problem}). The work is kept;"
                " run again to continue"
            )
        pause = max(
            self.run.leases.resting_seconds(), self.run.throttle.paused_seconds()
        )
        if pause > self.run.config.max_outage_seconds:
            raise Unreachable(
                f"Customer.io asked for a pause of another {pause:.0f} s, longer than"
                " maxOutageSeconds. The work is kept; run again after the pause"
            )

    def _check_limits(self) -> None:
        if self.until is not None and self.run.clock.utc_now() >= self.until:
            clock = f"{self.until.astimezone():%H:%M}"
            raise StopRun(
                f"it is {clock}, the time of -until. The rest is kept in the queue; run"
                " again to continue",
                reason="until_reached",
            )
        if self.max_dead_letters is not None:
            loaded, settled = self.run.counters.loaded, self.run.leases.counts
            self.max_dead_letters.check(
                records=loaded.records,
                invalid=loaded.dead_lettered,
                settled=settled.settled,
                undelivered=settled.dead_lettered,
            )

    # -- reports ---------------------------------------------------------------

    def _make_due(self, *reports: _Report) -> None:
        now = self.run.clock.monotonic()
        due = [report for report in reports if now >= report.due_at]
        if due:
            progress = self._progress(now)
            self.run.recorder.note(progress)
        for report in due:
            report.due_at = now + report.every_seconds
            report.make(progress)

    def _beat(self, progress: Progress) -> None:
        beat = Heartbeat(written_at=self.run.clock.timestamp(), progress=progress)
        summary = self.summary()
        timeline = self.run.recorder.record(summary.duration_seconds, summary.counts)
        self.run.store.beat(summary, beat, timeline)
        for call in self.on_beat:
            call(summary, self.run.counters.dead_letters())

    def _log(self, progress: Progress) -> None:
        hold = progress.hold
        eta = progress.eta_seconds
        self.run.log.info(
            "progress",
            done=progress.counts.settled,
            total=progress.total,
            is_loading=progress.is_loading,
            rate=round(progress.rate, 1),
            left_seconds=None if eta is None else round(eta),
            retries=progress.counts.retries,
            dead_letters=progress.counts.dead_lettered,
            waiting_for=hold.kind if hold else None,
        )

    def _progress(self, now: float) -> Progress:
        run, summary = self.run, self.summary()
        done = summary.counts.settled
        self._rates.note(now, done=done, settled=run.leases.counts.settled)
        is_loading = run.inputs is not None and not run.threads.is_done("loader")
        total = self._total(summary, is_loading=is_loading)
        return Progress(
            command=run.command,
            source=self._source_name(is_loading=is_loading),
            seconds=summary.duration_seconds,
            is_loading=is_loading,
            bytes_read=run.inputs.bytes_read if run.inputs else None,
            size_bytes=run.inputs.size_bytes if run.inputs else None,
            total=total,
            counts=summary.counts,
            in_flight=run.leases.in_flight,
            rate=self._rates.settled,
            eta_seconds=self._rates.seconds_for(total - done) if total else None,
            hold=self._hold(now, summary, is_loading=is_loading),
            kind=self.run.config.records.kind,
        )

    def _source_name(self, *, is_loading: bool) -> str | None:
        inputs = self.run.inputs
        if inputs is None:
            return None
        return inputs.current_name if is_loading else inputs.name

    def _total(self, summary: RunSummary, *, is_loading: bool) -> int | None:
        inputs = self.run.inputs
        resumed, records = summary.counts.resumed, summary.counts.records
        if inputs is None or not is_loading:
            return resumed + records
        size = inputs.size_bytes
        share = min(1.0, inputs.bytes_read / size) if size else None
        loaded_before = self.run.counters.loaded_before
        return estimated_total(resumed, records, loaded_before, share)

    def _hold(
        self, now: float, summary: RunSummary, *, is_loading: bool
    ) -> Hold | None:
        if self.run.stop.is_set():
            return Hold(kind="stopping", problem=summary.reason or "")
        if not self.run.threads.is_done("refusals"):
            return Hold(kind="refusals")
        elapsed = summary.duration_seconds
        if elapsed >= _REGION_SECONDS and not self.run.threads.is_done("starter"):
            return Hold(kind="region", since_seconds=elapsed)
        return find_hold(
            self.run.throttle.state(),
            resting_seconds=self.run.leases.resting_seconds(),
            still_seconds=now - self._rates.moved_at,
            in_flight=self.run.leases.in_flight,
            is_waiting_for_data=is_loading and not summary.counts.pending,
        )


@dataclass(slots=True)
class _Report:
    """A report that is made at intervals."""

    make: Callable[[Progress], None]
    every_seconds: float
    due_at: float
