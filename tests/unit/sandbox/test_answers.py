"""Bodies that the sandbox reads."""

from __future__ import annotations

from cio_pipeline.sandbox.answers import parse_object
from cio_pipeline.sandbox.people import Change, People


def test_numbers_of_any_size_are_kept_exactly() -> None:
    """A sandbox that rounds would hide a program that does."""
    document = parse_object(b'{"n": 123456789012345678901234567890, "t": "\\ud800"}')

    assert document is not None
    assert document["n"] == 123456789012345678901234567890
    assert parse_object(b'{"n": NaN}') is None
    People().upsert("id", "1", Change(document))
