"""Dead letters of what was refused after its 200."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cio_pipeline.core.identifiers import identity, identity_of
from cio_pipeline.core.jobs import NewJob
from cio_pipeline.core.operations import make_operation
from cio_pipeline.store import LoadIdentity, Selection, Store
from cio_pipeline.store.refused_later import LaterRefusal
from tests.support.builders import make_job

START = 1000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    with Store(tmp_path) as opened:
        yield opened


def send(store: Store, *users: str) -> None:
    """Queue a job for each of these users, and ack it."""
    identity = LoadIdentity(source="users.json", fingerprint=None, mapping="m")
    load = store.begin_loads([identity]).loads[0]
    jobs = [NewJob(user, b'{"name":1}', n) for n, user in enumerate(users)]
    store.enqueue(load, jobs, [], next_index=len(jobs))
    pending = store.queue.fetch(0, len(jobs))
    with store.queue.transaction() as tx:
        store.queue.delete(tx, [job.id for job in pending])
        store.queue.deliveries.note_settled(tx, pending, [])
        store.queue.sent_log.note_acked(tx, pending)


def refusal(activity: str, *people: str, seconds: float = START) -> LaterRefusal:
    """Return a refusal of a person with these identifiers."""
    return LaterRefusal(
        activity_id=activity,
        seconds=seconds,
        refused_at="2026-11-24T12:00:00+00:00",
        people=tuple((identity_of(each), each) for each in people),
        payload=b'{"email":{"to":"x"}}',
        message="failed_attribute_change: email",
    )


def add(store: Store, *refusals: LaterRefusal) -> list[str | None]:
    """Add refusals; return the users of the new letters."""
    return [each.user_id for each in store.add_refused_later(refusals, "run-2")]


def test_only_people_who_were_sent_become_letters(store: Store) -> None:
    """The log has the refusals of everybody who sends to the workspace."""
    send(store, "before")
    store.keep_sent(START)
    send(store, "1", "Ada@x.org", "cio_7", "3")

    added = add(
        store,
        refusal("a", "1", "other@x.org"),
        refusal("b", "stranger", "ada@x.org"),
        refusal("c", "cio_7"),
        refusal("d", "before"),
        refusal("e"),
    )

    assert added == ["1", "ada@x.org", "cio_7"]
    assert store.totals().dead_letters == 3


def test_a_letter_has_the_position_of_its_record_and_cannot_be_requeued(
    store: Store,
) -> None:
    """Sending the same again would be refused again."""
    store.keep_sent(START)
    send(store, "1", "2")
    add(store, refusal("a", "2"))

    (row,) = store.queue.read(
        "SELECT user_id, record_index, source, reason, http_status, message, payload,"
        " failed_at, run_id, attempts FROM dead_letters"
    )

    assert row == (
        "2",
        1,
        "users.json",
        "refused_later",
        200,
        "failed_attribute_change: email",
        b'{"email":{"to":"x"}}',
        "2026-11-24T12:00:00+00:00",
        "run-2",
        1,
    )
    assert store.requeue(Selection()).moved == 0


def test_a_refusal_counts_once_however_often_it_is_read(store: Store) -> None:
    """The log is read several times, and again after a crash."""
    store.keep_sent(START)
    send(store, "1")

    assert add(store, refusal("a", "1"), refusal("a", "1")) == ["1"]
    assert add(store, refusal("a", "1"), refusal("b", "1")) == ["1"]
    store.forget_sent()
    store.keep_sent(START - 10)
    send(store, "1")
    assert add(store, refusal("a", "1")) == []


def test_what_was_not_read_is_read_by_the_next_run(tmp_path: Path) -> None:
    """After a crash the earlier start stays, and so do the people."""
    with Store(tmp_path) as killed:
        killed.keep_sent(START)
        send(killed, "1")
    with Store(tmp_path) as store:
        send(store, "2")  # by a run that does not read refusals
        store.keep_sent(START + 500)
        send(store, "3")

        assert store.sent_since() == START
        assert add(store, *(refusal(user, user) for user in "123")) == ["1", "3"]


def test_after_the_reading_nothing_is_left(store: Store) -> None:
    """The state has what is pending and dead, not what was sent."""
    store.keep_sent(START)
    assert store.sent_since() is None  # nobody was sent
    send(store, "1")
    assert store.sent_since() == START
    add(store, refusal("a", "1"))

    store.forget_sent()
    send(store, "2")

    assert store.sent_since() is None
    assert store.queue.read("SELECT COUNT(*) FROM sent_log") == [(0,)]
    store.keep_sent(START + 100)
    assert store.queue.read("SELECT COUNT(*) FROM activities_read") == [(0,)]


def test_a_refused_user_counts_as_changed(store: Store) -> None:
    """With -changed-only, Customer.io would never get what it refused."""
    store.keep_deliveries()
    store.keep_sent(START)
    send(store, "1", "2")
    add(store, refusal("a", "1"))

    identity = LoadIdentity(source="users.json", fingerprint=None, mapping="m")
    load = store.begin_loads([identity]).loads[0]
    again = [NewJob(user, b'{"name":1}', 0) for user in "12"]
    store.enqueue(load, again, [], next_index=2, changed_only=True)

    assert [job.user_id for job in store.queue.fetch(0, 9)] == ["1"]


def test_the_kind_of_an_identifier_counts(store: Store) -> None:
    """An id may look like an email address; it is another person."""
    operation = make_operation("person", "upsert", "id")
    store.keep_sent(START)
    job = make_job(7, "a@b.cd")._replace(code=operation.code)
    with store.queue.transaction() as tx:
        store.queue.sent_log.note_acked(tx, [job])
    as_email = refusal("a", "a@b.cd")
    as_id = as_email._replace(
        activity_id="b", people=((identity("id", "a@b.cd"), "a@b.cd"),)
    )

    assert add(store, as_email) == []
    assert add(store, as_id) == ["a@b.cd"]
