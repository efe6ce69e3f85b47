"""The progress of a run: its speed, its estimated total, and why it waits."""

from __future__ import annotations

from collections import deque

from cio_pipeline.core.progress import Hold, HoldKind, ThrottleState

# A shorter wait is not reported.
_STILL_SECONDS = 2.0


def estimated_total(
    resumed: int, records: int, loaded_before: int, share: float | None
) -> int | None:
    """Estimate how many records a run will have, while it still loads.

    Args:
        resumed: jobs that were in the queue at the start.
        records: records that this run has read so far.
        loaded_before: records that an earlier run loaded.
        share: the part of the data file that both have read, from 0 to 1; None if
            unknown.

    Returns:
        The estimate; None if there is nothing to base it on.
    """
    if not share or not records:
        return None
    rest = (loaded_before + records) * (1.0 - share) / share
    return resumed + records + round(rest)


def find_hold(
    throttle: ThrottleState,
    *,
    resting_seconds: float,
    still_seconds: float,
    in_flight: int,
    is_waiting_for_data: bool,
) -> Hold | None:
    """Return the main reason why nothing moves; None if there is none.

    Args:
        throttle: the state of the throttle.
        resting_seconds: how long all remaining jobs back off.
        still_seconds: how long nothing has been settled.
        in_flight: jobs that consumers are sending.
        is_waiting_for_data: whether the queue is empty and the loader is not done.
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
    """Measures how fast a count grew over the last ten seconds. Not thread-safe."""

    def __init__(self, now: float) -> None:
        self._samples: deque[tuple[float, int]] = deque([(now, 0)])

    def sample(self, now: float, count: int) -> float:
        """Note a count; return how much it grew per second."""
        self._samples.append((now, count))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _RATE_SECONDS:
            self._samples.popleft()
        then, before = self._samples[0]
        return (count - before) / (now - then) if now > then else 0.0

    def skip(self, now: float, seconds: float) -> None:
        """Do not count the seconds before now, in which the process did not run."""
        shifted = ((min(now, then + seconds), count) for then, count in self._samples)
        self._samples = deque(shifted)


class Rates:
    """Measures how fast records and jobs are done. Not thread-safe.

    ``settled`` is the jobs settled per second; ``moved_at`` is when a record was last
    done.
    """

    def __init__(self, now: float) -> None:
        self._done_meter = RateMeter(now)
        self._settled_meter = RateMeter(now)
        self._done = 0
        self._done_rate = 0.0
        self.settled = 0.0
        self.moved_at = now

    def note(self, now: float, *, done: int, settled: int) -> None:
        """Note the counts.

        Args:
            now: the time, in monotonic seconds.
            done: records that are done.
            settled: jobs that are settled.
        """
        if done != self._done:
            self._done, self.moved_at = done, now
        self._done_rate = self._done_meter.sample(now, done)
        self.settled = self._settled_meter.sample(now, settled)

    def skip(self, now: float, seconds: float) -> None:
        """Do not count the seconds before now, in which the process did not run."""
        self._done_meter.skip(now, seconds)
        self._settled_meter.skip(now, seconds)
        self.moved_at = min(now, self.moved_at + seconds)

    def seconds_for(self, records: int) -> float | None:
        """Return how long this many records take at the current rate, or None."""
        # Skipped records count: if most of a file is unchanged so far, most of the
        # rest will be skipped too.
        return max(0, records) / self._done_rate if self._done_rate else None
