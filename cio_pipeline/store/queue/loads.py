"""The progress of each load: how much of a data file is in the queue."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cio_pipeline.store.queue.load_plan import (
    FileChanges,
    Load,
    LoadIdentity,
    plan_loads,
)
from cio_pipeline.store.reader import open_reader
from cio_pipeline.store.schema import FIRST_WITH_OPERATIONS, version_of

if TYPE_CHECKING:
    from cio_pipeline.store.queue.job_queue import JobQueue

# A job of a load, or of a later one.
_JOB_SINCE = "SELECT 1 FROM ack_queue_jobs WHERE load_id >= ? LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSet:
    """The loads of one run.

    Args:
        loads: one for each data file, in order.
        changes: how the files differ from those of the run that is continued.
    """

    loads: tuple[Load, ...]
    changes: FileChanges


def begin_loads(queue: JobQueue, identities: Sequence[LoadIdentity]) -> LoadSet:
    """Continue the loads of these data files, or start new ones.

    Those of the newest set are continued (`load_plan`) if one of them is unfinished
    or has pending jobs. An older set is never continued: later loads have
    overwritten its values.
    """
    earlier = _unfinished_set(queue.read)
    plan = plan_loads(earlier, identities)
    loads = list(plan.continued)
    new = identities[len(loads) :]
    with queue.transaction() as tx:
        _leave_set(tx, [load for load in earlier if load not in loads])
        for identity in new:
            loads.append(_insert(tx, identity, loads[0].id if loads else None))
        _forget_old(tx, loads[0].id)
    return LoadSet(loads=tuple(loads), changes=plan.changes)


def save_progress(
    tx: sqlite3.Connection, load_id: int, next_index: int, *, is_finished: bool
) -> None:
    """Write a load's progress, inside the transaction of its jobs."""
    tx.execute(
        "UPDATE loads SET next_index = ?, is_finished = ? WHERE id = ?",
        (next_index, is_finished, load_id),
    )


def are_begun(folder: Path, identities: Sequence[LoadIdentity]) -> bool:
    """Return whether `begin_loads` would continue all these loads; change nothing.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    with open_reader(folder) as connection:
        if connection is None or version_of(connection) < FIRST_WITH_OPERATIONS:
            return False

        def read(sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
            return connection.execute(sql, parameters).fetchall()

        return would_continue(read, identities)


def would_continue(
    read: Callable[..., list[Any]], identities: Sequence[LoadIdentity]
) -> bool:
    """Return whether `begin_loads` would continue all these loads.

    Args:
        read: runs a query, and returns its rows.
        identities: the loads.
    """
    earlier = _unfinished_set(read)
    return len(plan_loads(earlier, identities).continued) == len(identities)


def _unfinished_set(read: Callable[..., list[Any]]) -> list[Load]:
    """Return the newest set; nothing if all of it is loaded and settled."""
    loads = _newest_set(read)
    is_loaded = all(load.is_finished for load in loads)
    if loads and is_loaded and not read(_JOB_SINCE, (loads[0].id,)):
        return []
    return loads


def _newest_set(read: Callable[..., list[Any]]) -> list[Load]:
    # A load without a set was written by an older version: it is alone in its set.
    rows = read(
        "SELECT id, source, fingerprint, mapping, next_index, is_finished FROM loads"
        " WHERE COALESCE(set_id, id) ="
        " (SELECT COALESCE(set_id, id) FROM loads ORDER BY id DESC LIMIT 1)"
        " ORDER BY id"
    )
    return [
        Load(
            id=load_id,
            identity=LoadIdentity(
                source=source, fingerprint=fingerprint, mapping=mapping
            ),
            next_index=next_index,
            is_finished=bool(is_finished),
        )
        for load_id, source, fingerprint, mapping, next_index, is_finished in rows
    ]


def _leave_set(tx: sqlite3.Connection, loads: Sequence[Load]) -> None:
    """Take loads that are not continued out of their set."""
    for load in loads:
        if load.is_begun:
            tx.execute("UPDATE loads SET set_id = id WHERE id = ?", (load.id,))
        else:
            tx.execute("DELETE FROM loads WHERE id = ?", (load.id,))


def _insert(tx: sqlite3.Connection, identity: LoadIdentity, set_id: int | None) -> Load:
    """Add a load to a set; with None, to a set of its own."""
    cursor = tx.execute(
        "INSERT INTO loads (source, fingerprint, mapping, started_at, set_id)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            identity.source,
            identity.fingerprint,
            identity.mapping,
            datetime.now(UTC).isoformat(timespec="seconds"),
            set_id,
        ),
    )
    assert cursor.lastrowid is not None  # noqa: S101  # an INSERT was made
    return Load(id=cursor.lastrowid, identity=identity)


def _forget_old(tx: sqlite3.Connection, first_id: int) -> None:
    """Delete loads long before a set, without pending jobs, to keep the table small."""
    tx.execute(
        "DELETE FROM loads WHERE id < ? - 1000"
        " AND NOT EXISTS (SELECT 1 FROM ack_queue_jobs WHERE load_id = loads.id)",
        (first_id,),
    )
