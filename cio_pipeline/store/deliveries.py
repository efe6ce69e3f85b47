"""What each user was last sent, for ``-changed-only``: a few dozen bytes a user.

The table is made when it is first wanted. From then on every transaction that
enqueues, settles or requeues keeps it true, whether that run wants it or not;
without it, nothing is kept of what was synced.

A user's row holds a digest of the payload that was acked last, and how many jobs
of the user are in the queue. Only where there are none does the digest say what
Customer.io holds: with A acked and B queued, another A has to follow B.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from operator import itemgetter

from cio_pipeline.identifiers import identifier_kind
from cio_pipeline.model import Job, NewJob
from cio_pipeline.store.dead_letters import NewDeadLetter, Selection
from cio_pipeline.store.user_digests import digest_of, user_digest

_ENQUEUED = (
    "INSERT INTO deliveries (user, queued) VALUES (?, 1)"
    " ON CONFLICT (user) DO UPDATE SET queued = queued + 1"
)
# Of a dead letter: something of its user has been acked since. Its own death made
# the digest NULL.
_OVERTAKEN = (
    "EXISTS (SELECT 1 FROM deliveries WHERE user = user_digest(user_id)"
    " AND deliveries.payload IS NOT NULL)"
)


def are_kept(connection: sqlite3.Connection) -> bool:
    """Whether this workspace has the table."""
    row = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name = 'deliveries'"
    ).fetchone()
    return row is not None


def begin_keeping(tx: sqlite3.Connection) -> None:
    """Make the table; jobs that are queued already are counted in."""
    tx.execute(
        "CREATE TABLE deliveries (user BLOB PRIMARY KEY, payload BLOB,"
        " queued INTEGER NOT NULL) WITHOUT ROWID"
    )
    _add(tx, tx.execute("SELECT user_id FROM ack_queue_jobs"))


def count_queued_emails(tx: sqlite3.Connection) -> None:
    """Count the queued jobs of emails in, under the digests of format 2.

    Format 1 made a digest of an email's own text, so one person could have a row
    for each spelling. No row tells which spelling was sent last, and so none of
    them is used any more: each email is sent once again.
    """
    jobs = tx.execute("SELECT user_id FROM ack_queue_jobs WHERE user_id LIKE '%@%'")
    _add(tx, (row for row in jobs if identifier_kind(row[0]) == "email"))


def forget(tx: sqlite3.Connection) -> None:
    """Drop the table."""
    tx.execute("DROP TABLE deliveries")


def changed_only(tx: sqlite3.Connection, jobs: Sequence[NewJob]) -> list[NewJob]:
    """Leave out the jobs that would tell Customer.io what it was told last."""
    changed: list[NewJob] = []
    changed_users: set[bytes] = set()
    for job in jobs:
        user = user_digest(job.user_id)
        if user not in changed_users and _is_known(tx, user, job.body):
            continue
        changed.append(job)
        changed_users.add(user)
    return changed


def note_enqueued(tx: sqlite3.Connection, jobs: Iterable[NewJob]) -> None:
    """Count jobs that join the queue."""
    tx.executemany(_ENQUEUED, ((user_digest(job.user_id),) for job in jobs))


def count_overtaken(tx: sqlite3.Connection, selection: Selection) -> int:
    """Say of how many dead letters the users are known to have been synced since."""
    where, values = selection.where()
    (count,) = tx.execute(
        "SELECT COUNT(*) FROM dead_letters"  # noqa: S608  # values are parameters
        f" WHERE job_id IS NOT NULL AND {where} AND {_OVERTAKEN}",
        values,
    ).fetchone()
    return int(count)


def note_requeued(tx: sqlite3.Connection, selection: Selection) -> None:
    """Count dead letters that are about to be put back."""
    where, values = selection.where()
    _add(
        tx,
        tx.execute(
            "SELECT user_id FROM dead_letters"  # noqa: S608  # values are parameters
            f" WHERE job_id IS NOT NULL AND {where}",
            values,
        ),
    )


def note_settled(
    tx: sqlite3.Connection, acked: Iterable[Job], dead: Iterable[NewDeadLetter]
) -> None:
    """Keep what was acked last; after a dead letter nothing is known for certain."""
    settled: list[tuple[int, bytes, bytes | None]] = [
        (job.id, user_digest(job.user_id), digest_of(job.body)) for job in acked
    ]
    settled += [
        (letter.job_id, user_digest(letter.user_id), None)
        for letter in dead
        if letter.user_id is not None and letter.job_id is not None
    ]
    settled.sort(key=itemgetter(0))  # the order in which one user's were sent
    tx.executemany(
        "UPDATE deliveries SET queued = queued - 1, payload = ? WHERE user = ?",
        ((payload, user) for _, user, payload in settled),
    )


def _is_known(tx: sqlite3.Connection, user: bytes, body: bytes) -> bool:
    row = tx.execute(
        "SELECT payload FROM deliveries WHERE user = ? AND queued = 0",
        (user,),
    ).fetchone()
    return row is not None and row[0] == digest_of(body)


def _add(tx: sqlite3.Connection, rows: Iterable[tuple[str]]) -> None:
    tx.executemany(_ENQUEUED, ((user_digest(user_id),) for (user_id,) in rows))
