"""Who is remembered, and who is missing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from cio_pipeline.core.identifiers import identity_of
from cio_pipeline.core.jobs import INVALID_RECORD, NOT_IN_FILE, NewJob
from cio_pipeline.store import LoadIdentity, NewDeadLetter, Store, open_reader
from cio_pipeline.store.queue.people_memory import (
    REMOVED,
    KnownPerson,
    Missing,
    Noted,
    preview,
)
from cio_pipeline.store.user_digests import user_digest

LIST, OTHER = b"list", b"other"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    with Store(tmp_path) as opened:
        yield opened


def user(text: str) -> bytes:
    """Return a person's digest."""
    return user_digest(identity_of(text))


def there(*people: str) -> list[Noted]:
    """Return the rows of records that insert or update these people."""
    return [Noted(user(each), each) for each in people]


def night(
    store: Store,
    rows: Sequence[Noted],
    *,
    name: bytes = LIST,
    acts: bool = True,
    is_complete: bool = True,
) -> Missing:
    """Load a file with these records, and find who is missing."""
    identity = LoadIdentity(source="people.json", fingerprint=None, mapping="m")
    store.withdraw_removals(name, [identity])
    (load,) = store.begin_loads([identity]).loads
    store.begin_people(name, [load.id])
    store.enqueue(load, [], [], next_index=len(rows), noted=rows)
    if not is_complete:
        return Missing(0, 0, 0, has_memory=False, first=())

    def jobs_for(people: Sequence[KnownPerson]) -> list[NewJob]:
        return [
            NewJob(each.identifier, b"{}", NOT_IN_FILE, "person delete")
            for each in people
        ]

    found, _ = store.settle_missing(name, load.id, jobs_for, lambda _: acts)
    store.finish_load(load, len(rows))
    return found


def queued(store: Store) -> list[str]:
    """Return whose removals are in the queue."""
    return sorted(job.user_id for job in store.queue.fetch(0, 10_000))


def test_the_first_night_has_no_memory(store: Store) -> None:
    """So nobody can be missing."""
    found = night(store, there("a", "b"))

    assert found == Missing(0, 0, 0, has_memory=False, first=())


def test_who_was_there_and_is_not_is_missing_once(store: Store) -> None:
    """A removal takes them out of the memory; without one they stay missing."""
    night(store, there("a", "b", "c"))
    reported = night(store, there("a", "b"), acts=False)
    removed = night(store, there("a", "b"))
    after = queued(store)
    with store.queue.transaction() as tx:
        store.queue.delete(tx, [job.id for job in store.queue.fetch(0, 9)])
    again = night(store, there("a", "b"))

    assert reported == removed == Missing(3, 1, 0, has_memory=True, first=("c",))
    assert after == ["c"]
    assert (again.known, again.missing, again.has_memory) == (2, 0, True)


def test_a_file_that_was_not_read_to_its_end_adds_people_and_misses_nobody(
    store: Store,
) -> None:
    """What was loaded of it was delivered, or will be."""
    night(store, there("a"))
    night(store, there("b"), is_complete=False)
    found = night(store, there("a"), acts=False)

    assert (found.known, found.missing, found.first) == (2, 1, ("b",))


def test_settling_again_finds_the_same(store: Store) -> None:
    """A kill between this and the end of the load repeats it."""
    night(store, there("a", "b"))
    identity = LoadIdentity(source="people.json", fingerprint="f", mapping="m")
    (load,) = store.begin_loads([identity]).loads
    store.begin_people(LIST, [load.id])
    store.enqueue(load, [], [], next_index=1, noted=there("a"))

    def jobs_for(people: Sequence[KnownPerson]) -> list[NewJob]:
        return [NewJob(p.identifier, b"{}", NOT_IN_FILE) for p in people]

    counts = [
        store.settle_missing(LIST, load.id, jobs_for, lambda _: True)[1]
        for _ in range(3)
    ]
    (again,) = store.begin_loads([identity]).loads
    store.begin_people(LIST, [again.id])
    last = store.settle_missing(LIST, load.id, jobs_for, lambda _: True)

    assert again.id == load.id
    assert counts == [1, 0, 0]
    assert (last[0].missing, last[1]) == (0, 0)
    assert queued(store) == ["b"]


def test_removals_of_an_earlier_file_are_withdrawn(store: Store) -> None:
    """Those who come back are not removed, the others are."""
    store.keep_deliveries()
    night(store, there("a", "b", "c"))
    night(store, there("a"))
    before = queued(store)
    found = night(store, there("a", "b"))

    assert before == ["b", "c"]
    assert queued(store) == ["c"]
    assert (found.known, found.missing) == (3, 1)
    assert store.totals().pending == 1


def test_many_removals_are_queued_and_withdrawn_in_pieces(store: Store) -> None:
    """Memory stays small, whatever the limit."""
    many = [f"p{n:04}" for n in range(1234)]
    night(store, there("a", *many))
    found = night(store, there("a"))
    before = queued(store)
    night(store, there("a", *many))

    assert found.missing == 1234
    assert len(found.first) == 1000
    assert before == many
    assert queued(store) == []


def test_the_last_record_of_a_person_decides(store: Store) -> None:
    """Removed and inserted again is there; the reverse is gone."""
    a, b = user("a"), user("b")
    night(store, [*there("a"), Noted(a, REMOVED), Noted(b, REMOVED), *there("b")])
    second = night(store, there("c"), acts=False)
    night(store, [Noted(b, REMOVED)], acts=False)
    fourth = night(store, there("c"), acts=False)

    assert second.first == ("b",)
    assert (fourth.known, fourth.missing) == (1, 0)


def test_who_is_only_seen_is_present_and_not_remembered(store: Store) -> None:
    """The record could not be sent, but its id can be read."""
    night(store, there("a"))
    seen = night(store, [Noted(user("a")), Noted(user("b")), Noted(None)])
    later = night(store, there("c"), acts=False)

    assert (seen.missing, seen.unreadable) == (0, 1)
    assert (later.first, later.unreadable) == (("a",), 0)


def test_any_identifier_of_a_record_shows_that_a_person_is_there(
    store: Store,
) -> None:
    """The id was used, then it is gone and only the address is left."""
    both = [*there("1"), Noted(user("a@x.org"), same_as=user("1"))]
    changed = [*there("1"), Noted(user("b@x.org"), same_as=user("1"))]
    nights = [both, there("a@x.org"), both, changed, there("b@x.org")]

    found = [night(store, rows, acts=False).first for rows in nights]

    # The address that the second night was sent with is nobody's at the end.
    assert found == [(), (), (), ("a@x.org",), ("a@x.org",)]


def test_who_was_never_delivered_is_not_known(store: Store) -> None:
    """The record became a dead letter; who was known before stays known."""
    night(store, there("a"))
    identity = LoadIdentity(source="people.json", fingerprint=None, mapping="m")
    (load,) = store.begin_loads([identity]).loads
    store.begin_people(LIST, [load.id])
    letters = [
        NewDeadLetter(
            n + 1, load.id, each, n, b"{}", INVALID_RECORD, 400, "no", 1, "now", "r"
        )
        for n, each in enumerate("ab")
    ]
    store.enqueue(load, [], letters, next_index=2, noted=there("a", "b", "c"))

    found = night(store, (), acts=False)

    assert set(found.first) == {"a", "c"}


def test_lists_do_not_mix(store: Store) -> None:
    """Two configurations of one workspace have their own people."""
    night(store, there("a"))
    night(store, there("b"), name=OTHER)
    found = night(store, there("a"))
    other = night(store, (), name=OTHER, acts=False)

    assert (found.known, found.missing) == (1, 0)
    assert other.first == ("b",)


def test_the_number_for_a_question_is_that_of_the_run(
    store: Store, tmp_path: Path
) -> None:
    """It is computed without a change to the file, whatever an earlier run left."""
    night(store, [*there("a", "b", "c"), Noted(user("x"), same_as=user("c"))])
    night(store, [*there("a", "d", "e"), Noted(user("e"), REMOVED)])
    left = queued(store)
    tonight = [user("a"), user("x")]
    with open_reader(tmp_path) as connection:
        assert connection is not None
        asked = preview(connection, LIST, tonight)
        first_time = preview_of_nothing(tmp_path)
    found = night(store, [Noted(each) for each in tonight], acts=False)

    assert left == ["b", "c"]
    assert asked == (found.missing, found.known) == (2, 4)
    assert first_time == (0, 0)


def preview_of_nothing(folder: Path) -> tuple[int, int]:
    """Return the preview of a list that nobody has used."""
    with open_reader(folder) as connection:
        assert connection is not None
        return preview(connection, b"new", [user("a")])


def test_a_person_takes_a_few_dozen_bytes(store: Store, tmp_path: Path) -> None:
    """The memory is of everybody, so it must be small; nights do not add up."""
    everybody = there(*(f"customer-{n:06}" for n in range(5000)))
    for _ in range(4):
        night(store, everybody)
    store.queue.sync_to_disk()
    with closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()

    assert pages * size < 5000 * 150
