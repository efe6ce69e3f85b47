"""Suggest a configuration from the keys of some records. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cio_pipeline.commands.check.record_suggestion import (
    SeenValues,
    Suggestion,
    suggest_records,
)
from cio_pipeline.commands.check.typed_values import (
    are_of_dynamo,
    is_object_id,
    parts_of,
)
from cio_pipeline.commands.check.user_id_guess import least_bad_user_id, likely_user_id
from cio_pipeline.commands.check.value_kinds import (
    NULL_TEXTS,
    UNFIT,
    Kind,
    converted,
    kind_of_number_text,
    kind_of_value,
)
from cio_pipeline.core.config import PLACEHOLDERS
from cio_pipeline.core.config_files import DEFAULT_RULES, FileRules, rules_document
from cio_pipeline.core.conversion import without_mongo
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.limits import ATTRIBUTE_LIMIT_COUNT, ATTRIBUTE_NAME_LIMIT_BYTES

_DEPTH = 3
_OBJECT_ID = ".$oid"  # MongoDB's ids are {"$oid": TEXT}
_MOST_DISTINCT = 10_000
# The names of columns for which a file has none.
UNNAMED = tuple(f"column{number + 1}" for number in range(ATTRIBUTE_LIMIT_COUNT))


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
        nulls: texts among its values that mean null.
        values: different values; None if one is repeated.
    """

    name: str
    count: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    has_parts: bool = False
    needs_type: bool = False
    truths: set[JsonValue] = field(default_factory=set)
    has_letters: bool = False
    fits_time: bool = True
    nulls: set[str] = field(default_factory=set)
    values: set[JsonValue] | None = field(default_factory=set)

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

    @property
    def is_distinct(self) -> bool:
        """Whether no value is repeated."""
        return self.values is not None

    def add_value(self, value: str | int) -> None:
        """Note a value, to find out whether it is repeated."""
        if self.values is None or value in self.values:
            self.values = None
        elif len(self.values) < _MOST_DISTINCT:
            self.values.add(value)


class SeenKeys:
    """Collects the keys of records.

    Args:
        is_text: whether all values are text, also numbers and times (CSV).
        rules: how the data is read; they become a part of the configuration.

    Attributes:
        has_header: whether keys are names, and not the values of a first record.
    """

    def __init__(self, *, is_text: bool, rules: FileRules = DEFAULT_RULES) -> None:
        self._is_text = is_text
        self._rules = rules
        self.has_header = True
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
        user_id = self.user_id() or self._last_resort()
        kind = self.records_kind()
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
            **rules_document(self._used_rules(), self._nulls()),
            **PLACEHOLDERS,
        }

    def records_kind(self) -> Suggestion:
        """Return what the records probably are."""
        times = [name for name, key in self.keys.items() if _is_time(key)]
        return suggest_records(
            self._values, self.user_id() or self._last_resort(), times
        )

    def user_id(self) -> str | None:
        """Return the key that is probably the user id, or None."""
        return likely_user_id(self._usable_ids(), self.records)

    def _last_resort(self) -> str:
        usable = least_bad_user_id(self._usable_ids(), self.records)
        return usable or next(iter(self.keys), "id")

    def _usable_ids(self) -> list[KeyFacts]:
        kinds = ("text", "integer")
        return [each for each in self.keys.values() if each.main_kind in kinds]

    def _used_rules(self) -> FileRules:
        """Return the rules, without names of columns that no row has."""
        columns = self._rules.columns
        used = None if columns is None else columns[: len(self.keys)]
        return replace(self._rules, columns=used)

    def _nulls(self) -> list[str]:
        """Return the texts that mean null in some column."""
        return sorted(set().union(*(facts.nulls for facts in self.keys.values())))

    def _look(self, record: Mapping[str, JsonValue], prefix: str, depth: int) -> None:
        is_dynamo = are_of_dynamo(record)
        for key, value in record.items():
            if is_dynamo:
                assert isinstance(value, dict)  # noqa: S101  # as just checked
                self._look_at_typed(prefix + key, value, depth)
            else:
                self._look_at_value(prefix + key, value, depth)

    def _look_at_value(self, name: str, value: JsonValue, depth: int) -> None:
        is_id = is_object_id(value)
        facts = self._facts(name + (_OBJECT_ID if is_id else ""))
        if facts is None:
            return
        facts.count += 1
        kind: Kind = "text" if is_id else self._note(facts, value)
        facts.kinds[kind] += 1
        if is_id:
            facts.add_value(str(value))
        elif isinstance(value, str | int) and kind != "null":
            facts.add_value(value)
        parts = parts_of(value) if kind in ("object", "list") and depth > 1 else None
        if parts:
            facts.has_parts = True
            self._look(parts, name + ".", depth - 1)

    def _look_at_typed(
        self, name: str, value: Mapping[str, JsonValue], depth: int
    ) -> None:
        """Note a value of DynamoDB, whose type is the last key of its path."""
        ((kind, inside),) = value.items()
        if kind == "M" and isinstance(inside, dict) and depth > 1:
            self._look(inside, f"{name}.M.", depth - 1)
        if kind in ("M", "L", "NULL"):
            return
        facts = self._facts(f"{name}.{kind}")
        if facts is None:
            return
        facts.count += 1
        facts.needs_type = kind == "N"
        if isinstance(inside, str):
            facts.add_value(inside)
        is_number = kind == "N"
        found = kind_of_number_text(inside) if is_number else self._note(facts, inside)
        facts.kinds[found] += 1

    def _facts(self, name: str) -> KeyFacts | None:
        """Return what is known about a key; None if there are too many keys."""
        if name not in self.keys and len(self.keys) < ATTRIBUTE_LIMIT_COUNT:
            self.keys[name] = KeyFacts(name)
        return self.keys.get(name)

    def _note(self, facts: KeyFacts, value: JsonValue) -> Kind:
        """Note facts about a value, and return its kind."""
        if self._is_text and isinstance(value, str) and value in NULL_TEXTS:
            facts.nulls.add(value)
            return "null"
        if _plain(facts.name) == "created_at":
            facts.fits_time &= converted(value, "timestamp") != UNFIT
        inside = without_mongo(value)
        if inside is not value:
            facts.needs_type = True
            return _kind_of_mongo(value, inside)
        kind = kind_of_value(facts.name, value, is_text=self._is_text)
        if kind == "boolean" and isinstance(value, str):
            facts.truths.add(converted(value, "boolean"))
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
    return facts.main_kind not in ("object", "list") or not facts.has_parts


def _plain(name: str) -> str:
    return name.removesuffix(_OBJECT_ID).replace(".", "_")


def _kind_of_mongo(value: JsonValue, inside: JsonValue) -> Kind:
    """Return the kind of a MongoDB object: the type that its value fits."""
    if isinstance(value, dict) and "$date" in value:
        return "object" if converted(value, "timestamp") == UNFIT else "time"
    kind = kind_of_number_text(inside) if isinstance(inside, str) else "number"
    return "object" if kind == "text" else kind
