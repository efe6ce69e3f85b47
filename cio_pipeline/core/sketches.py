"""Summaries of many values in little memory. Pure.

A small file is counted exactly; for a large one, the classes say how exact they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from heapq import nlargest
from typing import TypeAlias

Value: TypeAlias = "str | bytes | int | float"

_HASHES = 1 << 64


class DistinctValues:
    """Estimates how many different values there are, from the lowest hashes.

    It is the k-minimum-values sketch: if the lowest k of n random hashes are below
    h, then n is about (k - 1) / h (Beyer et al., *Distinct-Value Synopses*, 2007).
    The standard error is 1 / sqrt(k - 2), 2.2 % for 2,048 hashes.

    Args:
        size: k. Up to twice as many values are counted exactly.
    """

    def __init__(self, size: int = 2048) -> None:
        self._size = size
        self._lowest: set[int] = set()
        self._below = _HASHES

    def add(self, raw: bytes) -> None:
        """Add a value."""
        number = int.from_bytes(blake2b(raw, digest_size=8).digest(), "big")
        if number < self._below:
            self._lowest.add(number)
            if len(self._lowest) > 2 * self._size:
                kept = sorted(self._lowest)[: self._size]
                self._lowest, self._below = set(kept), kept[-1] + 1

    @property
    def is_exact(self) -> bool:
        """Whether `count` is exact."""
        return self._below == _HASHES

    def count(self) -> int:
        """Return how many different values there are."""
        if self.is_exact:
            return len(self._lowest)
        kept = sorted(self._lowest)[: self._size]
        return round((self._size - 1) * _HASHES / kept[-1])


class FrequentValues:
    """Counts the most frequent values: Misra and Gries, many values at a time.

    When too many are kept, the count of the first one that is dropped is subtracted
    from all (Agarwal et al., *Mergeable Summaries*, 2012). So a count is at most
    `lost` too low, which is at most a 500th of all values for a size of 500.

    Args:
        size: how many values are kept; up to three times as many are exact.
    """

    def __init__(self, size: int = 500) -> None:
        self._size = size
        self._counts: Counter[Value] = Counter()
        self.lost = 0

    def __contains__(self, value: Value) -> bool:
        return value in self._counts

    def add(self, counts: Mapping[Value, int]) -> None:
        """Add values with their counts."""
        self._counts.update(counts)
        if len(self._counts) > 3 * self._size:
            ranked = nlargest(
                self._size + 1, self._counts.items(), key=lambda item: item[1]
            )
            floor = ranked[-1][1]
            kept = {value: n - floor for value, n in ranked if n > floor}
            self._counts = Counter(kept)
            self.lost += floor

    def most_common(self, most: int) -> list[tuple[Value, int]]:
        """Return the most frequent values, except those that may occur only once.

        Also left out are values whose count is not higher than its error.
        """
        ranked = nlargest(most, self._counts.items(), key=lambda item: item[1])
        return [(value, n) for value, n in ranked if n > max(1, self.lost)]


class Sample:
    """A random sample of numbers, in which each has the same chance to be.

    It is exact up to its size (Vitter, *Random Sampling with a Reservoir*, 1985).

    Args:
        draw: returns a random number in [0, 1).
        size: how many are kept.
    """

    def __init__(self, draw: Callable[[], float], size: int = 4096) -> None:
        self._draw = draw
        self._size = size
        self._kept: list[float] = []
        self.seen = 0

    def add(self, values: Iterable[float]) -> None:
        """Add numbers."""
        for value in values:
            self.seen += 1
            if len(self._kept) < self._size:
                self._kept.append(value)
                continue
            at = int(self._draw() * self.seen)
            if at < self._size:
                self._kept[at] = value

    @property
    def is_exact(self) -> bool:
        """Whether it has every number."""
        return self.seen <= self._size

    def ordered(self) -> list[float]:
        """Return the numbers that are kept, the lowest first."""
        return sorted(self._kept)
