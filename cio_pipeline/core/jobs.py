"""The values that the stages of a run pass on, and the reasons of dead letters.

    Record -> Payload -> Job -> Reply | NoReply -> Outcome -> Settlement

Values that every job needs (`Job`, `NewJob`, `Reply`) are named tuples: as
immutable as a frozen dataclass, and created four times as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, TypeAlias, cast

from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.operations import UPSERT, Operation, identity_for, operation_of

JsonValue: TypeAlias = (
    "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
)

INVALID_RECORD = "invalid_record"
REJECTED = "rejected"
NOT_FOUND = "not_found"
TOO_LARGE = "too_large"
RETRIES_EXHAUSTED = "retries_exhausted"
# Accepted with a 200, and refused by Customer.io afterwards.
REFUSED_LATER = "refused_later"

# The ``record_index`` of a job for somebody who is not in the file (``-missing``).
NOT_IN_FILE = -1


class Record(NamedTuple):
    """One element of the data file, as read.

    Args:
        record_index: its position in the file, from 0.
        value: the decoded JSON; numbers are ``int`` or finite ``float``.
        problem: why it cannot be used (a number too large for a float), or None.
    """

    record_index: int
    value: JsonValue
    problem: str | None = None


# Makes a record of a tuple with all its fields, in half the time of `Record`.
make_record = cast(
    "Callable[[tuple[int, JsonValue, str | None]], Record]",
    partial(tuple.__new__, Record),
)


class Payload(NamedTuple):
    """A mapped record: whom it is about, and what is sent.

    Args:
        user_id: the identifier of a person or an object, as it is sent.
        attributes: values by name, as they are sent; for an event, its ``name``,
            ``timestamp``, ``id`` and ``data``.
        operation: what to do.
    """

    user_id: str
    attributes: dict[str, JsonValue]
    operation: Operation = UPSERT

    @property
    def identity(self) -> Identity:
        """Whom it is about."""
        return self.operation.identity(self.user_id)


class NewJob(NamedTuple):
    """A payload before it is in the queue.

    Args:
        user_id: as in `Payload`.
        body: the attributes as JSON text.
        record_index: the record's position in its data file, from 0; `NOT_IN_FILE` if
            there is no record.
        code: what to do (`Operation.code`); None for the usual, to be quick and small.
    """

    user_id: str
    body: bytes
    record_index: int
    code: str | None = None

    @property
    def operation(self) -> Operation:
        """What to do."""
        return operation_of(self.code)

    @property
    def identity(self) -> Identity:
        """Whom it is about."""
        return identity_for(self.code, self.user_id)


class Job(NamedTuple):
    """A payload in the queue.

    Args:
        id: its position in the queue; one user's jobs are sent in this order.
        user_id: as in `NewJob`.
        body: as in `NewJob`.
        record_index: as in `NewJob`.
        code: as in `NewJob`.
        load_id: the load that added it.
        attempts: requests made for it so far, over all runs.
        strikes: the attempts that count towards ``maxAttempts``: those that failed
            while the API was up.
    """

    id: int
    user_id: str
    body: bytes
    record_index: int
    code: str | None
    load_id: int
    attempts: int = 0
    strikes: int = 0

    @property
    def operation(self) -> Operation:
        """What to do."""
        return operation_of(self.code)

    @property
    def identity(self) -> Identity:
        """Whom it is about."""
        return identity_for(self.code, self.user_id)


class LeaseSize(NamedTuple):
    """How many jobs one lease has. One request sends them all.

    Args:
        most_jobs: the most jobs.
        most_bytes: the most that they may cost together; one job is always allowed.
        cost: returns what a job costs.
    """

    most_jobs: int
    most_bytes: int
    cost: Callable[[Job], int]


ONE_JOB = LeaseSize(1, 0, lambda _: 0)


class Reply(NamedTuple):
    """The HTTP reply to one attempt.

    Args:
        status: the HTTP status.
        body: the first kilobytes of the body.
        retry_after: the ``Retry-After`` header, unchanged, or None.
        location: the ``Location`` of a redirect that was not followed, or None.
        date: the ``Date`` header, the server's own time, or None.
    """

    status: int
    body: bytes = b""
    retry_after: str | None = None
    location: str | None = None
    date: str | None = None


class NoReply(NamedTuple):
    """There was no usable reply: refused, reset, timed out, incomplete.

    Args:
        problem: one clause for a person.
        is_untrusted: the server's certificate was invalid; nothing was sent.
    """

    problem: str
    is_untrusted: bool = False


@dataclass(frozen=True, slots=True)
class Synced:
    """Customer.io accepted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retryable:
    """It may be sent again.

    Args:
        kind: ``throttled`` (429), ``server`` (an error that may not be the user's
            fault) or ``no_reply``.
        at_least_seconds: how long Customer.io asked to wait; 0 if it did not.
        http_status: the status; None if there was no reply.
        message: the error, for the dead letter that this may become.
    """

    kind: Literal["throttled", "server", "no_reply"]
    at_least_seconds: float = 0.0
    http_status: int | None = None
    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """It was refused, and would be refused again.

    Args:
        reason: a dead letter's reason, such as `REJECTED`.
        http_status: the status; None if nothing was sent.
        message: why; Customer.io's own message if there was one.
    """

    reason: str
    http_status: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Halt:
    """No request of this run can succeed until a person fixes something.

    Args:
        reason: the result's ``reason``.
        message: one clause for a person.
    """

    reason: Literal[
        "keys_rejected",
        "redirected",
        "untrusted_certificate",
        "wrong_address",
    ]
    message: str


JobOutcome: TypeAlias = Synced | Retryable | Rejected
Outcome: TypeAlias = JobOutcome | Halt


class Outcomes(NamedTuple):
    """The outcomes of one request.

    Args:
        of_jobs: one outcome for each job, in the same order.
        of_all: the outcome that all of them share, because the reply was about the
            entire request; None if the reply lists the refused jobs.
    """

    of_jobs: Sequence[JobOutcome]
    of_all: JobOutcome | None = None

    @property
    def is_answered(self) -> bool:
        """Whether there was an answer, whatever it said."""
        return not isinstance(self.of_all, Retryable) or self.of_all.kind != "no_reply"

    @property
    def is_accepted(self) -> bool:
        """Whether Customer.io accepted the request, perhaps without some items."""
        return self.of_all is None or isinstance(self.of_all, Synced)


@dataclass(frozen=True, slots=True)
class Ack:
    """The job is done and can be deleted."""


@dataclass(frozen=True, slots=True)
class Nack:
    """The job goes back to the queue.

    Args:
        wait_seconds: the backoff: the shortest time until the next attempt.
        is_strike: whether the attempt counts towards ``maxAttempts``.
    """

    wait_seconds: float
    is_strike: bool


@dataclass(frozen=True, slots=True)
class ToDeadLetters:
    """The job becomes a dead letter.

    Args:
        reason: as in `Rejected`; also `RETRIES_EXHAUSTED`.
        http_status: the last attempt's status; None if it had no reply.
        message: the last attempt's error.
    """

    reason: str
    http_status: int | None
    message: str


Settlement: TypeAlias = Ack | Nack | ToDeadLetters


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One entry of the dead-letter table; field names are those of its JSON.

    Args:
        id: its number, for ``-id``.
        user_id: the user's identifier; None if the record has no usable one.
        record_index: the record's position in its data file, from 0.
        source: the data file's name.
        payload: the attributes to send, or the record itself if it could not be
            mapped; None if it cannot be written as JSON.
        reason: such as `REJECTED`.
        http_status: None if nothing was sent.
        message: Customer.io's own message if there was one.
        attempts: requests made for it, over all runs.
        failed_at: UTC, ISO 8601.
        run_id: the run in which it failed.
        operation: what was to be done (`Operation.code`); None if the record could
            not be mapped.
    """

    id: int
    user_id: str | None
    record_index: int | None
    source: str
    payload: JsonValue
    reason: str
    http_status: int | None
    message: str
    attempts: int
    failed_at: str
    run_id: str
    operation: str | None = UPSERT.code
