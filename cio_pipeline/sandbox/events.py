"""The events that people have done, in memory. Pure."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cio_pipeline.sandbox.people import Change, People, Refusal, size_as_json

NAME_LIMIT = 100
DATA_LIMIT = 100_000
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII | re.IGNORECASE)


class Event(NamedTuple):
    """One event, and the identifier that it was sent with."""

    kind: str
    identifier: str
    name: str
    id: str | None
    timestamp: int | None
    data: dict[str, Any]


class Events:
    """All events. One that has the id of another is not counted again."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._by_id: dict[str, Event] = {}
        self._without_id: list[Event] = []

    def __len__(self) -> int:
        return len(self._by_id) + len(self._without_id)

    def all(self) -> list[Event]:
        """Return the events, those without an id last."""
        return [*self._by_id.values(), *self._without_id]

    def track(self, kind: str, identifier: str, body: dict[str, Any]) -> None:
        """Add an event; a person who is not known is created.

        Args:
            kind: the kind of the person's identifier.
            identifier: the person's identifier.
            body: ``name``, ``data`` and perhaps ``timestamp`` and ``id``.

        Raises:
            Refusal: a limit is exceeded, or a value does not have the published form.
        """
        event = _read_event(kind, identifier, body)
        if self._people.is_suppressed(kind, identifier):
            return
        self._people.upsert(kind, identifier, Change({}))
        if event.id is None:
            self._without_id.append(event)
        else:
            self._by_id.setdefault(event.id.upper(), event)


def _read_event(kind: str, identifier: str, body: dict[str, Any]) -> Event:
    name, data = body.get("name"), body.get("data", {})
    event_id, timestamp = body.get("id"), body.get("timestamp")
    if not isinstance(name, str) or not name.strip():
        raise Refusal("required", "name", "event name must not be blank")
    if len(name.encode(errors="surrogatepass")) > NAME_LIMIT:
        words = f"event name cannot be longer than {NAME_LIMIT} bytes"
        raise Refusal("invalid", "name", words)
    if not isinstance(data, dict):
        raise Refusal("invalid", "data", "event data must be a hash")
    if size_as_json(data) > DATA_LIMIT:
        words = f"event data cannot be longer than {DATA_LIMIT} bytes"
        raise Refusal("invalid", "data", words)
    if event_id is not None and not (
        isinstance(event_id, str) and _ULID.fullmatch(event_id)
    ):
        raise Refusal("invalid", "id", "id must be a ULID")
    if timestamp is not None and type(timestamp) is not int:
        raise Refusal("invalid", "timestamp", "timestamp must be an integer")
    return Event(kind, identifier, name, event_id, timestamp, data)
