"""The digests that identify users in the tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from cio_pipeline.store.user_digests import define_user_digest, user_digest


def test_an_email_has_one_digest_in_every_spelling() -> None:
    """For Customer.io it is one person."""
    assert user_digest("Ada@X.io") == user_digest("ada@x.io")
    assert user_digest("Ada") != user_digest("ada")


def test_a_digest_never_changes() -> None:
    """It is on disk: with another one, everybody would be sent once more."""
    assert user_digest("7").hex() == "2789a05d529f7953586c0803"


def test_python_and_sql_make_the_same_digest() -> None:
    """One writes what the other looks up."""
    with closing(sqlite3.connect(":memory:")) as connection:
        define_user_digest(connection)
        row = connection.execute("SELECT user_digest('a'), user_digest(NULL)")

        assert row.fetchone() == (user_digest("a"), None)
