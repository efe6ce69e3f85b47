"""How long answers took, counted in fixed logarithmic buckets.

Four buckets for each doubling, from 0.25 ms to some minutes: a percentile is within
10 %, and many answers take as little memory as few. Pure, except that `Latencies`
collects.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

_FIRST_SECONDS = 0.00025  # the lower end of the first bucket, and of half a doubling
BUCKETS_OF_A_DOUBLING = 4
LAST_BUCKET = 83


@dataclass(frozen=True, slots=True)
class Percentiles:
    """How long answers took, in milliseconds; field names are those of the JSON.

    Args:
        p50: half of the answers took at most this long.
        p95: as above, 95 %.
        p99: as above, 99 %.
    """

    p50: float
    p95: float
    p99: float


class Latencies:
    """Collects how long answers took.

    Any thread may call `add`; all else is for one thread.
    """

    def __init__(self) -> None:
        self._new: deque[float] = deque()
        # Not a method: a call for each answer of all threads, and `append` is atomic.
        self.add = self._new.append
        self.buckets: Counter[int] = Counter()
        self.seconds = 0.0

    def take(self) -> Counter[int]:
        """Return bucket -> answers for what was added since the last time."""
        new = [self._new.popleft() for _ in range(len(self._new))]
        taken = Counter(map(bucket_of, new))
        self.buckets += taken
        self.seconds += sum(new)
        return taken


def bucket_of(seconds: float) -> int:
    """Return the bucket of a time."""
    if seconds <= _FIRST_SECONDS:
        return 0
    bucket = int(BUCKETS_OF_A_DOUBLING * math.log2(seconds / _FIRST_SECONDS))
    return min(bucket, LAST_BUCKET)


def upper_bound(bucket: float) -> float:
    """Return the longest time of a bucket, in seconds."""
    return float(_FIRST_SECONDS * 2.0 ** ((bucket + 1) / BUCKETS_OF_A_DOUBLING))


def percentile(buckets: Mapping[int, int], share: float) -> float:
    """Return the time in seconds that a share of the answers did not exceed.

    Args:
        buckets: bucket -> answers, at least one.
        share: from 0 to 1.
    """
    wanted = share * sum(buckets.values())
    passed = 0
    for bucket in sorted(buckets):
        count = buckets[bucket]
        if passed + count >= wanted:
            # Within a bucket, as if its answers were evenly spread.
            return upper_bound(bucket - 1 + (wanted - passed) / count)
        passed += count
    return upper_bound(max(buckets))


def percentiles(buckets: Mapping[int, int]) -> Percentiles | None:
    """Return the percentiles; None if there is no answer."""
    if not buckets:
        return None
    p50, p95, p99 = (1000 * percentile(buckets, share) for share in (0.5, 0.95, 0.99))
    return Percentiles(round(p50, 2), round(p95, 2), round(p99, 2))


def percentiles_from(document: object) -> Percentiles | None:
    """Read percentiles from JSON; None if there are none."""
    if not isinstance(document, dict):
        return None
    try:
        return Percentiles(*(float(document[name]) for name in ("p50", "p95", "p99")))
    except (KeyError, TypeError, ValueError):
        return None
