"""How a file differs from what was last delivered, for ``-changed-only``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypedDict

from cio_pipeline.core.duplicates import Duplicates
from cio_pipeline.core.jobs import JsonValue, NewJob, Payload
from cio_pipeline.core.operations import code_or_none
from cio_pipeline.store.comparison import Change, DeliveredPayloads

_CHUNK_PAYLOADS = 1000
_SHOWN_EXAMPLES = 5


class ChangeExample(TypedDict):
    """A user that would be sent, and the payload."""

    change: Change
    user_id: str
    source: str
    record: int
    attributes: dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How a file differs; field names are those of the JSON.

    Args:
        new: records of users that were never delivered.
        changed: records that differ from what their user was last sent, or whose user
            has a job in the queue.
        unchanged: records that would not be sent.
        missing: users that were delivered, and are not in the file.
        examples: the first new and changed ones.
        bytes_to_send: the size of what would be sent, as ``check_data`` counts it.
    """

    new: int
    changed: int
    unchanged: int
    missing: int
    examples: list[ChangeExample] = field(default_factory=list)
    bytes_to_send: int


class ChangeCounter:
    """Compares payloads with what was last delivered, some at a time.

    Args:
        delivered: what was last delivered.
    """

    def __init__(self, delivered: DeliveredPayloads) -> None:
        self._delivered = delivered
        self._waiting: list[tuple[NewJob, Payload, int]] = []
        self._counts: Counter[Change] = Counter()
        self._known = Duplicates()
        self._examples: list[tuple[Change, Payload, int]] = []
        self._shown: Counter[Change] = Counter()
        self._bytes = 0

    def add(self, payload: Payload, body: bytes, size: int, position: int) -> None:
        """Add a payload.

        Args:
            payload: the payload.
            body: its attributes as they would be sent.
            size: how many bytes it takes in a batch.
            position: of its record.
        """
        job = NewJob(payload.user_id, body, position, code_or_none(payload.operation))
        self._waiting.append((job, payload, size))
        if len(self._waiting) >= _CHUNK_PAYLOADS:
            self._compare()

    def changes(self, place_of: Callable[[int], tuple[str, int]]) -> Changes:
        """Return the result.

        Args:
            place_of: returns the file of a position, and the record's index in it.
        """
        self._compare()
        return Changes(
            new=self._counts["new"],
            changed=self._counts["changed"],
            unchanged=self._counts["unchanged"],
            missing=self._delivered.count_users() - self._known.count_users(),
            examples=[_example(*each, place_of) for each in self._examples],
            bytes_to_send=self._bytes,
        )

    def _compare(self) -> None:
        waiting, self._waiting = self._waiting, []
        jobs = [job for job, _, _ in waiting]
        changes = self._delivered.compare(jobs)
        self._counts.update(changes)
        for change, (job, payload, size) in zip(changes, waiting, strict=True):
            if change != "new":
                self._known.add(job.identity)
            if change != "unchanged":
                self._bytes += size
                if self._shown[change] < _SHOWN_EXAMPLES:
                    self._shown[change] += 1
                    self._examples.append((change, payload, job.record_index))


def _example(
    change: Change,
    payload: Payload,
    position: int,
    place_of: Callable[[int], tuple[str, int]],
) -> ChangeExample:
    source, record = place_of(position)
    return ChangeExample(
        change=change,
        user_id=payload.user_id,
        source=source,
        record=record,
        attributes=payload.attributes,
    )
