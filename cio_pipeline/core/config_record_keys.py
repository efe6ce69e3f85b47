"""The keys of the configuration that say what the records are, and their checks. Pure.

Few configurations have them, so this is imported late.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.config_records import RECORD_KEYS, RecordRules
from cio_pipeline.core.identifiers import IdentifierKind
from cio_pipeline.core.limits import EVENT_NAME_LIMIT_BYTES
from cio_pipeline.core.operations import Action, RecordKind
from cio_pipeline.core.times import unix_seconds

_RECORD_KINDS = ("person", "event", "object")
_IDENTIFIER_KINDS = ("id", "email", "cio_id", "phone")
# A relationship of an object cannot have a phone number.
_RELATED_KINDS = ("id", "email", "cio_id")
_ACTIONS = ("upsert", "delete", "suppress", "unsuppress")
_ACTIONS_OF_OBJECTS = ("upsert", "delete")
# The keys that only some kinds of records have.
_KEYS_OF_KINDS: dict[str, tuple[str, ...]] = {
    "person": ("people", "action", "relationships"),
    "event": ("event",),
    "object": ("action", "object", "relationships"),
}


class Key(NamedTuple):
    """A value that each record has: ``{"from": NAME}``.

    Args:
        source: a key of the record, or a dotted path into nested objects.
    """

    source: str


class IdentifierRule(NamedTuple):
    """Where a person's identifier is, and of which kind it is."""

    source: str
    kind: IdentifierKind


class ActionRule(NamedTuple):
    """The action of each record, by the value of a key.

    Args:
        source: a key of the record, or a dotted path into nested objects.
        values: pairs of a value as text and its action.
        default: the action of all other values; None if they are an error.
    """

    source: str
    values: tuple[tuple[str, Action], ...]
    default: Action | None = None


class EventRule(NamedTuple):
    """The parts of an event besides its data.

    Args:
        name: the same name for all, or where it is.
        timestamp: the same time for all in Unix seconds, where it is, or None.
        id: where an id is, or None.
    """

    name: str | Key
    timestamp: int | Key | None = None
    id: Key | None = None


class ObjectRule(NamedTuple):
    """The object type of all records, and where an object's id is."""

    type: str
    id: Key


class RelationshipRule(NamedTuple):
    """Relationships between people and objects.

    Args:
        source: where the identifiers are, one or a list.
        kind: the object type, or the kind of a person's identifier.
    """

    source: str
    kind: str


def check_records(checker: Checker, document: dict[str, Any]) -> RecordRules:
    """Return what the records are.

    Args:
        checker: raises the errors.
        document: the configuration file.

    Raises:
        ConfigError: a key is invalid, or does not belong to this kind of records.
    """
    kind = cast(
        "RecordKind",
        checker.one_of("kind", document.get("kind", "person"), _RECORD_KINDS),
    )
    _refuse_keys_of_other_kinds(checker, document, kind)
    user_id = document.get("userId")
    people = document.get("people", "all")
    return RecordRules(
        kind=kind,
        identifiers=_identifiers(checker, "userId", user_id)
        if isinstance(user_id, dict | list)
        else (),
        creates_people=checker.one_of("people", people, ("all", "existing")) == "all",
        action=_action(checker, document, kind),
        event=_event(checker, document) if kind == "event" else None,
        object=_object(checker, document) if kind == "object" else None,
        relationships=_relationships(checker, document, kind),
    )


def _refuse_keys_of_other_kinds(
    checker: Checker, document: dict[str, Any], kind: str
) -> None:
    for name in RECORD_KEYS[1:]:
        if name in document and name not in _KEYS_OF_KINDS[kind]:
            kinds = [
                f'"kind": "{other}"'
                for other, names in _KEYS_OF_KINDS.items()
                if name in names
            ]
            checker.fail(
                name, f'this key is for {" or ".join(kinds)}, not for "kind": "{kind}"'
            )
    targets = [
        each.get("to") for each in document["mappings"] if isinstance(each, dict)
    ]
    for name, target in (
        ("people", "_update"),
        ("relationships", "cio_relationships"),
    ):
        if name in document and target in targets:
            checker.fail(name, f"a mapping already sets {target!r}; remove one of them")


def _identifiers(
    checker: Checker, key: str, value: object
) -> tuple[IdentifierRule, ...]:
    if not isinstance(value, list):
        return (_identifier(checker, key, value, _IDENTIFIER_KINDS),)
    if not value:
        checker.fail(key, "expected at least one identifier, found an empty list")
    return tuple(
        _identifier(checker, f"{key}[{index}]", each, _IDENTIFIER_KINDS)
        for index, each in enumerate(value)
    )


def _identifier(
    checker: Checker, path: str, value: object, kinds: tuple[str, ...]
) -> IdentifierRule:
    item = _object_with(checker, path, value, ("from", "kind"))
    kind = checker.one_of(f"{path}.kind", item["kind"], kinds)
    source = checker.text(f"{path}.from", item["from"])
    return IdentifierRule(source, cast("IdentifierKind", kind))


def _object_with(
    checker: Checker,
    path: str,
    value: object,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return an object with these keys and no others."""
    if not isinstance(value, dict):
        names = " and ".join(map(repr, required))
        checker.wrong(path, f"an object with {names}", value)
    checker.refuse_unknown(value, (*required, *optional), f"{path}.")
    for name in required:
        if name not in value:
            checker.fail(f"{path}.{name}", "this key is required")
    return value


def _action(
    checker: Checker, document: dict[str, Any], kind: RecordKind
) -> Action | ActionRule:
    if kind == "event":
        return "track"
    known = _ACTIONS_OF_OBJECTS if kind == "object" else _ACTIONS
    value = document.get("action", "upsert")
    if not isinstance(value, dict):
        return cast("Action", checker.one_of("action", value, known))
    item = _object_with(checker, "action", value, ("from", "values"), ("default",))
    table = item["values"]
    if not isinstance(table, dict) or not table:
        checker.wrong("action.values", "an object of values and their actions", table)
    default = None
    if "default" in item:
        default = checker.one_of("action.default", item["default"], known)
    return ActionRule(
        checker.text("action.from", item["from"]),
        tuple(
            (name, cast("Action", checker.one_of(f"action.values.{name}", each, known)))
            for name, each in table.items()
        ),
        cast("Action | None", default),
    )


def _event(checker: Checker, document: dict[str, Any]) -> EventRule:
    if "event" not in document:
        checker.fail("event", 'this key is required for "kind": "event"')
    item = _object_with(
        checker, "event", document["event"], ("name",), ("timestamp", "id")
    )
    name = _key_or(checker, "event.name", item["name"])
    if not isinstance(name, Key):
        name = checker.text("event.name", name)
        size = len(name.encode("utf-8", "surrogatepass"))
        if not name.strip():
            checker.fail("event.name", "the name of an event must not be blank")
        if size > EVENT_NAME_LIMIT_BYTES:
            checker.fail(
                "event.name",
                f"{size} bytes; Customer.io accepts up to {EVENT_NAME_LIMIT_BYTES}",
            )
    timestamp = _key_or(checker, "event.timestamp", item.get("timestamp"))
    if not isinstance(timestamp, Key):
        try:
            timestamp = unix_seconds(timestamp)
        except ValueError:
            checker.wrong(
                "event.timestamp", "a time, or an object with 'from'", timestamp
            )
    event_id = _key_or(checker, "event.id", item.get("id"))
    if event_id is not None and not isinstance(event_id, Key):
        checker.wrong(
            "event.id", "an object with 'from': each event has its own id", event_id
        )
    return EventRule(name, timestamp, event_id)


def _key_or(checker: Checker, path: str, value: Any) -> Any:  # noqa: ANN401  # any JSON
    """Return where a value is, or the value itself."""
    if not isinstance(value, dict):
        return value
    item = _object_with(checker, path, value, ("from",))
    return Key(checker.text(f"{path}.from", item["from"]))


def _object(checker: Checker, document: dict[str, Any]) -> ObjectRule:
    if "object" not in document:
        checker.fail("object", 'this key is required for "kind": "object"')
    item = _object_with(checker, "object", document["object"], ("type", "id"))
    object_id = _key_or(checker, "object.id", item["id"])
    if not isinstance(object_id, Key):
        checker.wrong("object.id", "an object with 'from'", object_id)
    return ObjectRule(_object_type(checker, "object.type", item["type"]), object_id)


def _object_type(checker: Checker, path: str, value: object) -> str:
    number = str(value) if type(value) is int else value
    if not isinstance(number, str) or not (number.isascii() and number.isdigit()):
        checker.wrong(
            path,
            'the number of an object type as text, such as "1" (Customer.io shows it in'
            " the address of the object type's page)",
            value,
        )
    return number


def _relationships(
    checker: Checker, document: dict[str, Any], kind: str
) -> tuple[RelationshipRule, ...]:
    value = document.get("relationships", [])
    if not isinstance(value, list):
        checker.wrong("relationships", "a list of objects", value)
    if kind == "object":
        found = [
            _identifier(checker, f"relationships[{index}]", each, _RELATED_KINDS)
            for index, each in enumerate(value)
        ]
        return tuple(RelationshipRule(each.source, each.kind) for each in found)
    return tuple(
        _relationship_to_object(checker, f"relationships[{index}]", each)
        for index, each in enumerate(value)
    )


def _relationship_to_object(
    checker: Checker, path: str, value: object
) -> RelationshipRule:
    item = _object_with(checker, path, value, ("objectType", "from"))
    return RelationshipRule(
        checker.text(f"{path}.from", item["from"]),
        _object_type(checker, f"{path}.objectType", item["objectType"]),
    )
