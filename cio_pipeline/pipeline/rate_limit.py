"""How fast requests may leave: a smooth rate that yields to a 429.

Pure: every method is told the time (monotonic seconds).
"""

from __future__ import annotations

import math
from collections import deque

from cio_pipeline.core.limits import TRACK_API_LIMIT_PER_SECOND

# Requests are planned a little below the bound, and counted as they really leave:
# threads that wake late catch up, and what the network bunches together must
# still fit in the server's second.
PLANNED_SHARE = 0.985
COUNTED_SHARE = 0.99
_MOST_COUNTED = 5000
SLOWED_SHARE = 0.7
LOWEST_RATE = 5.0
GROWTH_SHARE = 0.10
GROWTH_OF_CEILING = 0.05
UNBOUNDED_AGAIN = 20 * TRACK_API_LIMIT_PER_SECOND


class RateLimit:
    """Gives each request its own moment, 1/rate after the one before, or a bit more.

    However late threads wake, no second sees more requests leave than the ceiling.
    A 429 lowers the rate to a share of what was really sent in the last second;
    each second without one raises it again, by a tenth or a twentieth of the
    ceiling, whichever is more.

    Args:
        ceiling: requests a second that are never exceeded; 0 means no bound.
        now: the time at the start.
    """

    def __init__(self, ceiling: float, now: float) -> None:
        self._ceiling = ceiling or math.inf
        self.rate = self._ceiling
        self.paused_until = -math.inf
        self._next_moment = now
        self._grown_at = now
        self._second_began = now
        self._sent_this_second = 0
        self._sent_last_second = 0
        # So many requests at most leave within so many seconds.
        most = 0 if math.isinf(self._ceiling) else round(self._ceiling)
        self._left: deque[float] = deque(maxlen=min(max(1, most), _MOST_COUNTED))
        self._left_within = (self._left.maxlen or 1) / (COUNTED_SHARE * self._ceiling)

    def reserve(self, now: float) -> float:
        """Take the next moment at which a request may leave, and return it."""
        self._grow(now)
        moment = max(now, self._next_moment, self.paused_until)
        self._next_moment = moment + 1.0 / (PLANNED_SHARE * self.rate)
        return moment

    def seconds_until(self, moment: float, now: float) -> float:
        """Say how long a request with this moment has to wait; 0 or less to go."""
        left = self._left
        if len(left) == left.maxlen:
            moment = max(moment, left[0] + self._left_within)
        return moment - now

    def count_sent(self, now: float) -> None:
        """Note that a request leaves now."""
        if now - self._second_began >= 1.0:
            is_adjacent = now - self._second_began < 2.0
            self._sent_last_second = self._sent_this_second if is_adjacent else 0
            self._second_began, self._sent_this_second = now, 0
        self._sent_this_second += 1
        self._left.append(now)

    def slow_down(self, now: float, pause_seconds: float) -> bool:
        """Heed a 429: pause everybody, and go on slower.

        Several threads meet the same limit at once; only the first of them
        lowers the rate.

        Returns:
            Whether this was the first.
        """
        is_first = now >= self.paused_until
        if is_first:
            sent = max(self._sent_last_second, self._sent_this_second)
            slower = max(LOWEST_RATE, SLOWED_SHARE * sent)
            self.rate = min(self.rate, slower)
        if now + pause_seconds > self.paused_until:
            self.paused_until = now + pause_seconds
            # Moments given out before the pause are void (see `Throttle`).
            self._next_moment = self._grown_at = self.paused_until
        return is_first

    def _grow(self, now: float) -> None:
        if self.rate >= self._ceiling or now - self._grown_at < 1.0:
            return
        aim = min(self._ceiling, TRACK_API_LIMIT_PER_SECOND)
        step = max(GROWTH_SHARE * self.rate, GROWTH_OF_CEILING * aim)
        self.rate = min(self._ceiling, self.rate + step)
        if self.rate > UNBOUNDED_AGAIN:
            self.rate = self._ceiling
        self._grown_at = now
