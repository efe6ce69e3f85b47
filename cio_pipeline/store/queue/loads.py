"""The progress of each load: how much of a data file is in the queue."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cio_pipeline.store.reader import open_reader

if TYPE_CHECKING:
    from cio_pipeline.store.queue.job_queue import JobQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadIdentity:
    """What identifies a load in a later run.

    Args:
        source: the data file's name, for people; it may change.
        fingerprint: the data's fingerprint; None if there is none (a pipe).
        mapping: a digest of how records are mapped.
    """

    source: str
    fingerprint: str | None
    mapping: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One load.

    Args:
        next_index: the index of the next record to load.
        is_finished: whether all of the data is in the queue.
    """

    id: int
    next_index: int
    is_finished: bool


def begin_load(queue: JobQueue, identity: LoadIdentity) -> Load:
    """Continue this data's load, or start a new one.

    The newest load is continued if it has the same data and mapping, and is
    unfinished or has pending jobs. An older load is never continued: later loads
    have overwritten its values.
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
    """Write a load's progress, inside the transaction of its jobs."""
    tx.execute(
        "UPDATE loads SET next_index = ?, is_finished = ? WHERE id = ?",
        (next_index, is_finished, load_id),
    )


def is_begun(folder: Path, identity: LoadIdentity) -> bool:
    """Return whether `begin_load` would continue a load, without changing anything.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    with open_reader(folder) as connection:
        if connection is None:
            return False
        row = connection.execute(
            _LAST, (identity.fingerprint, identity.mapping)
        ).fetchone()
        if row is None:
            return False
        load_id, _, is_finished = row
        jobs = connection.execute(_JOB_OF_LOAD, (load_id,)).fetchall()
        return not is_finished or bool(jobs)


_JOB_OF_LOAD = "SELECT 1 FROM ack_queue_jobs WHERE load_id = ? LIMIT 1"
_LAST = (
    "SELECT id, next_index, is_finished FROM loads"
    " WHERE id = (SELECT MAX(id) FROM loads) AND fingerprint = ? AND mapping = ?"
)


def _last(queue: JobQueue, identity: LoadIdentity) -> Load | None:
    rows = queue.read(_LAST, (identity.fingerprint, identity.mapping))
    if not rows:
        return None
    load_id, next_index, is_finished = rows[0]
    return Load(id=load_id, next_index=next_index, is_finished=bool(is_finished))


def _forget_old(tx: sqlite3.Connection) -> None:
    """Delete old loads without pending jobs, to keep the table small."""
    tx.execute(
        "DELETE FROM loads WHERE id < (SELECT MAX(id) FROM loads) - 1000"
        " AND NOT EXISTS (SELECT 1 FROM ack_queue_jobs WHERE load_id = loads.id)"
    )
