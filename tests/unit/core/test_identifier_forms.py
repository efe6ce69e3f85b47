"""Forms of identifiers that leave no doubt about their kind."""

from __future__ import annotations

import pytest

from cio_pipeline.core.identifier_forms import is_clear
from cio_pipeline.core.identifiers import IdentifierKind, identifier_kind


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("id", "42", True),
        ("id", "a/b ü", True),
        ("id", "a@b.io", False),
        ("id", "cio_7", False),
        ("email", "Ada.L+tag@sub.example.org", True),
        ("email", "ada@localhost", False),
        ("email", "a b@x.org", False),
        ("email", "ädä@x.org", False),
        ("email", "ada", False),
        ("cio_id", "cio_a3000001", True),
        ("cio_id", "cio_", False),
        ("cio_id", "cio_a@b.io", False),
        ("phone", "+15551234567", False),
    ],
)
def test_a_clear_form_is_read_by_everybody_as_the_same_kind(
    kind: IdentifierKind, text: str, expected: bool
) -> None:
    """All others are sent with the name of their kind."""
    assert is_clear(kind, text) is expected
    assert not expected or identifier_kind(text) == kind
