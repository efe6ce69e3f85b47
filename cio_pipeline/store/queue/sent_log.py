"""Who was sent, until it is known what Customer.io refused after its 200.

A run that will read the activity log notes each job that was acked, in the transaction
that acks it: 36 bytes for a job, appended. The activity log has the refusals of
everybody in the workspace; these rows decide which of them are of people that were
sent. After a crash they are still there, and the next run that reads the activity log
begins where the first one would have.

The tables are created when they are first needed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from struct import Struct
from typing import NamedTuple

from cio_pipeline.core.jobs import Job
from cio_pipeline.store.user_digests import DIGEST_BYTES, digest_of_user

_SENT = Struct(f"<{DIGEST_BYTES}sqqq")  # user, job id, record index, load id
_TABLES = {
    # One row for each transaction that acked jobs; sent is many _SENT.
    "sent_log": "(id INTEGER PRIMARY KEY, sent BLOB NOT NULL)",
    # Where to begin reading: the server's time when the first of these runs began.
    "sent_since": "(seconds REAL NOT NULL)",
    # Activities that were looked at, so that none is counted twice.
    "activities_read": (
        "(activity TEXT PRIMARY KEY, seconds REAL NOT NULL) WITHOUT ROWID"
    ),
}


class SentJob(NamedTuple):
    """The last job that was sent for a user."""

    job_id: int
    record_index: int
    load_id: int


class SentLog:
    """Who was sent since a time. Call every method inside a transaction."""

    def __init__(self) -> None:
        self._is_kept = False

    def begin(self, tx: sqlite3.Connection, since: float) -> None:
        """Note from now on who is sent.

        Args:
            tx: the transaction.
            since: the server's time, in Unix seconds. If an earlier run's refusals are
                not read yet, its time stays.
        """
        for name, columns in _TABLES.items():
            tx.execute(f"CREATE TABLE IF NOT EXISTS {name} {columns}")
        if not tx.execute("SELECT 1 FROM sent_since").fetchone():
            tx.execute("INSERT INTO sent_since VALUES (?)", (since,))
            tx.execute("DELETE FROM activities_read WHERE seconds < ?", (since,))
        self._is_kept = True

    def since(self, tx: sqlite3.Connection) -> float | None:
        """Return where to begin reading, in Unix seconds; None if nobody was sent."""
        row = tx.execute(
            "SELECT seconds FROM sent_since WHERE EXISTS (SELECT 1 FROM sent_log)"
        ).fetchone()
        return None if row is None else float(row[0])

    def note_acked(self, tx: sqlite3.Connection, jobs: Sequence[Job]) -> None:
        """Note jobs that Customer.io accepted. Without `begin`, do nothing."""
        if not self._is_kept or not jobs:
            return
        rows = [
            _SENT.pack(digest_of_user(job), job.id, job.record_index, job.load_id)
            for job in jobs
        ]
        tx.execute("INSERT INTO sent_log (sent) VALUES (?)", (b"".join(rows),))

    def find(
        self, tx: sqlite3.Connection, users: Collection[bytes]
    ) -> dict[bytes, SentJob]:
        """Return user's digest -> the last job, for those of the users who were sent.

        It reads all that was noted, a piece at a time.
        """
        found: dict[bytes, SentJob] = {}
        if not users:
            return found
        for (sent,) in tx.execute("SELECT sent FROM sent_log ORDER BY id"):
            for user, *job in _SENT.iter_unpack(sent):
                if user in users:
                    found[user] = SentJob(*job)
        return found

    def not_read(
        self, tx: sqlite3.Connection, activities: Sequence[tuple[str, float]]
    ) -> set[str]:
        """Return the activities that were not looked at before; from now on they were.

        Args:
            tx: the transaction.
            activities: the id and the time of each, in Unix seconds.
        """
        return {
            name
            for name, seconds in activities
            if tx.execute(
                "INSERT OR IGNORE INTO activities_read VALUES (?, ?)", (name, seconds)
            ).rowcount
        }

    def end(self, tx: sqlite3.Connection) -> None:
        """Forget who was sent."""
        tx.execute("DELETE FROM sent_log")
        tx.execute("DELETE FROM sent_since")
        self._is_kept = False
