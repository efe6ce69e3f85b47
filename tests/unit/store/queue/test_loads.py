"""The progress of loads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cio_pipeline.core.jobs import NewJob
from cio_pipeline.store import Load, LoadIdentity, Store

DATA = LoadIdentity(source="a.json", fingerprint="f", mapping="m")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open the state."""
    with Store(tmp_path) as opened:
        yield opened


def load_three(store: Store) -> Load:
    """Load the first three records, which have no jobs."""
    load = store.begin_load(DATA)
    store.enqueue(load, [], [], next_index=3)
    return load


def test_an_unfinished_load_continues(store: Store) -> None:
    """After a kill, no record is queued twice and none is missing."""
    first = load_three(store)

    again = store.begin_load(replace(DATA, source="moved.json"))

    assert (again.id, again.next_index, again.is_finished) == (first.id, 3, False)


@pytest.mark.parametrize(
    "other",
    [
        replace(DATA, fingerprint="other"),
        replace(DATA, mapping="other"),
        replace(DATA, fingerprint=None),
    ],
    ids=["other data", "other mapping", "a pipe"],
)
def test_other_data_or_another_mapping_is_another_load(
    store: Store, other: LoadIdentity
) -> None:
    """A pipe has no fingerprint, so it is always read from the start."""
    first = load_three(store)
    if other.fingerprint is None:
        first = store.begin_load(other)

    again = store.begin_load(other)

    assert (again.id != first.id, again.next_index) == (True, 0)


def test_a_finished_file_is_loaded_again_after_its_jobs_are_sent(
    store: Store,
) -> None:
    """The same command first continues; the next night's run sends everything again."""
    load = load_three(store)
    store.enqueue(load, [NewJob("a", b"{}", 3)], [], next_index=4)
    store.finish_load(load, 4)

    assert store.begin_load(DATA).is_finished
    with store.queue.transaction() as tx:
        tx.execute("DELETE FROM ack_queue_jobs")
    assert store.begin_load(DATA).next_index == 0


def test_an_older_load_is_not_continued(store: Store) -> None:
    """Later loads have overwritten its values."""
    first = load_three(store)
    store.begin_load(replace(DATA, fingerprint="newer"))

    again = store.begin_load(DATA)

    assert (again.id != first.id, again.next_index) == (True, 0)
