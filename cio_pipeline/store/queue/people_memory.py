"""Who was delivered by earlier runs, for ``-missing``: a few dozen bytes per person.

A *list* is the people of one configuration. While a file is loaded, each of its records
is noted, in the transaction of its chunk: rows that are only appended. When another
file begins, these rows are merged into the table of known people, in the order of their
keys (docs/decisions/0007-missing-people.md). So all people who are known, and who are
not among the rows of the current file, are missing.

The tables are created when they are first needed. Objects are remembered like people.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from cio_pipeline.core.jobs import NOT_IN_FILE, Job
from cio_pipeline.store.user_digests import digest_of_user

_TABLES = {
    "people_lists": (
        # has_memory: whether a file has been noted to its end.
        "(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE,"
        " has_memory INTEGER NOT NULL DEFAULT 0)"
    ),
    # The loads whose people are noted, and not merged yet.
    "people_loads": "(load_id INTEGER PRIMARY KEY, list INTEGER NOT NULL)",
    "people_noted": (
        "(id INTEGER PRIMARY KEY, load_id INTEGER NOT NULL, user BLOB, identifier TEXT,"
        " kind TEXT, same_as BLOB)"
    ),
    "people_known": (
        "(list INTEGER NOT NULL, user BLOB NOT NULL, identifier TEXT NOT NULL,"
        " kind TEXT, PRIMARY KEY (list, user)) WITHOUT ROWID"
    ),
    # Other identifiers of known people, from their last record.
    "people_others": (
        "(list INTEGER NOT NULL, user BLOB NOT NULL, other BLOB NOT NULL,"
        " PRIMARY KEY (list, user, other)) WITHOUT ROWID"
    ),
}
REMOVED = ""  # the identifier of a row whose record removes the person
_ROWS = 500
# How many of the missing people are listed.
MOST_LISTED = 1000

_LOADS = "(SELECT load_id FROM people_loads WHERE list = :list)"
_OTHER_LOADS = (
    "(SELECT load_id FROM people_loads WHERE list = :list"
    " AND load_id NOT IN (SELECT value FROM json_each(:loads)))"
)
_PRESENT = (
    f"(SELECT user FROM people_noted WHERE load_id IN {_LOADS} AND user NOT NULL)"  # noqa: S608  # as above
)
_MISSING = (
    f" FROM people_known WHERE list = :list AND user NOT IN {_PRESENT}"  # noqa: S608  # as above
    " AND user NOT IN (SELECT user FROM people_others WHERE list = :list"
    f" AND other IN {_PRESENT})"
)
# The last row of each person, which has all its columns with MAX; without those that
# were never delivered, because their job is a dead letter.
_LAST_ROWS = (
    "SELECT user, identifier, kind, MAX(id) FROM people_noted"  # noqa: S608  # as above
    f" WHERE load_id IN {_OTHER_LOADS} AND identifier NOT NULL"
    " AND (identifier = '' OR (user, load_id) NOT IN"
    " (SELECT user_digest(user_id, operation), load_id FROM dead_letters"
    " WHERE job_id NOT NULL AND load_id NOT NULL)) GROUP BY user"
)
# As after `_merge` and `put_back`, for a connection that only reads.
_REMOVALS_LEFT = (
    f"FROM ack_queue_jobs WHERE record_index = :index AND load_id IN {_LOADS}"
)
_ALL_KNOWN = (
    "SELECT user FROM people_known WHERE list = :list AND user NOT IN (SELECT user"  # noqa: S608  # as above
    f" FROM people_noted WHERE load_id IN {_LOADS} AND identifier = '')"
    f" UNION SELECT user FROM ({_LAST_ROWS}) WHERE identifier <> ''"
    f" UNION SELECT user_digest(user_id, operation) {_REMOVALS_LEFT}"
)
_IS_ABSENT = (
    "user NOT IN (SELECT user FROM present) AND user NOT IN (SELECT user"
    " FROM people_others WHERE list = :list AND other IN (SELECT user FROM present))"
    " AND user NOT IN (SELECT same_as FROM people_noted WHERE same_as NOT NULL"
    " AND user IN (SELECT user FROM present))"
)


class Noted(NamedTuple):
    """One identifier of one record of the file.

    Args:
        user: its digest; None if the record has no usable identifier.
        identifier: the text that is sent, if the record inserts or updates the person;
            `REMOVED` if it removes the person; else None.
        kind: the kind of the identifier, if its form does not show it; for an object,
            its type.
        same_as: None, or the digest of the identifier that is sent for this record.
    """

    user: bytes | None
    identifier: str | None = None
    kind: str | None = None
    same_as: bytes | None = None


class KnownPerson(NamedTuple):
    """A person who was delivered by an earlier run.

    Args:
        user: the digest of the identifier.
        identifier: as in `Noted`.
        kind: as in `Noted`.
    """

    user: bytes
    identifier: str
    kind: str | None


class Missing(NamedTuple):
    """How many people are missing.

    Args:
        known: how many people earlier runs have delivered.
        missing: how many of them are not in the file.
        unreadable: how many records of the file have no usable identifier.
        has_memory: whether an earlier run has noted a file to its end.
        first: the first `MOST_LISTED` of those who are missing.
    """

    known: int
    missing: int
    unreadable: int
    has_memory: bool
    first: tuple[str, ...]


def begin(tx: sqlite3.Connection, name: bytes, loads: Sequence[int]) -> None:
    """Note from now on the people of these loads; merge those of earlier ones.

    Args:
        tx: the transaction.
        name: the list.
        loads: the loads of the current files.
    """
    for table, columns in _TABLES.items():
        tx.execute(f"CREATE TABLE IF NOT EXISTS {table} {columns}")
    tx.execute("INSERT OR IGNORE INTO people_lists (name) VALUES (?)", (name,))
    names = _parameters(tx, name) | {"loads": str([*loads])}
    _merge(tx, names)
    tx.executemany(
        "INSERT OR IGNORE INTO people_loads VALUES (?, ?)",
        [(load, names["list"]) for load in loads],
    )


def _merge(tx: sqlite3.Connection, names: dict[str, Any]) -> None:
    """Move what is noted of other loads to the tables of known people."""
    tx.execute(
        "DELETE FROM people_others WHERE list = :list AND user IN (SELECT same_as"  # noqa: S608  # values are parameters
        f" FROM people_noted WHERE load_id IN {_OTHER_LOADS})",
        names,
    )
    tx.execute(
        "INSERT OR IGNORE INTO people_others SELECT :list, same_as, user"  # noqa: S608  # as above
        f" FROM people_noted WHERE load_id IN {_OTHER_LOADS} AND same_as NOT NULL"
        " ORDER BY same_as",
        names,
    )
    # If a later row inserts the person again, the next statement does.
    tx.execute(
        "DELETE FROM people_known WHERE list = :list AND user IN (SELECT user"  # noqa: S608  # as above
        f" FROM people_noted WHERE load_id IN {_OTHER_LOADS} AND identifier = '')",
        names,
    )
    tx.execute(
        "INSERT INTO people_known SELECT :list, user, identifier, kind"  # noqa: S608  # as above
        f" FROM ({_LAST_ROWS}) WHERE identifier <> ''"
        # Most rows are the same as last night: their pages are not written.
        " ON CONFLICT (list, user) DO UPDATE SET identifier = excluded.identifier,"
        " kind = excluded.kind WHERE identifier <> excluded.identifier"
        " OR kind IS NOT excluded.kind",
        names,
    )
    tx.execute(f"DELETE FROM people_noted WHERE load_id IN {_OTHER_LOADS}", names)  # noqa: S608  # as above
    tx.execute(f"DELETE FROM people_loads WHERE load_id IN {_OTHER_LOADS}", names)  # noqa: S608  # as above


def note(tx: sqlite3.Connection, load_id: int, people: Iterable[Noted]) -> None:
    """Note records of a load, in the transaction of its chunk."""
    tx.executemany(
        "INSERT INTO people_noted (load_id, user, identifier, kind, same_as)"
        " VALUES (?, ?, ?, ?, ?)",
        ((load_id, *each) for each in people),
    )


def find_missing(connection: sqlite3.Connection, name: bytes) -> Missing:
    """Find who is missing, when the current files have been noted.

    `missing_people` returns them. Nothing is locked meanwhile: only the thread that
    loads the files changes what is read here.

    Args:
        connection: for reading.
        name: the list.
    """
    names = _parameters(connection, name)
    connection.execute(
        f"CREATE TEMP TABLE missing AS SELECT user, identifier, kind {_MISSING}", names
    )
    (missing,) = connection.execute("SELECT COUNT(*) FROM missing").fetchone()
    first = connection.execute(
        "SELECT identifier FROM missing LIMIT ?", (MOST_LISTED,)
    ).fetchall()
    (has_memory,) = connection.execute(
        "SELECT has_memory FROM people_lists WHERE id = :list", names
    ).fetchone()
    (known,) = connection.execute(
        "SELECT COUNT(*) FROM people_known WHERE list = :list", names
    ).fetchone()
    (unreadable,) = connection.execute(
        "SELECT COUNT(*) FROM people_noted WHERE user IS NULL"  # noqa: S608  # values are parameters
        f" AND load_id IN {_LOADS}",
        names,
    ).fetchone()
    found = tuple(identifier for (identifier,) in first)
    return Missing(known, missing, unreadable, bool(has_memory), found)


def missing_people(connection: sqlite3.Connection) -> Iterator[list[KnownPerson]]:
    """Return who is missing, some people at a time, after `find_missing`."""
    rows = connection.execute("SELECT user, identifier, kind FROM missing")
    while chunk := rows.fetchmany(_ROWS):
        yield [KnownPerson._make(row) for row in chunk]


def forget(tx: sqlite3.Connection, name: bytes, people: Sequence[KnownPerson]) -> None:
    """Take people off the list."""
    (number,) = _parameters(tx, name).values()
    tx.executemany(
        "DELETE FROM people_known WHERE list = ? AND user = ?",
        [(number, person.user) for person in people],
    )


def end(tx: sqlite3.Connection, name: bytes) -> None:
    """Note that a file has been noted to its end."""
    tx.execute("UPDATE people_lists SET has_memory = 1 WHERE name = ?", (name,))


def preview(
    connection: sqlite3.Connection, name: bytes, users: Iterable[bytes]
) -> tuple[int, int]:
    """Return how many people would be missing, and how many are known; change nothing.

    Args:
        connection: for reading.
        name: the list.
        users: the digests of all identifiers in the data.
    """
    connection.execute(
        "CREATE TEMP TABLE present (user BLOB PRIMARY KEY) WITHOUT ROWID"
    )
    connection.executemany(
        "INSERT OR IGNORE INTO present VALUES (?)", ((user,) for user in users)
    )
    if not _has_tables(connection):
        return 0, 0
    row = connection.execute(
        f"SELECT COALESCE(SUM({_IS_ABSENT}), 0), COUNT(*) FROM ({_ALL_KNOWN})",  # noqa: S608  # values are parameters
        _parameters(connection, name) | {"index": NOT_IN_FILE, "loads": "[]"},
    ).fetchone()
    return int(row[0]), int(row[1])


def removals_left(tx: sqlite3.Connection, name: bytes) -> list[Job]:
    """Return some of the jobs that `take_missing` enqueued and that are not settled."""
    if not _has_tables(tx):
        return []
    rows = tx.execute(
        "SELECT _id, user_id, data, record_index, operation, load_id, attempts,"
        f" strikes {_REMOVALS_LEFT} LIMIT :rows",
        _parameters(tx, name) | {"index": NOT_IN_FILE, "rows": _ROWS},
    )
    return [Job._make(row) for row in rows]


def put_back(tx: sqlite3.Connection, name: bytes, jobs: Sequence[Job]) -> None:
    """Put the people of withdrawn removals back on the list."""
    (number,) = _parameters(tx, name).values()
    tx.executemany(
        "INSERT OR IGNORE INTO people_known VALUES (?, ?, ?, ?)",
        [(number, digest_of_user(j), j.user_id, j.operation.kind) for j in jobs],
    )


def _has_tables(tx: sqlite3.Connection) -> bool:
    row = tx.execute("SELECT 1 FROM sqlite_master WHERE name = 'people_known'")
    return row.fetchone() is not None


def _parameters(tx: sqlite3.Connection, name: bytes) -> dict[str, Any]:
    row = tx.execute("SELECT id FROM people_lists WHERE name = ?", (name,)).fetchone()
    return {"list": row[0] if row else 0}
