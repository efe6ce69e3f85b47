"""What a `-changed-only` run would send, in a real SQLite file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.core.jobs import NewJob
from cio_pipeline.store import Store
from cio_pipeline.store.comparison import open_deliveries
from cio_pipeline.store.queue.deliveries import Deliveries
from tests.unit.store.queue.test_deliveries import Queue


def jobs(**payloads: bytes) -> list[NewJob]:
    """Make jobs."""
    return [NewJob(user, body, n) for n, (user, body) in enumerate(payloads.items())]


@pytest.mark.parametrize("merge_users", [1, 100])
def test_each_user_is_new_changed_or_unchanged(
    tmp_path: Path, merge_users: int
) -> None:
    """As the run decides it, whether the digests are in memory or in a table."""
    queue = Queue(tmp_path)
    queue.store.queue.deliveries = Deliveries(merge_users)
    queue.enqueue(("same", b"1"), ("other", b"1"), ("gone", b"1"))
    queue.send()
    queue.enqueue(("queued", b"1"))

    with open_deliveries(tmp_path) as delivered:
        changes = delivered.compare(
            jobs(same=b"1", other=b"2", queued=b"1", unknown=b"1")
        )
        users = delivered.count_users()

    assert changes == ["unchanged", "changed", "changed", "new"]
    assert users == 4


def test_all_jobs_of_a_user_are_sent_after_a_changed_one(tmp_path: Path) -> None:
    """Else the changed one would win."""
    queue = Queue(tmp_path)
    queue.enqueue(("a", b"1"))
    queue.send()

    with open_deliveries(tmp_path) as delivered:
        twice = [NewJob("a", b"2", 0), NewJob("a", b"1", 1)]
        assert delivered.compare(twice) == ["changed", "changed"]


def test_without_a_queue_or_memory_everybody_is_new(tmp_path: Path) -> None:
    """The first night."""
    with open_deliveries(tmp_path) as delivered:
        assert delivered.compare(jobs(a=b"1")) == ["new"]
        assert delivered.count_users() == 0
    with Store(tmp_path):
        pass
    with open_deliveries(tmp_path) as delivered:
        assert delivered.compare(jobs(a=b"1")) == ["new"]
        assert delivered.count_users() == 0
