"""How a run stands at one moment: what the live display and `status` draw.

Pure values; they are written to the state file once a second as JSON, so their
fields are what JSON has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from cio_pipeline.core.counts import Counts, counts_from

HoldKind = Literal[
    "region", "throttled", "outage", "backoff", "answers", "data", "stopping"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleState:
    """What holds all consumers up, as the throttle knows it.

    Args:
        paused_seconds: how long a 429's pause still lasts; 0 where there is none.
        down_seconds: how long the API has been silent; None while it is up.
        probe_seconds: until the next probe may leave, in an outage.
        problem: what failed last, in the API's words or the network's.
    """

    paused_seconds: float
    down_seconds: float | None
    probe_seconds: float
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why nothing moves, or hardly anything.

    Args:
        kind: what is waited for: the workspace's region, the end of a 429's pause,
            the end of an outage, the backoff of all that is left, answers to
            what was sent, more data, or the end of what is in flight.
        next_seconds: until something is tried again; None where nobody knows.
        since_seconds: how long it has lasted; None where it does not matter.
        problem: what went wrong; empty where nothing did.
    """

    kind: HoldKind
    next_seconds: float | None = None
    since_seconds: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is.

    Args:
        command: ``sync`` or ``resume``.
        source: the data file's name, or None where nothing is loaded.
        seconds: since it began.
        is_loading: whether more records may come.
        bytes_read: how far the data file has been read.
        size_bytes: how large it is; None where that is not known.
        total: the records there are, resumed ones included; while loading, an
            estimate by the share of the file read, and None without a size.
        counts: what it has done so far.
        in_flight: jobs handed to consumers.
        rate: jobs settled a second, lately.
        eta_seconds: the time left at that rate; None where that is not known.
        hold: why nothing moves, or None.
    """

    command: str
    source: str | None
    seconds: float
    is_loading: bool
    bytes_read: int | None
    size_bytes: int | None
    total: int | None
    counts: Counts
    in_flight: int
    rate: float
    eta_seconds: float | None
    hold: Hold | None

    @property
    def loaded_share(self) -> float | None:
        """How much of the data file has been read, from 0 to 1."""
        if not self.is_loading:
            return 1.0
        if self.bytes_read is None or not self.size_bytes:
            return None
        return min(1.0, self.bytes_read / self.size_bytes)


def progress_from(document: object) -> Progress | None:
    """Read a progress back; None where it was written by another version."""
    if not isinstance(document, dict):
        return None
    try:
        given = _known(Progress, document)
        hold = given["hold"]
        given["hold"] = None if hold is None else Hold(**_known(Hold, hold))
        return Progress(**given, counts=counts_from(document))
    except (TypeError, KeyError, AttributeError, ValueError):
        return None


def _known(
    kind: type[Progress | Hold], document: Mapping[str, Any]
) -> dict[str, Any]:  # what JSON gave; the dataclass names what it wants
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in document.items() if name in names}
