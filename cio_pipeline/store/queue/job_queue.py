"""The queue's file: persist-queue's SQLite table, used in groups of rows.

persist-queue commits every put, get and ack separately, and each get reads all acked
rows. `JobQueue` keeps its file, table, statuses, locks and connections, and adds
statements for many rows in one transaction. Users, order and leases are in `leases`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, count
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import persistqueue.serializers.json
from persistqueue import SQLiteAckQueue

from cio_pipeline.core.errors import StateUnwritable
from cio_pipeline.core.jobs import Job, NewJob
from cio_pipeline.store.errors import translated
from cio_pipeline.store.queue.deliveries import Deliveries
from cio_pipeline.store.queue.sent_log import SentLog
from cio_pipeline.store.reader import Totals
from cio_pipeline.store.schema import FILE_NAME
from cio_pipeline.store.user_digests import define_user_digest

_BUSY_TIMEOUT_SECONDS = 30.0
# Each step of a statement lets another thread have the interpreter, so rows are
# inserted and deleted many at a time.
_ROWS = 50


def _inserts(column: str, values: str, marks: str) -> list[str]:
    """Return a statement for each number of rows, with one more column or none."""
    return [
        "INSERT INTO ack_queue_jobs (timestamp, load_id, user_id, data, record_index"  # noqa: S608  # no values in it
        f"{column}, status) SELECT ?, ?, {values}, 0 FROM (VALUES "
        + ", ".join([marks] * rows)
        + ")"
        for rows in range(_ROWS + 1)
    ]


_INSERT_ROWS = _inserts("", "column1, column2, column3", "(?, ?, ?)")
_INSERT_CODED = _inserts(
    ", operation", "column1, column2, column3, column4", "(?, ?, ?, ?)"
)
_CODE, _WITHOUT_CODE = itemgetter(3), itemgetter(0, 1, 2)


class JobQueue(SQLiteAckQueue):
    """One workspace's file. It has one connection for reads and one for writes.

    The library names the table ``ack_queue_jobs`` after the queue.

    Leases are not written to the file: the process that holds the run lock has them
    in memory, and after a crash every row is pending again. So the library's marks
    of leased rows are not used.

    Args:
        folder: the workspace's folder; its file already has the schema
            (`schema.prepare`).
    """

    _TABLE_NAME = "ack_queue"
    _SQL_CREATE = (
        "CREATE TABLE IF NOT EXISTS {table_name} ("
        "{key_column} INTEGER PRIMARY KEY AUTOINCREMENT, "
        "data BLOB, timestamp FLOAT, status INTEGER, "
        "user_id TEXT, record_index INTEGER, load_id INTEGER, "
        "attempts INTEGER NOT NULL DEFAULT 0, strikes INTEGER NOT NULL DEFAULT 0,"
        " operation TEXT)"
    )

    def __init__(self, folder: Path) -> None:
        self.deliveries = Deliveries()
        self.sent_log = SentLog()
        super().__init__(
            os.fspath(folder),
            name="jobs",
            db_file_name=FILE_NAME,
            multithreading=True,
            timeout=_BUSY_TIMEOUT_SECONDS,
            auto_resume=False,
            serializer=persistqueue.serializers.json,
        )

    def _new_db_connection(
        self,
        path: str,
        multithreading: bool,  # noqa: FBT001  # the library's signature
        timeout: float,
    ) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._new_db_connection(
            path, multithreading, timeout
        )
        # In WAL mode, NORMAL never corrupts the file, and a killed process loses no
        # commit. A power cut may lose the last commits, in order, which takes the
        # run back a little (docs/decisions/0002-durability.md).
        connection.execute("PRAGMA synchronous=NORMAL")
        define_user_digest(connection)
        return connection

    @property
    def _writer(self) -> sqlite3.Connection:
        return cast("sqlite3.Connection", self._putter)

    @property
    def _reader(self) -> sqlite3.Connection:
        return cast("sqlite3.Connection", self._getter)

    def _count(self) -> int:
        # The library counts all rows at every start; we keep a counter.
        return self.totals().pending

    @contextmanager
    def transaction(self, *, is_durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction; an exception rolls it back.

        Args:
            is_durable: whether a power cut after it cannot undo it, nor anything
                before it.

        Raises:
            StateUnwritable: the disk is full, read-only or failing.
            StateError: the file is damaged.
        """
        with self.tran_lock, translated(self.path):
            connection = self._writer
            level = "FULL" if is_durable else "NORMAL"
            connection.execute(f"PRAGMA synchronous={level}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # With a full disk, SQLite may have rolled back already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self.deliveries.rolled_back()
                raise

    def keep_deliveries(self) -> None:
        """From now on, remember what each user was last sent (see `deliveries`)."""
        with self.transaction(is_durable=True) as tx:
            self.deliveries.begin(tx)

    def forget_deliveries(self) -> None:
        """Forget what each user was last sent; `keep_deliveries` starts again."""
        with self.transaction(is_durable=True) as tx:
            self.deliveries.forget(tx)

    def insert(
        self, tx: sqlite3.Connection, jobs: Sequence[NewJob], load_id: int
    ) -> list[Job]:
        """Append jobs, inside a transaction; return them with their ids."""
        common = (time.time(), load_id)
        for start in range(0, len(jobs), _ROWS):
            chunk = jobs[start : start + _ROWS]
            if any(map(_CODE, chunk)):
                sql, rows = _INSERT_CODED[len(chunk)], iter(chunk)
            else:  # nearly always, and quicker
                sql, rows = _INSERT_ROWS[len(chunk)], map(_WITHOUT_CODE, chunk)
            tx.execute(sql, (*common, *chain.from_iterable(rows)))
        # Nobody else writes, so their ids are consecutive.
        (last_id,) = tx.execute("SELECT last_insert_rowid()").fetchone()
        tx.execute("UPDATE totals SET pending = pending + ?", (len(jobs),))
        ids = count(last_id + 1 - len(jobs))
        return [Job._make((next(ids), *job, load_id, 0, 0)) for job in jobs]

    def delete(self, tx: sqlite3.Connection, job_ids: Sequence[int]) -> None:
        """Remove settled jobs, inside a transaction."""
        tx.executemany(
            "DELETE FROM ack_queue_jobs WHERE _id BETWEEN ? AND ?", _runs(job_ids)
        )
        tx.execute("UPDATE totals SET pending = pending - ?", (len(job_ids),))

    def note_attempts(self, tx: sqlite3.Connection, jobs: Iterable[Job]) -> None:
        """Write the attempts and strikes of jobs, inside a transaction."""
        tx.executemany(
            "UPDATE ack_queue_jobs SET attempts = ?, strikes = ?, status = 1"
            " WHERE _id = ?",
            ((job.attempts, job.strikes, job.id) for job in jobs),
        )

    def fetch(self, after_id: int, limit: int) -> list[Job]:
        """Read the oldest pending jobs after an id, in order."""
        return [
            Job._make(row)
            for row in self.read(
                "SELECT _id, user_id, data, record_index, operation, load_id, attempts,"
                " strikes FROM ack_queue_jobs WHERE _id > ? ORDER BY _id LIMIT ?",
                (after_id, limit),
            )
        ]

    def totals(self) -> Totals:
        """Return the counters."""
        rows = self.read("SELECT pending, synced, dead_letters FROM totals")
        return Totals._make(rows[0])

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run a query on the reading connection; return all of its rows.

        All at once, because an open query would block the checkpoint of the
        write-ahead log.
        """
        with self.action_lock, translated(self.path):
            return list(self._reader.execute(sql, parameters))

    def sync_to_disk(self) -> None:
        """Make every commit so far safe against a power cut."""
        with self.tran_lock, translated(self.path):
            self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def shrink(self) -> None:
        """Free the disk space of settled jobs, if that is worth it.

        A reader in another process or a full disk can prevent it. Nothing is lost:
        the next run tries again.
        """
        with self.tran_lock, suppress(StateUnwritable), translated(self.path):
            connection = self._writer
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            if free > pages // 3:
                connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Return the first and the last of each run of consecutive numbers."""
    first = last = None
    for number in sorted(numbers):
        if last is None or first is None:
            first = number
        elif number != last + 1:
            yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last
