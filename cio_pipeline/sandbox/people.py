"""The workspace: people and their attributes, in memory. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from cio_pipeline.sandbox.activity_log import ActivityLog

ID_LIMIT = 150
NAME_LIMIT = 150
VALUE_LIMIT = 1000
MOST_ATTRIBUTES = 300

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CONTROL_NAMES = frozenset({"_update", "anonymous_id"})
_PREFERENCES = "cio_subscription_preferences"
_TOPIC = f"{_PREFERENCES}.topics."  # and the name of one topic
_RELATIONSHIP_KEYS = ({"object_type_id", "object_id"}, {"cio_object_id"})
Attributes = dict[str, Any]


class Refusal(Exception):  # an answer, not a failure
    """Why an upsert is refused, in the API's terms.

    Args:
        reason: the API's reason, such as ``invalid``.
        field: the field with the problem.
        message: a sentence.
    """

    def __init__(self, reason: str, field: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field
        self.message = message


class UnknownPerson(Refusal):
    """No person has this ``cio_id``; it cannot be used to create one."""

    def __init__(self) -> None:
        super().__init__("invalid", "cio_id", "no person has this cio_id")


class Change(NamedTuple):
    """The change in one request or batch item, in the same form for both versions.

    Args:
        relationships: the relationships to add or delete.
        deletes: whether it deletes these relationships.
        timestamp: Unix seconds of the change, or None.
    """

    attributes: Any
    relationships: Any = None
    deletes: bool = False
    timestamp: Any = None


class Person:
    """One person: identifiers, attributes, relationships.

    ``relationships`` is the object's identifiers as JSON -> the attributes.
    ``changed_at`` is attribute -> Unix seconds of its newest change that had a time.
    """

    __slots__ = (
        "attributes",
        "changed_at",
        "cio_id",
        "identifiers",
        "relationships",
    )

    def __init__(self, cio_id: str) -> None:
        self.cio_id = cio_id
        self.identifiers: dict[str, str] = {}
        self.attributes: Attributes = {}
        self.relationships: dict[str, Attributes] = {}
        self.changed_at: dict[str, int] = {}

    def newer(self, attributes: Attributes, timestamp: int) -> Attributes:
        """Return the attributes of a change that are not out of date; note its time."""
        newer = {
            name: value
            for name, value in attributes.items()
            if timestamp >= self.changed_at.get(name, timestamp)
        }
        self.changed_at.update(dict.fromkeys(newer, timestamp))
        return newer

    def set_topic(self, topic: str, value: object) -> None:
        """Set one topic of the subscription preferences; null and "" remove it."""
        preferences = self.attributes.get(_PREFERENCES)
        known = preferences.get("topics") if isinstance(preferences, dict) else None
        topics = {**(known if isinstance(known, dict) else {}), topic: value}
        if value is None or value == "":
            del topics[topic]
        self.attributes[_PREFERENCES] = {"topics": topics}


def read_identifier(segment: str) -> tuple[str, str]:
    """Return the kind and value of an identifier in a v1 path, by its form."""
    if segment.startswith("cio_"):
        return "cio_id", segment.removeprefix("cio_")
    return ("email" if _EMAIL.fullmatch(segment) else "id"), segment


def _key(kind: str, identifier: str) -> tuple[str, str]:
    """Return the key of an identifier: case is ignored in emails."""
    return kind, identifier.lower() if kind == "email" else identifier


class People:
    """Everybody in the workspace.

    Args:
        log: gets what is refused after a 200.
    """

    def __init__(self, log: ActivityLog | None = None) -> None:
        self.log = log or ActivityLog()
        self._by_identifier: dict[tuple[str, str], Person] = {}
        self._suppressed: set[tuple[str, str]] = set()
        self._people: list[Person] = []
        self._made = 0

    def __len__(self) -> int:
        return len(self._people)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people)

    def find(self, kind: str, identifier: str) -> Person | None:
        """Return the person with an identifier, or None."""
        return self._by_identifier.get(_key(kind, identifier))

    def upsert(self, kind: str, identifier: str, change: Change) -> None:
        """Insert or update a person.

        Attributes that are not in the change keep their values, and so do those
        whose last change has a later timestamp.

        Raises:
            Refusal: a limit is exceeded, a value does not have the published form,
                or there is no such ``cio_id`` (`UnknownPerson`).
        """
        check_identifier(identifier)
        check_attributes(change.attributes)
        related = read_relationships(change.relationships)
        timestamp = read_timestamp(change.timestamp)
        if self.is_suppressed(kind, identifier):
            self._refuse("skipped_update", {kind: identifier}, change)
            return
        person = self.find(kind, identifier)
        if person is None:
            if change.attributes.get("_update") is True:
                return
            if kind == "cio_id":
                who = {"cio_id": identifier}
                self._refuse("failed_attribute_change", who, change)
                raise UnknownPerson
            person = self._add(kind, identifier)
        attributes = change.attributes
        if timestamp is not None:
            attributes = person.newer(attributes, timestamp)
        self._set_attributes(person, attributes)
        if change.deletes:
            for key in related:
                person.relationships.pop(key, None)
        else:
            person.relationships.update(related)

    def _refuse(self, type_: str, who: dict[str, str], change: Change) -> None:
        data = {name: {"to": value} for name, value in change.attributes.items()}
        self.log.add(type_, who, data)

    def _set_attributes(self, person: Person, attributes: Attributes) -> None:
        for name, value in attributes.items():
            if name in _CONTROL_NAMES:
                continue
            if name in ("id", "email") and isinstance(value, str) and value:
                self._identify(person, name, value)
            elif name.startswith(_TOPIC):
                person.set_topic(name.removeprefix(_TOPIC), value)
            elif value is None or value == "":
                person.attributes.pop(name, None)
            else:
                person.attributes[name] = value

    def remove(self, kind: str, identifier: str) -> None:
        """Remove a person, if there is one."""
        person = self.find(kind, identifier)
        if person is None:
            return
        self._people.remove(person)
        for key in [key for key, who in self._by_identifier.items() if who is person]:
            del self._by_identifier[key]

    def suppress(self, kind: str, identifier: str) -> None:
        """Remove a person, and ignore later calls for the identifier."""
        self.remove(kind, identifier)
        self._suppressed.add(_key(kind, identifier))

    def unsuppress(self, kind: str, identifier: str) -> None:
        """Stop ignoring calls for an identifier."""
        self._suppressed.discard(_key(kind, identifier))

    def is_suppressed(self, kind: str, identifier: str) -> bool:
        """Return whether calls for an identifier are ignored."""
        return _key(kind, identifier) in self._suppressed

    @property
    def suppressed(self) -> list[tuple[str, str]]:
        """The suppressed identifiers, with their kinds."""
        return sorted(self._suppressed)

    def _add(self, kind: str, identifier: str) -> Person:
        self._made += 1
        person = Person(f"{self._made:016x}")
        self._people.append(person)
        self._by_identifier["cio_id", person.cio_id] = person
        self._identify(person, kind, identifier)
        return person

    def _identify(self, person: Person, kind: str, identifier: str) -> None:
        key = _key(kind, identifier)
        before = person.identifiers.get(kind)
        if self._by_identifier.setdefault(key, person) is not person:
            change = {kind: {"from": before or "", "to": identifier}}
            self.log.add("failed_attribute_change", _known(person), change)
            return
        if before is not None and _key(kind, before) != key:
            del self._by_identifier[_key(kind, before)]
        person.identifiers[kind] = identifier


def _known(person: Person) -> dict[str, str]:
    return {**person.identifiers, "cio_id": person.cio_id}


def check_identifier(identifier: object) -> None:
    """Check an identifier.

    Raises:
        Refusal: it is missing, empty, not text, or too long.
    """
    if identifier is None:
        raise Refusal("required", "id", "id attribute must be present")
    if not isinstance(identifier, str):
        raise Refusal("invalid", "id", "id attribute must be a string value")
    if not identifier:
        raise Refusal("required", "id", "id attribute cannot be an empty string")
    if len(identifier) * 4 > ID_LIMIT and _size(identifier) > ID_LIMIT:
        raise Refusal("invalid", "id", f"id is longer than {ID_LIMIT} bytes")


def check_attributes(attributes: object) -> None:
    """Check attributes against the limits.

    Raises:
        Refusal: a limit is exceeded; the message is that of the published page on
            invalid requests.
    """
    if not isinstance(attributes, dict):
        raise Refusal("invalid", "attributes", "attributes must be an object")
    if len(attributes) > MOST_ATTRIBUTES:
        raise Refusal(
            "invalid",
            "attributes",
            f"cannot identify more than {MOST_ATTRIBUTES} attributes in one request",
        )
    if attributes.get("id") is not None:
        check_identifier(attributes["id"])
    for name, value in attributes.items():
        if len(name) * 4 > NAME_LIMIT and _size(name) > NAME_LIMIT:
            words = f"attribute name cannot be longer than {NAME_LIMIT} bytes"
            raise Refusal("invalid", name[:50], words)
        if _is_too_long(value):
            words = (
                f"value for attribute '{name}' cannot be longer than"
                f" {VALUE_LIMIT} bytes"
            )
            raise Refusal("invalid", name, words)


def _is_too_long(value: object) -> bool:
    if type(value) is str:
        return len(value) * 4 > VALUE_LIMIT and _size(value) > VALUE_LIMIT
    return type(value) in (dict, list) and size_as_json(value) > VALUE_LIMIT


def read_timestamp(value: object) -> int | None:
    """Return the time of a change; None for null and an empty text.

    Raises:
        Refusal: it is not a whole number.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refusal("invalid", "timestamp", "timestamp must be an integer")
    return value


def read_relationships(value: object) -> dict[str, Attributes]:
    """Return object identifiers as JSON -> attributes of the relationship.

    Raises:
        Refusal: they do not have the published form.
    """
    if value is None or value == "":
        return {}
    if not isinstance(value, list):
        raise _relationship_refusal("cio_relationships must be a list")
    return dict(map(_read_relationship, value))


def _read_relationship(entry: object) -> tuple[str, Attributes]:
    if not isinstance(entry, dict):
        raise _relationship_refusal("a relationship must be an object")
    identifiers = entry.get("identifiers")
    attributes = entry.get("relationship_attributes", {})
    if (
        not isinstance(identifiers, dict)
        or set(identifiers) not in _RELATIONSHIP_KEYS
        or not all(isinstance(each, str) and each for each in identifiers.values())
    ):
        raise _relationship_refusal("a relationship needs the identifiers of an object")
    if not isinstance(attributes, dict):
        raise _relationship_refusal("relationship_attributes must be an object")
    return json.dumps(identifiers, sort_keys=True), attributes


def _relationship_refusal(message: str) -> Refusal:
    return Refusal("invalid", "cio_relationships", message)


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def size_as_json(value: object) -> int:
    """Return a value's size as compact JSON, in bytes."""
    return _size(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
