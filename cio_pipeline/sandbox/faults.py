"""What goes wrong on purpose. Pure: told the time and the random draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, Literal, NamedTuple


def _number(
    least: float, most: float, kind: type[float] = float
) -> Callable[[str], float]:
    """Return what reads a number that is not out of bounds."""

    def number(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise ValueError(f"{text!r} is no number from {least} to {most}")
        return value

    return number


_AMOUNT = _number(0, 1_000_000)
_SHARE = _number(0, 1)
_STATUS = _number(200, 599, int)


def _header(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"{text!r} is no header's value")
    return text


def _fault(
    default: float | str | None,
    read: Callable[[str], float | str],
    about: str,
    choices: tuple[str, ...] | None = None,
) -> Any:  # noqa: ANN401  # as `field`, whose type is that of its default
    metadata = {"read": read, "about": about, "choices": choices}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What to get wrong, and how often.

    A field's metadata has what reads its value from text, what it is about and its
    choices, if it has some; the options of `sandbox` are made of them.
    """

    latency_ms: float = _fault(0.0, _AMOUNT, "how long every answer takes")
    latency_jitter_ms: float = _fault(
        0.0, _AMOUNT, "up to so much longer, evenly spread"
    )
    error_share: float = _fault(
        0.0, _SHARE, "share of requests answered with -error-status (0 to 1)"
    )
    error_status: int = _fault(503, _STATUS, "the status of those (default: 503)")
    throttle_share: float = _fault(
        0.0, _SHARE, "share of requests answered with 429 (0 to 1)"
    )
    retry_after: str | None = _fault(
        None, _header, "the Retry-After of a 429, in seconds or as a date"
    )
    drop_share: float = _fault(
        0.0, _SHARE, "share of connections dropped unanswered (0 to 1)"
    )
    outage_in_seconds: float = _fault(0.0, _AMOUNT, "when an outage begins")
    outage_seconds: float = _fault(0.0, _AMOUNT, "how long it lasts")
    outage_mode: Literal["503", "drop"] = _fault(
        "503", str, "what happens in it (default: 503)", ("503", "drop")
    )
    rate_limit: float = _fault(
        0.0, _AMOUNT, "requests a second past which 429 is answered"
    )

    def changed(self, changes: Mapping[str, object]) -> Faults:
        """Return these faults, some of them changed.

        Args:
            changes: values by field, as JSON has them; None sets the default.

        Raises:
            ValueError: a field cannot have its value.
        """
        fault = {each.name: each for each in fields(self)}
        return replace(self, **{n: _read(fault[n], v) for n, v in changes.items()})


def _read(fault: Field[Any], value: object) -> Any:  # noqa: ANN401  # as the field's
    if value is None:
        return fault.default
    read = fault.metadata["read"](str(value))
    choices = fault.metadata["choices"]
    if choices and read not in choices:
        raise ValueError(f"{fault.name} is one of {', '.join(choices)}")
    return read


class Fault(NamedTuple):
    """What goes wrong with one request; a status of 0 drops its connection."""

    status: int
    retry_after: str | None = None


FAULT_NAMES = tuple(field.name for field in fields(Faults))
_QUIET = Faults()


class FaultPlan:
    """Decides for each request.

    Args:
        faults: what to get wrong.
        now: the time they are set at, monotonic seconds.
        draw: random numbers in [0, 1).
    """

    def __init__(self, faults: Faults, now: float, draw: Callable[[], float]) -> None:
        self.faults = faults
        self._draw = draw
        self._set_at = now
        self._is_quiet = faults == _QUIET
        # The rate limit as a leaky bucket that holds a tenth of a second.
        self._full_at = now

    def latency_seconds(self) -> float:
        """How long this answer takes."""
        if self._is_quiet:
            return 0.0
        faults = self.faults
        jitter = (
            faults.latency_jitter_ms * self._draw() if faults.latency_jitter_ms else 0
        )
        return (faults.latency_ms + jitter) / 1000

    def fault(self, now: float) -> Fault | None:
        """What goes wrong with this request, if anything."""
        if self._is_quiet:
            return None
        faults = self.faults
        since = now - self._set_at - faults.outage_in_seconds
        if 0 <= since < faults.outage_seconds:
            return Fault(0 if faults.outage_mode == "drop" else 503)
        if faults.rate_limit and self._is_over_limit(now):
            return Fault(429, faults.retry_after)
        return self._by_chance()

    def _by_chance(self) -> Fault | None:
        faults = self.faults
        draw = self._draw()
        if draw < faults.drop_share:
            return Fault(0)
        draw -= faults.drop_share
        if draw < faults.error_share:
            return Fault(faults.error_status)
        draw -= faults.error_share
        return Fault(429, faults.retry_after) if draw < faults.throttle_share else None

    def _is_over_limit(self, now: float) -> bool:
        if self._full_at - now > 0.1:
            return True
        self._full_at = max(self._full_at, now) + 1 / self.faults.rate_limit
        return False
