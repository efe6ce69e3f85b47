"""Mapping of records to payloads. Pure, except that `Mapper` notes unused mappings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from cio_pipeline.core.config import Config
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.config_records import PLAIN_RECORDS
from cio_pipeline.core.conversion import CONVERTERS
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.identifiers import Identity, identity_of
from cio_pipeline.core.jobs import JsonValue, Payload, Record
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.limits import ID_LIMIT_BYTES
from cio_pipeline.core.lookup import MISSING, find
from cio_pipeline.core.text import did_you_mean, kind_of

if TYPE_CHECKING:
    from cio_pipeline.core.computed_values import AttributeReader

# Called with an attribute that is left out, as its ``onError`` says, and the reason.
LeftOut: TypeAlias = Callable[[str, str], None]
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


class Mapper:
    """Applies a configuration's mappings. Not thread-safe.

    A payload depends only on its record. The mapper also notes which mappings have
    not found a value so far.

    Args:
        user_id: the key or dotted path of the user id.
        mappings: the configured mappings; targets differ.
        on_left_out: as in `LeftOut`.
    """

    def __init__(
        self,
        user_id: str,
        mappings: Sequence[Mapping],
        on_left_out: LeftOut = lambda *_: None,
    ) -> None:
        self._user_id = user_id
        self._on_left_out = on_left_out
        self._readers: list[AttributeReader] = []
        # Reading all attributes in this way would take longer.
        if any(type(mapping) is not Mapping for mapping in mappings):
            from cio_pipeline.core.computed_values import AttributeReader  # noqa: PLC0415  # few need it

            self._readers = [AttributeReader(mapping) for mapping in mappings]
        self._mappings = [
            (mapping.source, mapping.target, CONVERTERS[mapping.kind])
            for mapping in mappings
        ]
        self._unused = {mapping.target for mapping in mappings}

    @property
    def unused(self) -> list[str]:
        """The ``from`` of each mapping whose key no record has had so far."""
        if self._readers:
            return [name for reader in self._readers for name in reader.unused]
        return [
            source for source, target, _ in self._mappings if target in self._unused
        ]

    def map(self, record: Record) -> Payload:
        """Return a record's payload, without missing keys, but with nulls.

        Raises:
            RecordError: it is not an object, has no usable id, or a value cannot be
                converted to its mapping's type.
        """
        value = object_of(record)
        return Payload(self._user_id_in(value), self._attributes_in(value))

    def _attributes_in(self, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if self._readers:
            return self._computed(value)
        attributes: dict[str, JsonValue] = {}
        for source, target, convert in self._mappings:
            found = find(value, source)
            if found is MISSING:
                continue
            attributes[target] = found if convert is None else convert(found, source)
        if self._unused:
            self._unused.difference_update(attributes)
        return attributes

    def _computed(self, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        attributes: dict[str, JsonValue] = {}
        for reader in self._readers:
            try:
                found = reader.read(value)
            except RecordError as error:
                if not reader.may_be_left_out:
                    raise
                self._on_left_out(reader.target, str(error))
                continue
            if found is not MISSING:
                attributes[reader.target] = found
        return attributes

    def map_to_json(self, record: Record) -> tuple[Payload, bytes]:
        """Return a record's payload, and its attributes as JSON text.

        Raises:
            RecordError: as `map`; or JSON cannot hold the attributes (`encode`).
        """
        try:
            payload = self.map(record)
            return payload, encode(payload.attributes)
        except ValueError as error:
            raise RecordError(str(error)) from error

    def identity_in(self, record: Record) -> Identity:
        """Return whom a record is about, without mapping the rest.

        Raises:
            RecordError: it is not an object, or has no usable id.
        """
        return identity_of(self._user_id_in(object_of(record)))

    def _user_id_in(self, value: dict[str, JsonValue]) -> str:
        return usable_id(find(value, self._user_id), self._user_id, value)


def mapper_for(config: Config, on_left_out: LeftOut = lambda *_: None) -> Mapper:
    """Return the mapper for a configuration's records.

    Args:
        config: what the records are, and the mappings.
        on_left_out: as in `Mapper`.
    """
    if config.records == PLAIN_RECORDS:
        return Mapper(config.user_id, config.mappings, on_left_out)
    from cio_pipeline.core.record_mapping import record_mapper  # noqa: PLC0415  # few need it

    return record_mapper(config, on_left_out)


def object_of(record: Record) -> dict[str, JsonValue]:
    """Return a record's object, or raise `RecordError`."""
    if record.problem is not None:
        raise RecordError(record.problem)
    if not isinstance(record.value, dict):
        raise RecordError(f"the record is {kind_of(record.value)}, expected an object")
    return record.value


def usable_id(
    value: JsonValue,
    name: str,
    record: dict[str, JsonValue],
    what: str = "user id",
) -> str:
    """Return an identifier as text.

    Args:
        value: what the record has, or `MISSING`.
        name: its key or dotted path, for messages.
        record: the record, for messages.
        what: what it is, for messages.

    Raises:
        RecordError: Customer.io does not accept it.
    """
    if value is MISSING:
        near = _near(name, record)
        hint = "" if near is None else f"; {did_you_mean(near, name)}"
        raise RecordError(f"the record has no {name!r}, its {what}{hint}")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise RecordError(
            f"the {what} {name!r} is {kind_of(value)}, expected text or a whole number"
        )
    if not value.strip():
        raise RecordError(f"the {what} {name!r} is empty or blank")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise RecordError(f"the {what} {name!r} is not valid Unicode") from None
    if size > ID_LIMIT_BYTES:
        raise RecordError(
            f"the {what} {name!r} has {size} bytes;"
            f" Customer.io accepts up to {ID_LIMIT_BYTES}"
        )
    return value


def _near(name: str, record: dict[str, JsonValue]) -> str | None:
    """Return the key that was meant: ``ID`` or ``user_id`` for ``id``, or reversed."""
    expected = _words(name)
    for key in record:
        words = _words(key)
        fewer = min(len(words), len(expected))
        if fewer and words[-fewer:] == expected[-fewer:]:
            return key
    return None


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]
