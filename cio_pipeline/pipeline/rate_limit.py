"""The rate of requests: evenly spaced, and slower after a 429.

Pure: every method takes the time, in monotonic seconds.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from itertools import repeat

from cio_pipeline.core.limits import TRACK_API_LIMIT_PER_SECOND

# Requests are planned a little below the limit, and counted when they are really sent:
# threads that wake late catch up, and requests that the network delays must still fit
# in one second of the server.
PLANNED_SHARE = 0.985
COUNTED_SHARE = 0.99
_MOST_COUNTED = 5000
SLOWED_SHARE = 0.7
LOWEST_RATE = 5.0
GROWTH_SHARE = 0.10
GROWTH_OF_CEILING = 0.05
UNBOUNDED_AGAIN = 20 * TRACK_API_LIMIT_PER_SECOND


class RateLimit:
    """Gives each request a time to be sent, at least cost/rate after the previous one.

    A request costs 1; if users are counted instead, it costs as many as it has.

    No second has more requests than the ceiling, however late threads wake. A 429
    lowers the rate to a share of what was really sent in the last second. Each second
    without a 429 raises it by a tenth of itself or a twentieth of the ceiling,
    whichever is more.

    Args:
        ceiling: the most requests per second; 0 means no limit.
        now: the time at the start.
    """

    def __init__(self, ceiling: float, now: float) -> None:
        self._ceiling = ceiling or math.inf
        self.rate = self._ceiling
        self.paused_until = -math.inf
        self._next_time = now
        self._grown_at = now
        self._second_began = now
        self._sent_this_second = 0
        self._sent_last_second = 0
        # At most `_sent_at.maxlen` requests are sent in `_span_seconds`.
        self._sent_at: deque[float] = deque(maxlen=most_at_once(ceiling))
        counted = self._sent_at.maxlen or 1
        self._span_seconds = counted / (COUNTED_SHARE * self._ceiling)

    def reserve(self, now: float, cost: int = 1) -> float:
        """Return the next time at which a request may be sent, and reserve it."""
        self._grow(now)
        send_at = max(now, self._next_time, self.paused_until)
        self._next_time = send_at + cost / (PLANNED_SHARE * self.rate)
        return send_at

    def seconds_until(self, send_at: float, now: float, cost: int = 1) -> float:
        """Return how long a request with a reserved time must wait; 0 or less: go."""
        sent_at = self._sent_at
        excess = len(sent_at) + cost - (sent_at.maxlen or 1)
        if excess > 0 and sent_at:
            last = sent_at[min(excess, len(sent_at)) - 1]
            send_at = max(send_at, last + self._span_seconds)
        return send_at - now

    def count_sent(self, now: float, cost: int = 1) -> None:
        """Note that a request is sent now."""
        if now - self._second_began >= 1.0:
            is_adjacent = now - self._second_began < 2.0
            self._sent_last_second = self._sent_this_second if is_adjacent else 0
            self._second_began, self._sent_this_second = now, 0
        self._sent_this_second += cost
        self._sent_at.extend(repeat(now, cost))

    def slow_down(self, now: float, pause_seconds: float) -> bool:
        """Pause all threads after a 429, and lower the rate.

        Several threads meet the same limit at once; only the first lowers the rate.

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
            # Times reserved before the pause are not used (see `Throttle`).
            self._next_time = self._grown_at = self.paused_until
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


def most_at_once(ceiling: float) -> int:
    """Return the highest cost of one request: about what a second allows.

    Args:
        ceiling: as in `RateLimit`.
    """
    most = 0 if math.isinf(ceiling) else math.ceil(ceiling)
    return min(max(1, most), _MOST_COUNTED)


def pace(per_second: float, monotonic: Callable[[], float]) -> Callable[[], float]:
    """Return a function that returns how long to wait before the next request.

    Args:
        per_second: the most requests per second.
        monotonic: returns the time.
    """
    limit = RateLimit(per_second, monotonic())

    def wait() -> float:
        now = monotonic()
        return max(0.0, limit.reserve(now) - now)

    return wait
