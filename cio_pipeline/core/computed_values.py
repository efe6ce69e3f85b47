"""Attributes that are more than a value of the record with a type. Pure.

The steps are always in this order: find the value (``from``, or the template filled
in); use the default if there is none; replace it; transform it; convert it to its type.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from cio_pipeline.core.config_computed import ComputedMapping, Template, Transform
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.conversion import CONVERTERS, Convert, converter_of, text_of
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.lookup import MISSING, find, is_empty


class AttributeReader:
    """Computes one attribute of records.

    It also notes which names of its mapping no record has had so far.

    Args:
        mapping: the mapping.

    Raises:
        RecordError: its constant or default cannot be converted to its type.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.target = mapping.target
        self.unused = dict.fromkeys(mapping.names)
        self.may_be_left_out = False
        self._source = mapping.source
        self._steps: tuple[Convert, ...] = ()
        self._default = MISSING
        self._find: Callable[[dict[str, JsonValue]], JsonValue] = self._find_name
        if isinstance(mapping, ComputedMapping):
            self._compute(mapping)
        elif (convert := CONVERTERS[mapping.kind]) is not None:
            self._steps = (convert,)

    def _compute(self, mapping: ComputedMapping) -> None:
        self.may_be_left_out = mapping.on_error == "skip"
        self._steps = tuple(_steps(mapping))
        if mapping.template is not None:
            self._find = partial(self._fill, mapping.template)
        if mapping.constant is not MISSING:
            constant = self._finish(mapping.constant)
            self._find, self._steps = (lambda _: constant), ()
        if mapping.default is not MISSING:
            self._default = self._finish(mapping.default)

    def read(self, record: dict[str, JsonValue]) -> JsonValue:
        """Return the attribute of a record; `MISSING` if it has none.

        Raises:
            RecordError: the value cannot be made.
        """
        value = self._find(record)
        if self._default is not MISSING and is_empty(value):
            return self._default
        return value if value is MISSING else self._finish(value)

    def _finish(self, value: JsonValue) -> JsonValue:
        for step in self._steps:
            value = step(value, self._source)
        return value

    def _find_name(self, record: dict[str, JsonValue]) -> JsonValue:
        value = find(record, self._source)
        if self.unused and value is not MISSING:
            self.unused.clear()
        return value

    def _fill(self, template: Template, record: dict[str, JsonValue]) -> JsonValue:
        """Return a template's text; `MISSING` if a part of it has no value."""
        text = ""
        for literal, name in template:
            text += literal
            if name is None:
                continue
            value = find(record, name)
            if value is not MISSING:
                self.unused.pop(name, None)
            if is_empty(value):
                return MISSING
            text += text_of(value, name)
        return text


def _steps(mapping: ComputedMapping) -> list[Convert]:
    steps: list[Convert] = []
    if mapping.values:
        steps.append(partial(_replace, table=mapping.values))
    steps += [_TRANSFORMS[name] for name in mapping.transforms]
    convert = converter_of(mapping.kind, mapping.time_format, mapping.decimal)
    return steps if convert is None else [*steps, convert]


def _replace(value: JsonValue, name: str, *, table: dict[str, JsonValue]) -> JsonValue:
    """Return what a table has for a value, which stays as it is if it is not there."""
    if value is None or isinstance(value, dict | list):
        return value
    return table.get(text_of(value, name), value)


def _trim(value: JsonValue, _name: str) -> JsonValue:
    return value.strip() if isinstance(value, str) else value


def _lower(value: JsonValue, _name: str) -> JsonValue:
    return value.lower() if isinstance(value, str) else value


def _upper(value: JsonValue, _name: str) -> JsonValue:
    return value.upper() if isinstance(value, str) else value


def _sha256(value: JsonValue, name: str) -> JsonValue:
    """Return the digest of a value; an empty one stays as it is.

    The digest of empty text would be the same for all people without a value.
    """
    if is_empty(value):
        return value
    try:
        return hashlib.sha256(text_of(value, name).encode()).hexdigest()
    except UnicodeEncodeError:
        raise RecordError(f"{name!r} is not valid Unicode") from None


_TRANSFORMS: dict[Transform, Convert] = {
    "trim": _trim,
    "lower": _lower,
    "upper": _upper,
    "sha256": _sha256,
}
