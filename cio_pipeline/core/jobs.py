"""The frozen values that travel through the program, and the words for reasons.

    Record -> Payload -> Job -> Reply | NoReply -> Outcome -> Settlement

Values that exist once a job (`Job`, `NewJob`, `Reply`) are named tuples: as
immutable as a frozen dataclass, and made four times as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

JsonValue: TypeAlias = (
    "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
)

INVALID_RECORD = "invalid_record"
REJECTED = "rejected"
NOT_FOUND = "not_found"
TOO_LARGE = "too_large"
RETRIES_EXHAUSTED = "retries_exhausted"


class Record(NamedTuple):
    """One element of the data file, as read.

    Args:
        record_index: its place in the file, from 0.
        value: the decoded JSON; numbers are ``int`` or finite ``float``.
        flaw: why no use can be made of it (a number no float can hold), or None.
    """

    record_index: int
    value: JsonValue
    flaw: str | None = None


class Payload(NamedTuple):
    """What mapping makes of a record: whom to upsert, and with what.

    Args:
        user_id: the identifier as Customer.io will see it.
        attributes: values by name, as they are sent.
    """

    user_id: str
    attributes: dict[str, JsonValue]


class NewJob(NamedTuple):
    """A payload on its way into the queue.

    Args:
        user_id: the identifier as Customer.io will see it.
        body: the attributes as JSON text, ready to be sent.
        record_index: the record's place in its data file.
    """

    user_id: str
    body: bytes
    record_index: int


class Job(NamedTuple):
    """A payload in the queue.

    Args:
        id: its place in the queue; one user's jobs are sent in this order.
        user_id: as in `NewJob`.
        body: as in `NewJob`.
        record_index: as in `NewJob`.
        load_id: the load that brought it.
        attempts: requests made for it so far, over all runs.
        strikes: those of them that count towards ``maxAttempts``: the API was up
            and failed this job all the same.
    """

    id: int
    user_id: str
    body: bytes
    record_index: int
    load_id: int
    attempts: int = 0
    strikes: int = 0


class LeaseSize(NamedTuple):
    """How many jobs one lease has, which is how many one request takes.

    Args:
        most_jobs: jobs at most.
        most_bytes: what they may cost together; a lease has one job at least.
        cost: returns what a job costs.
    """

    most_jobs: int
    most_bytes: int
    cost: Callable[[Job], int]


ONE_JOB = LeaseSize(1, 0, lambda _: 0)


class Reply(NamedTuple):
    """What came back for one attempt.

    Args:
        status: the HTTP status.
        body: the first kilobytes of the body.
        retry_after: the ``Retry-After`` header as it stood, or None.
        location: the ``Location`` of a redirect that was not followed, or None.
        date: the ``Date`` header, the server's own time, or None.
    """

    status: int
    body: bytes = b""
    retry_after: str | None = None
    location: str | None = None
    date: str | None = None


class NoReply(NamedTuple):
    """Nothing usable came back: refused, reset, timed out, cut in the middle.

    Args:
        problem: one clause for a person.
        is_untrusted: the other end's certificate did not hold; nothing was sent.
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
        kind: ``throttled`` (429), ``server`` (an answer that blames no one user
            for certain) or ``no_reply``.
        at_least_seconds: how long Customer.io asked to wait; 0 where it did not.
        http_status: the status, or None where there was no reply.
        message: what was said, for the day this becomes a dead letter.
    """

    kind: Literal["throttled", "server", "no_reply"]
    at_least_seconds: float = 0.0
    http_status: int | None = None
    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Sending it again would be refused again.

    Args:
        reason: a dead letter's reason, such as `REJECTED`.
        http_status: the status, or None if Customer.io was not asked.
        message: why, in Customer.io's words if there were any.
    """

    reason: str
    http_status: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Halt:
    """No request of this run can succeed until a person corrects something.

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
    """What one request came to, for each of its jobs.

    Args:
        of_jobs: one outcome for each job, in the same order.
        of_all: the outcome that all of them share, because the answer was to the
            request as a whole; None where it said which jobs were refused.
    """

    of_jobs: Sequence[JobOutcome]
    of_all: JobOutcome | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether Customer.io took the request, if perhaps not each of its items."""
        return self.of_all is None or isinstance(self.of_all, Synced)


@dataclass(frozen=True, slots=True)
class Ack:
    """Done: forget the job."""


@dataclass(frozen=True, slots=True)
class Nack:
    """Back in the queue, not before ``wait_seconds`` from now.

    Args:
        wait_seconds: the backoff.
        is_strike: whether the attempt counts towards ``maxAttempts``.
    """

    wait_seconds: float
    is_strike: bool


@dataclass(frozen=True, slots=True)
class ToDeadLetters:
    """Set aside for a person, with the reason.

    Args:
        reason: as in `Rejected`; also `RETRIES_EXHAUSTED`.
        http_status: that of the last attempt; None if it had no reply.
        message: what was wrong with the last attempt.
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
        payload: the attributes that were to be sent, or the record itself where
            it could not be mapped; None where it cannot be written as JSON.
        reason: a short word, such as `REJECTED`.
        http_status: None where Customer.io was never asked.
        message: Customer.io's own message if there was one.
        attempts: requests made for it, over all runs.
        failed_at: UTC, ISO 8601.
        run_id: the run in which it failed.
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
