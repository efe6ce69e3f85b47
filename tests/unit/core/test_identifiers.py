"""Which identifiers are the same person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.identifiers import (
    Identity,
    identifier_kind,
    identity,
    identity_of,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@X.org", "ada@x.ORG"),
        ("É@x.org", "é@x.org"),
        ("ΝΙΚΟΣ@x.gr", "νικος@x.gr"),
        ("νικοσ@x.gr", "νικος@x.gr"),
        ("STRAẞE@x.de", "straße@x.de"),
        ("\uff21@x.org", "\uff41@x.org"),
        ("Cio_1@x.org", "CIO_1@x.org"),
    ],
)
def test_emails_that_differ_only_in_case_are_one_person(one: str, other: str) -> None:
    """Two lanes for one person would let an older record win."""
    assert identity_of(one) == identity_of(other)
    assert identity_of(one).as_bytes() == identity_of(other).as_bytes()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A1", "a1"),
        ("cio_A", "cio_a"),
        ("CIO_1", "cio_1"),
        ("7", "007"),
        ("straße@x.de", "strasse@x.de"),
        ("\u0131@x.org", "i@x.org"),
        ("\u0130@x.org", "i@x.org"),
        ("\u00e9@x.org", "e\u0301@x.org"),
        ("\uff41@x.org", "a@x.org"),
        ("ada+news@x.org", "ada@x.org"),
        ("a.da@x.org", "ada@x.org"),
        ("ada@x.org.", "ada@x.org"),
        (" ada@x.org", "ada@x.org"),
        ("ada@b\u00fccher.de", "ada@xn--bcher-kva.de"),
        ("Cio_1@x.org", "cio_1@x.org"),
    ],
)
def test_all_other_differences_make_two_people(one: str, other: str) -> None:
    """Merging two people would make `-changed-only` skip one of them."""
    assert identity_of(one) != identity_of(other)
    assert identity_of(one).as_bytes() != identity_of(other).as_bytes()


@pytest.mark.parametrize("user_id", ["1", "ü/☃", "CIO_1", "cio_0a", "a@b"])
def test_other_identifiers_have_their_own_text_as_bytes(user_id: str) -> None:
    """Digests on disk were made from it, and must still be found."""
    assert identity_of(user_id).as_bytes() == user_id.encode()


def test_a_prefix_keeps_kinds_apart_on_the_disk() -> None:
    """What is hashed stays as it is, for emails and for values of another form."""
    assert identity("email", "A@b.io").as_bytes() == b"email\0a@b.io"
    assert identity("id", "a@b.io").as_bytes() == b"id\0a@b.io"
    assert identity("phone", "+4712345678").as_bytes() == b"phone\0+4712345678"
    assert identity("id", "\ud800").as_bytes() == b"\xed\xa0\x80"
    assert identity("email", "\u0130@b.io").value == "\u0130@b.io"
    assert identity("email", "\u00c9@b.io") == Identity("email", "\u00e9@b.io")


def test_equal_texts_of_two_kinds_are_two_people() -> None:
    """An id may look like an email address if its kind is given."""
    as_id = identity("id", "Ada@x.org")
    as_email = identity("email", "Ada@x.org")

    assert as_id == Identity("id", "Ada@x.org")
    assert as_email == Identity("email", "ada@x.org")
    assert as_id.as_bytes() != as_email.as_bytes()


@given(local=st.text(min_size=1), domain=st.sampled_from(["x.org", "X.ORG", "É.fr"]))
def test_an_identity_is_its_own_identity(local: str, domain: str) -> None:
    """Folding twice is folding once, keeps the length, and keeps an email an email."""
    text = f"{local}@{domain}"
    once = identity("email", text)

    assert identity("email", once.value) == once
    assert len(once.value) == len(text)
    assert identifier_kind("_" + once.value) == "email"


@pytest.mark.parametrize(
    ("user_id", "kind"),
    [
        ("1", "id"),
        ("a@b.io", "email"),
        ("cio_0123", "cio_id"),
        ("@b.io", "id"),
        ("a@b", "id"),
        ("a@b.", "id"),
        ("a@.b", "id"),
        ("a@ b .", "id"),
        ('"a@b"@c', "id"),
        ('"a@b.io"@c', "id"),
        ("@a@b.io", "email"),
        ("", "id"),
    ],
)
def test_an_identifiers_kind_follows_from_its_form(user_id: str, kind: str) -> None:
    """As Customer.io does in v1 paths."""
    assert identifier_kind(user_id) == kind
