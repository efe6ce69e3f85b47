"""The last payload sent to each user, for ``-changed-only``: few bytes per user.

The tables are created when they are first needed. From then on, every transaction
that enqueues, settles or requeues updates them, even in a run that does not use them.

A user has a digest of the payload that was acked last, the id of the last settled
job, and the id of the last queued job. The digest is what Customer.io has only if no
job is queued after the settled one: with A acked and B queued, another A must follow
B.

A digest's position in a table is random, so writing each one at once would rewrite a
page for each user, twice. Instead, digests move through levels, many at a time and
sorted, as in a log-structured merge tree (docs/decisions/0006-deliveries-merged.md):

1. Memory, up to `MERGE_USERS`. What is settled is also appended to a log, in the
   transaction that settles it. What is queued is in the queue itself. A new process
   reads both.
2. The table ``recent_deliveries``, up to `RECENT_USERS`.
3. The table ``deliveries``.

Each level is newer than the one below it. Two rows of a user combine to the higher
ids, and the payload of the newer row that has one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from struct import Struct
from typing import NamedTuple

from cio_pipeline.core.jobs import Job, NewJob
from cio_pipeline.store.dead_letters.table import Selection
from cio_pipeline.store.user_digests import (
    DIGEST_BYTES,
    define_user_digest,
    digest_of_user,
    payload_digest,
)

MERGE_USERS = 30_000  # 0.5 KB of memory for each
# So small that each merge fills entire pages, and that moving it takes a second or two.
RECENT_USERS = 1_000_000
# The statements below contain the number of bytes of a digest, too.
_UNKNOWN = bytes(DIGEST_BYTES)  # after a dead letter: equals no payload's digest
_SETTLED = Struct(f"<q{DIGEST_BYTES}s{DIGEST_BYTES}s")  # job id, user, payload

# No job has the id 0. If settled is 0, payload has a meaning only in the lowest level:
# what was sent before ids were kept.
_USERS = (
    "(user BLOB PRIMARY KEY, payload BLOB NOT NULL, queued INTEGER NOT NULL,"
    " settled INTEGER NOT NULL) WITHOUT ROWID"
)
_TABLES = {
    "deliveries": _USERS,
    "recent_deliveries": _USERS,
    # One row for each transaction that settled jobs; settled is many _SETTLED.
    "delivery_log": "(id INTEGER PRIMARY KEY, settled BLOB NOT NULL)",
    # The jobs that are queued up to this id are in the tables.
    "deliveries_merged": "(up_to INTEGER NOT NULL)",
}
_COMBINED = (
    " ON CONFLICT (user) DO UPDATE SET"
    " payload = CASE WHEN excluded.settled THEN excluded.payload ELSE payload END,"
    " queued = MAX(queued, excluded.queued), settled = MAX(settled, excluded.settled)"
)
_MERGE = "INSERT INTO recent_deliveries VALUES (?, ?, ?, ?)" + _COMBINED  # noqa: S608  # as below
_MERGE_RECENT = (
    "INSERT INTO deliveries SELECT * FROM recent_deliveries WHERE 1"  # noqa: S608  # no values in it
    + _COMBINED
)
# `digests` is a sequence of users' digests, or of pairs of a user's and a payload's.
# One statement for all of them costs half as much as one for each. No parameter is
# written `?1`: Python 3.12.0 to 3.12.3 warn of that.
_LOOK_UP = (
    "WITH RECURSIVE position(start) AS (SELECT 1 UNION ALL"
    " SELECT start + 12 FROM position WHERE start + 12 < length(:digests))"
    " SELECT user, payload, queued, settled FROM position"
    " CROSS JOIN deliveries ON user = substr(:digests, start, 12)"
)
_LOOK_UPS = (_LOOK_UP, _LOOK_UP.replace("deliveries", "recent_deliveries"))
_MERGE_IDLE = (
    "WITH RECURSIVE position(start) AS (SELECT 1 UNION ALL"
    " SELECT start + 24 FROM position WHERE start + 24 < length(:digests))"
    " INSERT OR REPLACE INTO recent_deliveries"
    " SELECT substr(:digests, start, 12), substr(:digests, start + 12, 12), 0, :queued"
    " FROM position"
)

_QUEUED = "SELECT user_id, operation, _id FROM ack_queue_jobs"
# As `Operation.is_kept`.
_IS_KEPT = "(operation IS NULL OR operation NOT LIKE 'event %')"


def upgrade(tx: sqlite3.Connection) -> None:
    """Convert the table of the file's version 1, which counted each user's jobs.

    Version 1 used the digest of an email's text, so one person could have a row for
    each spelling. It is unknown which spelling was sent last, so these rows are not
    used: each email is sent once again.
    """
    if not _has_table(tx):
        return
    define_user_digest(tx)
    tx.execute("ALTER TABLE deliveries RENAME TO deliveries_1")
    _make_tables(tx)
    tx.execute(
        "INSERT INTO deliveries"
        " SELECT user, COALESCE(payload, ?), 0, 0 FROM deliveries_1",
        (_UNKNOWN,),
    )
    tx.execute("DROP TABLE deliveries_1")
    _add_queued(tx, _QUEUED)


class Changed(NamedTuple):
    """Jobs that differ from what was acked last, and their users' digests."""

    jobs: list[NewJob]
    users: list[bytes]


class Deliveries:
    """The last payload sent to each user.

    Call every method inside a transaction, and `rolled_back` after a rollback.

    Args:
        merge_users: the most users in memory.
        recent_users: the most users in the upper table.
    """

    def __init__(
        self, merge_users: int = MERGE_USERS, recent_users: int = RECENT_USERS
    ) -> None:
        self._merge_users = merge_users
        self._recent_users = recent_users
        # Whether there are tables; None if that is not known yet.
        self._are_kept: bool | None = None
        # What is not merged yet. User -> the last job that was enqueued; user -> the
        # last job that was settled, and its payload.
        self._queued: dict[bytes, int] = {}
        self._settled: dict[bytes, tuple[int, bytes]] = {}
        # Job -> its user, for the newest jobs that this process enqueued.
        self._users: dict[int, bytes] = {}

    def begin(self, tx: sqlite3.Connection) -> None:
        """Create the tables if there are none, with the jobs in the queue."""
        if not self._open(tx):
            _make_tables(tx)
            _add_queued(tx, _QUEUED)
            self._are_kept = True

    def forget(self, tx: sqlite3.Connection) -> None:
        """Drop the tables if there are any."""
        for name in _TABLES:
            tx.execute(f"DROP TABLE IF EXISTS {name}")
        self.rolled_back()

    def rolled_back(self) -> None:
        """Forget what is in memory; it is read from the file again."""
        self._are_kept = None
        self._queued.clear()
        self._settled.clear()
        self._users.clear()

    def changed_only(self, tx: sqlite3.Connection, jobs: Sequence[NewJob]) -> Changed:
        """Return the jobs that differ from what was acked last. Needs `begin`."""
        self._open(tx)
        users = [digest_of_user(job) for job in jobs]
        held, _ = self._held(tx, users)
        changed = Changed([], [])
        for job, user in zip(jobs, users, strict=True):
            if user not in held or held[user] != payload_digest(job):
                changed.jobs.append(job)
                changed.users.append(user)
                held.pop(user, None)  # once one is sent, the next ones are too
        return changed

    def look_up(
        self, tx: sqlite3.Connection, users: Sequence[bytes]
    ) -> tuple[dict[bytes, bytes], dict[bytes, int]]:
        """Return what Customer.io has, and which users have a job; write nothing.

        Returns:
            User -> digest of the payload, for users without a job; user -> last job,
            for the others. Users that are not remembered are in neither.
        """
        return self._held(tx, users) if self._open(tx) else ({}, {})

    def count_users(self, tx: sqlite3.Connection) -> int:
        """Return how many users are remembered."""
        if not self._open(tx):
            return 0
        (count,) = tx.execute(
            "SELECT COUNT(*) FROM (SELECT user FROM deliveries"
            " UNION SELECT user FROM recent_deliveries)"
        ).fetchone()
        in_memory = b"".join(self._queued.keys() | self._settled.keys())
        asked = {"digests": in_memory}
        rows = chain(*(tx.execute(look_up, asked) for look_up in _LOOK_UPS))
        merged = {user for user, *_ in rows}
        return int(count) + len(in_memory) // DIGEST_BYTES - len(merged)

    def note_enqueued(
        self,
        tx: sqlite3.Connection,
        jobs: Sequence[Job],
        users: Sequence[bytes] | None = None,
    ) -> None:
        """Note jobs that were enqueued.

        Args:
            tx: the transaction that enqueued them.
            jobs: the jobs.
            users: their users' digests, if they are known.
        """
        if not self._open(tx):
            return
        digests = users or [digest_of_user(job) for job in jobs]
        kept = {
            job.id: user
            for job, user in zip(jobs, digests, strict=True)
            if _is_kept(job)
        }
        self._queued.update((user, job_id) for job_id, user in kept.items())
        if len(self._users) > self._merge_users:
            self._users.clear()
        self._users.update(kept)
        self._merge_if_full(tx)

    def note_settled(
        self,
        tx: sqlite3.Connection,
        acked: Iterable[Job],
        dead: Iterable[Job],
    ) -> None:
        """Note what was acked last; after a dead letter it is unknown."""
        if not self._open(tx):
            return
        settled = [
            (job.id, self._user_of(job), payload_digest(job))
            for job in acked
            if _is_kept(job)
        ]
        settled += [
            (job.id, self._user_of(job), _UNKNOWN) for job in dead if _is_kept(job)
        ]
        self._log_settled(tx, settled)

    def _log_settled(
        self, tx: sqlite3.Connection, settled: list[tuple[int, bytes, bytes]]
    ) -> None:
        if not settled:
            return
        settled.sort(key=itemgetter(0))  # in the order of sending
        tx.execute(
            "INSERT INTO delivery_log (settled) VALUES (?)",
            (b"".join([_SETTLED.pack(*each) for each in settled]),),
        )
        for job_id, user, payload in settled:
            self._settled[user] = (job_id, payload)
        self._merge_if_full(tx)

    def note_refused(
        self, tx: sqlite3.Connection, refused: Sequence[tuple[int, bytes]]
    ) -> None:
        """Note that it is unknown what Customer.io has of some users.

        Args:
            tx: the transaction.
            refused: the last settled job and the digest of each user.
        """
        if refused and self._open(tx):
            self._log_settled(tx, [(job, user, _UNKNOWN) for job, user in refused])

    def note_requeued(self, tx: sqlite3.Connection, selection: Selection) -> int:
        """Note dead letters that will be put back.

        Returns:
            How many of them have users that are known to have been synced since.
        """
        if not self._open(tx):
            return 0
        self._merge(tx)
        self._merge_recent(tx)
        where, values = selection.where()
        letters = (
            f"FROM dead_letters WHERE job_id IS NOT NULL AND {_IS_KEPT} AND {where}"
        )
        # The dead letter itself made the digest unknown.
        (overtaken,) = tx.execute(
            f"SELECT COUNT(*) {letters} AND EXISTS (SELECT 1 FROM deliveries"  # noqa: S608  # values are parameters
            " WHERE user = user_digest(user_id, operation)"
            " AND deliveries.payload <> ?)",
            (*values, _UNKNOWN),
        ).fetchone()
        _add_queued(tx, f"SELECT user_id, operation, job_id AS _id {letters}", values)
        return int(overtaken)

    def _open(self, tx: sqlite3.Connection) -> bool:
        """Return whether deliveries are kept; if so, read what is not merged."""
        if self._are_kept is None:
            self._are_kept = _has_table(tx)
            if self._are_kept:
                self._read_unmerged(tx)
        return self._are_kept

    def _read_unmerged(self, tx: sqlite3.Connection) -> None:
        (merged,) = tx.execute("SELECT up_to FROM deliveries_merged").fetchone()
        for job_id, user in tx.execute(
            "SELECT _id, user_digest(user_id, operation) FROM ack_queue_jobs"  # noqa: S608  # no values in it
            f" WHERE _id > ? AND {_IS_KEPT} ORDER BY _id",
            (merged,),
        ):
            self._queued[user] = job_id
        for (entries,) in tx.execute("SELECT settled FROM delivery_log ORDER BY id"):
            for job_id, user, payload in _SETTLED.iter_unpack(entries):
                self._settled[user] = (job_id, payload)

    def _held(
        self, tx: sqlite3.Connection, users: Sequence[bytes]
    ) -> tuple[dict[bytes, bytes], dict[bytes, int]]:
        """Return what Customer.io has, and which users have a job (`look_up`)."""
        held: dict[bytes, bytes] = {}
        waiting: dict[bytes, int] = {}
        asked = {"digests": b"".join(sorted(users))}
        levels = [tx.execute(look_up, asked) for look_up in _LOOK_UPS]
        for user, payload, queued, settled in chain(*levels, self._in_memory(users)):
            last = max(queued, waiting.get(user, 0)) if waiting else queued
            if last > settled:
                waiting[user] = last
                held.pop(user, None)
            else:
                held[user] = payload
                waiting.pop(user, None)
        return held, waiting

    def _in_memory(
        self, users: Iterable[bytes]
    ) -> Iterator[tuple[bytes, bytes, int, int]]:
        for user in users:
            if user in self._queued or user in self._settled:
                settled, payload = self._settled.get(user, (0, _UNKNOWN))
                yield user, payload, self._queued.get(user, 0), settled

    def _merge_if_full(self, tx: sqlite3.Connection) -> None:
        if max(len(self._queued), len(self._settled)) < self._merge_users:
            return
        self._merge(tx)
        (recent,) = tx.execute("SELECT COUNT(*) FROM recent_deliveries").fetchone()
        if recent >= self._recent_users:
            self._merge_recent(tx)

    def _user_of(self, job: Job) -> bytes:
        return self._users.pop(job.id, None) or digest_of_user(job)

    def _merge(self, tx: sqlite3.Connection) -> None:
        """Move what is in memory and in the log to the upper table."""
        last_job = merged = _last_job(tx)
        idle: list[bytes] = []
        others: list[tuple[bytes, bytes, int, int]] = []
        for user, (settled, payload) in self._settled.items():
            queued = self._queued.get(user, 0)
            if 0 < queued <= settled:  # it replaces the levels below
                idle.append(user + payload)
                del self._queued[user]
            else:
                others.append((user, payload, queued, settled))
        if 2 * len(self._queued) > self._merge_users:
            others += [(user, _UNKNOWN, last, 0) for user, last in self._queued.items()]
            self._queued.clear()
        elif self._queued:  # these users are settled soon
            merged = min(self._queued.values()) - 1
        if idle:
            digests = b"".join(sorted(idle))
            tx.execute(_MERGE_IDLE, {"digests": digests, "queued": last_job})
        tx.executemany(_MERGE, sorted(others))
        tx.execute("DELETE FROM delivery_log")
        tx.execute("UPDATE deliveries_merged SET up_to = ?", (merged,))
        self._settled.clear()

    def _merge_recent(self, tx: sqlite3.Connection) -> None:
        """Move what is in the upper table to the lower one."""
        tx.execute(_MERGE_RECENT)
        tx.execute("DELETE FROM recent_deliveries")


def _has_table(tx: sqlite3.Connection) -> bool:
    row = tx.execute("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").fetchone()
    return row is not None


def _make_tables(tx: sqlite3.Connection) -> None:
    for name, columns in _TABLES.items():
        tx.execute(f"CREATE TABLE {name} {columns}")
    tx.execute("INSERT INTO deliveries_merged VALUES (?)", (_last_job(tx),))


def _last_job(tx: sqlite3.Connection) -> int:
    """Return the highest id that any job has had."""
    (last,) = tx.execute(
        "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence"
        " WHERE name = 'ack_queue_jobs'"
    ).fetchone()
    return int(last)


def _is_kept(job: Job) -> bool:
    """Whether what it sends is remembered: not that of an event."""
    return job.code is None or job.operation.is_kept


def _add_queued(
    tx: sqlite3.Connection, jobs: str, values: Sequence[str | int | bytes] = ()
) -> None:
    """Note in the table that users have jobs in the queue.

    Args:
        tx: the transaction.
        jobs: a query that returns ``user_id``, ``operation`` and ``_id``.
        values: its parameters.
    """
    tx.execute(
        "INSERT INTO deliveries"  # noqa: S608  # values are parameters
        f" SELECT user_digest(user_id, operation), ?, MAX(_id), 0 FROM ({jobs})"
        f" WHERE {_IS_KEPT} GROUP BY 1"
        # A dead letter's id can be lower than that of a job settled later.
        " ON CONFLICT (user) DO UPDATE SET settled = 0, queued ="
        " CASE WHEN queued > settled THEN MAX(queued, excluded.queued)"
        " ELSE excluded.queued END",
        (_UNKNOWN, *values),
    )
