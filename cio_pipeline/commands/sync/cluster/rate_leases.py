"""Which shards may send, and how fast, so that together they keep to one rate. Pure.

Rates are in multiples of a shard's own share, which is one ``count``-th of the bound.
A shard that hears nothing falls back to its own share, so no shard gets less.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

# Longer than a shard keeps a lease, because it hears of it later.
_KEPT_SECONDS = 12.0
_ROUNDING = 1e-6


class _Held(NamedTuple):
    """The most that a shard may be using, and when it was last seen."""

    factor: float
    seen_at: float


@dataclass(kw_only=True)
class RateLeases:
    """Shares the rate among the shards that are running.

    Args:
        count: how many shards there are.
        rest_seconds: how long a shard that was lost may still be sending, unless its
            queue is locked; until then it is not started elsewhere.
    """

    count: int
    rest_seconds: float
    _held: dict[int, _Held] = field(default_factory=dict)

    def orders(
        self, now: float, running: Mapping[int, float], waiting: Collection[int]
    ) -> dict[int, float]:
        """Return the rate of each shard that may go on, or start.

        A shard only starts when the others are known to have slowed down.

        Args:
            now: the time, in seconds.
            running: shards that are running, and the rate that each of them has.
            waiting: shards that could start.
        """
        self._note(now, running, waiting)
        lost = sum(h.factor for i, h in self._held.items() if i not in running)
        sharing = len(running) + len(waiting)
        target = max(1.0, (self.count - lost) / sharing) if sharing else 1.0
        spare = self.count - sum(held.factor for held in self._held.values())
        orders = {}
        for index in running:
            held = self._held[index].factor
            orders[index] = min(target, held + max(0.0, spare))
            spare -= max(0.0, orders[index] - held)
        for index in waiting:
            if index not in self._held and target <= spare + _ROUNDING:
                orders[index] = target
                spare -= target
        for index, factor in orders.items():
            before = self._held.get(index, _Held(0.0, now))
            self._held[index] = _Held(max(before.factor, factor), now)
        return orders

    def ended(self, index: int) -> None:
        """Note that a shard has ended; the others get its share."""
        self._held.pop(index, None)

    def _note(
        self, now: float, running: Mapping[int, float], waiting: Collection[int]
    ) -> None:
        self._held |= {i: _Held(factor, now) for i, factor in running.items()}
        self._held = {
            index: held
            for index, held in self._held.items()
            if now - held.seen_at
            <= (self.rest_seconds if index in waiting else _KEPT_SECONDS)
        }
