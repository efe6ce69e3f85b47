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
    load = store.begin_loads([DATA]).loads[0]
    store.enqueue(load, [], [], next_index=3)
    return load


def test_an_unfinished_load_continues(store: Store) -> None:
    """After a kill, no record is queued twice and none is missing."""
    first = load_three(store)

    again = store.begin_loads([replace(DATA, source="moved.json")]).loads[0]

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
        first = store.begin_loads([other]).loads[0]

    again = store.begin_loads([other]).loads[0]

    assert (again.id != first.id, again.next_index) == (True, 0)


def test_a_finished_file_is_loaded_again_after_its_jobs_are_sent(
    store: Store,
) -> None:
    """The same command first continues; the next night's run sends everything again."""
    load = load_three(store)
    store.enqueue(load, [NewJob("a", b"{}", 3)], [], next_index=4)
    store.finish_load(load, 4)

    assert store.begin_loads([DATA]).loads[0].is_finished
    with store.queue.transaction() as tx:
        tx.execute("DELETE FROM ack_queue_jobs")
    assert store.begin_loads([DATA]).loads[0].next_index == 0


def test_an_older_load_is_not_continued(store: Store) -> None:
    """Later loads have overwritten its values."""
    first = load_three(store)
    store.begin_loads([replace(DATA, fingerprint="newer")])

    again = store.begin_loads([DATA]).loads[0]

    assert (again.id != first.id, again.next_index) == (True, 0)


def names(*files: str) -> list[LoadIdentity]:
    """Return files that have their names as fingerprints."""
    return [LoadIdentity(source=name, fingerprint=name, mapping="m") for name in files]


def test_each_file_of_a_set_has_its_own_progress(store: Store) -> None:
    """A run that was killed in the second file continues there."""
    files = names("a", "b", "c")
    first, second, _ = store.begin_loads(files).loads
    store.finish_load(first, 5)
    store.enqueue(second, [], [], next_index=2)

    again = store.begin_loads(files).loads

    assert [load.id for load in again][:2] == [first.id, second.id]
    assert [(load.next_index, load.is_finished) for load in again] == [
        (5, True),
        (2, False),
        (0, False),
    ]


def test_a_set_that_changed_can_be_continued_again(store: Store) -> None:
    """The second interruption is like the first; what is gone does not come back."""
    files = names("a", "b")
    first, second = store.begin_loads(files).loads
    store.finish_load(first, 1)
    store.enqueue(second, [], [], next_index=2)
    files[1] = replace(files[1], fingerprint="new")
    changed = store.begin_loads(files).loads
    store.enqueue(changed[1], [], [], next_index=7)

    again = store.begin_loads(files)

    assert [load.next_index for load in again.loads] == [1, 7]
    assert again.changes.is_empty


def test_a_set_that_was_sent_completely_is_loaded_again(store: Store) -> None:
    """The next night's run sends everything again."""
    files = names("a", "b")
    for load in store.begin_loads(files).loads:
        store.finish_load(load, 1)

    again = store.begin_loads(files)

    assert [load.is_begun for load in again.loads] == [False, False]


def test_the_loads_of_a_large_set_are_kept(store: Store) -> None:
    """Old loads are forgotten, but not those of the files that are loaded now."""
    files = names(*map(str, range(1500)))
    first = store.begin_loads(files).loads[0]
    store.finish_load(first, 1)

    again = store.begin_loads(files)

    assert again.loads[0].is_finished
    assert again.changes.is_empty
