"""Counters that all threads of a run share."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.jobs import INVALID_RECORD, REFUSED_LATER


class Counters:
    """Counters of requests and records. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the counters
        self._requests = 0
        self._retries = 0
        self.loaded = Counts()  # read from the data file and committed
        self.loaded_before = 0  # records; set by the loader alone
        self._refused_later = 0
        self._dead_jobs: Counter[str] = Counter()

    def request_sent(self, *, is_retry: bool) -> None:
        """Count a request."""
        with self._lock:
            self._requests += 1
            self._retries += is_retry

    def records_loaded(
        self, jobs: int, unmappable: int, skipped: int, left_out: int = 0
    ) -> None:
        """Count a committed chunk of the data file."""
        with self._lock:
            self.loaded += Counts(
                records=jobs + unmappable + skipped,
                skipped=skipped,
                dead_lettered=unmappable,
                left_out=left_out,
            )

    def dead_lettered(self, reason: str) -> None:
        """Count a job that could not be delivered."""
        with self._lock:
            self._dead_jobs[reason] += 1

    def refused_later(self, count: int) -> None:
        """Count what Customer.io refused after its 200."""
        with self._lock:
            self._refused_later += count

    def counts(self) -> Counts:
        """Return the counts of requests and loaded records, without settled jobs."""
        with self._lock:
            sent = Counts(
                refused_later=self._refused_later,
                requests=self._requests,
                retries=self._retries,
            )
            return self.loaded + sent

    def dead_letters(self) -> Mapping[str, int]:
        """Return how many records and jobs became dead letters, by reason."""
        with self._lock:
            invalid = Counter({INVALID_RECORD: self.loaded.dead_lettered})
            later = Counter({REFUSED_LATER: self._refused_later})
            return self._dead_jobs + invalid + later
