"""Mapping of records that are more than people to insert or update. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from cio_pipeline.core.config import Config
from cio_pipeline.core.config_record_keys import (
    ActionRule,
    EventRule,
    IdentifierRule,
    Key,
    ObjectRule,
    RelationshipRule,
)
from cio_pipeline.core.config_records import RecordRules
from cio_pipeline.core.conversion import seconds_of
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.identifier_forms import is_clear
from cio_pipeline.core.identifiers import CIO_ID_PREFIX, IdentifierKind, Identity
from cio_pipeline.core.jobs import JsonValue, Payload, Record
from cio_pipeline.core.limits import EVENT_NAME_LIMIT_BYTES
from cio_pipeline.core.lookup import MISSING, find, is_empty
from cio_pipeline.core.mapping import LeftOut, Mapper, object_of, usable_id
from cio_pipeline.core.operations import Action, make_operation
from cio_pipeline.core.text import kind_of, shortened
from cio_pipeline.core.ulid import is_ulid, ulid

RELATIONSHIPS = "cio_relationships"
_Object = dict[str, JsonValue]


def record_mapper(config: Config, on_left_out: LeftOut) -> Mapper:
    """Return the mapper for records that are not people to insert or update.

    Args:
        config: what the records are, and the mappings.
        on_left_out: as in `Mapper`.
    """
    mappers: dict[str, Callable[[Config, LeftOut], Mapper]] = {
        "person": _PersonMapper,
        "event": _EventMapper,
        "object": _ObjectMapper,
    }
    return mappers[config.records.kind](config, on_left_out)


class _RuleMapper(Mapper):
    """What the mappers of all kinds share."""

    def __init__(self, config: Config, on_left_out: LeftOut) -> None:
        super().__init__(config.user_id, config.mappings, on_left_out)
        self._rules: RecordRules = config.records
        self._has_mapped = False

    @property
    def unused(self) -> list[str]:
        """As in `Mapper`; empty if no record has had to be mapped so far."""
        return super().unused if self._has_mapped else []

    def identity_in(self, record: Record) -> Identity:
        """Return whom a record is about, without mapping the rest.

        Raises:
            RecordError: it is not an object, or has no usable identifier.
        """
        return self._identity(*self._subject_in(object_of(record)))

    def identities_in(self, record: Record) -> Sequence[Identity]:
        """Return all that a record is known by, if ``userId`` names several keys."""
        rules, value = self._rules.identifiers, record.value
        if len(rules) < 2 or not isinstance(value, dict):
            return ()
        found: list[Identity] = []
        for rule in rules:
            with suppress(RecordError):
                found.append(self._identity(*_identifier_in(rule, value)))
        return found

    def _identity(self, text: str, kind: str | None) -> Identity:
        return make_operation(self._rules.kind, "upsert", kind).identity(text)

    def _subject_in(self, value: _Object) -> tuple[str, str | None]:
        """Return an identifier, and its kind if the form does not show it."""
        if not self._rules.identifiers:
            return self._user_id_in(value), None
        return _identifier_in(_first_present(self._rules.identifiers, value), value)

    def _attributes_of(self, value: _Object) -> _Object:
        self._has_mapped = True
        return self._attributes_in(value)


class _PersonMapper(_RuleMapper):
    """Maps people to insert, update, delete, suppress or unsuppress.

    Objects differ only in their identifiers.
    """

    def map(self, record: Record) -> Payload:
        """Return a record's payload; without attributes if it is not an upsert.

        Raises:
            RecordError: as `Mapper.map`; or its action or a relationship is invalid.
        """
        value = object_of(record)
        subject, kind = self._subject_in(value)
        action = _action_of(self._rules.action, value)
        attributes: _Object = {}
        if action == "upsert":
            attributes = self._attributes_of(value)
            if not self._rules.creates_people:
                attributes["_update"] = True
            rules = self._rules.relationships
            related = list(_relationships(rules, value, self._related_to))
            if related:
                attributes[RELATIONSHIPS] = related
        operation = make_operation(self._rules.kind, action, kind)
        return Payload(subject, attributes, operation)

    def _related_to(self, kind: str, text: str) -> _Object:
        return {"object_type_id": kind, "object_id": text}


class _EventMapper(_RuleMapper):
    """Maps events of people."""

    def map(self, record: Record) -> Payload:
        """Return an event: ``name``, ``timestamp`` if there is one, ``id``, ``data``.

        Raises:
            RecordError: as `Mapper.map`; or it has no usable name or time.
        """
        value = object_of(record)
        user_id, kind = self._subject_in(value)
        rule = self._rules.event
        assert rule is not None  # noqa: S101  # as the configuration's check ensures
        name, time = _event_name(rule, value), _event_time(rule, value)
        event: _Object = {"name": name}
        if time is not None:
            event["timestamp"] = time
        event["id"] = _event_id(rule, value, name, time or 0)
        event["data"] = self._attributes_of(value)
        return Payload(user_id, event, make_operation("event", "track", kind))


class _ObjectMapper(_PersonMapper):
    """Maps objects, such as accounts, and their relationships to people."""

    def _subject_in(self, value: _Object) -> tuple[str, str | None]:
        rule = self._rules.object
        assert isinstance(rule, ObjectRule)  # noqa: S101  # as the check ensures
        source = rule.id.source
        return usable_id(find(value, source), source, value, "object id"), rule.type

    def _related_to(self, kind: str, text: str) -> _Object:
        if kind == "cio_id":
            text = text.removeprefix(CIO_ID_PREFIX)
        return {kind: text}


def identifier_of_kind(kind: IdentifierKind, text: str) -> tuple[str, str | None]:
    """Return an identifier as it is kept, and its kind if its form does not show it.

    A ``cio_id`` is kept with its prefix, as in a path.
    """
    if kind == "cio_id" and not text.startswith(CIO_ID_PREFIX):
        text = CIO_ID_PREFIX + text
    return text, None if is_clear(kind, text) else kind


def _identifier_in(rule: IdentifierRule, value: _Object) -> tuple[str, str | None]:
    text = usable_id(find(value, rule.source), rule.source, value)
    return identifier_of_kind(rule.kind, text)


def _first_present(rules: tuple[IdentifierRule, ...], value: _Object) -> IdentifierRule:
    for rule in rules:
        if not is_empty(find(value, rule.source)):
            return rule
    if len(rules) == 1:
        return rules[0]
    names = ", ".join(repr(rule.source) for rule in rules)
    raise RecordError(f"the record has none of its user ids: {names}")


def _action_of(rule: Action | ActionRule, value: _Object) -> Action:
    if not isinstance(rule, ActionRule):
        return rule
    found = find(value, rule.source)
    for text, action in rule.values:
        if _is_written(text, found):
            return action
    if rule.default is not None:
        return rule.default
    if is_empty(found):
        raise RecordError(f"the record has no {rule.source!r}, its action")
    known = ", ".join(repr(text) for text, _ in rule.values)
    shown = shortened(json.dumps(found), 40)
    raise RecordError(
        f"{rule.source!r} is {shown}, which is not among the actions' values ({known})"
    )


def _is_written(text: str, value: JsonValue) -> bool:
    """Whether a value of a record is that of a table, whose keys are texts."""
    if value is MISSING:
        return False
    return value == text or (
        not isinstance(value, str | dict | list) and json.dumps(value) == text
    )


def _event_name(rule: EventRule, value: _Object) -> str:
    if not isinstance(rule.name, Key):
        return rule.name
    source = rule.name.source
    name = find(value, source)
    if is_empty(name):
        raise RecordError(f"the record has no {source!r}, the name of the event")
    if not isinstance(name, str):
        raise RecordError(f"the name of the event {source!r} is {kind_of(name)}")
    size = len(name.encode(errors="surrogatepass"))
    if size > EVENT_NAME_LIMIT_BYTES:
        raise RecordError(
            f"the name of the event {source!r} has {size} bytes;"
            f" Customer.io accepts up to {EVENT_NAME_LIMIT_BYTES}"
        )
    return name


def _event_time(rule: EventRule, value: _Object) -> int | None:
    if not isinstance(rule.timestamp, Key):
        return rule.timestamp
    source = rule.timestamp.source
    found = find(value, source)
    try:
        time = None if found is MISSING else seconds_of(found, source)
    except ValueError:
        raise RecordError(f"{source!r} is not a time ({kind_of(found)})") from None
    if time is None:
        raise RecordError(f"the record has no {source!r}, the time of the event")
    return time


def _event_id(rule: EventRule, value: _Object, name: str, time: int) -> str:
    """Return the id by which Customer.io counts an event once.

    A text that is not a ULID and, without one, the record itself are hashed. So the
    same record has the same id in every run.
    """
    content: JsonValue = value
    if rule.id is not None:
        found = find(value, rule.id.source)
        if not is_empty(found):
            if isinstance(found, str) and is_ulid(found):
                return found
            content = found
    try:
        text = json.dumps([name, content], sort_keys=True)
    except RecursionError:
        raise RecordError("the record is nested too deeply") from None
    return ulid(time * 1000, text.encode())


def _relationships(
    rules: tuple[RelationshipRule, ...],
    value: _Object,
    identifiers: Callable[[str, str], _Object],
) -> Iterator[JsonValue]:
    """Yield the relationships of a record; an empty value has none."""
    for rule in rules:
        found = find(value, rule.source)
        if is_empty(found):
            continue
        for each in found if isinstance(found, list) else [found]:
            text = usable_id(each, rule.source, value, "relationship")
            yield {"identifiers": identifiers(rule.kind, text)}
