"""Many records in one request: makes its body and reads its answer. Pure.

The rules are those of ``POST /api/v2/batch``: the body is under 500 KB, and the answer
lists refused items under ``errors``. ``POST /api/v2/entity`` takes one item.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cio_pipeline.core.jobs import (
    REJECTED,
    Halt,
    Job,
    NoReply,
    Outcomes,
    Rejected,
    Reply,
    Synced,
)
from cio_pipeline.core.json_text import decode_object
from cio_pipeline.customerio.items import items_of, plain_item
from cio_pipeline.customerio.outcome import error_words, judge
from cio_pipeline.customerio.reserved import may_need_another_form

_SYNCED = Synced()


def make_body(jobs: Sequence[Job]) -> bytes:
    """Return the body for jobs of different users or objects.

    The first items are the jobs, in order; items that delete relationships follow.
    """
    if all(job.code is None for job in jobs):
        body = _join([plain_item(job) for job in jobs])
        # One search for all jobs, because few bodies need more.
        if not may_need_another_form(body):
            return body
    items, deletions = [], []
    for job in jobs:
        item, *others = items_of(job)
        items.append(item)
        deletions += others
    return _join(items + deletions)


def _join(items: Sequence[bytes]) -> bytes:
    return b'{"batch":[' + b",".join(items) + b"]}"


def judge_batch(reply: Reply | NoReply, count: int, now: datetime) -> Halt | Outcomes:
    """Return the outcomes of a request: one for all jobs, or one for each.

    Args:
        reply: the answer, or why there was none.
        count: the number of jobs in the body.
        now: the time of the answer, in UTC.
    """
    shared = judge(reply, now)
    if isinstance(shared, Halt):
        return shared
    if shared != _SYNCED or isinstance(reply, NoReply) or not _has_errors(reply):
        return Outcomes([shared] * count, shared)
    errors = _errors_by_index(reply.body)
    if errors is not None and count == 1:
        # All items belong to the one job, also one that deletes relationships.
        words = "; ".join(errors.values())
        outcome = Rejected(REJECTED, reply.status, words) if errors else _SYNCED
        return Outcomes([outcome])
    if errors is None or not all(0 <= index < count for index in errors):
        # Some items were refused; the consumer sends halves to find them.
        unnamed = Rejected(REJECTED, reply.status, "refused without saying which item")
        return Outcomes([unnamed] * count, unnamed)
    of_jobs = [
        Rejected(REJECTED, reply.status, errors[index]) if index in errors else _SYNCED
        for index in range(count)
    ]
    return Outcomes(of_jobs)


def _has_errors(reply: Reply) -> bool:
    """Return whether items were refused: a 207, or ``errors`` in another 2xx."""
    if reply.status == 207:
        return True
    if not 200 <= reply.status < 300 or b'"errors"' not in reply.body:
        return False
    return bool((decode_object(reply.body) or {}).get("errors"))


def _errors_by_index(body: bytes) -> dict[int, str] | None:
    """Read the errors by item; return None if an error does not name its item."""
    errors = (decode_object(body) or {}).get("errors")
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
