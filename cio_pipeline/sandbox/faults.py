"""Faults on purpose. Pure: the time and the random numbers are passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, Literal, NamedTuple


def _number(
    least: float, most: float, kind: type[float] = float
) -> Callable[[str], float]:
    """Return a function that reads a number within bounds."""

    def number(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise ValueError(f"{text!r} is not a number from {least} to {most}")
        return value

    return number


_AMOUNT = _number(0, 1_000_000)
_SHARE = _number(0, 1)
_STATUS = _number(200, 599, int)


def _header(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"{text!r} is not a valid header value")
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
    """The faults to make, and how often.

    A field's metadata has the function that reads its value, its help text and its
    choices, if any. The options of `sandbox` are built from it.
    """

    latency_ms: float = _fault(0.0, _AMOUNT, "delay of every answer")
    latency_jitter_ms: float = _fault(
        0.0, _AMOUNT, "random extra delay, from 0 to this"
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
        0.0, _SHARE, "share of connections closed without an answer (0 to 1)"
    )
    outage_in_seconds: float = _fault(0.0, _AMOUNT, "when an outage starts")
    outage_seconds: float = _fault(0.0, _AMOUNT, "how long it lasts")
    outage_mode: Literal["503", "drop"] = _fault(
        "503", str, "what requests get in it (default: 503)", ("503", "drop")
    )
    rate_limit: float = _fault(
        0.0, _AMOUNT, "requests per second; more are answered with 429"
    )

    activity_delay_seconds: float = _fault(
        0.0, _AMOUNT, "delay until a refusal is in the activity log"
    )

    def changed(self, changes: Mapping[str, object]) -> Faults:
        """Return these faults with some changes.

        Args:
            changes: field -> JSON value; None sets the default.

        Raises:
            ValueError: a value is invalid.
        """
        fault = {each.name: each for each in fields(self)}
        return replace(self, **{n: _read(fault[n], v) for n, v in changes.items()})


def _read(fault: Field[Any], value: object) -> Any:  # noqa: ANN401  # as the field's
    if value is None:
        return fault.default
    read = fault.metadata["read"](str(value))
    choices = fault.metadata["choices"]
    if choices and read not in choices:
        raise ValueError(f"{fault.name} must be one of {', '.join(choices)}")
    return read


class Fault(NamedTuple):
    """The fault of one request; a status of 0 drops its connection."""

    status: int
    retry_after: str | None = None


FAULT_NAMES = tuple(field.name for field in fields(Faults))
_QUIET = Faults()


class FaultPlan:
    """Decides which requests fail.

    Args:
        faults: the faults to make.
        now: the time they are set at, monotonic seconds.
        random: returns random numbers in [0, 1).
    """

    def __init__(self, faults: Faults, now: float, random: Callable[[], float]) -> None:
        self.faults = faults
        self._random = random
        self._set_at = now
        self._is_quiet = faults == _QUIET
        # The rate limit as a leaky bucket that holds a tenth of a second.
        self._full_at = now

    def latency_seconds(self) -> float:
        """Return the delay of one answer."""
        if self._is_quiet:
            return 0.0
        faults = self.faults
        jitter = (
            faults.latency_jitter_ms * self._random() if faults.latency_jitter_ms else 0
        )
        return (faults.latency_ms + jitter) / 1000

    def fault(self, now: float) -> Fault | None:
        """Return the fault of one request, or None."""
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
        number = self._random()
        if number < faults.drop_share:
            return Fault(0)
        number -= faults.drop_share
        if number < faults.error_share:
            return Fault(faults.error_status)
        number -= faults.error_share
        if number < faults.throttle_share:
            return Fault(429, faults.retry_after)
        return None

    def _is_over_limit(self, now: float) -> bool:
        if self._full_at - now > 0.1:
            return True
        self._full_at = max(self._full_at, now) + 1 / self.faults.rate_limit
        return False
