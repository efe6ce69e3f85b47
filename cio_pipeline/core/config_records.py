"""What the records of a file are, by the configuration. Pure.

They are people to insert or update, unless the configuration has one of `RECORD_KEYS`
or another form of ``userId``. `config_record_keys` checks these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cio_pipeline.core.operations import Action, RecordKind

if TYPE_CHECKING:
    from cio_pipeline.core.config_record_keys import (
        ActionRule,
        EventRule,
        IdentifierRule,
        ObjectRule,
        RelationshipRule,
    )

RECORD_KEYS = ("kind", "action", "people", "event", "object", "relationships")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRules:
    """What the records of a file are.

    Args:
        kind: the kind of all records.
        identifiers: the first one that a record has is used; empty if ``userId`` is a
            name, so that the kind follows from the identifier's form.
        creates_people: whether unknown people are created.
        action: what to do with each record.
        event: the parts of events; None for other kinds.
        object: the objects; None for other kinds.
        relationships: of each person, or of each object.
    """

    kind: RecordKind = "person"
    identifiers: tuple[IdentifierRule, ...] = ()
    creates_people: bool = True
    action: Action | ActionRule = "upsert"
    event: EventRule | None = None
    object: ObjectRule | None = None
    relationships: tuple[RelationshipRule, ...] = ()

    @property
    def removals(self) -> tuple[Action, ...]:
        """The actions among those of the records that remove data."""
        actions: tuple[Action | None, ...]
        if isinstance(self.action, str):
            actions = (self.action,)
        else:
            actions = (*dict(self.action.values).values(), self.action.default)
        removals: tuple[Action, ...] = ("delete", "suppress")
        return tuple(each for each in removals if each in actions)


PLAIN_RECORDS = RecordRules()


def are_plain(document: dict[str, Any]) -> bool:
    """Return whether a configuration file has no keys about what the records are."""
    is_named = isinstance(document.get("userId"), dict | list)
    return not is_named and not any(key in document for key in RECORD_KEYS)


def required_keys(document: dict[str, Any]) -> tuple[str, ...]:
    """Return the keys that a configuration must have."""
    if document.get("kind") == "object":
        return "parallelism", "mappings"
    return "parallelism", "userId", "mappings"
