"""The last payload sent to each user, for `-changed-only`, in a real SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import pytest

from cio_pipeline.core.jobs import ONE_JOB, Ack, NewJob
from cio_pipeline.store import Leases, LoadIdentity, Selection, Store
from tests.properties.test_store_properties import REFUSED
from tests.support.builders import make_clock

ADA, ADA_IN_CAPITALS = "ada@x.org", "Ada@X.org"


class Queue:
    """A store, and the one consumer of it."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.store.keep_deliveries()
        self.load = self.store.begin_loads(
            [LoadIdentity(source="data.json", fingerprint=None, mapping="m")]
        ).loads[0]

    def enqueue(self, *jobs: tuple[str, bytes]) -> int:
        """Enqueue what changed; return how many jobs that is."""
        new = [NewJob(user, body, place) for place, (user, body) in enumerate(jobs)]
        enqueued = self.store.enqueue(
            self.load, new, [], next_index=len(new), changed_only=True
        )
        return len(enqueued)

    def send(self, refused: bytes | None = None) -> list[bytes]:
        """Send all that is queued; return the bodies in order."""
        leases = Leases(
            self.store.queue,
            parallelism=1,
            size=ONE_JOB,
            run_id="r",
            clock=make_clock(),
        )
        leases.all_loaded()
        leases.tend()
        sent = []
        while jobs := leases.lease():
            (job,) = jobs
            sent.append(job.body)
            leases.settle([(job, REFUSED if job.body == refused else Ack())])
        leases.commit()
        return sent


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """Give an empty queue that keeps deliveries."""
    opened = Queue(tmp_path)
    yield opened
    opened.store.close()


def test_all_spellings_of_an_email_have_one_entry(queue: Queue) -> None:
    """With two entries, one spelling's payload would be skipped after another's."""
    queue.enqueue((ADA, b"1"), (ADA_IN_CAPITALS, b"2"))
    queue.send()

    assert queue.enqueue((ADA, b"1")) == 1
    queue.send()
    assert queue.enqueue((ADA_IN_CAPITALS, b"1")) == 0


def test_a_spelling_after_another_in_one_chunk_is_sent(queue: Queue) -> None:
    """The last one equals what was sent last, but another is sent before it."""
    queue.enqueue((ADA, b"1"))
    queue.send()

    assert queue.enqueue((ADA_IN_CAPITALS, b"2"), (ADA, b"1")) == 2
    assert queue.send() == [b"2", b"1"]


def test_a_dead_letter_is_found_and_overtaken_in_any_spelling(queue: Queue) -> None:
    """`requeue -user` means the person, and warns of what was synced since."""
    queue.enqueue((ADA_IN_CAPITALS, b"1"))
    queue.send(refused=b"1")
    queue.enqueue((ADA, b"2"))
    queue.send()

    requeued = queue.store.requeue(Selection(user_id="ADA@x.org"))

    assert (requeued.moved, requeued.overtaken) == (1, 1)


def make_format_1(file: Path, rows: list[tuple[str, bytes | None, int]]) -> None:
    """Give the file the rows that format 1 had: text, payload, queued."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for name in ("recent_deliveries", "delivery_log", "deliveries_merged"):
            connection.execute(f"DROP TABLE {name}")
        connection.execute("DROP TABLE deliveries")
        connection.execute(
            "CREATE TABLE deliveries (user BLOB PRIMARY KEY, payload BLOB,"
            " queued INTEGER NOT NULL) WITHOUT ROWID"
        )
        connection.executemany(
            "INSERT INTO deliveries VALUES (?, ?, ?)",
            [
                (digest(user.encode()), payload and digest(payload), queued)
                for user, payload, queued in rows
            ],
        )
        connection.execute("PRAGMA user_version = 1")


def digest(raw: bytes) -> bytes:
    """Return a digest as format 1 made it."""
    return blake2b(raw, digest_size=12).digest()


def test_after_an_update_ids_are_remembered_and_emails_are_sent_once_more(
    tmp_path: Path,
) -> None:
    """In format 1, it is unknown which spelling of an email was sent last."""
    Queue(tmp_path).store.close()
    make_format_1(
        tmp_path / "queue.db", [("A1", b"1", 0), (ADA, b"1", 0), ("Ada@x.org", b"2", 0)]
    )
    queue = Queue(tmp_path)

    assert queue.enqueue(("A1", b"1"), (ADA, b"1")) == 1
    queue.send()
    assert queue.enqueue(("A1", b"1"), (ADA_IN_CAPITALS, b"1")) == 0
    queue.store.close()


def test_after_an_update_queued_emails_are_known_to_be_queued(tmp_path: Path) -> None:
    """Otherwise the job of one spelling would count for that of another."""
    before = Queue(tmp_path)
    before.enqueue((ADA_IN_CAPITALS, b"2"))
    before.store.close()
    make_format_1(tmp_path / "queue.db", [(ADA, b"1", 0), (ADA_IN_CAPITALS, None, 1)])
    queue = Queue(tmp_path)

    assert queue.enqueue((ADA, b"1")) == 1
    assert queue.enqueue((ADA, b"2")) == 1
    assert queue.send() == [b"2", b"1", b"2"]
    assert queue.enqueue((ADA_IN_CAPITALS, b"2")) == 0
    queue.store.close()
