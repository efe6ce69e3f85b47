"""Suggest a configuration from the keys of some records. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cio_pipeline.commands.check.record_suggestion import (
    SeenValues,
    Suggestion,
    suggest_records,
)
from cio_pipeline.core.config import PLACEHOLDERS
from cio_pipeline.core.config_mappings import ValueKind
from cio_pipeline.core.conversion import convert, without_mongo
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.limits import ATTRIBUTE_LIMIT_COUNT, ATTRIBUTE_NAME_LIMIT_BYTES

Kind = Literal["text", "number", "integer", "boolean", "time", "null", "object", "list"]

_KINDS: dict[type, Kind] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "list",
}
_DEPTH = 3
_ID_NAMES = ("id", "userid", "customerid", "externalid", "uuid", "personid", "email")
_ID_ENDING = re.compile(r"(^|[_.\- ])[iI][dD]$|I[dD]$")
# No leading plus or zero: it may be a phone number or a postal code.
_INTEGER = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)\.\d+", re.ASCII)
_TIME_NAME = re.compile(r"(_at|At|date|Date|time|Time|timestamp)$")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([Tt ].+)?", re.ASCII)
# Digits of a number that may be a time: milliseconds, 20240131123000, text 20240131.
_TIME_DIGITS = (13, 14)
_TIME_DIGITS_OF_TEXT = (8, *_TIME_DIGITS)
_USUAL_SECONDS = range(978_307_200, 4_102_444_800)  # the years 2001 to 2099
_OBJECT_ID = ".$oid"  # MongoDB's ids are {"$oid": TEXT}


@dataclass(slots=True)
class KeyFacts:
    """What is known about one key.

    Args:
        name: the key, or a dotted path into nested objects.
        count: how many records have it.
        kinds: how many of its values look like each kind.
        has_parts: whether some values are objects whose keys are known too.
        needs_type: whether some values are MongoDB's objects that name a type.
        truths: the booleans that its texts may mean.
        has_letters: whether some of those texts are not ``true`` or ``false``.
        fits_time: whether all values can be timestamps; only set for created_at.
    """

    name: str
    count: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    has_parts: bool = False
    needs_type: bool = False
    truths: set[JsonValue] = field(default_factory=set)
    has_letters: bool = False
    fits_time: bool = True

    @property
    def main_kind(self) -> Kind:
        """The kind of its values, apart from null; text if they differ."""
        kinds = [kind for kind in self.kinds if kind != "null"]
        if kinds == ["boolean"] and self.has_letters and len(self.truths) == 1:
            return "text"  # a column with only "f" may mean anything
        if len(kinds) == 1:
            return kinds[0]
        if set(kinds) == {"integer", "number"}:
            return "number"
        return "text" if kinds else "null"

    @property
    def is_complete(self) -> bool:
        """Whether it has no empty values."""
        return not self.kinds["null"]


class SeenKeys:
    """Collects the keys of records.

    Args:
        is_text: whether all values are text, which may stand for other types (CSV).
    """

    def __init__(self, *, is_text: bool) -> None:
        self._is_text = is_text
        self.records = 0
        self.keys: dict[str, KeyFacts] = {}
        self._values = SeenValues()

    def add(self, record: Mapping[str, JsonValue]) -> None:
        """Add the keys of a record."""
        self.records += 1
        self._values.add(record)
        self._look(record, "", _DEPTH)

    def configuration(self) -> dict[str, JsonValue]:
        """Return a configuration that maps every key to an attribute of that name."""
        user_id, kind = self.user_id(), self.records_kind()
        mappings: list[JsonValue] = []
        taken = set(self.keys)  # if there is a_b too, a.b keeps its dot
        for facts in self.keys.values():
            is_mapped = facts.name not in kind.used and _is_mappable(facts)
            if not is_mapped or facts.name == user_id:
                continue
            plain = _plain(facts.name)
            target = facts.name if plain in taken else plain
            taken.add(target)
            mappings.append(self._mapping(facts, target))
        return {
            "parallelism": 25,
            **kind.keys,
            "mappings": mappings,
            **PLACEHOLDERS,
        }

    def records_kind(self) -> Suggestion:
        """Return what the records probably are."""
        times = [name for name, key in self.keys.items() if _is_time(key)]
        return suggest_records(self._values, self.user_id(), times)

    def user_id(self) -> str | None:
        """Return the key that is probably the user id, or None.

        It is the most usual name that every record has; one with empty values only
        if there is no other.
        """
        usable = [
            facts
            for facts in self.keys.values()
            if facts.main_kind in ("text", "integer")
        ]
        in_all = [facts for facts in usable if facts.count == self.records]
        complete = [facts.name for facts in in_all if facts.is_complete]
        ids = (name for name in complete if _ID_ENDING.search(_plain_id(name)))
        guess = _best(complete) or next(ids, None)
        return guess or _best(facts.name for facts in (*in_all, *usable))

    def _look(self, record: Mapping[str, JsonValue], prefix: str, depth: int) -> None:
        for key, value in record.items():
            is_object_id = isinstance(value, dict) and value.keys() == {"$oid"}
            name = prefix + key + (_OBJECT_ID if is_object_id else "")
            if name not in self.keys:
                if len(self.keys) >= ATTRIBUTE_LIMIT_COUNT:
                    continue
                self.keys[name] = KeyFacts(name)
            facts = self.keys[name]
            facts.count += 1
            kind: Kind = "text" if is_object_id else self._note(facts, value)
            facts.kinds[kind] += 1
            if kind == "object" and isinstance(value, dict) and value and depth > 1:
                facts.has_parts = True
                self._look(value, name + ".", depth - 1)

    def _note(self, facts: KeyFacts, value: JsonValue) -> Kind:
        """Note facts about a value, and return its kind."""
        if _plain(facts.name) == "created_at":
            facts.fits_time &= _converted(value, "timestamp") != _UNFIT
        inside = without_mongo(value)
        if inside is not value:
            facts.needs_type = True
            return _kind_of_mongo(value, inside)
        kind = _kind_of(facts.name, value, is_text=self._is_text)
        if kind == "boolean" and isinstance(value, str):
            facts.truths.add(_converted(value, "boolean"))
            facts.has_letters |= value.lower() not in ("true", "false")
        return kind

    def _mapping(self, facts: KeyFacts, target: str) -> JsonValue:
        mapping: dict[str, JsonValue] = {"from": facts.name, "to": target}
        kind = facts.main_kind
        has_type = self._is_text or facts.needs_type
        if kind == "time" or (target == "created_at" and facts.fits_time):
            mapping["type"] = "timestamp"
        elif has_type and kind in ("number", "integer", "boolean"):
            mapping["type"] = kind
        return mapping


def _is_time(facts: KeyFacts) -> bool:
    """Whether the values are times, or whole numbers that may be Unix seconds."""
    return facts.main_kind in ("time", "integer")


def _is_mappable(facts: KeyFacts) -> bool:
    """Whether Customer.io accepts the name, and its parts are not mapped instead."""
    size = len(facts.name.encode(errors="surrogatepass"))
    if not 0 < size <= ATTRIBUTE_NAME_LIMIT_BYTES:
        return False
    return facts.main_kind != "object" or not facts.has_parts


def _plain(name: str) -> str:
    return name.removesuffix(_OBJECT_ID).replace(".", "_")


def _plain_id(name: str) -> str:
    return name.removesuffix(_OBJECT_ID)


def _kind_of_mongo(value: JsonValue, inside: JsonValue) -> Kind:
    """Return the kind of a MongoDB object: the type that its value fits."""
    if isinstance(value, dict) and "$date" in value:
        return "object" if _converted(value, "timestamp") == _UNFIT else "time"
    if isinstance(inside, str) and _INTEGER.fullmatch(inside):
        return "integer"
    return "object" if _converted(value, "number") == _UNFIT else "number"


def _kind_of(name: str, value: JsonValue, *, is_text: bool) -> Kind:
    """Return the kind of a value; of a text, what it looks like."""
    if isinstance(value, str):
        return _kind_of_text(name, value, is_text=is_text)
    kind = _KINDS[type(value)]
    is_time = kind == "integer" and _is_usual_time(name, value, _TIME_DIGITS)
    return "time" if is_time else kind


def _is_usual_time(name: str, value: JsonValue, digits: tuple[int, ...]) -> bool:
    """Whether a number is probably a time, by its digits and its key's name."""
    if len(str(value)) not in digits or not _TIME_NAME.search(name):
        return False
    return _converted(value, "timestamp") in _USUAL_SECONDS


def _kind_of_text(name: str, text: str, *, is_text: bool) -> Kind:
    if not text.strip():
        return "null"
    if _DATE.fullmatch(text) and _converted(text, "timestamp") != _UNFIT:
        return "time"
    if not is_text:
        return "text"
    if _INTEGER.fullmatch(text):
        is_time = _is_usual_time(name, text, _TIME_DIGITS_OF_TEXT)
        return "time" if is_time else "integer"
    if _NUMBER.fullmatch(text):
        return "number"
    return "text" if _converted(text, "boolean") == _UNFIT else "boolean"


def _converted(value: JsonValue, kind: ValueKind) -> JsonValue:
    """Return a value converted to a type, or ``_UNFIT`` if that is not possible."""
    try:
        return convert(value, kind, "")
    except RecordError:
        return _UNFIT


def _best(names: Iterable[str]) -> str | None:
    plain = {
        re.sub(r"[^a-z]", "", _plain_id(name).lower()): name
        for name in reversed([*names])
    }
    return next((plain[name] for name in _ID_NAMES if name in plain), None)


_UNFIT = "unfit"  # no conversion returns text
