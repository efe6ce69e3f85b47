"""The activity log of the workspace: what was refused after a 200.

Only refusals are in it; Customer.io's has everything that happened.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from itertools import count, islice
from typing import Any

DEFAULT_LIMIT = 10
MOST_ACTIVITIES = 100
_MOST_KEPT = 100_000
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_KINDS = ("id", "email", "cio_id")


class ActivityLog:
    """Refusals, newest first.

    Args:
        now: returns the time in Unix seconds.
        delay_seconds: how long after the refusal an activity appears.
    """

    def __init__(
        self, now: Callable[[], float] = time.time, delay_seconds: float = 0.0
    ) -> None:
        self._now = now
        self.delay_seconds = delay_seconds
        self._numbers = count()
        self._activities: deque[dict[str, Any]] = deque(maxlen=_MOST_KEPT)

    def add(
        self,
        type: str,  # noqa: A002  # the API's name
        identifiers: dict[str, str],
        data: dict[str, Any],
        name: str = "",
    ) -> None:
        """Note a refusal.

        Args:
            type: such as ``failed_attribute_change``.
            identifiers: those of the person that are known.
            data: what was refused.
            name: the event's name.
        """
        seconds = self._now()
        activity = {
            "id": _ulid(seconds, next(self._numbers)),
            "type": type,
            "timestamp": int(seconds),
            "customer_id": identifiers.get("id"),
            "customer_identifiers": {kind: identifiers.get(kind) for kind in _KINDS},
            "name": name,
            "data": data,
            "delivery_id": None,
        }
        self._activities.appendleft(activity)

    def clear(self) -> None:
        """Forget all refusals."""
        self._activities.clear()

    def page(
        self,
        *,
        type: str | None,  # noqa: A002  # the API's name
        start: str,
        limit: int,
        customer: tuple[str, str | None],
        name: str | None,
    ) -> dict[str, Any]:
        """Return a page as the App API writes it.

        Args:
            type: only these; None for all.
            start: the ``next`` of the page before; empty for the first page.
            limit: the most activities.
            customer: the kind and the value of an identifier; None for everybody.
            name: only events of this name; None for all.
        """
        kind, value = customer
        latest = _ulid(self._now() - self.delay_seconds, _LAST)
        found = [
            each
            for each in self._activities
            if each["id"] <= latest
            and (not start or each["id"] < start)
            and type in (None, each["type"])
            and value in (None, each["customer_identifiers"].get(kind))
            and name in (None, each["name"])
        ]
        shown = list(islice(found, limit))
        return {
            "activities": shown,
            "next": shown[-1]["id"] if len(found) > limit else "",
        }


_LAST = 32**16 - 1


def _ulid(seconds: float, number: int) -> str:
    """Return a ULID: ten digits of milliseconds, and a number instead of chance."""
    return _base_32(int(seconds * 1000), 10) + _base_32(number, 16)


def _base_32(number: int, digits: int) -> str:
    return "".join(
        _DIGITS[number >> 5 * place & 31] for place in reversed(range(digits))
    )
