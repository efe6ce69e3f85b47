"""The dead-letter table: runs add letters, people requeue or discard them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cio_pipeline.core.jobs import NOT_IN_FILE, DeadLetter, Job, ToDeadLetters
from cio_pipeline.core.json_text import decode
from cio_pipeline.core.operations import operation_of

_COLUMNS = (
    "id, user_id, record_index, source, payload, reason, http_status, message,"
    " attempts, failed_at, run_id, operation, job_id"
)
_PAGE_ROWS = 500


class NewDeadLetter(NamedTuple):
    """A new row; its ``source`` is the data file of the load.

    Args:
        job_id: the job's position in the queue; None if there never was a job.
        load_id: the load that added it.
        record_index: as in `Job`; `NOT_IN_FILE` is kept as NULL.
        payload: JSON text of the attributes, or of the record.
        failed_at: UTC, ISO 8601.
        operation: the code of a job's operation; None for the usual one.
    """

    job_id: int | None
    load_id: int
    user_id: str | None
    record_index: int | None
    payload: bytes
    reason: str
    http_status: int | None
    message: str
    attempts: int
    failed_at: str
    run_id: str
    operation: str | None = None


class Requeued(NamedTuple):
    """The result of putting dead letters back.

    Args:
        moved: how many are in the queue again.
        overtaken: how many of them will overwrite newer data, because their users
            are known to have been synced since.
    """

    moved: int
    overtaken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which dead letters to use: those that match every condition that is not None.

    Args:
        reason: their reason.
        ids: their numbers.
        user_id: their user.
        run_id: their run.
        since: the earliest time at which they failed (UTC, ISO 8601).
        up_to_id: the highest number. A run only adds letters, so several reads with
            the same highest number agree.
    """

    reason: str | None = None
    ids: tuple[int, ...] | None = None
    user_id: str | None = None
    run_id: str | None = None
    since: str | None = None
    up_to_id: int | None = None

    def where(self) -> tuple[str, list[str | int]]:
        """Return the SQL condition, and the values of its parameters."""
        conditions = ["1"]
        values: list[str | int] = []
        given: tuple[tuple[str, str | int | None], ...] = (
            ("reason = ?", self.reason),
            ("is_user(user_id, operation, ?)", self.user_id),
            ("run_id = ?", self.run_id),
            ("failed_at >= ?", self.since),
            ("id <= ?", self.up_to_id),
        )
        for clause, value in given:
            if value is not None:
                conditions.append(clause)
                values.append(value)
        if self.ids is not None:
            # One parameter for all ids: SQLite limits the number of parameters.
            conditions.append("id IN (SELECT value FROM json_each(?))")
            values.append("[" + ",".join(map(str, self.ids)) + "]")
        return " AND ".join(conditions), values


def letter_of(
    job: Job, settlement: ToDeadLetters, *, failed_at: str, run_id: str
) -> NewDeadLetter:
    """Return the row of a job that cannot be delivered."""
    return NewDeadLetter(
        job_id=job.id,
        load_id=job.load_id,
        user_id=job.user_id,
        record_index=job.record_index,
        payload=job.body,
        reason=settlement.reason,
        http_status=settlement.http_status,
        message=settlement.message,
        attempts=job.attempts,
        failed_at=failed_at,
        run_id=run_id,
        operation=job.code,
    )


def insert_dead_letters(
    tx: sqlite3.Connection, letters: Sequence[NewDeadLetter]
) -> None:
    """Write dead letters, inside a transaction."""
    tx.executemany(
        "INSERT INTO dead_letters (job_id, load_id, user_id, record_index, payload,"  # noqa: S608  # values are parameters
        " reason, http_status, message, attempts, failed_at, run_id, operation, source)"
        f" VALUES (?, ?, ?, NULLIF(?, {NOT_IN_FILE}), ?, ?, ?, ?, ?, ?, ?, ?,"
        " COALESCE((SELECT source FROM loads WHERE id = ?), 'unknown'))",
        ((*letter, letter.load_id) for letter in letters),
    )
    tx.execute("UPDATE totals SET dead_letters = dead_letters + ?", (len(letters),))


def requeue_dead_letters(tx: sqlite3.Connection, selection: Selection) -> int:
    """Move dead letters back to their old positions in the queue; return how many.

    Those of records that could not be mapped stay: there is nothing to send.
    """
    where, values = selection.where()
    moved = tx.execute(
        "INSERT INTO ack_queue_jobs"  # noqa: S608  # values are parameters
        " (_id, data, timestamp, status, user_id, record_index, load_id, operation)"
        " SELECT job_id, payload, unixepoch(), 0, user_id,"
        f" COALESCE(record_index, {NOT_IN_FILE}), load_id, operation"
        f" FROM dead_letters WHERE job_id IS NOT NULL AND {where}",
        values,
    ).rowcount
    tx.execute(
        f"DELETE FROM dead_letters WHERE job_id IS NOT NULL AND {where}",  # noqa: S608  # as above
        values,
    )
    tx.execute(
        "UPDATE totals SET pending = pending + ?, dead_letters = dead_letters - ?",
        (moved, moved),
    )
    return moved


def discard_dead_letters(tx: sqlite3.Connection, selection: Selection) -> int:
    """Delete dead letters; return how many."""
    where, values = selection.where()
    gone = tx.execute(f"DELETE FROM dead_letters WHERE {where}", values).rowcount  # noqa: S608  # values are parameters
    tx.execute("UPDATE totals SET dead_letters = dead_letters - ?", (gone,))
    return gone


def newest_id(connection: sqlite3.Connection) -> int:
    """Return the newest dead letter's number; 0 if there is none."""
    (newest,) = connection.execute(
        "SELECT COALESCE(MAX(id), 0) FROM dead_letters"
    ).fetchone()
    return int(newest)


def list_dead_letters(
    connection: sqlite3.Connection, selection: Selection, limit: int | None = None
) -> Iterator[DeadLetter]:
    """Read dead letters in order of their numbers, in pages.

    No query stays open between pages, so a slow reader blocks nobody.
    """
    where, values = selection.where()
    after, left = 0, limit if limit is not None else -1
    while left:
        page = _PAGE_ROWS if left < 0 else min(left, _PAGE_ROWS)
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM dead_letters"  # noqa: S608  # values are parameters
            f" WHERE {where} AND id > ? ORDER BY id LIMIT ?",
            [*values, after, page],
        ).fetchall()
        yield from map(_dead_letter, rows)
        if len(rows) < page:
            return
        after, left = rows[-1][0], left - len(rows) if left > 0 else left


def _dead_letter(row: tuple[object, ...]) -> DeadLetter:
    names = _COLUMNS.replace(" ", "").split(",")
    fields = dict(zip(names, row, strict=True))
    payload = fields.pop("payload")
    fields["payload"] = decode(payload) if isinstance(payload, bytes) else None
    is_mapped = fields.pop("job_id") is not None
    fields["operation"] = operation_of(fields["operation"]).code if is_mapped else None
    return DeadLetter(**fields)  # type: ignore[arg-type]  # the columns are those fields
