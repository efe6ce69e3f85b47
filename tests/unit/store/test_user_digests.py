"""The digests that identify users in the tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from cio_pipeline.core.identifiers import identity_of
from cio_pipeline.core.jobs import NewJob
from cio_pipeline.core.operations import Operation
from cio_pipeline.store.user_digests import (
    define_user_digest,
    digest_of,
    payload_digest,
    user_digest,
)


def digest(user_id: str) -> bytes:
    """Return the digest of a user whose identifier shows its kind."""
    return user_digest(identity_of(user_id))


def test_an_email_has_one_digest_in_every_spelling() -> None:
    """For Customer.io it is one person."""
    assert digest("Ada@X.io") == digest("ada@x.io")
    assert digest("Ada") != digest("ada")


def test_a_digest_never_changes() -> None:
    """It is on disk: with another one, everybody would be sent once more."""
    assert digest("7").hex() == "2789a05d529f7953586c0803"


def test_python_and_sql_make_the_same_digest() -> None:
    """One writes what the other looks up."""
    with closing(sqlite3.connect(":memory:")) as connection:
        define_user_digest(connection)
        row = connection.execute(
            "SELECT user_digest('a', NULL), user_digest(NULL, NULL),"
            " user_digest('a', 'person delete'),"
            " user_digest('a', 'person upsert email')"
        )

        assert row.fetchone() == (
            digest("a"),
            None,
            digest("a"),
            user_digest(Operation(kind="email").identity("a")),
        )


def test_a_user_is_found_by_any_spelling_of_its_own_kind() -> None:
    """What a person types after `-user` has no kind."""
    with closing(sqlite3.connect(":memory:")) as connection:
        define_user_digest(connection)
        row = connection.execute(
            "SELECT is_user('Ada@x.io', NULL, 'ada@X.io'),"
            " is_user('Ada@x.io', 'person delete id', 'ada@X.io'),"
            " is_user('+1555', 'person upsert phone', '+1555'),"
            " is_user(NULL, NULL, 'a')"
        )

        assert row.fetchone() == (1, 0, 1, 0)


def test_an_action_is_no_payload() -> None:
    """Else a person with nothing mapped would count as deleted already."""
    upsert = NewJob("a", b"{}", 0)
    delete = upsert._replace(code="person delete")

    assert payload_digest(upsert) == digest_of(b"{}")
    assert payload_digest(delete) not in (digest_of(b"{}"), digest_of(b""))
