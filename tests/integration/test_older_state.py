"""A queue that an older version wrote can be used by this one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from cio_pipeline.core.identifiers import identity_of
from cio_pipeline.core.jobs import NewJob
from cio_pipeline.core.operations import UPSERT
from cio_pipeline.store import LoadIdentity, Selection, Store
from cio_pipeline.store.dead_letter_actions import open_report
from cio_pipeline.store.schema import VERSION
from cio_pipeline.store.user_digests import digest_of, user_digest


def enqueue(store: Store, users: dict[str, bytes]) -> int:
    """Enqueue the changed payloads of these users; return how many."""
    identity = LoadIdentity(source="data.json", fingerprint=None, mapping="m")
    jobs = [NewJob(user, body, n) for n, (user, body) in enumerate(users.items())]
    load = store.begin_loads([identity]).loads[0]
    store.keep_deliveries()
    enqueued = store.enqueue(load, jobs, [], next_index=len(jobs), changed_only=True)
    return len(enqueued)


def make_version_1(folder: Path) -> None:
    """Write a state of version 1: b has a job, c is a dead letter, a has neither."""
    with Store(folder) as store:
        enqueue(store, {"b": b"2"})
        store.forget_deliveries()
    with closing(sqlite3.connect(folder / "queue.db")) as connection, connection:
        connection.execute(
            "CREATE TABLE deliveries (user BLOB PRIMARY KEY, payload BLOB,"
            " queued INTEGER NOT NULL) WITHOUT ROWID"
        )
        connection.executemany(
            "INSERT INTO deliveries VALUES (?, ?, ?)",
            [
                (user_digest(identity_of("a")), digest_of(b"1"), 0),
                (user_digest(identity_of("b")), digest_of(b"1"), 1),
                (user_digest(identity_of("c")), None, 0),
            ],
        )
        connection.execute("PRAGMA user_version = 1")


def test_deliveries_of_version_1_are_still_known(tmp_path: Path) -> None:
    """Otherwise the first run after an update would send all users again."""
    make_version_1(tmp_path)
    with Store(tmp_path) as store:
        unchanged = enqueue(store, {"a": b"1"})
        others = enqueue(store, {"a": b"2", "b": b"1", "c": b"1"})
        pending = store.totals().pending
    with closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()

    assert unchanged == 0
    assert others == 3
    assert pending == 4
    assert version == VERSION


def make_version_2(folder: Path) -> None:
    """Write a state of version 2: user 1 is a dead letter, user 2 has a job."""
    with Store(folder) as store:
        enqueue(store, {"1": b'{"n":1}', "2": b'{"n":2}'})
    with closing(sqlite3.connect(folder / "queue.db")) as connection, connection:
        for table in ("ack_queue_jobs", "dead_letters"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN operation")
        connection.execute(
            "INSERT INTO dead_letters VALUES (1, 1, 1, '1', 0, 'data.json', ?,"
            " 'rejected', 400, 'no', 1, '2026-11-24T00:00:00+00:00', 'r')",
            (b'{"n":1}',),
        )
        connection.execute("DELETE FROM ack_queue_jobs WHERE user_id = '1'")
        connection.execute("UPDATE totals SET pending = 1, dead_letters = 1")
        connection.execute("PRAGMA user_version = 2")


def test_jobs_and_dead_letters_of_version_2_are_upserts(tmp_path: Path) -> None:
    """It had no other operation; a report reads it without changing it."""
    make_version_2(tmp_path)
    with open_report(tmp_path, Selection(user_id="1")) as report:
        (letter,) = report.letters
    with closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    with Store(tmp_path) as store:
        requeued = store.requeue(Selection())
        jobs = store.queue.fetch(0, 10)

    assert (letter.operation, version) == ("person upsert", 2)
    assert requeued.moved == 1
    assert [(job.user_id, job.operation) for job in jobs] == [
        ("1", UPSERT), ("2", UPSERT)
    ]  # fmt: skip


def test_a_load_that_an_older_version_began_continues(tmp_path: Path) -> None:
    """Its table of loads has no sets yet."""
    identity = LoadIdentity(source="data.json", fingerprint="f", mapping="m")
    with Store(tmp_path) as store:
        load = store.begin_loads([identity]).loads[0]
        store.enqueue(load, [], [], next_index=3)
    with closing(sqlite3.connect(tmp_path / "queue.db")) as connection, connection:
        connection.execute("ALTER TABLE loads DROP COLUMN set_id")

    with Store(tmp_path) as store:
        again = store.begin_loads([identity]).loads[0]

    assert (again.id, again.next_index) == (load.id, 3)
