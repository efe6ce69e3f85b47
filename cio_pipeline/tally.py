"""What a run has done so far, counted by all of its threads."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping

from cio_pipeline.model import INVALID_RECORD

_RATE_SECONDS = 10.0


class Tally:
    """Counters of requests and records. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the counters
        self.requests = 0
        self.retries = 0
        self.records = 0
        self.unmappable = 0
        self.skipped = 0
        self.passed_over = 0  # loaded by an earlier run; set by the loader alone
        self._refused: Counter[str] = Counter()

    def request_sent(self, *, is_retry: bool) -> None:
        """Count a request."""
        with self._lock:
            self.requests += 1
            self.retries += is_retry

    def records_loaded(self, jobs: int, unmappable: int, skipped: int) -> None:
        """Count a committed chunk of the data file."""
        with self._lock:
            self.records += jobs + unmappable + skipped
            self.unmappable += unmappable
            self.skipped += skipped

    def dead_lettered(self, reason: str) -> None:
        """Count a job that could not be delivered."""
        with self._lock:
            self._refused[reason] += 1

    def dead_letters(self) -> Mapping[str, int]:
        """How many records and jobs became dead letters, by reason."""
        with self._lock:
            return self._refused + Counter({INVALID_RECORD: self.unmappable})


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
