"""How far a run is, how fast, and why nothing moves."""

from __future__ import annotations

from collections import deque

from cio_pipeline.core.progress import Hold, HoldKind, ThrottleState

# A wait shorter than this is no news.
_STILL_SECONDS = 2.0


def estimated_total(
    resumed: int, records: int, passed_over: int, share: float | None
) -> int | None:
    """Guess how many records a run will have, while it still loads.

    Args:
        resumed: jobs found queued at the start.
        records: records read so far, in this run.
        passed_over: records that an earlier run had loaded.
        share: how much of the data file has been read, those included.
    """
    if not share or not records:
        return None
    rest = (passed_over + records) * (1.0 - share) / share
    return resumed + records + round(rest)


def find_hold(
    throttle: ThrottleState,
    *,
    resting_seconds: float,
    still_seconds: float,
    in_flight: int,
    is_waiting_for_data: bool,
) -> Hold | None:
    """Say why nothing moves, the plainest reason first; None while all is well.

    Args:
        throttle: what the throttle says.
        resting_seconds: how long all that is left backs off.
        still_seconds: how long nothing has been settled.
        in_flight: jobs handed to consumers.
        is_waiting_for_data: whether the loader has more to bring, and the queue
            is empty.
    """
    if throttle.down_seconds is not None:
        return Hold(
            kind="outage",
            next_seconds=throttle.probe_seconds,
            since_seconds=throttle.down_seconds,
            problem=throttle.problem,
        )
    if throttle.paused_seconds > 0:
        return Hold(kind="throttled", next_seconds=throttle.paused_seconds)
    if resting_seconds > 0:
        return Hold(
            kind="backoff", next_seconds=resting_seconds, problem=throttle.problem
        )
    if still_seconds < _STILL_SECONDS or not (in_flight or is_waiting_for_data):
        return None
    kind: HoldKind = "answers" if in_flight else "data"
    return Hold(kind=kind, since_seconds=still_seconds)


_RATE_SECONDS = 10.0


class RateMeter:
    """How fast a count has grown over the last seconds. One thread's own."""

    def __init__(self, now: float) -> None:
        self._samples: deque[tuple[float, int]] = deque([(now, 0)])

    def sample(self, now: float, count: int) -> float:
        """Note a count, and say how many a second came lately."""
        self._samples.append((now, count))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _RATE_SECONDS:
            self._samples.popleft()
        then, before = self._samples[0]
        return (count - before) / (now - then) if now > then else 0.0

    def skip(self, now: float, seconds: float) -> None:
        """Leave out the seconds before now, in which the process did not run."""
        shifted = ((min(now, then + seconds), count) for then, count in self._samples)
        self._samples = deque(shifted)


class Rates:
    """How fast things get done, and since when nothing has. One thread's own."""

    def __init__(self, now: float) -> None:
        self._done_meter = RateMeter(now)
        self._settled_meter = RateMeter(now)
        self._done = 0
        self._done_rate = 0.0
        self.settled = 0.0
        self.moved_at = now

    def note(self, now: float, *, done: int, settled: int) -> None:
        """Note the counts: of records that need nothing more, of jobs settled."""
        if done != self._done:
            self._done, self.moved_at = done, now
        self._done_rate = self._done_meter.sample(now, done)
        self.settled = self._settled_meter.sample(now, settled)

    def skip(self, now: float, seconds: float) -> None:
        """Leave out the seconds before now, in which the process did not run."""
        self._done_meter.skip(now, seconds)
        self._settled_meter.skip(now, seconds)
        self.moved_at = min(now, self.moved_at + seconds)

    def seconds_for(self, records: int) -> float | None:
        """How long so many records will take at the rate of late."""
        # Skipped records count here: while a file of which little has changed is
        # loaded, most of what is left will be skipped too.
        return max(0, records) / self._done_rate if self._done_rate else None
