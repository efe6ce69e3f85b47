"""The workspace: people and their attributes, in memory. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

ID_LIMIT = 150
NAME_LIMIT = 150
VALUE_LIMIT = 1000
MOST_ATTRIBUTES = 300

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CONTROL_NAMES = frozenset(
    {
        "_update",
        "_timestamp",
        "cio_relationships",
        "cio_subscription_preferences",
        "anonymous_id",
    }
)
Attributes = dict[str, Any]


class Refusal(Exception):  # an answer, not a failure
    """Why an upsert is refused, as the API says it.

    Args:
        reason: the API's short word.
        field: what it is about.
        message: a sentence.
    """

    def __init__(self, reason: str, field: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field
        self.message = message


class Person:
    """One person: the identifiers, and the attributes."""

    __slots__ = ("attributes", "cio_id", "identifiers")

    def __init__(self, cio_id: str) -> None:
        self.cio_id = cio_id
        self.identifiers: dict[str, str] = {}
        self.attributes: Attributes = {}


def kind_of(identifier: str) -> str:
    """Tell an identifier's kind from its shape, as the v1 path does."""
    if identifier.startswith("cio_"):
        return "cio_id"
    return "email" if _EMAIL.fullmatch(identifier) else "id"


def _key(kind: str, identifier: str) -> tuple[str, str]:
    """Return what a person is found by: emails are compared without case."""
    return kind, identifier.lower() if kind == "email" else identifier


class People:
    """Everybody in the workspace."""

    def __init__(self) -> None:
        self._by_identifier: dict[tuple[str, str], Person] = {}
        self._people: list[Person] = []
        self._made = 0

    def __len__(self) -> int:
        return len(self._people)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people)

    def find(self, kind: str, identifier: str) -> Person | None:
        """Look a person up by one identifier."""
        return self._by_identifier.get(_key(kind, identifier))

    def upsert(self, kind: str, identifier: str, attributes: Attributes) -> None:
        """Insert or update a person; attributes that are not named stay.

        Raises:
            Refusal: a limit is passed, or there is no such ``cio_id``.
        """
        check_identifier(identifier)
        check_attributes(attributes)
        person = self.find(kind, identifier)
        if person is None:
            if attributes.get("_update") is True:
                return
            if kind == "cio_id":
                raise Refusal("invalid", "cio_id", "no person has this cio_id")
            person = self._add(kind, identifier)
        for name, value in attributes.items():
            if name in _CONTROL_NAMES:
                continue
            if name in ("id", "email") and isinstance(value, str) and value:
                self._identify(person, name, value)
            elif value is None or value == "":
                person.attributes.pop(name, None)
            else:
                person.attributes[name] = value

    def remove(self, kind: str, identifier: str) -> None:
        """Forget a person; who is not there is forgotten already."""
        person = self.find(kind, identifier)
        if person is None:
            return
        self._people.remove(person)
        for key in [key for key, who in self._by_identifier.items() if who is person]:
            del self._by_identifier[key]

    def _add(self, kind: str, identifier: str) -> Person:
        self._made += 1
        person = Person(f"{self._made:016x}")
        self._people.append(person)
        self._by_identifier["cio_id", "cio_" + person.cio_id] = person
        self._identify(person, kind, identifier)
        return person

    def _identify(self, person: Person, kind: str, identifier: str) -> None:
        # Taken by somebody else: accepted with a 200, a failure in the activity log.
        key = _key(kind, identifier)
        if self._by_identifier.setdefault(key, person) is not person:
            return
        before = person.identifiers.get(kind)
        if before is not None and _key(kind, before) != key:
            del self._by_identifier[_key(kind, before)]
        person.identifiers[kind] = identifier


def check_identifier(identifier: object) -> None:
    """Refuse an identifier that is none.

    Raises:
        Refusal: it is empty, no text, or too long.
    """
    if not isinstance(identifier, str) or not identifier:
        raise Refusal("required", "id", "an identifier is required")
    if len(identifier) * 4 > ID_LIMIT and _size(identifier) > ID_LIMIT:
        raise Refusal("invalid", "id", f"id is longer than {ID_LIMIT} bytes")


def check_attributes(attributes: object) -> None:
    """Refuse attributes that pass a limit.

    Raises:
        Refusal: says which one.
    """
    if not isinstance(attributes, dict):
        raise Refusal("invalid", "attributes", "attributes must be an object")
    if len(attributes) > MOST_ATTRIBUTES:
        raise Refusal(
            "invalid", "attributes", f"more than {MOST_ATTRIBUTES} attributes"
        )
    for name, value in attributes.items():
        if len(name) * 4 > NAME_LIMIT and _size(name) > NAME_LIMIT:
            raise Refusal("invalid", name[:50], "attribute name is too long")
        if type(value) is str:
            if len(value) * 4 > VALUE_LIMIT and _size(value) > VALUE_LIMIT:
                raise Refusal("invalid", name, "attribute value is too long")
        elif type(value) in (dict, list) and size_as_json(value) > VALUE_LIMIT:
            raise Refusal("invalid", name, "attribute value is too long")


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def size_as_json(value: object) -> int:
    """Say how many bytes a value takes as compact JSON."""
    return _size(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
