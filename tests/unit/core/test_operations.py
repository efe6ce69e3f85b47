"""What a record asks Customer.io to do."""

from __future__ import annotations

import pytest

from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.operations import UPSERT, Operation, code_or_none, operation_of


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (UPSERT, None),
        (Operation(kind="email"), "person upsert email"),
        (Operation(action="delete"), "person delete"),
        (Operation("event", "track", "phone"), "event track phone"),
        (Operation("object", "upsert", "1"), "object upsert 1"),
    ],
)
def test_an_operation_is_kept_as_a_code(operation: Operation, code: str | None) -> None:
    """The codes are on disk: another version must read them."""
    assert code_or_none(operation) == code
    assert operation_of(code) == operation


def test_the_usual_operation_is_one_value() -> None:
    """The path of plain people asks with ``is``."""
    assert operation_of(None) is UPSERT
    assert UPSERT.code == "person upsert"


@pytest.mark.parametrize(
    ("operation", "text", "identity"),
    [
        (UPSERT, "Ada@x.io", Identity("email", "ada@x.io")),
        (Operation(kind="id"), "Ada@x.io", Identity("id", "Ada@x.io")),
        (Operation(kind="email"), "Ada", Identity("email", "ada")),
        (Operation("event", "track"), "Ada@x.io", Identity("email", "ada@x.io")),
        (
            Operation("object", "upsert", "1"),
            "Ada@x.io",
            Identity("object 1", "Ada@x.io"),
        ),
    ],
)
def test_kind_and_value_identify(
    operation: Operation, text: str, identity: Identity
) -> None:
    """Order, memory, shards and duplicates go by it."""
    assert operation.identity(text) == identity


@pytest.mark.parametrize(
    ("operation", "label"),
    [
        (UPSERT, ""),
        (Operation(kind="email"), ""),
        (Operation(action="delete"), "delete"),
        (Operation("event", "track"), "event"),
        (Operation("object", "upsert", "1"), "object"),
        (Operation("object", "delete", "1"), "object delete"),
    ],
)
def test_a_report_shows_what_is_not_usual(operation: Operation, label: str) -> None:
    """Beside the user id."""
    assert operation.label == label


def test_only_deleting_and_suppressing_remove() -> None:
    """These are asked about before they are sent."""
    actions = ("upsert", "delete", "suppress", "unsuppress", "track")

    assert [Operation(action=each).removes for each in actions] == [
        False, True, True, False, False
    ]  # fmt: skip
