"""A run's progress at one time, for the live display and `status`.

Pure values, written to the state file as JSON once a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from cio_pipeline.core.counts import Counts, counts_from

HoldKind = Literal[
    "region",
    "throttled",
    "outage",
    "backoff",
    "answers",
    "data",
    "refusals",
    "stopping",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleState:
    """What all consumers are waiting for, from the throttle.

    Args:
        paused_seconds: the rest of the pause after a 429; 0 if there is none.
        down_seconds: how long the outage has lasted; None while the API is up.
        probe_seconds: in an outage, the time until the next probe.
        problem: the last error, from the API or the network.
    """

    paused_seconds: float
    down_seconds: float | None
    probe_seconds: float
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a run makes no progress, or hardly any.

    Args:
        kind: what it waits for: the workspace's region, the end of the pause after a
            429, the end of an outage, the backoff of all jobs that are left, replies,
            more data, or the end of the requests in flight.
        next_seconds: the time until something is tried again; None if unknown.
        since_seconds: how long it has lasted; None if that does not matter.
        problem: what went wrong; empty if nothing did.
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
        source: the data file's name; None if nothing is loaded.
        seconds: the time since its start.
        is_loading: whether more records may come.
        bytes_read: how much of the data file has been read.
        size_bytes: the file's size; None if unknown.
        total: the number of records, resumed ones included; while loading, an
            estimate from the share of the file read; None if the size is unknown.
        counts: what it has done so far.
        in_flight: jobs that consumers have.
        rate: jobs settled per second, lately.
        eta_seconds: the time left at that rate; None if unknown.
        hold: why there is no progress, or None.
        kind: the kind of the records (`core.operations.RecordKind`).
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
    kind: str = "person"

    @property
    def loaded_share(self) -> float | None:
        """How much of the data file has been read, from 0 to 1."""
        if not self.is_loading:
            return 1.0
        if self.bytes_read is None or not self.size_bytes:
            return None
        return min(1.0, self.bytes_read / self.size_bytes)


def progress_from(document: object) -> Progress | None:
    """Read a progress from JSON; None if another version wrote it."""
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
) -> dict[str, Any]:  # any JSON
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in document.items() if name in names}
