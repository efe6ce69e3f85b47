"""How a file differs from what was last delivered."""

from __future__ import annotations

from pathlib import Path

from cio_pipeline.commands.check.changes import ChangeCounter, Changes
from cio_pipeline.core.jobs import Payload
from cio_pipeline.store.comparison import open_deliveries
from tests.unit.store.queue.test_deliveries import Queue


def compare(folder: Path, users: list[str], payload: bytes) -> Changes:
    """Compare users who all have one payload with what was delivered."""
    with open_deliveries(folder) as delivered:
        counter = ChangeCounter(delivered)
        for index, user in enumerate(users):
            counter.add(Payload(user, {"n": 1}), payload, 10, index)
        return counter.changes(lambda position: ("users.json", position))


def test_changes_are_counted_with_examples(tmp_path: Path) -> None:
    """Over more users than are compared at a time."""
    queue = Queue(tmp_path)
    for start in range(0, 1500, 300):
        users = range(start, start + 300)
        queue.enqueue(*((str(n), b"1" if n % 2 else b"2") for n in users))
        queue.send()

    changes = compare(tmp_path, [str(n) for n in range(500, 2500)], b"1")

    assert (changes.new, changes.changed, changes.unchanged) == (1000, 500, 500)
    assert changes.missing == 500
    assert changes.bytes_to_send == 1500 * 10
    kinds = [each["change"] for each in changes.examples]
    assert kinds.count("changed") == kinds.count("new") == 5
    assert changes.examples[0] == {
        "change": "changed",
        "user_id": "500",
        "source": "users.json",
        "record": 0,
        "attributes": {"n": 1},
    }


def test_a_user_who_is_in_the_file_twice_is_missing_once(tmp_path: Path) -> None:
    """Spellings of an email are one user."""
    queue = Queue(tmp_path)
    queue.enqueue(("ada@x.org", b"1"), ("b", b"1"))
    queue.send()

    changes = compare(tmp_path, ["ADA@x.org", "ada@X.org"], b"1")

    assert (changes.unchanged, changes.missing) == (2, 1)
