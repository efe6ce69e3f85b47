"""The objects of the workspace and who is related to them, in memory. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from cio_pipeline.sandbox.people import Refusal, check_attributes, check_identifier

_RELATED_KINDS = ("id", "email", "cio_id")
Key = tuple[str, str]


class Object(NamedTuple):
    """One object: its attributes, and person (kind, identifier) -> attributes."""

    attributes: dict[str, Any]
    related: dict[Key, dict[str, Any]]


class Objects:
    """All objects, by type and id."""

    def __init__(self) -> None:
        self._objects: dict[Key, Object] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def all(self) -> dict[Key, Object]:
        """Return (type, id) -> the object."""
        return dict(self._objects)

    def find(self, object_type: str, object_id: str) -> Object | None:
        """Return an object, or None."""
        return self._objects.get((object_type, object_id))

    def take(self, item: dict[str, Any]) -> None:
        """Apply a batch item of the type ``object``.

        Raises:
            Refusal: it does not have the published form.
        """
        key = _read_key(item.get("identifiers"))
        action = item.get("action")
        related = _read_related(item.get("cio_relationships"))
        if action == "delete":
            self._objects.pop(key, None)
        elif action == "delete_relationships":
            found = self._objects.get(key, Object({}, {}))
            for person in related:
                found.related.pop(person, None)
        elif action in ("identify", "add_relationships"):
            attributes = item.get("attributes", {})
            check_attributes(attributes)
            found = self._objects.setdefault(key, Object({}, {}))
            _set(found.attributes, attributes)
            found.related.update(related)
        else:
            raise Refusal("invalid", "action", "unknown action for an object")


def _set(attributes: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if value is None or value == "":
            attributes.pop(name, None)
        else:
            attributes[name] = value


def _read_key(identifiers: Any) -> Key:  # noqa: ANN401  # any JSON
    words = "an object needs object_type_id and object_id"
    if not isinstance(identifiers, dict):
        raise Refusal("required", "identifiers", words)
    object_type = identifiers.get("object_type_id")
    object_id = identifiers.get("object_id")
    if not isinstance(object_type, str) or not object_type.isdigit():
        raise Refusal("invalid", "object_type_id", words)
    check_identifier(object_id)
    return object_type, str(object_id)


def _read_related(value: Any) -> dict[Key, dict[str, Any]]:  # noqa: ANN401  # any JSON
    if value is None:
        return {}
    if not isinstance(value, list):
        raise _refusal("cio_relationships must be a list")
    return dict(map(_read_relationship, value))


def _read_relationship(entry: object) -> tuple[Key, dict[str, Any]]:
    identifiers = entry.get("identifiers") if isinstance(entry, dict) else None
    if not isinstance(identifiers, dict) or len(identifiers) != 1:
        raise _refusal("a relationship needs the identifier of a person")
    ((kind, identifier),) = identifiers.items()
    if kind not in _RELATED_KINDS or not isinstance(identifier, str) or not identifier:
        raise _refusal("a relationship needs the identifier of a person")
    assert isinstance(entry, dict)  # noqa: S101  # as checked above
    attributes = entry.get("relationship_attributes", {})
    if not isinstance(attributes, dict):
        raise _refusal("relationship_attributes must be an object")
    return (kind, identifier), attributes


def _refusal(message: str) -> Refusal:
    return Refusal("invalid", "cio_relationships", message)
