"""Dead letters of what Customer.io refused after its 200."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.jobs import REFUSED_LATER
from cio_pipeline.store.dead_letters.table import NewDeadLetter, insert_dead_letters
from cio_pipeline.store.queue.sent_log import SentJob
from cio_pipeline.store.user_digests import user_digest

if TYPE_CHECKING:
    from cio_pipeline.store.queue.job_queue import JobQueue


class LaterRefusal(NamedTuple):
    """Something that Customer.io refused after its 200.

    Args:
        activity_id: identifies it.
        seconds: when it was refused, in Unix seconds by the server's clock.
        refused_at: the same time (UTC, ISO 8601).
        people: each known identifier of its person, and its text.
        payload: JSON text of what was refused.
        message: what was refused, the same text for similar refusals.
    """

    activity_id: str
    seconds: float
    refused_at: str
    people: tuple[tuple[Identity, str], ...]
    payload: bytes
    message: str


def add_refused_later(
    tx: sqlite3.Connection,
    queue: JobQueue,
    refusals: Sequence[LaterRefusal],
    run_id: str,
) -> list[NewDeadLetter]:
    """Write the dead letters, inside a transaction; return them.

    They have no job, so they cannot be requeued: sending the same again would be
    refused again. For ``-changed-only`` it is unknown what these users have now.
    """
    activities = [(each.activity_id, each.seconds) for each in refusals]
    new = queue.sent_log.not_read(tx, activities)
    known = {
        user_digest(identity): text
        for each in refusals
        for identity, text in each.people
        if each.activity_id in new
    }
    sent = queue.sent_log.find(tx, known)
    letters = []
    for refusal in refusals:
        users = [user_digest(who) for who, _ in refusal.people]
        user = next((each for each in users if each in sent), None)
        if refusal.activity_id in new and user is not None:
            new.remove(refusal.activity_id)  # a page may repeat one
            letters.append(_letter(refusal, known[user], sent[user], run_id))
    insert_dead_letters(tx, letters)
    queue.deliveries.note_refused(
        tx, [(job.job_id, user) for user, job in sent.items()]
    )
    return letters


def _letter(
    refusal: LaterRefusal, user_id: str, job: SentJob, run_id: str
) -> NewDeadLetter:
    return NewDeadLetter(
        job_id=None,
        load_id=job.load_id,
        user_id=user_id,
        record_index=job.record_index,
        payload=refusal.payload,
        reason=REFUSED_LATER,
        http_status=200,
        message=refusal.message,
        attempts=1,
        failed_at=refusal.refused_at,
        run_id=run_id,
    )
