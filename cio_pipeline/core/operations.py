"""What one record asks Customer.io to do. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, cast

from cio_pipeline.core.identifiers import (
    IdentifierKind,
    Identity,
    identity,
    identity_of,
)

RecordKind = Literal["person", "event", "object"]
Action = Literal["upsert", "delete", "suppress", "unsuppress", "track"]


class Operation(NamedTuple):
    """What to do, and with what.

    Args:
        record: the kind of record.
        action: what to do with it; events have only ``track``, objects only
            ``upsert`` and ``delete``.
        kind: the kind of the identifier, if its form alone may be read as another
            kind; None if the form shows it. For objects, the object type.
    """

    record: RecordKind = "person"
    action: Action = "upsert"
    kind: str | None = None

    @property
    def code(self) -> str:
        """The operation as text: in the queue's file and in dead letters."""
        return " ".join(filter(None, self))

    @property
    def label(self) -> str:
        """What a person should know about it; empty for the upsert of a person."""
        usual = ("person", "upsert", "track")
        return " ".join(word for word in self[:2] if word not in usual)

    @property
    def identifier(self) -> IdentifierKind | None:
        """The kind of a person's identifier; None if its form shows it."""
        return cast("IdentifierKind | None", self.kind)

    @property
    def removes(self) -> bool:
        """Whether it removes data."""
        return self.action in ("delete", "suppress")

    @property
    def is_kept(self) -> bool:
        """Whether ``-changed-only`` remembers it: an event changes no person."""
        return self.record != "event"

    def identity(self, text: str) -> Identity:
        """Return what the identifier of a record identifies."""
        if self.record == "object":
            return Identity(f"object {self.kind}", text)
        if self.identifier is None:
            return identity_of(text)
        return identity(self.identifier, text)


# Quicker than making a value for each record.
make_operation = lru_cache(Operation)
UPSERT = make_operation("person", "upsert", None)  # the usual one


@lru_cache
def operation_of(code: str | None) -> Operation:
    """Return the operation of a code; None means `UPSERT`."""
    if code is None:
        return UPSERT
    record, action, *kind = code.split(" ")
    return make_operation(record, action, kind[0] if kind else None)


def code_or_none(operation: Operation) -> str | None:
    """Return an operation's code; None for `UPSERT`, to keep the queue small."""
    # A tuple is compared slowly, and this is asked for every record.
    return None if operation is UPSERT or operation == UPSERT else operation.code


def identity_for(code: str | None, text: str) -> Identity:
    """Return what an identifier identifies, by the code of its operation."""
    if code is None:  # nearly always
        return identity_of(text)
    return operation_of(code).identity(text)
