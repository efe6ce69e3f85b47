"""How far each data file has been put into the queue."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from cio_pipeline.store.queue.job_queue import JobQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadIdentity:
    """What makes a load the same one when the program runs again.

    Args:
        source: the data file's name, for people; it may change.
        fingerprint: the data's; None where it cannot be recognised again.
        mapping: a digest of how records are mapped.
    """

    source: str
    fingerprint: str | None
    mapping: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One load.

    Args:
        next_index: the place of the next record to be put into the queue.
        is_finished: whether all of the data is in the queue.
    """

    id: int
    next_index: int
    is_finished: bool


def begin_load(queue: JobQueue, identity: LoadIdentity) -> Load:
    """Go on with this data's load, or begin one.

    The last load of all is taken up if it is of the same data with the same
    mapping, and unfinished or with jobs pending; else the data is loaded anew. An
    older one is not: what was loaded since has overwritten what it brought.
    """
    load = _last(queue, identity)
    if load is not None and (not load.is_finished or queue.has_jobs_of(load.id)):
        return load
    with queue.transaction() as tx:
        cursor = tx.execute(
            "INSERT INTO loads (source, fingerprint, mapping, started_at)"
            " VALUES (?, ?, ?, ?)",
            (
                identity.source,
                identity.fingerprint,
                identity.mapping,
                datetime.now(UTC).isoformat(timespec="seconds"),
            ),
        )
        _forget_old(tx)
    assert cursor.lastrowid is not None  # noqa: S101  # an INSERT was made
    return Load(id=cursor.lastrowid, next_index=0, is_finished=False)


def save_progress(
    tx: sqlite3.Connection, load_id: int, next_index: int, *, is_finished: bool
) -> None:
    """Write down how far a load is, inside the transaction of its jobs."""
    tx.execute(
        "UPDATE loads SET next_index = ?, is_finished = ? WHERE id = ?",
        (next_index, is_finished, load_id),
    )


def _last(queue: JobQueue, identity: LoadIdentity) -> Load | None:
    rows = queue.read(
        "SELECT id, next_index, is_finished FROM loads"
        " WHERE id = (SELECT MAX(id) FROM loads) AND fingerprint = ? AND mapping = ?",
        (identity.fingerprint, identity.mapping),
    )
    if not rows:
        return None
    load_id, next_index, is_finished = rows[0]
    return Load(id=load_id, next_index=next_index, is_finished=bool(is_finished))


def _forget_old(tx: sqlite3.Connection) -> None:
    """Keep the table small: old loads with nothing pending are of no use."""
    tx.execute(
        "DELETE FROM loads WHERE id < (SELECT MAX(id) FROM loads) - 1000"
        " AND NOT EXISTS (SELECT 1 FROM ack_queue_jobs WHERE load_id = loads.id)"
    )
