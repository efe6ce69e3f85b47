"""What a run has done so far, counted by all of its threads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.jobs import INVALID_RECORD


class Counters:
    """Counters of requests and records. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the counters
        self._requests = 0
        self._retries = 0
        self.loaded = Counts()  # read from the data file and committed
        self.passed_over = 0  # loaded by an earlier run; set by the loader alone
        self._refused: Counter[str] = Counter()

    def request_sent(self, *, is_retry: bool) -> None:
        """Count a request."""
        with self._lock:
            self._requests += 1
            self._retries += is_retry

    def records_loaded(self, jobs: int, unmappable: int, skipped: int) -> None:
        """Count a committed chunk of the data file."""
        with self._lock:
            self.loaded += Counts(
                records=jobs + unmappable + skipped,
                skipped=skipped,
                dead_lettered=unmappable,
            )

    def dead_lettered(self, reason: str) -> None:
        """Count a job that could not be delivered."""
        with self._lock:
            self._refused[reason] += 1

    def counts(self) -> Counts:
        """Return the requests, and what was loaded; not what became of the jobs."""
        with self._lock:
            sent = Counts(requests=self._requests, retries=self._retries)
            return self.loaded + sent

    def dead_letters(self) -> Mapping[str, int]:
        """How many records and jobs became dead letters, by reason."""
        with self._lock:
            return self._refused + Counter({INVALID_RECORD: self.loaded.dead_lettered})
