"""Users with several records, and identifiers that two users share."""

from __future__ import annotations

from cio_pipeline.core.duplicates import Claims, Duplicates, hash_of
from cio_pipeline.core.identifiers import identity, identity_of

ADA, BOB, EVE = (identity_of(name) for name in ("ada", "bob", "eve"))


def test_users_are_counted_once() -> None:
    """`check` reports both numbers; an email is one user in any spelling."""
    duplicates = Duplicates()

    for person in (ADA, BOB, ADA, identity_of("A@x.io"), identity_of("a@X.io")):
        duplicates.add(person)

    assert duplicates.count_users() == 3
    assert duplicates.count_repeated() == 2
    assert duplicates.repeated() == {hash_of(ADA): 2, hash_of(identity_of("a@x.io")): 2}


def test_a_hash_is_the_same_in_every_process() -> None:
    """A sample of users must be the same each time the file is read."""
    assert hash_of(ADA) == 1562989052550317351


def test_an_email_that_two_users_have_is_shared() -> None:
    """Customer.io gives it to one of them; the other does not get it."""
    claims = Claims()
    email = identity("email", "both@x.io")
    claims.add(email, ADA, 3)
    claims.add(email, ADA, 4)
    claims.add(email, BOB, 7)
    claims.add(identity("email", "own@x.io"), EVE, 8)

    assert claims.shared(Duplicates()) == (2, [(3, 7)])


def test_an_email_that_is_another_users_identifier_is_shared() -> None:
    """It is one user's identifier, and another user's attribute."""
    users = Duplicates()
    users.add(identity_of("ada@x.io"))
    claims = Claims()
    claims.add(identity_of("ADA@x.io"), BOB, 5)

    assert claims.shared(users) == (2, [(5,)])
