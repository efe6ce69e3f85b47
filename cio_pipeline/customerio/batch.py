"""Many users in one request: how a body is made, and what its answer means. Pure.

The rules are those of ``POST /api/v2/batch``: a body under 500 KB, refused items
listed in a 207.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cio_pipeline.core.identifiers import identifier_kind
from cio_pipeline.core.jobs import (
    REJECTED,
    Halt,
    Job,
    NoReply,
    Rejected,
    Reply,
    Retryable,
    Synced,
)
from cio_pipeline.core.json_text import (
    decode,
    encode,
)
from cio_pipeline.customerio.outcome import (
    error_words,
    judge,
)

_ITEM = b'{"type":"person","action":"identify","identifiers":{"%s":%s},"attributes":%s}'
_SYNCED = Synced()


def item_bytes(job: Job) -> int:
    """Say how many bytes a job takes in a body, or a few more."""
    user_id = job.user_id
    # A quote becomes two bytes, a control character six.
    is_plain = user_id.isascii() and user_id.isprintable()
    return len(job.body) + len(_ITEM) + len(user_id) * (2 if is_plain else 6)


def make_body(jobs: Sequence[Job]) -> bytes:
    """Write the body for jobs of different users.

    The kind of identifier is named as a path would be understood, so that both
    ways of sending reach the same people.
    """
    items = [
        _ITEM % (identifier_kind(job.user_id).encode(), encode(job.user_id), job.body)
        for job in jobs
    ]
    return b'{"batch":[' + b",".join(items) + b"]}"


def judge_batch(
    reply: Reply | NoReply, count: int, now: datetime
) -> Synced | Retryable | Rejected | Halt | list[Synced | Rejected]:
    """Say what came back for a body means: for all of it, or item by item.

    Args:
        reply: the answer, or why there was none.
        count: how many items the body had.
        now: the time it came, in UTC.

    Returns:
        One outcome for the whole body, or as many as it had items.
    """
    whole = judge(reply, now)
    if isinstance(reply, NoReply) or reply.status != 207 or whole != _SYNCED:
        return whole
    errors = _errors_by_index(reply.body)
    if errors is None or not all(0 <= index < count for index in errors):
        # Some were refused, and nobody knows which: halved, they can be told.
        return Rejected(REJECTED, 207, "refused without saying which item")
    return [
        Rejected(REJECTED, 207, errors[index]) if index in errors else _SYNCED
        for index in range(count)
    ]


def _errors_by_index(body: bytes) -> dict[int, str] | None:
    """Read a 207's errors; None where they cannot be told apart."""
    try:
        document = decode(body)
    except ValueError:
        return None
    errors = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(errors, list):
        return None
    found: dict[int, str] = {}
    for error in errors:
        index = error.get("batch_index") if isinstance(error, dict) else None
        if not isinstance(index, int) or isinstance(index, bool):
            return None
        words = error_words(error) or "refused without a message"
        found[index] = f"{found[index]}; {words}" if index in found else words
    return found
